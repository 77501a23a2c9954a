"""The machine: what is too old, too full, or cannot fork."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.runs.health.machine import check_disk, check_fork, check_python

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30


@pytest.mark.parametrize(("version", "verdict"), [((3, 10), "bad"), ((3, 11), "ok"), ((4, 0), "ok")])
def test_python(version: tuple[int, int], verdict: str) -> None:
    finding = check_python(version, where="/there")
    assert finding.verdict == verdict
    assert finding.seen.startswith(f"{version[0]}.{version[1]} (")
    assert ("Python 3.11 or newer" in finding.remedy) == (verdict == "bad")


def test_this_python_is_new_enough() -> None:
    assert check_python().verdict == "ok"


@pytest.mark.parametrize(("methods", "verdict"), [(["fork", "spawn"], "ok"), (["spawn"], "warn"), ([], "warn")])
def test_fork(methods: list[str], verdict: str) -> None:
    finding = check_fork(methods)
    assert finding.verdict == verdict
    assert bool(finding.remedy) == (verdict != "ok")


@pytest.mark.parametrize(("free", "verdict"), [(0, "bad"), (GIB // 2, "warn"), (2 * GIB - 1, "warn"), (2 * GIB, "ok")])
def test_disk(tmp_path: Path, free: int, verdict: str) -> None:
    finding = check_disk(tmp_path, free_bytes=free)
    assert finding.verdict == verdict
    assert str(tmp_path) in finding.seen
    assert ("WORKBENCH_HOME" in finding.remedy) == (verdict != "ok")


def test_a_folder_that_is_not_there_yet_is_measured_above(tmp_path: Path) -> None:
    assert "GiB are free for" in check_disk(tmp_path / "not" / "yet").seen
