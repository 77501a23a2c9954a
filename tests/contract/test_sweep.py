"""A sweep's identity: the same for the same question, another for every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space_strategies import finite_floats, spaces
from workbench.contract import RunRequest, SweepDocument, conform, decode, encode, sweep_faults, sweep_id
from workbench.space import Linspace, Range, Space, Value, Values, Zip, concat, linspace, product

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

numbers = st.lists(st.integers(1, 10), min_size=1, max_size=4)


def identity(sweep: SweepDocument, spec: ExperimentSpec) -> str:
    return sweep_id(conform(sweep, spec))


@settings(max_examples=50)
@given(
    space=spaces(("rate", "scale"), values=st.integers() | finite_floats),
    fixed=st.dictionaries(st.just("level"), st.sampled_from((1, 2, 4))),
)
def test_conforming_twice_changes_nothing(spec: ExperimentSpec, space: Space, fixed: dict[str, Value]) -> None:
    sweep = SweepDocument(experiment="probe", fingerprint="00", space=space, fixed=fixed)
    once = conform(sweep, spec)
    assert encode(conform(once, spec)) == encode(once)
    assert list(once.space) == [{name: float(value) for name, value in point.items()} for point in space]


@given(rates=numbers, scales=numbers)
def test_integers_for_float_parameters_are_the_same_sweep(
    spec: ExperimentSpec, sweep: SweepDocument, rates: list[int], scales: list[int]
) -> None:
    def over(number: type[int | float]) -> SweepDocument:
        rate, scale = ([number(value) for value in values] for values in (rates, scales))
        space = concat(product(rate=rate, scale=scale), product(rate=rate, scale=scale).where(lambda _: True))
        return msgspec.structs.replace(sweep, space=space)

    assert sweep_faults(over(int), spec) == []
    assert sweep_id(over(int)) != sweep_id(over(float))
    assert identity(over(int), spec) == identity(over(float), spec)


def test_integers_stay_where_integers_are_declared(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    conformed = conform(msgspec.structs.replace(sweep, fixed={"scale": 3}), spec)
    assert all(type(point["servers"]) is int and type(point["rate"]) is float for point in conformed.space)
    assert type(conformed.fixed["scale"]) is float
    assert type(conformed.fixed["level"]) is int


def test_the_ends_of_a_linspace_become_floats(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    written = [
        msgspec.structs.replace(sweep, space=Zip({"rate": axis})) for axis in (Linspace(1, 3, 5), linspace(1, 3, 5))
    ]
    assert identity(written[0], spec) == identity(written[1], spec)


def test_a_range_stays_short(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    space = product(rate=range(1, 4))
    assert conform(msgspec.structs.replace(sweep, space=space), spec).space == space


def test_defaults_are_filled_in(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    conformed = conform(sweep, spec)
    assert conformed.fixed == {"level": 1, "policy": "fifo", "verbose": False, "scale": 1.0}
    spelled = msgspec.structs.replace(sweep, fixed={"scale": 1, "policy": "fifo", "level": 1, "verbose": False})
    assert identity(spelled, spec) == identity(sweep, spec)


def test_the_wire_does_not_change_the_identity(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    conformed = conform(sweep, spec)
    received = decode(encode(RunRequest(sweep=conformed)), RunRequest, source="test").sweep
    assert sweep_id(conform(received, spec)) == sweep_id(conformed)


@pytest.mark.parametrize(
    "changes",
    [
        {"experiment": "other"},
        {"fingerprint": "cd" * 16},
        {"space": product(rate=[0.5, 1.5], servers=[1, 4, 2])},
        {"space": product(servers=[1, 2, 4], rate=[0.5, 1.5])},
        {"space": product(rate=[0.5, 1.5], servers=[1, 2, 4]).where(lambda p: p["servers"] < 4)},
        {"fixed": {"level": 2}},
        {"replicates": 2},
        {"seed": 1},
        {"seeding": "common"},
    ],
)
def test_whatever_changes_an_answer_changes_the_identity(
    spec: ExperimentSpec, sweep: SweepDocument, changes: dict[str, object]
) -> None:
    assert identity(msgspec.structs.replace(sweep, **changes), spec) != identity(sweep, spec)


def test_a_nonce_makes_a_fresh_run(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    conformed = conform(sweep, spec)
    identities = {sweep_id(conformed), sweep_id(conformed, nonce="1"), sweep_id(conformed, nonce="2")}
    assert len(identities) == 3
    assert {len(found) for found in identities} == {64}


def test_rows_are_points_times_replicates(sweep: SweepDocument) -> None:
    tripled = msgspec.structs.replace(sweep, replicates=3)
    assert (tripled.n_points, tripled.n_rows) == (6, 18)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert(
            {"experiment": "e", "fingerprint": "", "space": {"kind": "zip", "axes": {}}, "colour": 1}, SweepDocument
        )


def test_axes_of_other_parameters_are_left_alone(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    axes = {"servers": Range(1, 3), "policy": Values(("fifo", "lifo")), "rate": Values((1, 2))}
    conformed = conform(msgspec.structs.replace(sweep, space=Zip(axes)), spec)
    assert conformed.space == Zip(axes | {"rate": Values((1.0, 2.0))})


def test_sweeps_from_the_first_replicate_on_have_the_identity_that_they_always_had(
    spec: ExperimentSpec, sweep: SweepDocument
) -> None:
    zero = msgspec.structs.replace(sweep, first_replicate=0)
    assert b"first_replicate" not in encode(conform(zero, spec))
    assert identity(zero, spec) == identity(sweep, spec)
    later = msgspec.structs.replace(sweep, first_replicate=20)
    assert identity(later, spec) != identity(sweep, spec)
    received = decode(encode(RunRequest(sweep=conform(later, spec))), RunRequest, source="test").sweep
    assert received.replicates_before == 20
    assert sweep_id(received) == identity(later, spec)


@pytest.mark.parametrize(
    ("first", "replicates", "sound"), [(-1, 1, False), (2**31 - 2, 2, True), (2**31 - 2, 3, False)]
)
def test_replicates_are_numbered_in_32_bits(
    spec: ExperimentSpec, sweep: SweepDocument, first: int, replicates: int, *, sound: bool
) -> None:
    faults = sweep_faults(msgspec.structs.replace(sweep, first_replicate=first, replicates=replicates), spec)
    assert [fault.path for fault in faults] == ([] if sound else ["sweep.first_replicate"])
