"""The queue against Erlang's formulas, against itself on the same draws, and at the ends of its range."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import ExperimentError
from workbench.experiments.queueing import (
    MMcMetrics,
    erlang_c_mean_wait,
    kiefer_wolfowitz_waits,
    lindley_waits,
    mmc_queue,
)

CONFIDENCE = 0.999
# (arrival rate, servers), all with service_rate = 2: loads from 0.5 to 0.85
SYSTEMS = [(1.0, 1), (1.4, 1), (3.0, 2), (6.0, 4), (13.6, 8)]
SERVICE_RATE = 2.0


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def interval(values: list[float]) -> tuple[float, float]:
    """Give the Student t confidence interval of the mean."""
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(CONFIDENCE)
    return float(low), float(high)


def replicate(number: int, **parameters: Any) -> list[MMcMetrics]:
    return [mmc_queue(**parameters, rng=generator(seed)) for seed in range(number)]


def mean_waits(rows: list[MMcMetrics]) -> list[float]:
    return [row.mean_wait for row in rows if row.mean_wait is not None]


@pytest.fixture(scope="module", params=SYSTEMS, ids=lambda system: f"rate={system[0]}-servers={system[1]}")
def measured(request: pytest.FixtureRequest) -> tuple[float, int, list[MMcMetrics]]:
    arrival_rate, servers = request.param
    rows = replicate(40, arrival_rate=arrival_rate, service_rate=SERVICE_RATE, servers=servers, horizon=1.2e4)
    return arrival_rate, servers, rows


def test_mean_wait_is_erlangs_and_five_per_cent_off_would_show(
    measured: tuple[float, int, list[MMcMetrics]],
) -> None:
    arrival_rate, servers, rows = measured
    expected = erlang_c_mean_wait(arrival_rate, SERVICE_RATE, servers)
    low, high = interval(mean_waits(rows))
    assert low <= expected <= high
    assert not low <= 1.05 * expected <= high
    assert not low <= 0.95 * expected <= high


def test_queue_length_obeys_littles_law(measured: tuple[float, int, list[MMcMetrics]]) -> None:
    arrival_rate, servers, rows = measured
    expected = arrival_rate * erlang_c_mean_wait(arrival_rate, SERVICE_RATE, servers)
    low, high = interval([row.mean_queue_length for row in rows])
    assert low <= expected <= high
    assert high - low < 0.1 * expected


def test_utilisation_is_the_load(measured: tuple[float, int, list[MMcMetrics]]) -> None:
    arrival_rate, servers, rows = measured
    load = arrival_rate / (servers * SERVICE_RATE)
    low, high = interval([row.utilisation for row in rows])
    assert low <= load <= high
    assert high - low < 0.02 * load


def test_ninth_decile_of_the_wait_is_exact(measured: tuple[float, int, list[MMcMetrics]]) -> None:
    # The wait exceeds t with probability C exp(-(c mu - lambda) t), where C / (c mu - lambda) is the mean wait.
    arrival_rate, servers, rows = measured
    spare = servers * SERVICE_RATE - arrival_rate
    waiting = spare * erlang_c_mean_wait(arrival_rate, SERVICE_RATE, servers)
    expected = math.log(10 * waiting) / spare
    low, high = interval([row.p90_wait for row in rows if row.p90_wait is not None])
    assert low <= expected <= high
    assert high - low < 0.1 * expected


def test_customers_counted_are_poisson_in_mean_and_variance() -> None:
    served = [row.served for row in replicate(400, arrival_rate=2.0, service_rate=9.0, horizon=100.0, warmup=0.5)]
    low, high = interval([float(count) for count in served])
    assert low <= 100 <= high
    # Index of dispersion: (n - 1) s2 / mean is chi-square with n - 1 degrees of freedom.
    dispersion = 399 * float(np.var(served, ddof=1)) / 100
    assert stats.chi2.ppf(0.0005, 399) < dispersion < stats.chi2.ppf(0.9995, 399)


@pytest.mark.parametrize(("error", "name"), [(1.03, "service_rate"), (0.97, "service_rate"), (1.03, "arrival_rate")])
def test_simulator_with_a_rate_three_per_cent_off_is_caught(error: float, name: str) -> None:
    true = {"arrival_rate": 1.4, "service_rate": 2.0}
    rows = replicate(40, **(true | {name: error * true[name]}), horizon=1.2e4)
    low, high = interval(mean_waits(rows))
    assert not low <= erlang_c_mean_wait(**true, servers=1) <= high


def test_warm_up_removes_the_bias_of_the_empty_start() -> None:
    expected = 0.8 * erlang_c_mean_wait(0.8, 1.0, 1)
    cold = replicate(600, arrival_rate=0.8, horizon=150.0, warmup=0.0)
    warm = replicate(600, arrival_rate=0.8, horizon=600.0, warmup=0.75)
    assert interval([row.mean_queue_length for row in cold])[1] < expected
    low, high = interval([row.mean_queue_length for row in warm])
    assert low <= expected <= high


@given(
    rate=st.floats(0.05, 5.0),
    servers=st.integers(1, 6),
    seed=st.integers(0, 2**32),
    warmup=st.floats(0.0, 0.9),
)
@settings(deadline=None, max_examples=50)
def test_same_generator_state_gives_the_same_bits(rate: float, servers: int, seed: int, warmup: float) -> None:
    parameters: dict[str, Any] = {"arrival_rate": rate, "servers": servers, "horizon": 50.0, "warmup": warmup}
    first, second = (mmc_queue(**parameters, rng=generator(seed)) for _ in range(2))
    assert asdict(first) == asdict(second)


@given(seed=st.integers(0, 2**32), customers=st.integers(0, 300), load=st.floats(0.1, 1.5))
@settings(deadline=None)
def test_lindley_and_kiefer_wolfowitz_agree_for_one_server(seed: int, customers: int, load: float) -> None:
    draws = generator(seed).standard_exponential((customers, 2))
    arrivals, services = np.cumsum(draws[:, 0]), load * draws[:, 1]
    np.testing.assert_allclose(
        lindley_waits(arrivals, services), kiefer_wolfowitz_waits(arrivals, services, 1), rtol=0, atol=1e-9
    )


@given(seed=st.integers(0, 2**32), servers=st.integers(1, 6), load=st.floats(0.1, 3.0))
@settings(deadline=None)
def test_one_more_server_never_makes_anyone_wait_longer(seed: int, servers: int, load: float) -> None:
    draws = generator(seed).standard_exponential((200, 2))
    arrivals, services = np.cumsum(draws[:, 0]), load * draws[:, 1]
    fewer = kiefer_wolfowitz_waits(arrivals, services, servers)
    more = kiefer_wolfowitz_waits(arrivals, services, servers + 1)
    assert (more <= fewer).all()
    assert (more >= 0).all()


def test_common_random_numbers_order_the_metrics_by_servers_and_by_load() -> None:
    by_servers = [mmc_queue(arrival_rate=1.5, servers=servers, rng=generator(3)) for servers in range(1, 6)]
    assert len({row.served for row in by_servers}) == 1
    assert mean_waits(by_servers) == sorted(mean_waits(by_servers), reverse=True)
    by_speed = [mmc_queue(arrival_rate=0.5, service_rate=rate, rng=generator(3)) for rate in (0.6, 0.8, 1.0, 2.0)]
    assert mean_waits(by_speed) == sorted(mean_waits(by_speed), reverse=True)


@given(rate=st.floats(0.01, 3.0), seed=st.integers(0, 2**32))
@settings(deadline=None)
def test_customer_k_takes_the_k_th_pair_of_draws(rate: float, seed: int) -> None:
    row = mmc_queue(arrival_rate=rate, service_rate=2.0, horizon=50.0, warmup=0.0, rng=generator(seed))
    draws = generator(seed).standard_exponential((1000, 2))
    arrivals = np.cumsum(draws[:, 0]) / rate
    present = arrivals < 50.0
    assert row.served == present.sum()
    waits = lindley_waits(arrivals[present], draws[present, 1] / 2.0)
    assert row.mean_wait == (waits.mean() if present.any() else None)


@pytest.mark.parametrize("servers", [1, 2])
def test_nobody_waits_where_there_is_nearly_no_load(servers: int) -> None:
    row = mmc_queue(arrival_rate=1e-2, service_rate=1e6, servers=servers, rng=generator(1))
    assert row.served > 0
    assert (row.mean_wait, row.p90_wait, row.mean_queue_length) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("servers", [1, 3])
def test_where_nobody_comes_the_waits_are_none(servers: int) -> None:
    row = mmc_queue(arrival_rate=1e-9, servers=servers, horizon=1.0, rng=generator(1))
    assert row == MMcMetrics(mean_wait=None, p90_wait=None, mean_queue_length=0.0, utilisation=0.0, served=0)


def test_overloaded_queue_grows_at_the_fluid_rate() -> None:
    # Fluid limit: the queue holds (lambda - c mu) t at time t, and keeps every server busy.
    row = mmc_queue(arrival_rate=6.0, servers=2, horizon=1e4, warmup=0.5, rng=generator(2))
    assert row.utilisation == pytest.approx(1.0)
    assert row.mean_queue_length == pytest.approx((6.0 - 2.0) * 0.75e4, rel=0.05)


def test_wait_of_hand_computed_customers() -> None:
    arrivals, services = np.array([0.0, 1.0, 2.0, 3.0, 50.0]), np.array([10.0, 2.0, 4.0, 1.0, 1.0])
    assert lindley_waits(arrivals, services).tolist() == [0, 9, 10, 13, 0]
    assert kiefer_wolfowitz_waits(arrivals, services, 2).tolist() == [0, 0, 1, 4, 0]
    assert kiefer_wolfowitz_waits(arrivals, services, 10**12).tolist() == [0, 0, 0, 0, 0]


def factorial_erlang_c_mean_wait(arrival_rate: float, service_rate: float, servers: int) -> float:
    """Give the textbook form of the formula, with factorials."""
    load = arrival_rate / service_rate
    tail = load**servers / math.factorial(servers) * servers / (servers - load)
    waiting = tail / (sum(load**k / math.factorial(k) for k in range(servers)) + tail)
    return waiting / (servers * service_rate - arrival_rate)


@given(servers=st.integers(1, 40), utilisation=st.floats(0.01, 0.99), service_rate=st.floats(0.01, 100.0))
def test_recursion_equals_the_textbook_form(servers: int, utilisation: float, service_rate: float) -> None:
    arrival_rate = utilisation * servers * service_rate
    assert erlang_c_mean_wait(arrival_rate, service_rate, servers) == pytest.approx(
        factorial_erlang_c_mean_wait(arrival_rate, service_rate, servers), rel=1e-9
    )


def test_formula_stays_finite_for_many_servers() -> None:
    # Halfin and Whitt: with c = a + sqrt(a) the probability of waiting tends to 1 / (1 + Phi(1) / phi(1)).
    load = 1_000_000.0
    waiting = 1000 * erlang_c_mean_wait(load, 1.0, 1_001_000)
    limit = 1 / (1 + stats.norm.cdf(1) / stats.norm.pdf(1))
    assert waiting == pytest.approx(limit, rel=1e-3)


@pytest.mark.parametrize(
    ("arrival_rate", "service_rate", "servers"),
    [(2.0, 1.0, 2), (3.0, 1.0, 2), (0.0, 1.0, 1), (-1.0, 1.0, 1), (1.0, 2.0, 0), (1.0, -2.0, -1), (math.nan, 1.0, 1)],
)
def test_formula_refuses_what_has_no_stationary_state(arrival_rate: float, service_rate: float, servers: int) -> None:
    with pytest.raises(ExperimentError, match=r"arrival_rate=.*service_rate=.*servers="):
        erlang_c_mean_wait(arrival_rate, service_rate, servers)
