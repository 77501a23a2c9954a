"""Whatever is typed into the form of a grid, it is a sweep or says where it is not, and its code is the same sweep."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt, Le, Unit
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from space_strategies import expand
from workbench.contract import SweepDocument, sweep_faults
from workbench.errors import SpaceError
from workbench.experiments import experiment, mmc_queue
from workbench.space import Axis, Linspace, Product, Range, Space, Value, Values, Zip
from workbench.widgets.grid_code import sweep_code
from workbench.widgets.grid_entries import KINDS, Entry
from workbench.widgets.grid_form import GridForm, blank_form
from workbench.widgets.grid_load import form_of
from workbench.widgets.grid_plan import sweep_of
from workbench.widgets.grid_reading import GRID, REPLICATES, SEED, parameter_field, read_form


@dataclass(frozen=True)
class Probed:
    value: float


@experiment(version="1")
def probe(
    *,
    rate: Annotated[float, Gt(0), Le(1e300), Unit("1/s"), "How fast."],
    level: float,
    number: int = 3,
    label: str = "z",
    flag: bool = False,
    mode: Literal["fast", "slow"] = "fast",
) -> Probed:
    """Have a parameter of every type."""
    return Probed(value=rate * level * number + len(label) + flag + len(mode))


SPEC = probe.spec
NAMES = tuple(parameter.name for parameter in SPEC.parameters)

some_texts = st.one_of(
    st.sampled_from(
        ("1", "2", "3", "0", "-1", "0.5", "0.5, 0.7", "1, 2", "1, 2,", "true", "False, true", "fast", "slow, fast")
    ),
    st.sampled_from(
        ("", " ", ",", "1,,2", "nan", "inf", "1e400", "'a, b', c", "'a", '"', "'\\q'", "\ud800", "9" * 5000)
    ),
    st.text(max_size=8),
)
some_entries = st.builds(
    Entry, kind=st.sampled_from(KINDS), texts=st.tuples(some_texts, some_texts, some_texts), group=st.integers(0, 3)
)
numbers = st.builds(
    Entry,
    kind=st.sampled_from(("list", "range", "linspace", "logspace", "fixed")),
    texts=st.tuples(*map(st.sampled_from, (("1", "2"), ("3", "4"), ("2", "3")))),
    group=st.integers(0, 1),
)
counts = st.sampled_from((None, None, None, "1", "7")) | some_texts
edits = st.one_of(
    st.tuples(st.sampled_from(("rate", "level")), numbers),
    st.tuples(st.sampled_from(NAMES), some_entries),
    st.builds(dict, replicates=counts, seed=counts, seeding=st.sampled_from((None, "independent", "common"))),
)


def edited(edits: list[Any]) -> GridForm:
    form = blank_form(SPEC).with_entry("level", Entry(kind="fixed", texts=("1", "", "")))
    form = form.with_entry("rate", Entry(kind="list", texts=("1, 2", "", "")))
    for edit in edits:
        form = form.with_rows(**edit) if isinstance(edit, dict) else form.with_entry(*edit)
    return form


@given(st.lists(edits, max_size=4))
def test_any_edits_lead_to_a_sweep_or_to_faults_at_fields(edits: list[Any]) -> None:
    form = edited(edits)
    reading = read_form(form)
    assert (set(form.entries), sorted(form.order)) == (set(NAMES), sorted(NAMES))
    assert set(reading.faults) <= {GRID, REPLICATES, SEED, *map(parameter_field, NAMES)}
    assert (reading.document is None) == bool(reading.faults) == bool(reading.first_fault)
    assert all(messages and all(messages) for messages in reading.faults.values())
    if reading.document is None:
        assert (sweep_code(form, reading, "probe"), reading.preview()) == (None, [])
        return
    assert sweep_faults(reading.document, SPEC) == []
    assert reading.preview(3) == list(itertools.islice(reading.document.space, 3))
    assert run_code(form).document == reading.document


def run_code(form: GridForm) -> wb.Sweep:
    code = sweep_code(form, read_form(form), "probe")
    assert code is not None
    names: dict[str, Any] = {"probe": probe}
    exec(code, names)  # noqa: S102 -- that is what it is for
    found = names["sweep"]
    assert isinstance(found, wb.Sweep)
    return found


reals = st.floats(allow_nan=False, allow_infinity=False)
values_of_type: dict[str, st.SearchStrategy[Value]] = {
    "rate": st.floats(0, 1e300, exclude_min=True),
    "level": reals,
    "number": st.integers(-(2**63), 2**63 - 1),
    "label": st.text(max_size=5),
    "flag": st.booleans(),
    "mode": st.sampled_from(("fast", "slow")),
}


@st.composite
def axes_of(draw: st.DrawFn, name: str, length: int) -> Axis:
    listed: st.SearchStrategy[Axis] = st.lists(values_of_type[name], min_size=length, max_size=length).map(
        lambda values: Values(tuple(values))
    )
    if name in {"rate", "level", "number"}:
        start, step = draw(st.integers(1, 50)), draw(st.integers(1, 9))
        listed |= st.just(Range(start, start + length * step, step))
    if name in {"rate", "level"}:
        ends = st.floats(1e-9, 1e299)
        listed |= st.builds(Linspace, ends, ends, st.just(length))
    return draw(listed)


@st.composite
def documents(draw: st.DrawFn) -> SweepDocument:
    """Sweeps of products and zips, in any order, conformed."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))]
    cuts = sorted(draw(st.sets(st.integers(1, len(names) - 1)))) if len(names) > 1 else []
    factors = []
    for begin, end in itertools.pairwise([0, *cuts, len(names)]):
        length = draw(st.integers(1, 3))
        factors.append(Zip({name: draw(axes_of(name, length)) for name in names[begin:end]}))
    space: Space = factors[0] if len(factors) == 1 and draw(st.booleans()) else Product(tuple(factors))
    optional = {"rate", "level"} | draw(st.sets(st.sampled_from(NAMES)))
    sweep = wb.Sweep(
        probe,
        space,
        replicates=draw(st.integers(1, 10**6)),
        seed=draw(st.integers(0, 2**64 - 1)),
        seeding=draw(st.sampled_from(("independent", "common"))),
        fixed={name: draw(values_of_type[name]) for name in NAMES if name in optional and name not in names},
    )
    return sweep.document


