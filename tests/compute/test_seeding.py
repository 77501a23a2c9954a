"""Keys depend on what a row is and on nothing else; a reset generator is a fresh one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import faulty_models
import random_models
import workbench as wb
from small_runs import plan
from workbench.compute.columns import DTYPES
from workbench.compute.rows import shard_rows
from workbench.compute.seeding import RowGenerator, row_keys
from workbench.compute.supervise import Limits, supervise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.contract import Seeding, ValueType

SPEC = faulty_models.noise.spec
WORDS = st.integers(0, 2**64 - 1)


def keys_of(
    rows: list[tuple[float, int, str, bool, int]], *, seed: int = 7, seeding: Seeding = "independent"
) -> NDArray[np.uint64]:
    a, b, c, d, replicate = zip(*rows, strict=True)
    columns = {"a": np.array(a), "b": np.array(b), "c": np.array(c, dtype=np.object_), "d": np.array(d)}
    return row_keys(SPEC, columns, np.array(replicate), seed=seed, seeding=seeding)


rows = st.tuples(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**63), 2**63 - 1),
    st.text(max_size=5),
    st.booleans(),
    st.integers(0, 2**31 - 1),
)


@given(row=rows, others=st.lists(rows, max_size=5), position=st.integers(0, 5), seed=WORDS)
def test_a_key_does_not_depend_on_the_other_rows(row: Any, others: list[Any], position: int, seed: int) -> None:
    position = min(position, len(others))
    among = keys_of([*others[:position], row, *others[position:]], seed=seed)
    assert among[position].tolist() == keys_of([row], seed=seed)[0].tolist()


@given(one=rows, other=rows)
def test_different_rows_have_different_keys(one: Any, other: Any) -> None:
    first, second = keys_of([one, other]).tolist()
    assert (first == second) == (one == other)


def test_zero_has_no_sign() -> None:
    plus, minus, other = keys_of([(value, 0, "", False, 0) for value in (0.0, -0.0, 5e-324)]).tolist()
    assert plus == minus != other


def test_keys_of_a_dense_grid_are_distinct() -> None:
    a, b = np.meshgrid(np.linspace(0.0, 1.0, 450), np.arange(450))
    n_rows = a.size
    columns: dict[str, NDArray[Any]] = {
        "a": a.ravel(),
        "b": b.ravel(),
        "c": np.full(n_rows, "z", dtype=np.object_),
        "d": np.zeros(n_rows, dtype=np.bool_),
    }
    keys = row_keys(SPEC, columns, np.zeros(n_rows, dtype=np.int64), seed=0, seeding="independent")
    # Not only the pairs: with so few, a collision in one 64-bit lane would mean that it mixes badly.
    assert [len(np.unique(keys[:, lane])) for lane in (0, 1)] == [n_rows, n_rows]
    assert abs(np.unpackbits(keys.view(np.uint8)).mean() - 0.5) < 1e-3


@given(one=rows, other=rows, seed=WORDS)
def test_common_numbers_depend_on_seed_and_replicate_only(one: Any, other: Any, seed: int) -> None:
    first, second, deeper = keys_of([one, (*other[:4], one[4]), (*one[:4], one[4] + 1)], seed=seed, seeding="common")
    assert first.tolist() == second.tolist() != deeper.tolist()
    assert first.tolist() != keys_of([one], seed=seed ^ 1, seeding="common")[0].tolist()


def key_of_one(kind: ValueType, value: Any) -> tuple[int, ...]:
    parameter = msgspec.structs.replace(SPEC.parameters[0], name="x", type=kind)
    spec = msgspec.structs.replace(SPEC, parameters=(parameter,))
    column = np.array([value], dtype=DTYPES[kind])
    return tuple(row_keys(spec, {"x": column}, np.array([0]), seed=0, seeding="independent")[0].tolist())


def test_the_type_counts() -> None:
    same: list[tuple[ValueType, Any]] = [("float", 1.0), ("int", 1), ("bool", True), ("str", "1")]
    assert len({key_of_one(kind, value) for kind, value in same}) == 4
    # Whatever the bits: a float and the integer of the same 64-bit word are two values.
    assert key_of_one("float", 1.0) != key_of_one("int", int(np.float64(1.0).view(np.int64)))


def test_the_order_of_the_signature_does_not_count() -> None:
    row = {"a": np.array([0.25]), "b": np.array([3]), "c": np.array(["x"], dtype=np.object_), "d": np.array([True])}
    turned = msgspec.structs.replace(SPEC, parameters=SPEC.parameters[::-1])
    one, other = (row_keys(spec, row, np.array([0]), seed=1, seeding="independent").tolist() for spec in (SPEC, turned))
    assert one == other


def draws(generator: np.random.Generator) -> list[Any]:
    """Half words, whole words, and floats of both widths."""
    return [
        generator.integers(0, 2**32, dtype=np.uint32, size=3).tolist(),
        generator.random(4).tolist(),
        generator.random(3, dtype=np.float32).tolist(),
        generator.normal(size=3).tolist(),
    ]


@given(
    keys=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4), consumed=st.integers(0, 5), halves=st.integers(0, 3)
)
def test_a_reset_generator_is_a_fresh_one(keys: list[tuple[int, int]], consumed: int, halves: int) -> None:
    generator = RowGenerator()
    for pair in keys:
        key = np.array(pair, dtype=np.uint64)
        assert draws(generator.at(key)) == draws(np.random.Generator(np.random.Philox(key=key)))
        generator.generator.random(consumed)
        generator.generator.integers(0, 2**32, dtype=np.uint32, size=halves)


def test_rows_keep_their_streams_where_a_vectorized_experiment_is_evaluated_in_parts() -> None:
    manifest = plan(wb.Sweep(random_models.poisoned_draws, wb.product(x=range(9)), seed=5))
    rows = shard_rows(manifest, 0, manifest.n_rows)
    keys = row_keys(manifest.spec, rows.parameters, rows.replicate, seed=5, seeding="independent")
    results = supervise(random_models.poisoned_draws, rows, keys, Limits())
    assert results.error_code == [None] * 6 + ["CRASH"] + [None] * 2
    expected = [np.random.Generator(np.random.Philox(key=key)).random() for key in keys]
    good = [0, 1, 2, 3, 4, 5, 7, 8]
    assert results.metrics["first"][good].tolist() == [expected[index] for index in good]
