"""Which rows a check tries: what is set, else defaults and every choice, else values that the bounds allow."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.cli.check_sample import read_settings, sample_of
from workbench.contract import ExperimentSpec, MetricSpec, ParameterSpec
from workbench.errors import SpaceError, SweepError


def spec_of(*parameters: ParameterSpec, name: str = "lab") -> ExperimentSpec:
    metrics = (MetricSpec(name="answer", type="float"),)
    return ExperimentSpec(
        name=name, version="1", fingerprint="f", uses_rng=False, doc="", parameters=parameters, metrics=metrics
    )


@pytest.mark.parametrize(
    ("kind", "bounds", "value"),
    [
        ("int", {"gt": 0}, 1),
        ("int", {"ge": 0}, 1),
        ("int", {"gt": 0.5}, 1),
        ("int", {"lt": 0}, -1),
        ("int", {"le": 2.5}, 2),
        ("int", {"ge": 1, "le": 4}, 2),
        ("float", {"gt": 0, "lt": 1}, 0.5),
        ("float", {"gt": -3}, -2.0),
        ("float", {"lt": 7.5}, 7.0),
    ],
)
def test_a_required_number_is_made_up_within_its_bounds(kind: Any, bounds: dict[str, float], value: float) -> None:
    sample = sample_of(spec_of(ParameterSpec(name="x", type=kind, **bounds)), [])
    assert sample.guessed == {"x": value}
    assert type(sample.guessed["x"]) is {"int": int, "float": float}[kind]
    assert list(sample.manifest.sweep.space) == [{"x": value}]


def test_every_choice_is_tried_beside_the_defaults() -> None:
    spec = spec_of(
        ParameterSpec(name="kind", type="str", choices=("a", "b", "c"), default="b"),
        ParameterSpec(name="on", type="bool"),
        ParameterSpec(name="x", type="float", default=2.0),
    )
    points = [tuple(point.values()) for point in sample_of(spec, []).manifest.sweep.space]
    assert points == [("b", False, 2.0), ("a", False, 2.0), ("c", False, 2.0), ("b", True, 2.0)]
    kept = list(sample_of(spec, ["x=1:3:3", "kind=c"]).manifest.sweep.space)
    assert {point["kind"] for point in kept} == {"c"}
    assert [point["x"] for point in kept] == [1.0, 2.0, 3.0] * 2


@pytest.mark.parametrize("kind", ["str", "float", "int"])
def test_what_nobody_can_know_is_asked_for(kind: Any) -> None:
    spec = spec_of(ParameterSpec(name="x", type=kind), ParameterSpec(name="y", type=kind))
    with pytest.raises(SweepError, match="add --set x=") as caught:
        sample_of(spec, [])
    assert len(caught.value.faults) == 2
    assert sample_of(spec, ["x=1", "y=2"]).guessed == {}


def test_what_cannot_be_swept_is_refused() -> None:
    with pytest.raises(SpaceError, match="at least one axis"):
        sample_of(spec_of(), [])
    with pytest.raises(SweepError, match="out of bounds"):
        sample_of(spec_of(ParameterSpec(name="x", type="float", gt=0)), ["x=-1"])


def test_settings_go_to_those_who_know_them() -> None:
    specs = [spec_of(ParameterSpec(name="x", type="float"), name="one")]
    specs.append(spec_of(ParameterSpec(name="x", type="int"), ParameterSpec(name="y", type="int"), name="two"))
    assert read_settings(specs, ["x=1", "y=2"]) == {"one": ["x=1"], "two": ["x=1", "y=2"]}
    with pytest.raises(SweepError, match=r"--set z=1: none of the experiments has .*known: x, y"):
        read_settings(specs, ["z=1"])
