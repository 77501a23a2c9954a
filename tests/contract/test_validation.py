"""A sweep against its experiment: every fault at once, each with its path, and none where it can run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.contract import (
    Caps,
    Catalog,
    ParameterSpec,
    SweepDocument,
    cap_faults,
    conform,
    find_experiment,
    sweep_faults,
    value_fault,
)
from workbench.errors import Fault, SweepError
from workbench.space import Concat, Linspace, Product, Range, Values, Zip, linspace, product, zipped

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

RATES = zipped(rate=[0.5, 1.5])


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"space": product(rate=[1.0], server=[1])}, "sweep.space", "no parameter 'server'; did you mean 'servers'?"),
        ({"fixed": {"colour": 1}}, "sweep.fixed", "no parameter 'colour' (known: level, policy, rate"),
        ({"space": product(servers=[1])}, "sweep.space", "needs a value for 'rate'"),
        ({"fixed": {"rate": 1.0}}, "sweep.fixed.rate", "assigned by the space too"),
        ({"space": zipped(rate=[0.5, "x"])}, "sweep.space.axes.rate.values[1]", "'x' is str; rate is float"),
        ({"space": zipped(rate=[True])}, "sweep.space.axes.rate.values[0]", "True is bool; rate is float"),
        ({"space": zipped(rate=[10**400])}, "sweep.space.axes.rate.values[0]", "rate is float"),
        ({"space": zipped(rate=[0.5, 0])}, "sweep.space.axes.rate.values[1]", "rate must be > 0"),
        ({"space": zipped(rate=linspace(0, 1, 3))}, "sweep.space.axes.rate", "0.0 is out of bounds"),
        ({"space": zipped(rate=linspace(1, 10.5, 3))}, "sweep.space.axes.rate", "rate must be <= 10"),
        ({"space": zipped(rate=range(5, 12))}, "sweep.space.axes.rate", "11 is out of bounds"),
        ({"space": RATES.where(lambda _: True), "fixed": {"servers": 0}}, "sweep.fixed.servers", "must be >= 1"),
        ({"fixed": {"servers": 100}}, "sweep.fixed.servers", "must be < 100"),
        ({"fixed": {"servers": 2.0}}, "sweep.fixed.servers", "2.0 is float; servers is int"),
        ({"fixed": {"servers": True}}, "sweep.fixed.servers", "True is bool; servers is int"),
        ({"fixed": {"servers": 2**63}}, "sweep.fixed.servers", "is beyond 64 bits; servers is int"),
        ({"fixed": {"verbose": 1}}, "sweep.fixed.verbose", "1 is int; verbose is bool"),
        ({"fixed": {"policy": "random"}}, "sweep.fixed.policy", "'random' is not one of 'fifo', 'lifo'"),
        ({"fixed": {"level": 3}}, "sweep.fixed.level", "3 is not one of 1, 2, 4"),
        ({"fixed": {"scale": math.nan}}, "sweep.fixed.scale", "nan is not a finite number"),
        ({"fixed": {"scale": -math.inf}}, "sweep.fixed.scale", "-inf is not a finite number"),
        (
            {"space": Zip({"rate": Values((math.nan,))})},
            "sweep.space.axes.rate.values[0]",
            "nan is not a finite number",
        ),
        ({"space": Zip({"rate": Values(())})}, "sweep.space.axes.rate", "has no values"),
        ({"space": Zip({"rate": Range(1, 1)})}, "sweep.space.axes.rate", "has no values"),
        ({"space": Zip({"rate": Linspace(0.5, 1.0, 0)})}, "sweep.space.axes.rate", "has no values"),
        ({"space": Zip({"rate": Linspace(0.5, 1.0, 10**400)})}, "sweep.space.axes.rate", "more than 3,000,000,000"),
        ({"space": product(RATES, servers=linspace(1, 3, 3))}, "sweep.space.factors[1].axes.servers", "linspace gives"),
        ({"space": product(RATES, policy=range(2))}, "sweep.space.factors[1].axes.policy", "a range gives integers"),
        ({"replicates": 0}, "sweep.replicates", "is 0; at least 1"),
        ({"seed": -1}, "sweep.seed", "from 0 to 2**64 - 1"),
        ({"seed": 2**64}, "sweep.seed", "from 0 to 2**64 - 1"),
    ],
)
def test_each_fault_has_its_path_and_says_what_is_wrong(
    spec: ExperimentSpec, changes: dict[str, Any], path: str, words: str
) -> None:
    sweep = SweepDocument(**{"experiment": "probe", "fingerprint": "", "space": RATES} | changes)
    (fault,) = sweep_faults(sweep, spec)
    assert fault.path == path
    assert words in fault.message


def test_all_faults_at_once(spec: ExperimentSpec) -> None:
    space = Product(
        (
            Concat((zipped(servers=[1, 0]), Zip({"servers": Range(-1, 200)}))),
            Zip({"level": Values((1, 3, "x")), "serves": Values((1, 2))}),
            Zip({"policy": Values(())}),
        )
    )
    fixed = {"verbose": "yes", "level": 7, "tempo": 1, "scale": math.inf}
    sweep = SweepDocument(experiment="probe", fingerprint="", space=space, fixed=fixed, replicates=-1, seed=-1)
    assert sorted(fault.path for fault in sweep_faults(sweep, spec)) == sorted(
        [
            "sweep.space.factors[0].parts[0].axes.servers.values[1]",
            "sweep.space.factors[0].parts[1].axes.servers",  # the first value
            "sweep.space.factors[0].parts[1].axes.servers",  # the last value
            "sweep.space.factors[1].axes",  # three levels, two of the other
            "sweep.space.factors[1].axes.level.values[1]",
            "sweep.space.factors[1].axes.level.values[2]",
            "sweep.space.factors[2].axes.policy",
            "sweep.space",  # 'serves' is unknown
            "sweep.space",  # 'rate' is missing
            "sweep.fixed",  # 'tempo' is unknown
            "sweep.fixed.verbose",
            "sweep.fixed.level",  # assigned twice
            "sweep.fixed.level",  # 7 is no level
            "sweep.fixed.scale",
            "sweep.replicates",
            "sweep.seed",
        ]
    )


def test_faults_within_conditions_and_parts_have_their_whole_path(spec: ExperimentSpec) -> None:
    space = Product((Concat((RATES, zipped(rate=[-1.0, 2.0]).where(lambda p: p["rate"] > 0))),))
    (fault,) = sweep_faults(SweepDocument(experiment="probe", fingerprint="", space=space), spec)
    assert fault.path == "sweep.space.factors[0].parts[1].of.axes.rate.values[0]"


@pytest.mark.parametrize("levels", [range(1, 5), range(4, 0, -1), range(2, 4), range(1, 10**9)])
def test_a_range_is_looked_at_between_its_ends_where_there_are_choices(spec: ExperimentSpec, levels: range) -> None:
    faults = sweep_faults(SweepDocument(experiment="probe", fingerprint="", space=product(RATES, level=levels)), spec)
    assert {fault.path for fault in faults} == {"sweep.space.factors[1].axes.level"}


@given(
    rates=st.lists(st.floats(0, 10, exclude_min=True) | st.integers(1, 10), min_size=1, max_size=4),
    servers=st.lists(st.integers(1, 99), min_size=1, max_size=3),
    level=st.sampled_from((1, 2, 4, range(1, 3), range(4, 0, -3))),
    replicates=st.integers(1, 5),
    seed=st.integers(0, 2**64 - 1),
)
def test_a_good_sweep_has_no_faults_and_conforms(
    spec: ExperimentSpec, rates: list[float], servers: list[int], level: object, replicates: int, seed: int
) -> None:
    sweep = SweepDocument(
        experiment="probe",
        fingerprint="",
        space=product(rate=rates, servers=servers, level=level),
        fixed={"policy": "lifo", "verbose": True},
        replicates=replicates,
        seed=seed,
    )
    assert sweep_faults(sweep, spec) == []
    assert sweep_faults(conform(sweep, spec), spec) == []


@given(st.floats(allow_nan=False) | st.integers(-20, 20), st.integers(-9, 9), st.integers(-9, 9))
def test_bounds_hold_as_they_read(value: float, low: int, high: int) -> None:
    for lower, upper, holds in (
        ("gt", "lt", low < value < high),
        ("ge", "le", low <= value <= high),
    ):
        parameter = ParameterSpec(name="x", type="float", **{lower: low, upper: high})
        assert (value_fault(parameter, value) is None) == (holds and math.isfinite(value))


@pytest.mark.parametrize(
    ("caps", "shard_size", "paths"),
    [
        (Caps(max_rows=6, max_shards=3, max_rows_per_shard=2), 2, []),
        (Caps(max_rows=5), 6, ["sweep"]),
        (Caps(max_rows_per_shard=5), 6, ["shard_size"]),
        (Caps(max_shards=2), 2, ["shard_size"]),
        (Caps(), 0, ["shard_size"]),
        (Caps(), -1, ["shard_size"]),
        (Caps(max_rows=1, max_shards=1), 1, ["sweep"]),
        (Caps(max_rows=1, max_rows_per_shard=1), 2, ["sweep", "shard_size"]),
    ],
)
def test_caps(sweep: SweepDocument, caps: Caps, shard_size: int, paths: list[str]) -> None:
    assert [fault.path for fault in cap_faults(sweep, shard_size, caps)] == paths


def test_too_many_shards_name_a_size_that_fits(sweep: SweepDocument) -> None:
    caps = Caps(max_shards=4)
    (fault,) = cap_faults(sweep, 1, caps)
    assert "makes 6 shards; at most 4: use 2" in fault.message
    assert cap_faults(sweep, 2, caps) == []


def test_replicates_count_towards_the_caps(sweep: SweepDocument) -> None:
    (fault,) = cap_faults(msgspec.structs.replace(sweep, replicates=1_000_000_000), 100_000, Caps(max_shards=10**9))
    assert "has more than 100,000,000 rows" in fault.message


def test_rows_of_any_number_of_digits_are_a_fault_and_no_crash(sweep: SweepDocument) -> None:
    endless = msgspec.structs.replace(sweep, replicates=10**5_000)
    assert [fault.path for fault in cap_faults(endless, 1, Caps())] == ["sweep"]


def test_an_experiment_is_found_or_named_with_its_neighbours(spec: ExperimentSpec, catalog: Catalog) -> None:
    assert find_experiment("probe", catalog) is spec
    fault = find_experiment("prob", catalog)
    assert isinstance(fault, Fault)
    assert fault.path == "sweep.experiment"
    assert "did you mean 'probe'? (known: probe)" in fault.message
    nothing = find_experiment("probe", Catalog(experiments=()))
    assert isinstance(nothing, Fault)
    assert nothing.message.endswith("(known: none)")


def test_the_error_shows_every_fault() -> None:
    error = SweepError([Fault("a", "is wrong"), Fault("b", "is missing")])
    assert [fault.path for fault in error.faults] == ["a", "b"]
    assert "a: is wrong" in str(error)
    assert "b: is missing" in str(error)
    assert not error.over_cap
