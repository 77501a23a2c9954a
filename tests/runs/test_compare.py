"""Several runs asked the same question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.analysis.duck import DuckEngine
from workbench.analysis.summary import aggregate
from workbench.errors import QueryError
from workbench.runs.compare import compare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.contract import Manifest


@dataclass(frozen=True)
class Answering:
    """What is compared of a run."""

    root: Path
    manifest: Manifest

    @property
    def run_id(self) -> str:
        return self.manifest.run_id

    def aggregate(
        self,
        *,
        by: Sequence[str],
        metrics: Sequence[str] | None = None,
        stats: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
    ) -> pd.DataFrame:
        spec = self.manifest.spec
        engine = DuckEngine(self.root, spec, self.run_id)
        return aggregate(engine, spec, self.run_id, by=by, metrics=metrics, stats=stats, where=where)


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> list[Answering]:
    """Two runs of one experiment, on two back ends, and one of which nothing has landed."""
    sweeps = [wb.Sweep(faulty_models.noise, wb.product(a=[1.0, 2.0], b=[1, 2]), replicates=4, seed=n) for n in (1, 2)]
    roots = [tmp_path_factory.mktemp("results") for _ in range(2)]
    runs = [wb.serial(root).submit(sweep) for root, sweep in zip(roots, sweeps, strict=True)]
    waiting = plan(wb.Sweep(faulty_models.noise, wb.product(a=[1.0])))
    return [
        *(Answering(root, run.manifest) for root, run in zip(roots, runs, strict=True)),
        Answering(roots[0], waiting),
    ]


def test_the_answers_stand_under_each_other(answering: list[Answering]) -> None:
    first, second, waiting = answering
    asked = {"by": ["a", "b"], "metrics": ["normal"], "stats": ["mean", "p90"]}
    frame = compare([second, first, waiting], **asked)
    assert list(frame.columns) == ["run", "a", "b", "metric", "mean", "p90"]
    assert list(frame["run"].unique()) == [second.run_id, first.run_id]
    for run in (first, second):
        own = frame[frame["run"] == run.run_id].drop(columns="run").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, run.aggregate(**asked))


def test_conditions_and_defaults_reach_every_run(answering: list[Answering]) -> None:
    frame = compare(answering[:2], by=[], where={"a": 1.0})
    assert frame["metric"].tolist() == ["uniform", "normal", "scaled", "small"] * 2
    assert frame["count"].tolist() == [8] * 8


def test_a_wrong_comparison_is_refused(answering: list[Answering]) -> None:
    with pytest.raises(QueryError, match="runs: give at least one"):
        compare([], by=["a"])
    with pytest.raises(QueryError, match=f"runs: give each run once, not {answering[0].run_id}, "):
        compare([answering[0], answering[0]], by=["a"])
    with pytest.raises(QueryError, match="by: no 'cc'"):
        compare(answering, by=["cc"], metrics=["normal"])
    with pytest.raises(QueryError, match="two columns 'run'"):
        compare(answering, by=["run"])
