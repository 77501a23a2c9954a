"""Rules across parameters: broken exactly where a point breaks them, whatever the shape of the space and its length."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.contract import (
    Caps,
    Catalog,
    ExperimentSpec,
    Rule,
    RunRequest,
    SweepDocument,
    decode,
    encode,
    plan_run,
    sweep_faults,
)
from workbench.errors import SweepError
from workbench.space import Product, Space, Zip, concat, linspace, product, zipped

LIFO_IS_SLOW = Rule(parameter="rate", when={"policy": ("lifo",)}, le=2)
SCALED = Rule(parameter="scale", when={"policy": ("lifo",), "level": (2, 4)}, gt=0, lt=5)


@pytest.fixture(scope="session")
def ruled(spec: ExperimentSpec) -> ExperimentSpec:
    return msgspec.structs.replace(spec, rules=(LIFO_IS_SLOW, SCALED))


def sweep_over(space: Space, **fixed: bool | float | str) -> SweepDocument:
    return SweepDocument(experiment="probe", fingerprint="ab" * 16, space=space, fixed=fixed)


def paths(space: Space, spec: ExperimentSpec, **fixed: bool | float | str) -> list[str]:
    return [fault.path for fault in sweep_faults(sweep_over(space, **fixed), spec)]


def test_a_rule_reads_as_a_sentence() -> None:
    assert str(LIFO_IS_SLOW) == "rate <= 2 where policy is 'lifo'"
    assert str(SCALED) == "scale > 0 and scale < 5 where policy is 'lifo' and level is 2 or 4"


def test_the_fault_names_the_rule_and_the_values_that_break_it(ruled: ExperimentSpec) -> None:
    (fault,) = sweep_faults(sweep_over(product(rate=[1.0, 3.0, 4.0]), policy="lifo"), ruled)
    assert fault.path == "sweep.space"
    assert fault.message == (
        "the rule of probe, rate <= 2 where policy is 'lifo', is broken by policy='lifo', rate=3.0"
    )
    (fault,) = sweep_faults(sweep_over(product(rate=[1.0], level=[1, 4]), policy="lifo", scale=7), ruled)
    assert fault.path == "sweep.fixed.scale"
    assert fault.message.endswith("policy='lifo', level=4, scale=7")


def test_defaults_count(ruled: ExperimentSpec) -> None:
    assert paths(product(rate=[9.0]), ruled) == []  # fifo
    strict = msgspec.structs.replace(ruled, rules=(Rule(parameter="rate", when={"policy": ("fifo",)}, le=2),))
    (fault,) = sweep_faults(sweep_over(product(rate=[9.0])), strict)
    assert "policy='fifo' (its default), rate=9.0" in fault.message


@pytest.mark.parametrize(
    ("space", "broken"),
    [
        (zipped(rate=[3.0, 1.0], policy=["fifo", "lifo"]), False),
        (zipped(rate=[3.0, 1.0], policy=["lifo", "fifo"]), True),
        (product(rate=[3.0, 1.0], policy=["fifo", "lifo"]), True),
        (product(rate=[3.0, 1.0], policy=["fifo", "lifo"]).where(lambda p: p["rate"] < 2), False),
        (product(rate=[3.0, 1.0], policy=["fifo", "lifo"]).where(lambda p: p["policy"] == "lifo"), True),
        (concat(product(rate=[3.0], policy=["fifo"]), product(rate=[1.0], policy=["lifo"])), False),
        (concat(product(rate=[1.0], policy=["fifo"]), product(rate=[3.0], policy=["lifo"])), True),
        (product(zipped(rate=[3.0, 1.0], policy=["fifo", "lifo"]).where(lambda p: True), servers=[1, 2]), False),  # noqa: ARG005
    ],
)
def test_points_break_rules_and_not_values(ruled: ExperimentSpec, space: Space, *, broken: bool) -> None:
    assert paths(space, ruled) == (["sweep.space"] if broken else [])


def test_axes_that_no_rule_names_cost_nothing_and_long_ones_are_looked_at_by_their_ends(ruled: ExperimentSpec) -> None:
    long = product(scale=linspace(1, 2, 10**8), policy=["fifo", "lifo"], level=[1, 2])
    assert paths(product(long, rate=[1.0]), ruled) == []
    assert paths(product(policy=["lifo"], level=[4], rate=[1.0], scale=linspace(1, 5, 10**8)), ruled) == ["sweep.space"]
    falling = Product((Zip({"rate": linspace(2.5, 0.5, 10**8)}), Zip({"servers": linspace(1, 1, 1)})))
    assert "sweep.space.factors[1].axes.servers" in paths(falling, ruled)  # other faults come first


def test_rules_wait_until_the_values_are_sound(ruled: ExperimentSpec) -> None:
    assert paths(product(rate=[3.0, "x"], policy=["lifo"]), ruled) == ["sweep.space.factors[0].axes.rate.values[1]"]


def test_a_rule_of_parameters_that_are_left_out_is_passed_over(ruled: ExperimentSpec) -> None:
    form = msgspec.structs.replace(ruled, parameters=tuple(p for p in ruled.parameters if p.name != "policy"))
    assert paths(product(rate=[3.0]), form) == []


values = {
    "rate": st.sampled_from([0.5, 2, 2.5, 9.0]),
    "scale": st.sampled_from([-1.0, 0, 3.5, 5.0, 8]),
    "level": st.sampled_from([1, 2, 4]),
    "policy": st.sampled_from(["fifo", "lifo"]),
    "servers": st.integers(1, 99),
}


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Products of zips, some with a condition, for all of these parameters."""

    def part() -> Space:
        names = draw(st.permutations(sorted(values)))
        cuts = sorted(draw(st.sets(st.integers(1, len(names) - 1))))
        groups = [names[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(names)], strict=True)]
        factors: list[Space] = []
        for group in groups:
            length = draw(st.integers(1, 3))
            factors.append(zipped(**{name: [draw(values[name]) for _ in range(length)] for name in group}))
        whole = product(*factors)
        return whole.pick(draw(st.sets(st.integers(0, whole.size - 1), min_size=1))) if draw(st.booleans()) else whole

    return concat(part(), part()) if draw(st.booleans()) else part()


@given(space=spaces())
def test_faults_are_those_of_the_points(ruled: ExperimentSpec, space: Space) -> None:
    expected = [rule for rule in ruled.rules if any(rule.is_broken_by(point) for point in space)]
    found = [fault.message for fault in sweep_faults(sweep_over(space), ruled)]
    assert len(found) == len(expected)
    assert all(str(rule) in message for rule, message in zip(expected, found, strict=True))


def test_the_parent_refuses_by_the_catalog_alone(ruled: ExperimentSpec) -> None:
    catalog = decode(encode(Catalog(experiments=(ruled,))), Catalog, source="test")
    assert catalog.experiments[0].rules == ruled.rules
    request = RunRequest(sweep=sweep_over(product(rate=[3.0], policy=["lifo"])))
    with pytest.raises(SweepError, match="rate <= 2 where policy is 'lifo'"):
        plan_run(request, catalog, Caps(), created_by="me", created_at="2026-01-01T00:00:00Z")


def test_catalogs_without_rules_are_read_as_before(spec: ExperimentSpec) -> None:
    document = msgspec.json.decode(encode(Catalog(experiments=(spec,))))
    del document["experiments"][0]["rules"]
    assert decode(msgspec.json.encode(document), Catalog, source="test").experiments == (spec,)