@given(documents())
def test_a_sweep_becomes_a_form_whose_sweep_and_whose_code_are_the_same(document: SweepDocument) -> None:
    form = form_of(document, SPEC)
    reading = read_form(form)
    assert reading.faults == {}
    assert bits(reading.document) == bits(document)
    assert reading.preview(4) == expand(document.space)[:4]
    assert list(reading.preview(1)[0]) == list(document.space.names)
    assert bits(sweep_of(document, probe).document) == bits(document)
    assert bits(run_code(form).document) == bits(document)


def bits(document: SweepDocument | None) -> str:
    """Tell -0.0 from 0.0, 1 from 1.0, and one order of names from another."""
    return repr(document)


def test_a_logspace_is_written_as_one() -> None:
    form = blank_form(SPEC).with_entry("rate", Entry(kind="logspace", texts=("-2", "1", "4")))
    form = form.with_entry("level", Entry(kind="fixed", texts=("-0.0", "", "")))
    code = sweep_code(form, read_form(form), "probe")
    assert code == (
        "import workbench as wb\n\n"
        "sweep = wb.Sweep(probe, wb.product(rate=wb.logspace(-2.0, 1.0, 4)), fixed={'level': -0.0})\n"
    )
    expected = wb.Sweep(probe, wb.product(rate=wb.logspace(-2, 1, 4)), fixed={"level": -0.0})
    assert bits(run_code(form).document) == bits(expected.document)


def test_long_lists_are_wrapped_and_stay_the_same() -> None:
    listed = ", ".join(f"{number / 7}" for number in range(1, 60))
    form = blank_form(SPEC).with_entry("rate", Entry(kind="list", texts=(listed, "", "")))
    form = form.with_entry("level", Entry(kind="fixed", texts=("1", "", "")))
    code = sweep_code(form, read_form(form), "probe") or ""
    assert max(map(len, code.splitlines())) <= 120
    assert run_code(form).document == read_form(form).document


def test_the_first_zip_keeps_its_place_before_and_behind_single_axes() -> None:
    space = wb.product(wb.zipped(number=[1, 2]), wb.zipped(rate=[1, 2], level=[3, 4]), flag=[True, False])
    form = form_of(wb.Sweep(probe, space).document, SPEC)
    assert form.factors == (("number",), ("rate", "level"), ("flag",))
    assert "wb.zipped(number=[1, 2]), " in (sweep_code(form, read_form(form), "probe") or "").replace("\n       ", "")


@pytest.mark.parametrize(
    ("space", "what"),
    [
        (wb.product(rate=[1, 2], level=[1]).where(lambda point: point["rate"] > 1), "keeps some points"),
        (wb.concat(wb.product(rate=[1], level=[1]), wb.product(rate=[2], level=[1])), "is a concatenation"),
        (wb.product(wb.product(rate=[1]), level=[1]), "a product within a product"),
        (wb.product(wb.concat(wb.product(rate=[1])), level=[1]), "is a concatenation"),
        (wb.product(wb.monte_carlo(10_001, rate=(0.5, 1.0)), level=[1]), "lists 10,001 values of rate"),
    ],
)
def test_what_no_form_shows_is_refused(space: Space, what: str) -> None:
    with pytest.raises(SpaceError, match=rf"{what}.*: submit it as it is, backend\.submit\(sweep\)"):
        form_of(wb.Sweep(probe, space).document, SPEC)


def test_a_refinement_is_refused() -> None:
    sweep = wb.Sweep(probe, wb.product(rate=[1]), fixed={"level": 1}, replicates=5, first_replicate=20)
    with pytest.raises(SpaceError, match=r"this sweep has replicates from 20 on"):
        form_of(sweep.document, SPEC)


def test_a_small_design_is_a_zip_like_any_other() -> None:
    document = wb.Sweep(probe, wb.sobol(8, seed=1, rate=(0.5, 1.0), level=[1, 2])).document
    form = form_of(document, SPEC)
    assert read_form(form).document == document
    assert run_code(form).document == document


def test_a_parameter_that_is_gone_is_named() -> None:
    document = wb.Sweep(probe, wb.product(rate=[1]), fixed={"level": 1}).document
    with pytest.raises(SpaceError, match="mmc_queue has no parameter flag, label, level, mode, number, rate any more"):
        form_of(document, mmc_queue.spec)
