"""The code of a state is the call of that state, and no call is made of what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import faulty_models
import workbench as wb
from small_runs import plan
from workbench.widgets.explorer_state import FIELDS, KINDS, Call, ExplorerState, code_of, first_state, offer_of

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.sampled_from(["servers", "rate", "mean_wait", "replicate"])
MAYBE = st.none() | NAMES
SEVERAL = st.lists(NAMES, unique=True).map(tuple)
VALUES = st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
STATES = st.builds(
    ExplorerState,
    kind=st.sampled_from(KINDS),
    metric=MAYBE,
    metrics=SEVERAL,
    maximised=SEVERAL,
    x=MAYBE,
    y=MAYBE,
    hue=MAYBE,
    panel=MAYBE,
    by=SEVERAL,
    stats=SEVERAL,
    where=st.lists(st.tuples(NAMES, st.lists(VALUES, min_size=1).map(tuple)), unique_by=lambda item: item[0]).map(
        tuple
    ),
)


@dataclass
class Recorder:
    """Stands for a run, and keeps what it is called with."""

    path: tuple[str, ...] = ()
    calls: list[Call] = field(default_factory=list)

    def __getattr__(self, name: str) -> Recorder:
        return Recorder((*self.path, name), self.calls)

    def __call__(self, *arguments: Any, **options: Any) -> None:
        self.calls.append(Call(".".join(self.path), arguments, options))


def executed(code: str) -> Call:
    run = Recorder()
    eval(code, {"__builtins__": {}, "run": run})  # noqa: S307 -- the very code that is shown
    (call,) = run.calls
    return call


@given(STATES)
def test_the_code_is_the_call(state: ExplorerState) -> None:
    if not state.faults:
        call = executed(state.code)
        assert call == state.call
        assert repr(call) == repr(state.call)  # 1 is not True, nor 1.0


@given(STATES)
def test_a_call_has_what_was_chosen_and_nothing_else(state: ExplorerState) -> None:
    fields = FIELDS[state.kind]
    faults = state.faults
    assert set(faults) <= set(fields)
    if faults:
        return
    options = state.call.options
    assert options.pop("where", {}) == {
        name: values[0] if len(values) == 1 else list(values) for name, values in state.where
    }
    if state.kind == "pareto":
        (goals,) = state.call.arguments
        assert tuple(goals) == state.metrics
        assert {name for name, way in goals.items() if way == "max"} == set(state.maximised) & set(state.metrics)
        assert len(goals) >= 2
        return
    if state.kind == "effects":
        assert (state.call.arguments, options) == ((state.metric,), {})
        return
    assert state.call.arguments == ()
    metric = "metric" if state.kind == "heatmap" else "y"
    expected = {metric if name == "metric" else name: getattr(state, name) for name in fields}
    tuples = {name: list(value) if isinstance(value, tuple) else value for name, value in expected.items()}
    assert options == {name: value for name, value in tuples.items() if value is not None}
    axes = [getattr(state, name) for name in ("x", "y", "hue", "panel") if name in fields]
    named = [axis for axis in axes if axis]
    assert len(set(named)) == len(named)


@given(STATES)
def test_fields_that_a_kind_does_not_read_change_nothing(state: ExplorerState) -> None:
    plain = ExplorerState(kind=state.kind, where=state.where)
    same = replace(plain, **{name: getattr(state, name) for name in FIELDS[state.kind]})
    assert same.faults == state.faults
    if not state.faults:
        assert same.code == state.code


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        (lambda state: replace(state, x=None), "x", "choose one"),
        (lambda state: replace(state, hue="a"), "hue", "a is the x already"),
        (lambda state: replace(state, kind="heatmap", y="a"), "y", "a is the x already"),
        (lambda state: replace(state, kind="panels", panel="b", hue="b"), "hue", "b is the panel already"),
        (lambda state: replace(state, kind="pareto", metrics=("uniform",)), "metrics", "at least two"),
        (lambda state: replace(state, kind="table", stats=()), "stats", "at least one"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    change: Callable[[ExplorerState], ExplorerState], name: str, message: str
) -> None:
    state = first_state(offer_of(plan(wb.Sweep(faulty_models.noise, wb.product(a=range(3), b=range(2))))))
    assert state.faults == {}
    faults = change(state).faults
    assert list(faults) == [name]
    assert message in faults[name]  # type: ignore[index]


def test_what_varies_is_offered_and_chosen_at_first() -> None:
    space = wb.product(c=["z", "yy"], d=[True], b=range(2), a=[0.5, 1.5, 2.5])
    offer = offer_of(plan(wb.Sweep(faulty_models.noise, space)))
    assert offer.parameters == ("a", "b", "c")
    assert offer.numbers == ("a", "b")
    assert offer.values == {"a": (0.5, 1.5, 2.5), "b": (0, 1), "c": ("z", "yy")}
    state = first_state(offer)
    assert state.code == 'run.plot.lines(x="a", y="uniform")'
    assert [replace(state, kind=kind).faults for kind in KINDS] == [{}] * len(KINDS)


def test_an_experiment_with_texts_only_offers_no_metric() -> None:
    offer = offer_of(plan(wb.Sweep(faulty_models.mixed, wb.product(x=[1]))))
    assert offer.parameters == ()
    assert "text" not in offer.metrics
    assert set(first_state(offer).faults) == {"x"}


def test_quotes_are_as_people_write_them() -> None:
    call = Call("plot.lines", (), {"x": "a", "where": {"c": ["it's", 'say "no"', "\n"], "b": 1}})
    assert code_of(call) == """run.plot.lines(x="a", where={"c": ["it's", 'say "no"', "\\n"], "b": 1})"""
