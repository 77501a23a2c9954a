"""The baseline queries as a researcher finds them on the stack: saved, and right about runs that went wrong in part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import workbench as wb
from faulty_models import sometimes_raises
from workbench.analysis.athena import AthenaEngine
from workbench.analysis.baseline import baseline_queries
from workbench.analysis.sql import Query
from workbench.contract import Output
from workbench.experiments import mmc_queue

if TYPE_CHECKING:
    import pandas as pd

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.run import Run

pytestmark = pytest.mark.emulator

MEMORY_MB, PRICE = 512, 0.5


@pytest.fixture(scope="module")
def saved(local_stack: LocalStack) -> dict[str, dict[str, Any]]:
    athena = local_stack.client("athena")
    pages = athena.get_paginator("list_named_queries").paginate(WorkGroup=local_stack.outputs[Output.WORKGROUP])
    listed = (
        athena.get_named_query(NamedQueryId=known)["NamedQuery"] for page in pages for known in page["NamedQueryIds"]
    )
    return {query["Name"]: query for query in listed}


@pytest.fixture(scope="module")
def runs(backend: CloudBackend) -> tuple[Run, Run]:
    """Two runs over overlapping points; x = 3 raises."""
    started = [
        backend.submit(wb.Sweep(sometimes_raises, wb.product(x=points), replicates=4, seed=seed), shard_size=3)
        for seed, points in enumerate(([1, 2, 3], [2, 3, 4]))
    ]
    for run in started:
        run.wait(timeout=120, progress=False)
    return started[0], started[1]


def ask(backend: CloudBackend, saved: dict[str, dict[str, Any]], name: str, *values: str | float) -> pd.DataFrame:
    stack = backend.stack
    engine = AthenaEngine(
        database=stack.outputs[Output.DATABASE],
        workgroup=stack.outputs[Output.WORKGROUP],
        session=stack.session,
        endpoint_url=stack.endpoint_url,
    )
    return engine.query(Query(saved[f"sometimes_raises: {name}"]["QueryString"], values))


@pytest.mark.parametrize("experiment", [mmc_queue, sometimes_raises], ids=lambda experiment: experiment.spec.name)
def test_they_are_saved_for_the_experiments_that_are_deployed(
    local_stack: LocalStack, saved: dict[str, dict[str, Any]], experiment: wb.Experiment[..., Any]
) -> None:
    spec = experiment.spec
    for query in baseline_queries(spec):
        found = saved[f"{spec.name}: {query.name}"]
        assert (found["QueryString"], found["Description"]) == (query.sql, query.description)
        assert found["Database"] == local_stack.outputs[Output.DATABASE]


def test_coverage_and_failures_are_what_the_run_says(
    backend: CloudBackend, saved: dict[str, dict[str, Any]], runs: tuple[Run, Run]
) -> None:
    run, _ = runs
    of_run = (run.run_id,) * 3
    assert ask(backend, saved, "coverage", *of_run).to_dict() == run.coverage().to_dict()
    assert ask(backend, saved, "failures by code", *of_run).to_dict() == run.failures().to_dict()
    assert ask(backend, saved, "coverage", *of_run)["failed"].tolist() == [4]


def test_the_profile_counts_the_rows_and_prices_the_work(
    backend: CloudBackend, saved: dict[str, dict[str, Any]], runs: tuple[Run, Run]
) -> None:
    (row,) = ask(backend, saved, "run profile", *(runs[0].run_id,) * 3, MEMORY_MB, PRICE).to_dict("records")
    assert (row["rows"], row["shards"]) == (12, 4)
    assert 0 < row["workers"] <= 4
    assert row["first_start"] <= row["last_start"]
    assert row["rows_per_second_of_work"] == pytest.approx(12 / row["seconds_of_work"])
    assert row["cost_of_work"] == pytest.approx(row["seconds_of_work"] / 2 * PRICE)


def test_points_are_summarised_and_compared(
    backend: CloudBackend, saved: dict[str, dict[str, Any]], runs: tuple[Run, Run]
) -> None:
    metric = sometimes_raises.spec.metrics[0].name
    of_each = [ask(backend, saved, "metric by parameter", *(run.run_id,) * 3).set_index("x") for run in runs]
    assert [list(frame[f"{metric}.count"]) for frame in of_each] == [[4, 4, 0], [4, 0, 4]]

    values = [run.run_id for run in runs for _ in range(3)]
    compared = ask(backend, saved, "compare two runs", *values).set_index("x")
    assert compared.index.tolist() == [1, 2, 3, 4]
    first, second = (frame[f"{metric}.mean"] for frame in of_each)
    assert compared.loc[2, f"{metric}.difference"] == pytest.approx(second[2] - first[2])
    assert compared[f"{metric}.difference"].isna().tolist() == [True, False, True, True]
