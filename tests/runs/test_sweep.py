"""A sweep is checked when it is made, and equal sweeps are one sweep."""

from __future__ import annotations

from typing import Any

import pytest

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.errors import ExperimentError, SweepError
from workbench.space import Values


def test_every_fault_at_once() -> None:
    with pytest.raises(SweepError) as refused:
        wb.Sweep(
            "mmc_queue",
            wb.product(arrival_rate=[0.5, -1.0], server=[1]),
            replicates=0,
            seed=-1,
            fixed={"warmup": 2.0},
        )
    paths = [fault.path for fault in refused.value.faults]
    assert paths == [
        "sweep.space",
        "sweep.space.factors[0].axes.arrival_rate.values[1]",
        "sweep.fixed.warmup",
        "sweep.replicates",
        "sweep.seed",
    ]
    assert "did you mean 'servers'?" in str(refused.value)
    assert not refused.value.over_cap


def test_an_unknown_experiment() -> None:
    with pytest.raises(ExperimentError, match="no experiment is named 'mmc_qeue'; did you mean 'mmc_queue'"):
        wb.Sweep("mmc_qeue", wb.product(arrival_rate=[0.5]))


def test_sizes() -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=[1, 2, 3]), replicates=4, seed=9, seeding="common")
    assert (sweep.n_points, sweep.n_rows) == (3, 12)
    assert repr(sweep) == "Sweep(noise over a: 3 points x 4 replicates = 12 rows, seed 9, common)"


def test_defaults_are_filled_in_and_floats_are_floats() -> None:
    document = wb.Sweep(faulty_models.noise, wb.zipped(a=[1, 2]), fixed={"b": 5}).document
    assert document.fixed == {"b": 5, "c": "z", "d": False}
    axis = document.space.axes["a"]  # type: ignore[union-attr]
    assert isinstance(axis, Values)
    assert [type(value) for value in axis.values] == [float, float]


def test_equal_sweeps_are_the_same_run() -> None:
    space = wb.product(a=[1, 2])
    one = plan(wb.Sweep(faulty_models.noise, space))
    spelled_out = plan(wb.Sweep(faulty_models.noise, wb.product(a=[1.0, 2.0]), fixed={"d": False, "c": "z", "b": 1}))
    assert one.run_id == spelled_out.run_id == f"noise-{one.sweep_id[:12]}"
    others = [
        wb.Sweep(faulty_models.noise, space, seed=1),
        wb.Sweep(faulty_models.noise, space, replicates=2),
        wb.Sweep(faulty_models.noise, space, seeding="common"),
        wb.Sweep(faulty_models.noise, wb.product(a=[2, 1])),
        wb.Sweep(faulty_models.noise, space, fixed={"c": "y"}),
    ]
    assert len({one.run_id, *(plan(other).run_id for other in others)}) == 6


def test_the_request_carries_the_options() -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=[1]))
    request = sweep.request(shard_size=3, nonce="n", run_id="noise-x", row_timeout=1.5)
    assert (request.sweep, request.shard_size, request.nonce) == (sweep.document, 3, "n")
    assert (request.run_id, request.row_timeout_s) == ("noise-x", 1.5)


@pytest.mark.parametrize(("count", "size"), [(1, 10), (3, 4), (10, 1), (99, 1)])
def test_a_number_of_shards_is_a_size(count: int, size: int) -> None:
    request = wb.Sweep(faulty_models.noise, wb.product(a=range(10))).request(shard_count=count)
    assert request.shard_size == size


@pytest.mark.parametrize(
    ("size", "count", "said"),
    [(2, 3, "shard_count: is given together with shard_size: give one of them"), (None, 0, "is 0; at least 1")],
)
def test_a_number_of_shards_that_cannot_be(size: int | None, count: int, said: str) -> None:
    sweep = wb.Sweep(faulty_models.noise, wb.product(a=[1]))
    with pytest.raises(SweepError, match=said):
        sweep.request(shard_size=size, shard_count=count)


@pytest.mark.parametrize("space", [{"a": [1, 2]}, [1, 2], None])
def test_what_is_no_space_is_refused(space: Any) -> None:
    with pytest.raises(SweepError, match=rf"space: is {type(space).__name__}; build one, such as wb.product"):
        wb.Sweep(faulty_models.noise, space)
