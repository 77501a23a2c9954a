"""The outcome file has exactly the declared schema, keeps every value, and needs no pandas."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.compute.evaluate import evaluate
from workbench.compute.outcome import (
    decode_outcome,
    encode_outcome,
    error_counts,
    merge_outcomes,
    outcome_schema,
    outcome_table,
    rows_with,
)
from workbench.compute.results import Results, refuse
from workbench.compute.rows import ShardRows, shard_rows
from workbench.contract import outcome_columns
from workbench.errors import OutcomeError

SPEC = faulty_models.mixed.spec
STARTED = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)


def table_of(rows: ShardRows, results: Results) -> Any:
    return outcome_table(SPEC, rows, results, shard_id=3, attempt=2, started_at=STARTED, worker="wörker")


def rows_for(**axes: Any) -> ShardRows:
    manifest = plan(wb.Sweep(faulty_models.mixed, wb.product(**axes)))
    return shard_rows(manifest, 0, manifest.n_rows)


def round_trip(table: Any) -> Any:
    return decode_outcome(encode_outcome(table, SPEC), SPEC, source="here")


def test_the_schema_is_the_declared_one() -> None:
    rows = rows_for(x=[1, 2])
    table = round_trip(table_of(rows, evaluate(faulty_models.mixed, rows, None)))
    table.validate(full=True)
    assert table.schema.equals(outcome_schema(SPEC))
    assert table.schema.names == [column.name for column in outcome_columns(SPEC)]
    types = {name: str(table.schema.field(name).type) for name in table.schema.names}
    assert types["shard_id"] == types["replicate"] == "int32"
    assert types["row_index"] == types["whole"] == "int64"
    assert (types["flag"], types["root"], types["label"]) == ("bool", "double", "string")
    assert types["started_at"] == "timestamp[ms]"


def test_every_value_comes_back() -> None:
    rows = rows_for(x=[-1, 4], label=["", "日本 🎲"], flag=[True, False])
    records = round_trip(table_of(rows, evaluate(faulty_models.mixed, rows, None))).to_pylist()
    assert len(records) == 8
    for record in records:
        expected = faulty_models.mixed(x=record["x"], label=record["label"], flag=record["flag"])
        assert {name: record[name] for name in vars(expected)} == vars(expected)
        assert (record["error_code"], record["error_message"]) == (None, None)
        assert (record["shard_id"], record["attempt"], record["worker"]) == (3, 2, "wörker")
        assert (record["fingerprint"], record["schema_version"]) == (SPEC.fingerprint, 1)
        assert record["started_at"] == STARTED.replace(tzinfo=None)
    assert {(record["x"], record["label"], record["flag"]) for record in records} == {
        (x, label, flag) for x in (-1, 4) for label in ("", "日本 🎲") for flag in (True, False)
    }


texts = st.one_of(st.none(), st.text(max_size=6))


@given(entries=st.lists(st.tuples(texts, st.one_of(st.none(), st.floats(allow_nan=False)), st.booleans()), max_size=20))
def test_nulls_stand_where_nothing_is_present(entries: list[tuple[str | None, float | None, bool]]) -> None:
    n_rows = len(entries)
    notes, roots, flags = (list(column) for column in zip(*entries, strict=True)) if entries else ([], [], [])
    results = refuse(SPEC.metrics, n_rows, code="X", message="x")
    results.metrics["note"][:] = notes
    results.present["note"][:] = [note is not None for note in notes]
    results.metrics["root"][:] = [0.0 if root is None else root for root in roots]
    results.present["root"][:] = [root is not None for root in roots]
    index = np.arange(n_rows)
    parameters = {
        "x": index,
        "label": np.full(n_rows, "", dtype=np.object_),
        "flag": np.array(flags, dtype=np.bool_),
    }
    table = table_of(ShardRows(index, index, index, parameters), results)
    table.validate(full=True)
    back = round_trip(table)
    assert back.num_rows == n_rows
    assert back["note"].to_pylist() == notes
    assert back["root"].to_pylist() == roots
    assert back["flag"].to_pylist() == flags
    assert back["text"].null_count == n_rows


def test_text_that_is_no_unicode_is_replaced() -> None:
    rows = rows_for(x=[1])
    table = table_of(rows, refuse(SPEC.metrics, 1, code="OSError", message="cannot open 'caf\udce9'"))
    assert round_trip(table)["error_message"].to_pylist() == ["cannot open 'caf?'"]


@pytest.mark.parametrize("stated", [None, "OOM", "ValueError"])
def test_errors_are_counted(stated: str | None) -> None:
    rows = rows_for(x=[1, 2, 3])
    results = evaluate(faulty_models.mixed, rows, None)
    if stated:
        results.fail(slice(1, 2), stated, "why")
    table = round_trip(table_of(rows, results))
    assert error_counts(table) == ({stated: 1} if stated else {})
    assert rows_with(table, None).tolist() == [True, stated is None, True]
    assert rows_with(table, "OOM").tolist() == [False, stated == "OOM", False]


@given(st.lists(st.sampled_from([None, "OOM", "ValueError"]), min_size=1, max_size=6), st.data())
def test_of_two_records_of_a_row_the_better_one_stays(codes: list[str | None], data: st.DataObject) -> None:
    rows = rows_for(x=range(len(codes)))
    others = data.draw(st.lists(st.sampled_from([None, "OOM", "ValueError"]), min_size=len(codes), max_size=len(codes)))

    def table(stated: list[str | None]) -> Any:
        results = evaluate(faulty_models.mixed, rows, None)
        for index, code in enumerate(stated):
            if code:
                results.fail(slice(index, index + 1), code, "why")
        return table_of(rows, results)

    worth = [None, "ValueError", "OOM"]
    merged = merge_outcomes(table(codes), table(others))
    expected = [min(pair, key=worth.index) for pair in zip(codes, others, strict=True)]
    assert merged["error_code"].to_pylist() == expected
    assert merged["row_index"].to_pylist() == list(range(len(codes)))


def test_a_long_message_is_cut() -> None:
    assert refuse(SPEC.metrics, 1, code="X", message="m" * 10_000).error_message == ["m" * 2_000]


def test_another_schema_is_refused_by_column() -> None:
    rows = rows_for(x=[1])
    table = table_of(rows, evaluate(faulty_models.mixed, rows, None))
    retyped = table.set_column(table.schema.names.index("whole"), "whole", table["whole"].cast(pa.float64()))
    with pytest.raises(OutcomeError, match=r"here does not have the schema of mixed: whole is double, declared int64$"):
        decode_outcome(encode_outcome(retyped, SPEC), SPEC, source="here")
    with pytest.raises(OutcomeError, match=r"note is missing, declared string$"):
        decode_outcome(encode_outcome(table.drop_columns(["note"]), SPEC), SPEC, source="here")
    with pytest.raises(OutcomeError, match=r"other order$"):
        decode_outcome(encode_outcome(table.select(table.schema.names[::-1]), SPEC), SPEC, source="here")
    fewer = msgspec.structs.replace(SPEC, metrics=SPEC.metrics[:-1])
    with pytest.raises(OutcomeError, match=r"note is string, declared nothing$"):
        decode_outcome(encode_outcome(table, SPEC), fewer, source="here")


@pytest.mark.parametrize("data", [b"", b"PAR1", b"{}" * 100])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(OutcomeError, match="here is not a readable Parquet file"):
        decode_outcome(data, SPEC, source="here")


def test_a_file_cut_short_is_refused() -> None:
    rows = rows_for(x=[1])
    data = encode_outcome(table_of(rows, evaluate(faulty_models.mixed, rows, None)), SPEC)
    with pytest.raises(OutcomeError, match="here is not a readable Parquet file"):
        decode_outcome(data[:-20], SPEC, source="here")


WITHOUT_PANDAS = """
import sys
from workbench.compute.shard import run_shard
from workbench.contract import Caps, Catalog, RunRequest, SweepDocument, Task, plan_run
from workbench.experiments import mmc_queue
from workbench.space import product
from workbench.storage.memory import MemoryStore

spec = mmc_queue.spec
sweep = SweepDocument(experiment=spec.name, fingerprint=spec.fingerprint, space=product(arrival_rate=[0.5, 1e-9]),
                      fixed={"horizon": 10.0}, replicates=3)
manifest = plan_run(RunRequest(sweep=sweep, shard_size=6), Catalog(experiments=(spec,)), Caps(), created_by="",
                    created_at="")
report = run_shard(MemoryStore(), manifest, Task(run_id=manifest.run_id, shard_id=0), worker="w")
assert report.status == "success", report
print(*sorted({"pandas", "matplotlib", "duckdb", "boto3", "scipy"} & set(sys.modules)))
"""


def test_encoding_does_not_import_pandas() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PANDAS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
