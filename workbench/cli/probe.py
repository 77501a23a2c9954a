"""One look at modules of experiments, in a process of its own: a program, started by its path with a question.

It imports nothing of the command line, so that it can import a module as the child of a deployment would.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
import threading
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from workbench.compute.rehearsal import Rehearsal, rehearse
from workbench.contract import Environment, ExperimentSpec, Manifest
from workbench.errors import ExperimentError
from workbench.experiments import Experiment, registry

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CARRIED", "LEFT_BEHIND", "Answer", "Described", "Question"]

# What a child can import beside the standard library, the workbench's own parts and the experiments' packages: the
# libraries of its layer and of the Lambda runtime, with what these need.
CARRIED: Final = frozenset(
    {"annotated_types", "aws_lambda_powertools", "boto3", "botocore", "dateutil", "jmespath", "lap", "msgspec"}
    | {"numpy", "pyarrow", "s3transfer", "six", "typing_extensions", "urllib3"}
)
LEFT_BEHIND: Final = "which a deployment leaves behind"
_LEFT_OUT: Final = frozenset({"analysis", "charts", "cli", "localcloud", "runs", "widgets"})
_CODE: Final = frozenset({".py", ".pyc", ".so"})
_ACTS: Final = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.chdir": "changes the working folder",
    "os.remove": "removes a file",
    "os.mkdir": "makes a folder",
    "socket.connect": "connects to a network",
}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to find out: modules are described, and some rows of the manifests evaluated, so many where that is told."""

    modules: tuple[str, ...]
    manifests: tuple[Manifest, ...] = ()
    rows: dict[str, int] = {}
    as_child: bool = False


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment, and the module that holds it."""

    module: str
    spec: ExperimentSpec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: faults by module, what the modules did besides, and the files that a deployment copies."""

    faults: dict[str, str]
    described: list[Described]
    rehearsals: list[Rehearsal]
    acts: list[str]
    roots: dict[str, list[str]]
    absent: list[str]


class _Child(MetaPathFinder):
    """Hides what the child of a deployment does not carry."""

    def __init__(self, modules: Sequence[str]) -> None:
        installed = (point.value for point in entry_points(group=registry.ENTRY_POINT_GROUP))
        packages = {name.partition(".")[0] for name in (*modules, *installed)}
        self._known = sys.stdlib_module_names | CARRIED | packages | {"workbench"}
        self.absent: dict[str, None] = {}

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 -- importlib's
        top_level, _, rest = fullname.partition(".")
        part = rest.partition(".")[0]
        if top_level in self._known and not (top_level == "workbench" and part in _LEFT_OUT):
            return
        hidden = f"workbench.{part}" if top_level == "workbench" else top_level
        self.absent[hidden] = None
        raise ModuleNotFoundError(f"the child of a deployment does not carry {hidden!r}", name=fullname)


class _Acts:
    """Keeps what Python reports that a module did besides computing."""

    def __init__(self, roots: dict[str, list[str]]) -> None:
        self.seen: dict[str, None] = {}
        self.watching = False
        self._carried = [Path(path).resolve() for paths in roots.values() for path in paths]
        self._near = [Path.cwd().resolve(), *(path.parent for path in self._carried)]
        self._libraries = [Path(path).resolve() for path in sysconfig.get_paths().values()]
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching or threading.current_thread() is not threading.main_thread():
            return
        if event in _ACTS:
            self.seen[f"{_ACTS[event]} ({_text(arguments)})"] = None
        elif event == "open" and isinstance(arguments[0], str):
            self.watching = False
            self._note_file(Path(arguments[0]).resolve(), arguments[2] or 0)
            self.watching = True

    def _note_file(self, path: Path, flags: int) -> None:
        if "__pycache__" in path.parts or path.parts[1:2] == ("dev",):
            return
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.seen[f"writes {path}"] = None
        elif path.suffix not in _CODE and self._is_left_behind(path):
            self.seen[f"reads {path}, {LEFT_BEHIND}"] = None

    def _is_left_behind(self, path: Path) -> bool:
        return _within(path, self._near) and not _within(path, [*self._carried, *self._libraries]) and path.is_file()


def _within(path: Path, folders: Sequence[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _text(arguments: tuple[Any, ...]) -> str:
    shown = next((value for value in arguments if isinstance(value, str | bytes | list | tuple)), "")
    return f"{shown!r:.80}"


def answer(question: Question) -> Answer:
    """Import the modules, and evaluate the rows."""
    roots = _roots(question.modules)
    acts, child = _Acts(roots), _Child(question.modules)
    if question.as_child:
        sys.meta_path.insert(0, child)
    faults, found = _described(question.modules, acts)
    rehearsals = []
    if not faults:
        acts.watching = True
        rehearsals = [
            rehearse(found[manifest.spec.name], manifest, n_rows=question.rows.get(manifest.spec.name))
            for manifest in question.manifests
        ]
        acts.watching = False
    return Answer(
        faults=faults,
        described=[Described(module=item.function.__module__, spec=item.spec) for item in found.values()],
        rehearsals=rehearsals,
        acts=list(acts.seen),
        roots=roots,
        absent=list(child.absent),
    )


def _described(modules: Sequence[str], acts: _Acts) -> tuple[dict[str, str], dict[str, Experiment[..., Any]]]:
    faults: dict[str, str] = {}
    threads = threading.active_count()
    for name in modules:
        acts.watching = True
        # What is wrong is said by the registry.
        with suppress(Exception, SystemExit):
            importlib.import_module(name)
        acts.watching = False
        try:
            registry.discover({Environment.EXPERIMENTS: name})
        except ExperimentError as error:
            faults[name] = str(error)
    if threading.active_count() > threads:
        acts.seen["starts a thread"] = None
    known: dict[str, Experiment[..., Any]] = {}
    if not faults:
        try:
            known = registry.discover({Environment.EXPERIMENTS: ",".join(modules)})
        except ExperimentError as error:
            faults[", ".join(modules)] = str(error)
    return faults, {name: item for name, item in known.items() if item.function.__module__ in modules}


def _roots(modules: Sequence[str]) -> dict[str, list[str]]:
    """Find what a deployment copies: the folders or the file of each top-level package, without importing it."""
    roots: dict[str, list[str]] = {}
    for name in dict.fromkeys(module.partition(".")[0] for module in modules):
        if name in {"", "__main__", "workbench"}:  # no names of modules, and what every deployment carries
            continue
        if spec := importlib.util.find_spec(name):
            roots[name] = list(spec.submodule_search_locations or [spec.origin or ""])
    return roots


def main() -> None:
    """Read the question from one file, and write the answer into another."""
    question_file, answer_file = map(Path, sys.argv[1:])
    asked = msgspec.json.decode(question_file.read_bytes(), type=Question)
    found = answer(asked)
    answer_file.write_bytes(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
