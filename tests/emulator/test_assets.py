"""Each handler runs from its staged asset, in a fresh interpreter where the banned libraries cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.emulator

CHECKOUT: Final = Path(__file__).resolve().parents[2]
ALWAYS_BANNED: Final = {"boto3", "pandas", "matplotlib", "ipywidgets", "pyathena", "duckdb", "scipy", "s3transfer"}
PARENT_BANNED: Final = ALWAYS_BANNED | {"numpy", "pyarrow"}


NOTHING_BAD: Final = {"failed": 0, "cancelled": 0, "unfinished": 0, "duplicate": False}


@dataclass(frozen=True)
class Staged:
    """The functions' code for this interpreter, as the emulator gets it; the layer unpacked."""

    parent: Path
    child: Path
    recorder: Path
    layer: Path


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folder = tmp_path_factory.mktemp("assets")
    done = subprocess.run(
        [sys.executable, "-c", STAGE, str(folder)],
        cwd=CHECKOUT / "cdk",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {name: Path(path) for name, path in json.loads(done.stdout).items()}
    with zipfile.ZipFile(found["layer"]) as libraries:
        libraries.extractall(folder / "layer")
    return Staged(found["parent"], found["child"], found["recorder"], folder / "layer" / "python")


def names_below(folder: Path) -> set[str]:
    """Every package and distribution in a tree, however deep."""
    return {path.name.partition("-")[0].removesuffix(".py").lower() for path in folder.rglob("*")}


def test_no_tree_holds_a_banned_library(staged: Staged) -> None:
    assert "msgspec" in names_below(staged.parent)
    assert not names_below(staged.parent) & PARENT_BANNED
    for folder in (staged.child, staged.recorder, staged.layer):
        assert not names_below(folder) & ALWAYS_BANNED
    assert {"numpy", "pyarrow"} <= names_below(staged.layer)


def test_the_parent_answers_without_a_banned_library(staged: Staged) -> None:
    answer = run(PARENT, [staged.parent], banned=PARENT_BANNED)
    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["error"]["details"][0]["path"] == "sweep.experiment"


def test_the_child_leaves_an_outcome_without_a_banned_library(staged: Staged) -> None:
    report = run(CHILD, [staged.child, staged.layer], banned=ALWAYS_BANNED)
    assert report == {"shard_id": 0, "status": "success", "rows": 2} | NOTHING_BAD


def test_the_recorder_leaves_an_outcome_without_a_banned_library_or_an_experiment(staged: Staged) -> None:
    recorded = run(RECORDER, [staged.recorder, staged.layer], banned=ALWAYS_BANNED | {"faulty_models"})
    assert recorded == {"code": "TIMEOUT", "shards": 1}
    assert not (staged.recorder / "workbench" / "experiments").exists()


def test_a_banned_library_would_be_noticed(staged: Staged) -> None:
    with pytest.raises(AssertionError, match="banned: numpy"):
        run("import numpy", [staged.parent, staged.layer], banned=PARENT_BANNED)


def run(script: str, folders: list[Path], *, banned: set[str]) -> dict[str, object]:
    """Run a script where only these folders and what Lambda's runtime brings can be imported."""
    settings = {"banned": sorted(banned), "folders": list(map(str, folders)), "site": sysconfig.get_path("purelib")}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", RUNTIME + script, json.dumps(settings)],
        env={"WORKBENCH_BUCKET": "a-bucket", "WORKBENCH_CHILD_FUNCTION": "a-function", "AWS_REGION": "us-east-1"}
        | {"AWS_LAMBDA_FUNCTION_NAME": "itself", "POWERTOOLS_SERVICE_NAME": "itself"}
        | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        | {f"WORKBENCH_MAX_{name}": "1000" for name in ("ROWS", "SHARDS", "ROWS_PER_SHARD")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


STAGE: Final = """
import json, platform, sys
from pathlib import Path
from bundling import stage
from config import StageConfig

here = ".".join(platform.python_version_tuple()[:2])
bundle = stage(StageConfig(emulator=True, architecture="host", python=here), Path(sys.argv[1]))
folders = {name: str(getattr(bundle, name)) for name in ("parent", "child", "recorder", "layer")}
print(json.dumps(folders))
"""

# Even an import that would be caught (`except ImportError`) ends the process: on Lambda boto3 could be imported.
RUNTIME: Final = """
import json, os, sys
from importlib.machinery import PathFinder

settings = json.loads(sys.argv[1])

class Runtime:
    def find_spec(self, name, path=None, target=None):
        top_level = name.partition(".")[0]
        if top_level in settings["banned"]:
            import traceback
            traceback.print_stack()
            print("banned:", name, file=sys.stderr, flush=True)
            os._exit(1)
        if path is None and top_level in {"botocore", "jmespath", "dateutil", "urllib3", "six"}:
            return PathFinder.find_spec(name, [settings["site"]])

sys.meta_path.insert(0, Runtime())
sys.path[:0] = settings["folders"]
from types import SimpleNamespace
context = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn",
    aws_request_id="1",
    log_stream_name="stream",
    get_remaining_time_in_millis=lambda: 60_000,
)
"""

PARENT: Final = """
from lambdas.parent.handler import handler

body = {"sweep": {"experiment": "nobody", "fingerprint": "x", "space": {"kind": "zip", "axes": {}}}}
event = {
    "resource": "/runs",
    "httpMethod": "POST",
    "requestContext": {"requestId": "1", "identity": {"userArn": "arn"}},
    "body": json.dumps(body),
}
print(json.dumps(handler(event, context)))
"""

CHILD: Final = """
import lambdas.child.handler as child
from workbench.contract import Caps, RunRequest, SweepDocument, encode, plan_run
from workbench.contract.keys import manifest_key
from workbench.experiments.registry import catalog
from workbench.space import product
from workbench.storage.memory import MemoryStore

known = catalog()
sweep = SweepDocument(
    experiment="mmc_queue",
    fingerprint=known.find("mmc_queue").fingerprint,
    space=product(arrival_rate=[0.5, 0.6]),
    fixed={"horizon": 20.0},
)
manifest = plan_run(RunRequest(sweep=sweep, shard_size=2), known, Caps(), created_by="a test", created_at="now")
child.store = MemoryStore()
child.store.put(manifest_key(manifest.run_id), encode(manifest))
print(json.dumps(child.handler({"run_id": manifest.run_id, "shard_id": 0}, context)))
"""

RECORDER: Final = """
import lambdas.recorder.handler as recorder
from workbench.contract import Caps, Catalog, ExperimentSpec, MetricSpec, ParameterSpec, RunRequest, SweepDocument
from workbench.contract import encode, plan_run
from workbench.contract.keys import manifest_key
from workbench.space import product
from workbench.storage.memory import MemoryStore

spec = ExperimentSpec(
    name="anything",
    version="1",
    fingerprint="f",
    uses_rng=False,
    doc="",
    parameters=(ParameterSpec(name="x", type="int"),),
    metrics=(MetricSpec(name="y", type="float"),),
)
sweep = SweepDocument(experiment="anything", fingerprint="f", space=product(x=[1, 2]))
manifest = plan_run(
    RunRequest(sweep=sweep), Catalog(experiments=(spec,)), Caps(), created_by="a test", created_at="now"
)
recorder.store = MemoryStore()
recorder.store.put(manifest_key(manifest.run_id), encode(manifest))
lost = {
    "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
    "requestPayload": {"run_id": manifest.run_id, "shard_id": 0},
    "responsePayload": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 3.00 seconds"},
}
print(json.dumps(recorder.handler(lost, context)))
"""
