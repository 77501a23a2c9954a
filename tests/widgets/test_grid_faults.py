"""What is wrong stands at its field, all at once, and says what would be right."""

from __future__ import annotations

import pytest

from workbench.contract import ExperimentSpec, ParameterSpec
from workbench.experiments import mmc_queue, ride_hailing
from workbench.widgets.grid_entries import Entry, Kind, kinds_for
from workbench.widgets.grid_form import GridForm, blank_form
from workbench.widgets.grid_reading import GRID, REPLICATES, SEED, parameter_field, read_form

RATE = parameter_field("arrival_rate")
SERVERS = parameter_field("servers")


def entry(kind: Kind, *texts: str, group: int = 0) -> Entry:
    first, second, third = (*texts, "", "", "")[:3]
    return Entry(kind=kind, texts=(first, second, third), group=group)


def queue(**entries: Entry) -> GridForm:
    form = blank_form(mmc_queue.spec)
    for name, given in ({"arrival_rate": entry("list", "0.5")} | entries).items():
        form = form.with_entry(name, given)
    return form


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (entry("default"), "needs a value: it has no default; choose another kind than default"),
        (entry("fixed", ""), "is empty: give a number such as 0.5"),
        (entry("fixed", "fast"), "'fast' is not a number: write one such as 0.5"),
        (entry("fixed", "-1"), "-1.0 is out of bounds; arrival_rate must be > 0"),
        (entry("list", " "), "is empty: give values, separated by commas"),
        (entry("list", "0.5, -1"), "value 2: -1.0 is out of bounds; arrival_rate must be > 0"),
        (entry("list", "0.5, x"), "value 2: 'x' is not a number: write one such as 0.5"),
        (entry("list", "0.5,, 1"), "value 2: is empty: give a number such as 0.5"),
        (entry("list", "inf"), "value 1: inf is not a finite number"),
        (entry("range", "1", "5", "0"), "step is 0; a range must advance"),
        (entry("range", "5", "1"), "has no values; give at least one, or leave the parameter out to use its default"),
        (entry("range", "1", "x"), "stop 'x' is not a whole number: write one such as 10"),
        (entry("linspace", "0", "1", "3"), "0.0 is out of bounds; arrival_rate must be > 0"),
        (entry("linspace", "0.1", "1", "2.5"), "number '2.5' is not a whole number: write one such as 10"),
        (entry("logspace", "0", "400", "3"), "10 to the power of 400 is too large: exponents are below 308.25"),
        (entry("logspace", "0", "1", "10001"), "number is 10,001; a logspace of a form has at most 10,000 values"),
    ],
)
def test_faults_of_a_parameter_stand_at_it(given: Entry, message: str) -> None:
    faults = read_form(queue(arrival_rate=given, servers=entry("list", "1, 2"))).faults
    assert set(faults) == {RATE}
    assert message in faults[RATE]


def test_all_faults_at_once() -> None:
    form = queue(
        arrival_rate=entry("list", "x, -1"),
        service_rate=entry("fixed", "-1"),
        servers=entry("linspace", "1", "2", "2"),
    ).with_rows(replicates="0", seed="-1")
    reading = read_form(form)
    assert reading.faults == {
        RATE: ("value 1: 'x' is not a number: write one such as 0.5",),
        SERVERS: ("linspace gives floats; servers is int: use a range or a list",),
        parameter_field("service_rate"): ("-1.0 is out of bounds; service_rate must be > 0",),
        REPLICATES: ("is 0; at least 1",),
        SEED: ("is -1; from 0 to 2**64 - 1",),
    }
    assert reading.first_fault == "arrival_rate: value 1: 'x' is not a number: write one such as 0.5 (and 4 more)"


def test_lengths_that_differ_stand_at_every_axis_of_the_zip() -> None:
    form = queue(
        arrival_rate=entry("list", "0.5, 0.7", group=1),
        servers=entry("list", "1, 2, 4", group=1),
        horizon=entry("list", "10"),
    )
    message = "zipped axes must have the same number of values; arrival_rate has 2, servers has 3"
    assert read_form(form).faults == {RATE: (message,), SERVERS: (message,)}
    alone = form.with_entry("horizon", entry("default"))
    assert read_form(alone).faults == {RATE: (message,), SERVERS: (message,)}


def test_nothing_varies() -> None:
    faults = read_form(queue(arrival_rate=entry("fixed", "0.5"))).faults
    assert faults == {GRID: ("nothing varies: choose list, range, linspace or logspace for at least one parameter",)}


def test_an_axis_that_cannot_be_read_is_no_second_fault_of_the_grid() -> None:
    assert set(read_form(queue(arrival_rate=entry("list", "x"))).faults) == {RATE}


def test_too_many_points_are_a_fault_of_the_grid() -> None:
    form = queue(servers=entry("range", "1", "100001"), horizon=entry("linspace", "1", "2", "100000"))
    assert list(read_form(form).faults) == [GRID]


def test_a_word_that_is_no_count() -> None:
    faults = read_form(queue().with_rows(replicates="ten", seed="")).faults
    assert faults == {
        REPLICATES: ("'ten' is not a whole number: write one such as 1",),
        SEED: ("'' is not a whole number: write one such as 0",),
    }


MODES = ExperimentSpec(
    name="modes",
    version="1",
    fingerprint="0",
    uses_rng=False,
    doc="",
    parameters=(
        ParameterSpec(name="mode", type="str", choices=("fast", "slow")),
        ParameterSpec(name="flag", type="bool", default=False),
        ParameterSpec(name="seed", type="int", default=1),
    ),
    metrics=(),
)


def test_texts_and_truth_values() -> None:
    form = blank_form(MODES).with_entry("mode", entry("list", "fast, 'slow', quick"))
    form = form.with_entry("flag", entry("list", "yes, TRUE")).with_entry("seed", entry("fixed", "x"))
    assert read_form(form).faults == {
        parameter_field("mode"): ("value 3: 'quick' is not one of 'fast', 'slow'",),
        parameter_field("flag"): ("value 1: 'yes' is neither true nor false",),
        parameter_field("seed"): ("'x' is not a whole number: write one such as 10",),
    }


@pytest.mark.parametrize("text", ["'fast", "'fast' slow", '"', r"'\q'", r"'\U00110000'"])
def test_a_quote_must_end(text: str) -> None:
    form = blank_form(MODES).with_entry("mode", entry("list", text))
    (message,) = read_form(form).faults[parameter_field("mode")]
    assert "begins with a quote: end it with the same one, as Python does" in message


def test_kinds_suit_the_type() -> None:
    kinds = {parameter.name: kinds_for(parameter) for parameter in (*mmc_queue.spec.parameters, *MODES.parameters)}
    assert kinds["arrival_rate"] == ("fixed", "list", "range", "linspace", "logspace")
    assert kinds["servers"] == ("default", "fixed", "list", "range")
    assert kinds["mode"] == ("fixed", "list")
    assert kinds["flag"] == ("default", "fixed", "list")


def test_a_broken_rule_stands_at_the_parameter_that_it_bounds() -> None:
    form = blank_form(ride_hailing.spec).with_entry("drivers", entry("list", "20, 40"))
    form = form.with_entry("matching", entry("list", "nearest, batched"))
    (message,) = read_form(form).faults.pop(parameter_field("batch_interval"))
    assert "batch_interval > 0 where matching is 'batched', is broken" in message
    assert not read_form(form.with_entry("batch_interval", entry("fixed", "20"))).faults
