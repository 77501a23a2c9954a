"""Tidy frames as arrays; xarray's dataset is these arrays with their labels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xarray

from workbench.analysis.duck import DuckEngine
from workbench.analysis.grid import GRID_STATS, grid_of, to_xarray
from workbench.analysis.summary import aggregate
from workbench.errors import QueryError, WorkbenchError

if TYPE_CHECKING:
    from conftest import Outcomes
    from workbench.contract import ExperimentSpec


def aggregated(run: Outcomes, by: list[str], where: dict[str, object] | None = None) -> pd.DataFrame:
    engine = DuckEngine(run.root, run.spec, run.run_id)
    metrics = ["wait", "served"]
    return aggregate(engine, run.spec, run.run_id, by=by, metrics=metrics, stats=GRID_STATS, where=where)


def test_every_group_has_its_cell(outcomes: Outcomes) -> None:
    frame = aggregated(outcomes, ["rate", "servers", "policy"])
    grid = grid_of(frame)
    assert {name: list(values) for name, values in grid.coordinates.items()} == {
        "rate": [0.1, 0.5, 2.5],
        "servers": [1, 2],
        "policy": ["first in, first out", "last in's first"],
    }
    assert list(grid.variables) == ["wait", "wait_std", "wait_count", "served", "served_std", "served_count"]
    for line in frame.to_dict("records"):
        place = tuple(list(values).index(line[name]) for name, values in grid.coordinates.items())
        found = [grid.variables[f"{line['metric']}{suffix}"][place] for suffix in ("", "_std", "_count")]
        np.testing.assert_array_equal(found, [line["mean"], line["std"], line["count"]])


def test_a_parameter_with_one_value_is_no_axis(outcomes: Outcomes) -> None:
    grid = grid_of(aggregated(outcomes, ["rate", "servers"], {"servers": 2}))
    assert list(grid.coordinates) == ["rate"]
    assert grid.constants == {"servers": 2}
    assert grid.variables["wait"].shape == (3,)


def test_a_single_point_has_no_axes(outcomes: Outcomes) -> None:
    frame = aggregated(outcomes, ["rate"], {"rate": 0.5})
    grid = grid_of(frame)
    assert grid.coordinates == {}
    assert grid.variables["wait"] == frame["mean"].iloc[0]
    assert grid_of(aggregated(outcomes, [])).constants == {}


def test_where_the_space_has_no_point_there_is_nothing() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [1, 2], "metric": "m", "count": [3, 4], "mean": [0.5, 1.5], "std": 1.0})
    grid = grid_of(frame)
    np.testing.assert_array_equal(grid.variables["m"], [[0.5, np.nan], [np.nan, 1.5]])
    assert grid.variables["m_count"].tolist() == [[3, 0], [0, 4]]


def test_what_is_no_grid_is_refused() -> None:
    one = {"count": 1, "mean": 0.5, "std": 0.0}
    with pytest.raises(QueryError, match="no column 'std': aggregate with"):
        grid_of(pd.DataFrame({"a": [1], "metric": "m", "count": 1, "mean": 0.5}))
    with pytest.raises(QueryError, match="no rows"):
        grid_of(pd.DataFrame(columns=["a", "metric", *GRID_STATS]))
    sampled = pd.DataFrame({"a": range(8000), "b": range(8000), "metric": "m", **one})
    with pytest.raises(QueryError, match="8,000 a x 8,000 b cells; aggregate by fewer"):
        grid_of(sampled)
    with pytest.raises(QueryError, match="two arrays 'm_std'"):
        grid_of(pd.DataFrame({"a": [1, 1], "metric": ["m", "m_std"], **one}))


def test_without_xarray_it_says_what_to_install(
    outcomes: Outcomes, spec: ExperimentSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)  # as if it were not installed
    with pytest.raises(WorkbenchError, match="pip install xarray"):
        to_xarray(aggregated(outcomes, ["rate"]), spec)


def test_the_dataset_is_the_grid_with_its_labels(outcomes: Outcomes, spec: ExperimentSpec) -> None:
    frame = aggregated(outcomes, ["rate", "servers", "preempt"], {"servers": 2})
    dataset, grid = to_xarray(frame, spec), grid_of(frame)
    assert isinstance(dataset, xarray.Dataset)
    assert dict(dataset.sizes) == {name: len(values) for name, values in grid.coordinates.items()}
    assert set(dataset.data_vars) == set(grid.variables)
    for name, array in grid.variables.items():
        np.testing.assert_array_equal(dataset[name].to_numpy(), array)
    assert dataset["servers"].item() == 2
    assert dataset.attrs == {"experiment": spec.name}
