"""The code here beside the deployed code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.runs.health.access import POLICY
from workbench.runs.health.code import Deployed, check_experiments, check_numpy, read_deployed
from workbench.runs.health.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.stub import Stubber

    Stubbed = Callable[[str], tuple[Any, Stubber]]

SAID = {"workbench.fingerprint": "f1", "workbench.python": "3.13", "workbench.numpy": "2.4.6"}


def listing(**tables: dict[str, str]) -> dict[str, Any]:
    return {"TableList": [{"Name": name, "Parameters": said} for name, said in tables.items()]}


def test_what_the_tables_say(stubbed: Stubbed) -> None:
    client, answers = stubbed("glue")
    answers.add_response("get_tables", listing(outcomes_old={}, outcomes_queue=SAID, runs={}))
    deployed = read_deployed(client, "sweeps", repair="deploy it")
    assert deployed == Deployed(fingerprints={"old": "", "queue": "f1"}, python="", numpy="")


def test_versions_of_the_child(stubbed: Stubbed) -> None:
    client, answers = stubbed("glue")
    answers.add_response("get_tables", listing(outcomes_queue=SAID, runs={}))
    deployed = read_deployed(client, "sweeps", repair="deploy it")
    assert deployed == Deployed(fingerprints={"queue": "f1"}, python="3.13", numpy="2.4.6")


@pytest.mark.parametrize(("code", "remedy"), [("AccessDeniedException", POLICY), ("EntityNotFoundException", "up")])
def test_tables_that_cannot_be_read(stubbed: Stubbed, code: str, remedy: str) -> None:
    client, answers = stubbed("glue")
    answers.add_client_error("get_tables", code, "no")
    finding = read_deployed(client, "sweeps", repair="up")
    assert isinstance(finding, Finding)
    assert (finding.verdict, finding.remedy) == ("bad", remedy)


def test_a_database_of_something_else(stubbed: Stubbed) -> None:
    client, answers = stubbed("glue")
    answers.add_response("get_tables", listing(outcomes_queue=SAID))
    finding = read_deployed(client, "sweeps", repair="up")
    assert finding == Finding("tables", "bad", "sweeps has no table runs", "up")


def test_each_kind_of_difference() -> None:
    here = {"same": "f" * 64, "other": "a" * 64, "new": "n" * 64, "silent": "s" * 64}
    there = {"same": "f" * 64, "other": "b" * 64, "gone": "g" * 64, "silent": ""}
    found = list(check_experiments(here, Deployed(fingerprints=there), remedy="deploy"))
    assert [(finding.name, finding.verdict) for finding in found] == [
        ("code", "warn"),
        ("code", "bad"),
        ("code", "ok"),
        ("experiments", "warn"),
        ("experiments", "warn"),
    ]
    untold, other, same, absent, unknown = found
    assert untold.seen.endswith("which code of silent it has")
    assert other.seen.endswith("other (aaaaaaaaaaaa here, bbbbbbbbbbbb there)")
    assert other.remedy == "check out the deployed code, or deploy"
    assert same.seen.endswith(": same")
    assert absent.seen.endswith(": new")
    assert absent.remedy == "to evaluate them there, deploy"
    assert unknown.seen.endswith(": gone")
    assert "WORKBENCH_EXPERIMENTS" in unknown.remedy


def test_the_same_code_is_one_finding() -> None:
    found = list(check_experiments({"a": "1", "b": "2"}, Deployed(fingerprints={"a": "1", "b": "2"}), remedy="deploy"))
    assert found == [Finding("code", "ok", "the same here and there: a, b")]


@pytest.mark.parametrize(("there", "verdict"), [("2.4.6", "ok"), ("2.3.0", "warn"), ("", "ok")])
def test_numpy(there: str, verdict: str) -> None:
    finding = check_numpy("2.4.6", Deployed(fingerprints={}, python="3.13", numpy=there))
    assert finding.verdict == verdict
    assert finding.remedy.endswith(f"numpy=={there}") == (verdict == "warn")
