"""The code here beside the code that is deployed: experiments, their fingerprints, and the numpy that draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.contract import RUNS_TABLE, Environment, TableParameter, table_name
from workbench.runs.health.access import refused
from workbench.runs.health.finding import Finding, bad, ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Deployed", "check_experiments", "check_numpy", "read_deployed"]

_TABLES = table_name("")


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What the tables of a stack say of its code.

    Parameters
    ----------
    fingerprints : mapping
        Of each experiment; empty text where the stack is too old to say.
    python, numpy : str
        Versions that the child runs on; likewise.
    """

    fingerprints: Mapping[str, str]
    python: str = ""
    numpy: str = ""


def read_deployed(glue: Any, database: str, *, repair: str) -> Deployed | Finding:
    """Read what is deployed from the tables that researchers may see.

    Parameters
    ----------
    glue : botocore client
        Where the database is.
    database : str
        Of the stack.
    repair : str
        How to bring back what is gone.

    Returns
    -------
    Deployed or Finding
        A finding where the tables cannot be read.
    """
    try:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        tables = {table["Name"]: table.get("Parameters", {}) for page in pages for table in page["TableList"]}
    except (ClientError, BotoCoreError) as error:
        return refused("tables", error, remedy=repair)
    if RUNS_TABLE not in tables:
        return bad("tables", f"{database} has no table {RUNS_TABLE}", remedy=repair)
    outcomes = {name: said for name, said in tables.items() if name.startswith(_TABLES)}
    one: Mapping[str, str] = next(iter(outcomes.values()), {})
    return Deployed(
        fingerprints={
            name.removeprefix(_TABLES): said.get(TableParameter.FINGERPRINT, "") for name, said in outcomes.items()
        },
        python=one.get(TableParameter.PYTHON, ""),
        numpy=one.get(TableParameter.NUMPY, ""),
    )


def check_experiments(here: Mapping[str, str], deployed: Deployed, *, remedy: str) -> Iterator[Finding]:
    """Check that sweeps of the experiments here will be taken, and evaluated by the same code.

    Parameters
    ----------
    here : mapping
        Fingerprint of each experiment that is known here.
    deployed : Deployed
        What is there.
    remedy : str
        How to deploy the stack.

    Yields
    ------
    Finding
    """
    there = deployed.fingerprints
    both = sorted(here.keys() & there.keys())
    if untold := [name for name in both if not there[name]]:
        yield warn("code", f"the stack does not say which code of {', '.join(untold)} it has", remedy=remedy)
    told = [name for name in both if there[name]]
    if other := [name for name in told if here[name] != there[name]]:
        pairs = ", ".join(f"{name} ({here[name][:12]} here, {there[name][:12]} there)" for name in other)
        yield bad(
            "code", f"not the deployed code, and refused: {pairs}", remedy=f"check out the deployed code, or {remedy}"
        )
    if same := [name for name in told if here[name] == there[name]]:
        yield ok("code", f"the same here and there: {', '.join(same)}")
    if absent := sorted(here.keys() - there.keys()):
        yield warn(
            "experiments",
            f"known here, but not deployed: {', '.join(absent)}",
            remedy=f"to evaluate them there, {remedy}",
        )
    if unknown := sorted(there.keys() - here.keys()):
        seen = f"deployed, but not known here: {', '.join(unknown)}"
        remedy = f"to sweep them, install their package or name its module in {Environment.EXPERIMENTS}"
        yield warn("experiments", seen, remedy=remedy)


def check_numpy(here: str, deployed: Deployed) -> Finding:
    """Check that what is evaluated here has the bits of what is evaluated there.

    Parameters
    ----------
    here : str
        Version of numpy in this environment.
    deployed : Deployed
        What is there.

    Returns
    -------
    Finding
    """
    if not deployed.numpy:
        return ok("numpy", f"{here} here; the stack does not say which it has")
    seen = f"{here} here, {deployed.numpy} there (Python {deployed.python})"
    if here != deployed.numpy:
        return warn("numpy", seen, remedy=f"for the same bits everywhere, pip install numpy=={deployed.numpy}")
    return ok("numpy", seen)
