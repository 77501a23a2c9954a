"""A verification finds every changed bit, and calls nothing changed that the experiment gives again."""

from __future__ import annotations

import dataclasses
import math
import os
import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import faulty_models
import shapeless_models
import workbench as wb
from small_runs import plan
from workbench.compute.outcome import decode_outcome, encode_outcome
from workbench.compute.shard import run_shard
from workbench.contract import Task
from workbench.contract.keys import outcome_key
from workbench.errors import CodeMismatchError, OutcomeError, RunError
from workbench.experiments import experiment
from workbench.runs.verify import verify
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contract import Manifest
    from workbench.experiments import Experiment
    from workbench.runs.verification import Verification


@dataclasses.dataclass(frozen=True)
class Value:
    value: float


@experiment(version="1", vectorized=True)
def company(*, x: float) -> Value:
    """Depend on how many rows share the array, as the last bit of a real one may."""
    return Value(value=x + len(x))  # type: ignore[arg-type]


@experiment(version="1")
def elsewhere(*, x: int) -> Value:
    """Be another number in every process."""
    return Value(value=float(os.getpid()))


@experiment(version="1")
def odd(*, x: int) -> Value:
    return Value(value=[math.nan, math.inf, 0.0, -0.0, 5e-324][x])


class CountingStore(MemoryStore):
    """Keeps which objects were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_keys: list[str] = []

    def get(self, key: str) -> bytes | None:
        self.read_keys.append(key)
        return super().get(key)


def evaluated(
    model: Experiment[..., Any], shard_size: int = 100, fixed: dict[str, Any] | None = None, **axes: Any
) -> tuple[Manifest, CountingStore]:
    manifest, store = plan(wb.Sweep(model, wb.product(**axes), fixed=fixed), shard_size=shard_size), CountingStore()
    for shard_id in range(manifest.n_shards):
        run_shard(store, manifest, Task(run_id=manifest.run_id, shard_id=shard_id), worker="w", experiment=model)
    store.read_keys.clear()
    return manifest, store


def change(store: MemoryStore, manifest: Manifest, name: str, place: int, value: Any, *, shard: int = 0) -> None:
    """Write another value into an outcome."""
    key = outcome_key(manifest.spec.name, manifest.run_id, "success", shard)
    table = decode_outcome(store.get(key) or b"", manifest.spec, source=key)
    column = table.column_names.index(name)
    field = table.schema.field(column)
    values = table[name].to_pylist()
    values[place] = value
    store.put(key, encode_outcome(table.set_column(column, field, pa.array(values, field.type)), manifest.spec))


def all_rows(manifest: Manifest, store: MemoryStore, model: Experiment[..., Any], **options: Any) -> Verification:
    found = verify(manifest, store, sample=manifest.n_rows, experiment=model, **options)
    assert found.checked == len(set(found.row_index))
    return found


@pytest.mark.parametrize(
    ("model", "axes"),
    [
        (faulty_models.noise, {"a": [0.5, -0.0, 3.0], "c": ["x", "ö"]}),
        (faulty_models.mixed, {"x": range(-2, 9), "flag": [True, False]}),
        (faulty_models.squares, {"x": [1.0, 2.0, -0.0], "label": ["a", "b"]}),
        (faulty_models.in_place, {"x": wb.linspace(0, 1, 6)}),
        (shapeless_models.long_texts, {"size": range(5)}),
        (odd, {"x": range(5)}),
        (company, {"x": wb.linspace(0, 1, 23)}),
    ],
)
def test_what_a_run_left_is_what_comes_out_here(model: Experiment[..., Any], axes: dict[str, Any]) -> None:
    manifest, store = evaluated(model, 4, **axes)
    found = all_rows(manifest, store, model)
    assert found, str(found)
    assert (found.checked, found.equal, found.shards) == (manifest.n_rows, manifest.n_rows, manifest.n_shards)
    rows, shards = f"{manifest.n_rows} of {manifest.n_rows} rows", f"{manifest.n_shards} shards"
    assert str(found) == f"{manifest.run_id}: {rows} from {shards} are equal here bit for bit"
    assert found.to_frame().empty


@cache
def twelve_rows() -> tuple[Manifest, MemoryStore]:
    return evaluated(faulty_models.noise, 5, a=range(12))


@settings(max_examples=10)
@given(st.integers(0, 11), st.sampled_from(["uniform", "normal", "scaled"]), st.sampled_from([-math.inf, math.inf]))
def test_one_changed_last_bit_is_found(row: int, metric: str, towards: float) -> None:
    manifest, clean = twelve_rows()
    store = MemoryStore()
    for key in clean.keys(""):
        store.put(key, clean.get(key) or b"")
    key = outcome_key("noise", manifest.run_id, "success", row // 5)
    table = decode_outcome(store.get(key) or b"", manifest.spec, source=key)
    row_index, value = table["row_index"][row % 5].as_py(), table[metric][row % 5].as_py()
    changed = math.nextafter(value, towards)
    change(store, manifest, metric, row % 5, changed, shard=row // 5)

    found = all_rows(manifest, store, faulty_models.noise)
    assert not found
    (difference,) = found.differences
    assert difference[:1] + difference[2:] == (row_index, metric, value, changed, 1.0)
    assert difference.parameters["a"] == row_index
    assert (found.checked, found.equal) == (12, 11)
    assert f"row {row_index}: {metric} is {value!r} here, {changed!r} there (1 ulp)" in str(found)
    assert "tolerance=1" in str(found)
    (line,) = found.to_frame().to_dict("records")
    assert (line["here"], line["there"], line["ulps"]) == (value, changed, 1.0)
    assert all_rows(manifest, store, faulty_models.noise, tolerance=1)


@pytest.mark.parametrize(
    ("name", "changed", "ulps"),
    [
        ("text", "ä5!", math.nan),
        ("text", None, math.nan),
        ("whole", 4, math.nan),
        ("positive", False, math.nan),
        ("root", None, math.nan),
        ("root", math.nan, math.nan),
        ("root", -math.sqrt(5), None),
        ("note", "", math.nan),
        ("x", 6, math.nan),
        ("label", "Ä", math.nan),
    ],
)
def test_a_changed_value_of_any_type_is_found(name: str, changed: Any, ulps: float | None) -> None:
    manifest, store = evaluated(faulty_models.mixed, x=[5])
    change(store, manifest, name, 0, changed)
    (difference,) = all_rows(manifest, store, faulty_models.mixed, tolerance=10**6).differences
    assert (difference.metric, difference.parameters["x"]) == (name, 5)
    if ulps is None:
        assert difference.ulps > 2**62
    else:
        assert math.isnan(difference.ulps)
    assert repr(difference.there) == repr(changed)


def test_zeros_have_signs_and_every_nan_is_one() -> None:
    manifest, store = evaluated(odd, x=range(5))
    (payload,) = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0123))
    change(store, manifest, "value", 0, payload)
    assert all_rows(manifest, store, odd)
    change(store, manifest, "value", 2, -0.0)
    (difference,) = all_rows(manifest, store, odd).differences
    assert (str(difference.here), str(difference.there), difference.ulps) == ("0.0", "-0.0", 1.0)


def test_rows_are_spread_over_a_few_outcomes() -> None:
    manifest, store = evaluated(faulty_models.noise, 5, a=range(500))
    found = verify(manifest, store, sample=20, experiment=faulty_models.noise)
    assert (found.checked, found.shards, len(store.read_keys)) == (20, 10, 10)
    again = verify(manifest, store, sample=20, experiment=faulty_models.noise)
    other = verify(manifest, store, sample=20, seed=1, experiment=faulty_models.noise)
    assert found == again
    assert set(found.row_index) != set(other.row_index)


def test_few_arrays_are_evaluated_whole() -> None:
    manifest, store = evaluated(company, 10, x=wb.linspace(0, 1, 100))
    found = verify(manifest, store, sample=6, experiment=company)
    assert found
    assert (found.checked, found.shards, len(store.read_keys)) == (6, 3, 3)


def test_outcomes_that_hold_few_rows_are_made_up_for_by_others() -> None:
    manifest, store = evaluated(faulty_models.noise, 1, a=range(40))
    found = verify(manifest, store, sample=25, experiment=faulty_models.noise)
    assert (found.checked, found.shards, len(store.read_keys)) == (25, 25, 25)
    assert verify(manifest, store, sample=999, experiment=faulty_models.noise).checked == 40


@given(sample=st.integers(1, 14), seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_as_many_rows_as_were_asked_for(sample: int, seed: int) -> None:
    manifest, store = twelve_rows()
    found = verify(manifest, store, sample=sample, seed=seed, experiment=faulty_models.noise)
    assert found.checked == len(set(found.row_index)) == min(sample, 12)


def test_good_rows_of_failures_count_and_outcomes_without_any_are_not_read() -> None:
    manifest, store = evaluated(faulty_models.sometimes_raises, 1, x=range(30))
    found = verify(manifest, store, experiment=faulty_models.sometimes_raises)
    assert found
    assert sorted(found.row_index) == [x for x in range(30) if x % 3]
    assert len(store.read_keys) == 20
    manifest, store = evaluated(faulty_models.sometimes_raises, 10, x=range(30))
    assert sorted(all_rows(manifest, store, faulty_models.sometimes_raises).row_index) == [
        x for x in range(30) if x % 3
    ]


def test_a_run_without_a_good_row_is_no_verified_run() -> None:
    manifest, store = evaluated(faulty_models.sometimes_raises, 2, x=[0, 3, 6])
    with pytest.raises(RunError, match="has no good row to verify"):
        verify(manifest, store, experiment=faulty_models.sometimes_raises)
    with pytest.raises(RunError, match="has no good row to verify"):
        verify(manifest, MemoryStore(), experiment=faulty_models.sometimes_raises)


@pytest.mark.parametrize("options", [{"sample": 0}, {"tolerance": -1}])
def test_what_cannot_be_asked(options: dict[str, int]) -> None:
    manifest, store = evaluated(faulty_models.noise, a=[1])
    with pytest.raises(RunError, match=r"sample is .*, tolerance"):
        verify(manifest, store, experiment=faulty_models.noise, **options)


def test_other_code_is_refused() -> None:
    manifest, store = evaluated(faulty_models.noise, a=[1])
    other = replace(manifest, spec=replace(manifest.spec, fingerprint="f" * 64))
    with pytest.raises(CodeMismatchError, match=r"fingerprint ffffffffffff.*check that code out"):
        verify(other, store, experiment=faulty_models.noise)


def test_numbers_that_another_process_does_not_give_are_found() -> None:
    manifest, store = evaluated(elsewhere, 2, x=range(4))
    found = all_rows(manifest, store, elsewhere)
    assert (found.equal, len(found.differences)) == (0, 4)


@pytest.mark.parametrize("how", ["raise", "exit"])
def test_a_row_that_fails_here_only_costs_itself(tmp_path: Path, how: str) -> None:
    flag = tmp_path / "flag"
    manifest, store = evaluated(faulty_models.misbehaves, fixed={"how": how, "flag": str(flag)}, x=range(6))
    flag.touch()
    found = all_rows(manifest, store, faulty_models.misbehaves)
    (difference,) = found.differences
    assert (difference.row_index, difference.metric, difference.there) == (3, "error_code", None)
    assert "three" in difference.here if how == "raise" else "the row" in difference.here
    assert found.equal == 5
    assert "tolerance" not in str(found)


@pytest.mark.parametrize(("name", "value"), [("row_index", 17), ("row_index", 1)])
def test_rows_that_are_not_those_of_the_shard(name: str, value: int) -> None:
    manifest, store = evaluated(faulty_models.noise, a=range(3))
    change(store, manifest, name, 0, value)
    with pytest.raises(OutcomeError, match="does not hold the rows of shard 0"):
        verify(manifest, store, experiment=faulty_models.noise)


def test_a_file_that_was_cut_short() -> None:
    manifest, store = evaluated(faulty_models.noise, a=range(3))
    key = outcome_key("noise", manifest.run_id, "success", 0)
    store.put(key, (store.get(key) or b"")[:-20])
    with pytest.raises(OutcomeError, match="not a readable Parquet file"):
        verify(manifest, store, experiment=faulty_models.noise)


def test_arrays_are_those_of_the_attempts() -> None:
    manifest, store = evaluated(company, x=wb.linspace(0, 4, 5))
    # Two rows were left to a second attempt, which evaluated them without the others.
    for place, value in ((1, 1.0 + 2), (3, 3.0 + 2)):
        change(store, manifest, "value", place, value)
        change(store, manifest, "attempt", place, 2)
    assert all_rows(manifest, store, company)
    change(store, manifest, "attempt", 3, 1)
    assert {difference.row_index for difference in all_rows(manifest, store, company).differences} == {1, 3}
