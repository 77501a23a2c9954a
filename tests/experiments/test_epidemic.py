"""The epidemic against its exact distribution, the large-population limit and the branching limit."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from workbench.errors import ExperimentError
from workbench.experiments.epidemic import OUTBREAK_SHARE, SIRMetrics, final_size, sir_epidemic

CONFIDENCE = 0.999
BETA, GAMMA = 0.6, 0.3
SMALL = {"population": 8, "transmission_rate": BETA, "recovery_rate": GAMMA, "initially_infected": 2}


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def interval(values: list[float]) -> tuple[float, float]:
    """Give the Student t confidence interval of the mean."""
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(CONFIDENCE)
    return float(low), float(high)


def replicate(number: int, **parameters: Any) -> list[SIRMetrics]:
    return [sir_epidemic(**parameters, rng=generator(seed)) for seed in range(number)]


def exact_small_epidemic() -> tuple[dict[int, float], dict[int, float], float]:
    """Walk the Markov chain of SMALL: the laws of the final size and of the peak, and the mean duration in days."""
    population, initial = 8, 2
    states: dict[tuple[int, int, int], float] = {(population - initial, initial, initial): 1.0}
    sizes: defaultdict[int, float] = defaultdict(float)
    peaks: defaultdict[int, float] = defaultdict(float)
    duration = 0.0
    while states:
        following: defaultdict[tuple[int, int, int], float] = defaultdict(float)
        for (susceptible, infected, peak), probability in states.items():
            if infected == 0:
                sizes[population - susceptible] += probability
                peaks[peak] += probability
                continue
            infection, recovery = BETA * susceptible * infected / population, GAMMA * infected
            duration += probability / (infection + recovery)
            share = infection / (infection + recovery)
            following[susceptible, infected - 1, peak] += probability * (1 - share)
            if susceptible:
                following[susceptible - 1, infected + 1, max(peak, infected + 1)] += probability * share
        states = following
    return dict(sizes), dict(peaks), duration


@pytest.fixture(scope="module")
def small() -> list[SIRMetrics]:
    return replicate(10_000, **SMALL)


def chi_square_p(observed: list[int], law: dict[int, float]) -> float:
    counts = Counter(observed)
    assert set(counts) <= set(law)
    expected = [len(observed) * law[value] for value in law]
    return float(stats.chisquare([counts[value] for value in law], expected).pvalue)


def test_final_size_and_peak_have_the_exact_distribution(small: list[SIRMetrics]) -> None:
    sizes, peaks, _ = exact_small_epidemic()
    final_sizes = [round(8 * row.final_size) for row in small]
    assert chi_square_p(final_sizes, sizes) > 1 - CONFIDENCE
    assert chi_square_p([row.peak_infected for row in small], peaks) > 1 - CONFIDENCE


def test_exact_distribution_would_catch_a_rate_five_per_cent_off() -> None:
    sizes, _, _ = exact_small_epidemic()
    biased = replicate(10_000, **(SMALL | {"transmission_rate": 1.05 * BETA}))
    assert chi_square_p([round(8 * row.final_size) for row in biased], sizes) < 1 - CONFIDENCE


def test_duration_has_the_exact_mean(small: list[SIRMetrics]) -> None:
    _, _, expected = exact_small_epidemic()
    low, high = interval([row.duration for row in small])
    assert low <= expected <= high
    assert high - low < 0.05 * expected


def test_duration_of_a_single_infection_is_exponential() -> None:
    # One infected and a transmission rate so small that nobody else is infected: the duration is the recovery time.
    rows = replicate(2000, population=2, transmission_rate=1e-12, recovery_rate=GAMMA)
    assert {row.final_size for row in rows} == {0.5}
    assert stats.kstest([row.duration for row in rows], stats.expon(scale=1 / GAMMA).cdf).pvalue > 1 - CONFIDENCE


@pytest.mark.parametrize("reproduction_number", [0.8, 1.5, 2.0, 4.0])
def test_large_population_obeys_the_final_size_equation(reproduction_number: float) -> None:
    # Early extinction is negligible with 5 % infected, and so is the bias of the limit, of order 1 / population.
    rows = replicate(
        200,
        population=20_000,
        transmission_rate=reproduction_number * GAMMA,
        recovery_rate=GAMMA,
        initially_infected=1000,
    )
    expected = final_size(reproduction_number, 0.05)
    low, high = interval([row.final_size for row in rows])
    assert low <= expected <= high
    assert not low <= 1.02 * expected <= high
    assert not low <= 0.98 * expected <= high


@pytest.mark.parametrize(("reproduction_number", "initially_infected"), [(1.5, 1), (1.5, 3), (2.0, 1), (3.0, 2)])
def test_epidemic_dies_out_early_as_often_as_the_branching_process(
    reproduction_number: float, initially_infected: int
) -> None:
    # (1 / R0) to the power of the initially infected: P. Whittle, "The outcome of a stochastic epidemic - a note on
    # Bailey's paper", Biometrika 42 (1955) 116-122.
    rows = replicate(
        3000,
        population=2000,
        transmission_rate=reproduction_number * GAMMA,
        recovery_rate=GAMMA,
        initially_infected=initially_infected,
    )
    minor = sum(not row.outbreak for row in rows)
    bounds = stats.binomtest(minor, len(rows)).proportion_ci(CONFIDENCE)
    assert bounds.low <= reproduction_number**-initially_infected <= bounds.high
    assert bounds.high - bounds.low < 0.07


def test_outbreaks_are_told_from_early_extinctions_by_a_wide_gap() -> None:
    rows = replicate(1000, population=2000, transmission_rate=0.6, recovery_rate=0.3)
    assert max(row.final_size for row in rows if not row.outbreak) < OUTBREAK_SHARE
    assert min(row.final_size for row in rows if row.outbreak) > 0.6


def test_below_the_threshold_epidemics_stay_as_small_as_the_branching_process() -> None:
    # Mean total progeny of the branching process: initially infected / (1 - R0).
    rows = replicate(4000, population=20_000, transmission_rate=0.15, recovery_rate=0.3, initially_infected=5)
    assert not any(row.outbreak for row in rows)
    low, high = interval([20_000 * row.final_size for row in rows])
    assert low <= 5 / (1 - 0.5) <= high
    assert high - low < 1.0


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    population = draw(st.integers(2, 400))
    return {
        "population": population,
        "transmission_rate": draw(st.floats(1e-6, 1e6)),
        "recovery_rate": draw(st.floats(1e-6, 1e6)),
        "initially_infected": draw(st.integers(1, population)),
    }


@given(parameters=parameters(), seed=st.integers(0, 2**32))
@settings(deadline=None)
def test_people_are_conserved_and_rows_reproducible(parameters: dict[str, Any], seed: int) -> None:
    row = sir_epidemic(**parameters, rng=generator(seed))
    population, initial = parameters["population"], parameters["initially_infected"]
    ever_infected = row.final_size * population
    assert ever_infected == pytest.approx(round(ever_infected))
    assert initial <= row.peak_infected <= round(ever_infected) <= population
    assert 0 < row.duration < math.inf
    assert row.outbreak == (round(ever_infected) - initial > OUTBREAK_SHARE * (population - initial))
    assert asdict(row) == asdict(sir_epidemic(**parameters, rng=generator(seed)))


@given(parameters=parameters(), factor=st.floats(1.0, 100.0), seed=st.integers(0, 2**32))
@settings(deadline=None)
def test_with_the_same_draws_more_contagion_never_infects_fewer(
    parameters: dict[str, Any], factor: float, seed: int
) -> None:
    weaker = sir_epidemic(**parameters, rng=generator(seed))
    parameters["transmission_rate"] *= factor
    assert sir_epidemic(**parameters, rng=generator(seed)).final_size >= weaker.final_size


def test_faster_clock_changes_the_duration_only() -> None:
    slow = sir_epidemic(
        population=500, transmission_rate=0.5, recovery_rate=0.25, initially_infected=9, rng=generator(4)
    )
    fast = sir_epidemic(
        population=500, transmission_rate=1.0, recovery_rate=0.5, initially_infected=9, rng=generator(4)
    )
    assert (fast.final_size, fast.peak_infected) == (slow.final_size, slow.peak_infected)
    assert slow.duration == pytest.approx(2 * fast.duration)


def test_whole_population_infected_at_the_start_is_no_outbreak() -> None:
    row = sir_epidemic(population=10, transmission_rate=1.0, recovery_rate=1.0, initially_infected=10, rng=generator(1))
    assert (row.final_size, row.peak_infected, row.outbreak) == (1.0, 10, False)


def test_more_infected_than_people_names_both_parameters() -> None:
    with pytest.raises(ValueError, match=r"initially_infected=11 exceeds population=10"):
        sir_epidemic(population=10, transmission_rate=1.0, recovery_rate=1.0, initially_infected=11, rng=generator(1))


@given(reproduction_number=st.floats(0.0, 30.0), initial_fraction=st.floats(0.0, 1.0))
def test_final_size_solves_its_equation(reproduction_number: float, initial_fraction: float) -> None:
    size = final_size(reproduction_number, initial_fraction)
    assert initial_fraction <= size <= 1
    assert 1 - size == pytest.approx((1 - initial_fraction) * math.exp(-reproduction_number * size), abs=1e-12)


@pytest.mark.parametrize(
    ("reproduction_number", "expected"), [(0.0, 0.0), (0.9, 0.0), (1.0, 0.0), (1.5, 0.5828116439), (2.0, 0.7968121300)]
)
def test_final_size_without_initially_infected_is_the_largest_root(reproduction_number: float, expected: float) -> None:
    assert final_size(reproduction_number, 0.0) == pytest.approx(expected, abs=1e-10)


@given(reproduction_number=st.floats(1.01, 20.0))
def test_final_size_is_the_closed_form_with_lamberts_w(reproduction_number: float) -> None:
    # The branch of W that is not the trivial root: z = 1 + W0(-R0 exp(-R0)) / R0.
    argument = -reproduction_number * math.exp(-reproduction_number)
    expected = 1 + special.lambertw(argument).real / reproduction_number
    assert final_size(reproduction_number, 0.0) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("reproduction_number", "initial_fraction"),
    [(-1.0, 0.1), (math.nan, 0.1), (math.inf, 0.1), (2.0, -0.1), (2.0, 1.1)],
)
def test_final_size_names_what_is_out_of_range(reproduction_number: float, initial_fraction: float) -> None:
    with pytest.raises(ExperimentError, match=r"reproduction_number=.*initial_fraction="):
        final_size(reproduction_number, initial_fraction)
