"""A refinement on the stack: children that know only the manifest, and Athena over several runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import workbench as wb
from small_runs import bits, rows_of
from workbench.experiments import mmc_queue
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.runs.cloud import CloudBackend
    from workbench.runs.refinement import Refinement
    from workbench.storage import Store

pytestmark = pytest.mark.emulator


def refined_on(backend: wb.Backend) -> Refinement:
    design = wb.latin_hypercube(6, seed=3, load=(0.2, 0.9), servers=range(1, 4))
    space = design.derive(arrival_rate=lambda load, servers: load * servers, drop=["load"])
    sweep = wb.Sweep(mmc_queue, space, replicates=4, seed=7, fixed={"horizon": 150.0})
    return backend.submit(sweep).refine("mean_wait", half_width=0.3, max_replicates=40)


def test_the_stack_refines_as_this_process_does(backend: CloudBackend, store: Store, tmp_path: Path) -> None:
    there, here = refined_on(backend), refined_on(wb.serial(tmp_path))
    assert len(there.runs) > 2
    assert [run.run_id for run in there.runs] == [run.run_id for run in here.runs]
    pd.testing.assert_frame_equal(there.points, here.points)
    for run in there.runs:
        assert _bits(store, run) == _bits(LocalStore(tmp_path), run)
    both = [part.aggregate(by=["servers"], metrics=["mean_wait"], stats=["count", "median"]) for part in (there, here)]
    pd.testing.assert_frame_equal(*both)
    assert there.runs[1].verify()


def _bits(store: Store, run: wb.Run) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return bits(rows_of(store, run.manifest), run.manifest)
