"""Who takes part: where each is found, what it needs, and how its one run is made in an interpreter of its own.

Run as ``python -m benchmarks.contenders <contender> <race> <quick|full> <folder> <cores>``; it leaves ``outcome.json``.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from benchmarks.races import find

if TYPE_CHECKING:
    from benchmarks.outcome import Outcome
    from benchmarks.races import Race

__all__ = ["CONTENDERS", "Contender"]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to do the work.

    Parameters
    ----------
    title : str
        In tables and figures.
    kind : {'workbench', 'peer', 'limit'}
        What it is to the workbench.
    module : str
        Where it is found.
    function : str
        What is called there; a peer is a module that maps.
    package : str, optional
        Whose version is told.
    """

    title: str
    kind: Literal["workbench", "peer", "limit"]
    module: str
    function: str = ""
    package: str | None = None


def _peer(title: str, module: str, package: str | None = None) -> Contender:
    return Contender(title=title, kind="peer", module=f"benchmarks.peers.{module}", package=package)


def _own(title: str, function: str) -> Contender:
    return Contender(title=title, kind="workbench", module="benchmarks.product", function=function)


def _limit(title: str, module: str, function: str, package: str | None = None) -> Contender:
    return Contender(title=title, kind="limit", module=f"benchmarks.{module}", function=function, package=package)


CONTENDERS: Final[dict[str, Contender]] = {
    "workbench": _own("Workbench", "evaluate"),
    "outcomes": _own("Workbench, 100 outcomes", "ask_outcomes"),
    "prepare": _own("the outcomes and one merged file", "prepare"),
    "serial": _peer("serial loop + pandas", "serial"),
    "imap": _peer("multiprocessing.Pool.imap", "imap"),
    "futures": _peer("concurrent.futures", "futures"),
    "joblib": _peer("joblib", "joblib_batches", "joblib"),
    "dask": _peer("Dask bag", "dask_bag", "dask"),
    "ray": _peer("Ray tasks", "ray_tasks", "ray"),
    "lithops": _peer("Lithops on localhost", "lithops_localhost", "lithops"),
    "xyzpy": _peer("xyzpy", "xyzpy_combos", "xyzpy"),
    "mpire": _peer("mpire", "mpire_map", "mpire"),
    "loop": _limit("bare loop, one core", "limits", "bare_loop"),
    "numpy": _limit("bare numpy, one core", "limits", "bare_numpy", "numpy"),
    "duckdb": _limit("DuckDB, one merged file", "product", "ask_merged", "duckdb"),
}


def run(contender: Contender, race: Race, folder: Path, cores: int) -> Outcome:
    """Run a contender, here.

    Parameters
    ----------
    contender : Contender
        Who.
    race : Race
        What.
    folder : Path
        Where its files go.
    cores : int
        Processes to use.

    Returns
    -------
    Outcome
    """
    module = importlib.import_module(contender.module)
    if contender.function:
        outcome: Outcome = getattr(module, contender.function)(race, folder, cores)
        return outcome
    pipeline = importlib.import_module("benchmarks.pipeline")
    answer: Outcome = pipeline.evaluate(module, race, folder, cores)
    return answer


def main(contender: str, race: str, mode: str, folder: str, cores: str) -> None:
    """Run a contender and leave its outcome beside its files."""
    outcome = run(CONTENDERS[contender], find(race, quick=mode == "quick"), Path(folder), int(cores))
    (Path(folder) / "outcome.json").write_text(json.dumps(dataclasses.asdict(outcome)))


if __name__ == "__main__":
    main(*sys.argv[1:])
