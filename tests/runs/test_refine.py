"""Replicates until precise: only where needed, the very rows of a longer run, and nothing evaluated twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import faulty_models
import workbench as wb
from small_runs import bits, rows_of
from workbench.errors import BudgetError, QueryError, RunError
from workbench.experiments import mmc_queue
from workbench.runs.refine import Source
from workbench.runs.refinement import refine_run
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contract import SweepDocument
    from workbench.runs.refinement import Refinement
    from workbench.runs.run import Run

RATES = [0.3, 0.6, 0.9]


def queue(**options: Any) -> wb.Sweep:
    space = wb.product(arrival_rate=RATES, servers=[1, 2]).where(
        lambda point: point != {"arrival_rate": 0.6, "servers": 2}
    )
    return wb.Sweep(mmc_queue, space, seed=7, fixed={"horizon": 200.0}, **{"replicates": 5} | options)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refined")


@pytest.fixture(scope="module")
def refined(root: Path) -> Refinement:
    run = wb.serial(root).submit(queue())
    return run.refine("mean_wait", half_width=0.4, max_replicates=60)


def rows_by_key(run: Run, root: Path) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return bits(rows_of(LocalStore(root), run.manifest), run.manifest)


def test_every_point_is_precise_or_has_all_that_it_may_have(refined: Refinement) -> None:
    points = refined.points
    assert len(points) == 5
    assert (points["half_width"] <= points["target"])[points["done"]].all()
    assert (points["replicates"][~points["done"]] == 60).all()
    assert points["replicates"].min() >= 10
    assert 0 < points["done"].sum() < 5
    assert "at max_replicates=60" in refined.stopped
    assert refined.stopped in repr(refined)


def test_easy_points_get_no_more_than_they_need(refined: Refinement) -> None:
    points = refined.points.set_index(["arrival_rate", "servers"])
    assert points.loc[(0.3, 2), "replicates"] == 10
    assert points.loc[(0.9, 1), "replicates"] == 60
    assert refined.further_rows == points["replicates"].sum() - 25


def test_the_rows_are_those_of_a_run_with_more_replicates(refined: Refinement, tmp_path: Path, root: Path) -> None:
    whole = rows_by_key(wb.serial(tmp_path).submit(queue(replicates=60)), tmp_path)
    parts: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for run in refined.runs:
        part = rows_by_key(run, root)
        assert not part.keys() & parts.keys()
        parts |= part
    assert len(parts) == refined.points["replicates"].sum()
    assert all(whole[key] == values for key, values in parts.items())


def test_all_rows_together_answer(refined: Refinement, root: Path) -> None:
    together = refined.aggregate(by=["arrival_rate", "servers"], metrics=["mean_wait"])
    assert together["count"].tolist() == refined.points.sort_values(["arrival_rate", "servers"])["replicates"].tolist()
    half_widths = (together["ci_high"] - together["mean"]).to_numpy()
    np.testing.assert_allclose(half_widths, refined.points.sort_values(["arrival_rate", "servers"])["half_width"])
    values = [row["mean_wait"] for run in refined.runs for row in rows_of(LocalStore(root), run.manifest)]
    whole = refined.aggregate(by=[], metrics=["mean_wait"], stats=["count", "mean", "median", "max"]).iloc[0]
    assert whole["count"] == len(values)
    np.testing.assert_allclose(
        whole[["mean", "median", "max"]].astype(float), [np.mean(values), np.median(values), np.max(values)]
    )


def test_points_are_ranked_by_all_rows_together(refined: Refinement) -> None:
    ranked = refined.rank({"mean_wait": "min", "utilisation": ("max", 2.0)})
    means = refined.aggregate(by=["arrival_rate", "servers"], metrics=["mean_wait"]).set_index(
        ["arrival_rate", "servers"]
    )
    best = ranked.iloc[0]
    assert best["mean_wait"] == pytest.approx(means.loc[(best["arrival_rate"], best["servers"]), "mean"])
    assert ranked["score"].is_monotonic_decreasing
    assert len(ranked) == 5


def test_asking_again_finds_the_same_runs(refined: Refinement, root: Path) -> None:
    before = wb.serial(root).run_ids()
    again = wb.serial(root).open(refined.runs[0].run_id).refine("mean_wait", half_width=0.4, max_replicates=60)
    assert [run.run_id for run in again.runs] == [run.run_id for run in refined.runs]
    assert wb.serial(root).run_ids() == before


def test_going_on_keeps_what_there_is(refined: Refinement) -> None:
    further = refined.refine(half_width=0.4, max_replicates=80)
    assert further.runs[: len(refined.runs)] == refined.runs
    assert further.points["replicates"].max() == 80
    other = further.refine("utilisation", half_width=0.5, relative=True)
    assert other.runs == further.runs
    assert other.done
    assert other.stopped == ""


def test_groups_of_points(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(queue())
    refined = run.refine("mean_wait", half_width=1.0, by=["servers"])
    assert refined.points["servers"].tolist() == [1, 2]
    assert refined.points["count"].tolist() == [3 * refined.points["replicates"][0], 2 * 10]
    assert refined.done


def test_one_mean_of_all_rows(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(queue())
    refined = run.refine("mean_wait", half_width=0.5, by=[])
    assert refined.points["count"].tolist() == [5 * refined.points["replicates"][0]]
    assert refined.done
    assert refined.further_rows > 0


def test_processes_refine_alike(refined: Refinement, tmp_path: Path) -> None:
    backend = wb.processes(2, root=tmp_path)
    again = backend.submit(queue()).refine("mean_wait", half_width=0.4, max_replicates=60)
    assert [run.run_id for run in again.runs] == [run.run_id for run in refined.runs]
    pd.testing.assert_frame_equal(again.points, refined.points)  # but for the last bit of sums, by file


def test_rows_are_kept_to(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(queue())
    none = run.refine("mean_wait", half_width=0.4, max_rows=24)
    assert (none.further_rows, len(none.runs)) == (0, 1)
    assert none.stopped == "the next round would take 25 rows, more than is left of max_rows=24"
    some = run.refine("mean_wait", half_width=0.4, max_rows=30)
    assert some.further_rows == 25
    assert not some.done


def test_a_budget_ends_it_with_what_there_is(tmp_path: Path) -> None:
    run = wb.serial(tmp_path).submit(queue())
    asked: list[float | None] = []

    class Dear:
        """A control whose second sweep is over the budget."""

        def submit(self, document: SweepDocument, *, budget: float | None) -> Run:
            asked.append(budget)
            if len(asked) > 1:
                raise BudgetError("the run is estimated at $2\n1 row in 1 shard")
            return run._control.submit(document, budget=budget)  # noqa: SLF001 -- stands in for it

    source = Source(run._engine, Dear())  # type: ignore[arg-type] # noqa: SLF001
    refined = refine_run(run, source, "mean_wait", half_width=0.4, budget=1.0)
    assert asked == [1.0, 1.0]  # what runs here costs nothing
    assert refined.stopped == "the run is estimated at $2"
    assert refined.points["replicates"].tolist() == [10] * 5


def test_points_whose_rows_fail_are_left(tmp_path: Path) -> None:
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=[1, 3]), replicates=2, seed=1)
    refined = wb.serial(tmp_path).submit(sweep).refine("value", half_width=0.5, max_replicates=100)
    points = refined.points.set_index("x")
    assert points.loc[3, ["replicates", "count"]].tolist() == [10, 0]
    assert np.isnan(points.loc[3, "half_width"])
    assert points.loc[1, "done"]
    assert refined.stopped == "1 of 2 means are left: 1 without two good rows (see run.failures())"


def test_what_cannot_be_refined(tmp_path: Path) -> None:
    backend = wb.serial(tmp_path)
    repeated = wb.Sweep(mmc_queue, wb.zipped(arrival_rate=[0.5, 0.5]), replicates=2, fixed={"horizon": 10.0})
    with pytest.raises(RunError, match=r"holds .*'arrival_rate': 0.5.* more than once"):
        backend.submit(repeated).refine("mean_wait", half_width=1.0)
    later = wb.Sweep(mmc_queue, wb.product(arrival_rate=[0.5]), first_replicate=3, fixed={"horizon": 10.0})
    with pytest.raises(RunError, match="is itself a refinement"):
        backend.submit(later).refine("mean_wait", half_width=1.0)
    plain = backend.submit(wb.Sweep(faulty_models.mixed, wb.product(x=[1])))
    with pytest.raises(RunError, match="uses no rng"):
        plain.refine("x", half_width=1.0)
    run = backend.submit(queue())
    for options, words in (
        ({"metric": "mean_weight"}, "did you mean 'mean_wait'"),
        ({"by": ["replicate"]}, "by: no 'replicate'"),
        ({"by": "servers"}, r"by: give a list of names, such as \['servers'\]"),
        ({"half_width": -1.0}, "half_width: is -1.0"),
        ({"budget": -1.0}, "budget: is -1.0; 0 or more"),
        ({"max_rows": -1}, "max_rows: is -1; 0 or more"),
    ):
        with pytest.raises(QueryError, match=words):
            run.refine(**{"metric": "mean_wait", "half_width": 1.0} | options)
