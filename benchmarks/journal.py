"""The measurements on disk: a line of JSON for the machine, then one for each run, so that a run can go on later."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.launch import Measurement

__all__ = ["Journal"]


class Journal:
    """Of one measurement; what another source or mode left is put aside.

    Parameters
    ----------
    path : Path
        The file.
    machine : dict
        As `benchmarks.machine.describe` returns it.
    mode : str
        ``quick`` or ``full``.
    """

    def __init__(self, path: Path, machine: dict[str, Any], mode: str) -> None:
        self._path = path
        header = {"mode": mode, **machine}
        lines = path.read_text().splitlines() if path.exists() else []
        found = json.loads(lines[0]) if lines else {}
        if found and all(found[key] == header[key] for key in ("mode", "source", "versions", "cores")):
            self.header: dict[str, Any] = found
            self.runs: list[dict[str, Any]] = [json.loads(line) for line in lines[1:]]
            return
        if lines:
            path.replace(path.with_suffix(".old.jsonl"))
        self.header, self.runs = header, []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(header) + "\n")

    def add(self, race: str, contender: str, round_number: int, measurement: Measurement) -> None:
        """Keep one run."""
        run = {"race": race, "contender": contender, "round": round_number, **dataclasses.asdict(measurement)}
        self.runs.append(run)
        with self._path.open("a") as file:
            file.write(json.dumps(run) + "\n")

    def done(self, race: str, contender: str) -> list[dict[str, Any]]:
        """Return the runs of a contender in a race."""
        return [run for run in self.runs if run["race"] == race and run["contender"] == contender]
