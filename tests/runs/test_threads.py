"""Linear algebra has one thread in every process that evaluates rows, however that was started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import thread_models
import workbench as wb
from small_runs import rows_of
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.runs.folder import FolderBackend

SWEEP = wb.Sweep(thread_models.threads, wb.product(x=range(4)))


@pytest.fixture(params=["serial", "fork", "spawn"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> FolderBackend:
    if request.param == "serial":
        return wb.serial(tmp_path)
    return wb.processes(2, root=tmp_path, start_method=request.param)


@pytest.fixture(autouse=True)
def two_threads_elsewhere() -> Iterator[None]:
    with threadpool_limits(limits=2):
        yield


def test_one_thread(backend: FolderBackend, tmp_path: Path) -> None:
    run = backend.submit(SWEEP, shard_size=2)
    assert run.wait(timeout=60, progress=False).state == "SUCCEEDED"
    rows = rows_of(LocalStore(tmp_path), run.manifest)
    assert all(row["libraries"] for row in rows)
    assert {row["most"] for row in rows} == {1}
    assert {library["num_threads"] for library in threadpool_info()} == {2}
