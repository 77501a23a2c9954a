"""The raw rows of a run, streamed out of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import faulty_models
import workbench as wb
from small_runs import rows_of
from workbench.compute.outcome import decode_outcome, encode_outcome, outcome_schema
from workbench.contract.keys import outcome_key
from workbench.errors import OutcomeError, QueryError
from workbench.runs.rows import rows
from workbench.storage.local import LocalStore
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from workbench.contract import Manifest

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(12)), seed=5)


class NotingStore(MemoryStore):
    """Notes what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def get(self, key: str) -> bytes | None:
        self.fetched.append(key)
        return super().get(key)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStore, Manifest]:
    """A run of 12 good rows in 4 shards."""
    root = tmp_path_factory.mktemp("results")
    return LocalStore(root), wb.serial(root).submit(SWEEP, shard_size=3).manifest


@pytest.fixture
def mixed(finished: tuple[LocalStore, Manifest]) -> tuple[NotingStore, Manifest, list[str]]:
    """Shard 0 succeeded; 1 did after a failure that counts no more; 2 failed in part; 3 is missing."""
    whole, manifest = finished
    success = [outcome_key(manifest.spec.name, manifest.run_id, "success", shard) for shard in range(4)]
    failure = [key.replace("success", "failure") for key in success]
    store = NotingStore()
    for key in success[:2]:
        store.put(key, whole.get(key) or b"")
    store.put(failure[1], with_errors(whole.get(success[1]) or b"", manifest, ["CRASH"] * 3))
    store.put(failure[2], with_errors(whole.get(success[2]) or b"", manifest, [None, "ValueError", None]))
    store.fetched.clear()
    return store, manifest, [success[0], success[1], failure[2]]


def with_errors(data: bytes, manifest: Manifest, codes: list[str | None]) -> bytes:
    table: Any = decode_outcome(data, manifest.spec, source="test")
    place = table.schema.get_field_index("error_code")
    return encode_outcome(table.set_column(place, table.schema.field(place), [codes]), manifest.spec)


def test_a_runs_rows_are_those_of_its_files(finished: tuple[LocalStore, Manifest]) -> None:
    store, manifest = finished
    reader = rows(store, manifest)
    assert reader.schema.equals(outcome_schema(manifest.spec))
    records = reader.read_all().to_pylist()
    assert sorted(records, key=lambda record: record["row_index"]) == rows_of(store, manifest)
    assert len(records) == manifest.n_rows


def test_failed_rows_are_there_and_history_is_not(mixed: tuple[NotingStore, Manifest, list[str]]) -> None:
    store, manifest, _ = mixed
    table = rows(store, manifest, columns=["shard_id", "error_code"]).read_all()
    assert table.to_pydict() == {
        "shard_id": [0, 0, 0, 1, 1, 1, 2, 2, 2],
        "error_code": [None] * 7 + ["ValueError", None],
    }


def test_a_file_is_fetched_when_its_turn_comes(mixed: tuple[NotingStore, Manifest, list[str]]) -> None:
    store, manifest, counting = mixed
    seen = []
    for batch in rows(store, manifest, columns=["uniform", "row_index"]):
        assert batch.schema.names == ["uniform", "row_index"]
        seen.append(list(store.fetched))
    assert seen == [counting[:1], counting[:2], counting[:3]]


def test_a_run_of_which_nothing_has_landed_has_no_rows(finished: tuple[LocalStore, Manifest]) -> None:
    table = rows(MemoryStore(), finished[1], columns=["a"]).read_all()
    assert (table.num_rows, table.schema.names) == (0, ["a"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["unifrom"], "columns: no 'unifrom'; did you mean 'uniform'.*'shard_id', 'row_index'"),
        (["a", "a"], "columns: 'a' is named more than once"),
        ([], "columns: name at least one of 'shard_id'"),
        ("a", "columns: give a list of names"),
    ],
)
def test_a_wrong_column_is_refused_before_anything_is_read(
    mixed: tuple[NotingStore, Manifest, list[str]], columns: list[str], message: str
) -> None:
    store, manifest, _ = mixed
    with pytest.raises(QueryError, match=message):
        rows(store, manifest, columns=columns)
    assert store.fetched == []


def test_a_damaged_outcome_is_named_in_the_midst(mixed: tuple[NotingStore, Manifest, list[str]]) -> None:
    store, manifest, counting = mixed
    store.put(counting[1], b"not parquet")
    reader = rows(store, manifest)
    assert next(reader).num_rows == 3
    with pytest.raises(OutcomeError, match=counting[1]):
        next(reader)


def test_a_removed_outcome_is_named(mixed: tuple[NotingStore, Manifest, list[str]]) -> None:
    class Forgetful(NotingStore):
        def get(self, key: str) -> bytes | None:
            return None if key == counting[0] else super().get(key)

    store, manifest, counting = mixed
    forgetful = Forgetful()
    for key in counting:
        forgetful.put(key, store.get(key) or b"")
    with pytest.raises(OutcomeError, match=f"{counting[0]} was removed"):
        next(rows(forgetful, manifest))


def test_the_batches_go_on_as_one_stream(mixed: tuple[NotingStore, Manifest, list[str]]) -> None:
    store, manifest, _ = mixed
    sink = pa.BufferOutputStream()
    reader = rows(store, manifest)
    with pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    assert pa.ipc.open_stream(sink.getvalue()).read_all().num_rows == 9
