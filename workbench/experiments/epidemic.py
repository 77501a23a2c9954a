"""The stochastic SIR epidemic in a closed population, and the final-size equation to check it by.

Parameters and metrics are documented where they are declared: the annotations are read at run time.
"""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Unit
from numpy.typing import NDArray

from workbench.errors import ExperimentError
from workbench.experiments.declare import experiment

__all__ = ["OUTBREAK_SHARE", "SIRMetrics", "final_size", "sir_epidemic"]

OUTBREAK_SHARE = 0.1
"""An epidemic that infects more than this share of the initially susceptible is an outbreak."""


@dataclass(frozen=True)
class SIRMetrics:
    """What an epidemic leaves behind, once nobody is infected any more."""

    final_size: Annotated[
        float, "Share of the population that was ever infected, the initially infected included, from 0 to 1."
    ]
    peak_infected: Annotated[int, "Largest number of people infected at the same time."]
    duration: Annotated[float, Unit("day"), "Time until the last recovery."]
    outbreak: Annotated[bool, "Whether more than a tenth of the initially susceptible were infected."]


@experiment(version="1")
def sir_epidemic(
    *,
    population: Annotated[int, Ge(2), "Number of people, all of whom meet each other."],
    transmission_rate: Annotated[float, Gt(0), Unit("1/day"), "Infectious contacts that one infected makes per day."],
    recovery_rate: Annotated[float, Gt(0), Unit("1/day"), "Inverse of the mean time that a person is infected."],
    initially_infected: Annotated[int, Ge(1), "People infected at time 0, at most the population."] = 1,
    rng: np.random.Generator,
) -> SIRMetrics:
    """Simulate an SIR epidemic exactly: who is susceptible is infected, and who is infected recovers for good.

    A Markov process with the two rates ``transmission_rate * S * I / population`` (infection) and ``recovery_rate * I``
    (recovery), simulated as its jump chain and the exponential times between jumps (D. T. Gillespie, J. Phys. Chem. 81
    (1977) 2340-2361). The reproduction number is ``transmission_rate / recovery_rate``. With common random numbers, a
    larger reproduction number never infects fewer people.

    Raises
    ------
    ValueError
        If more people are initially infected than the population has.
    """
    if initially_infected > population:
        raise ValueError(
            f"initially_infected={initially_infected} exceeds population={population}: choose at most the population"
        )
    susceptible = population - initially_infected
    contacts = transmission_rate / population
    ratio = contacts / recovery_rate
    positions = _infection_positions(susceptible, initially_infected, ratio, rng)
    # Everyone who is ever infected recovers, so the length of the chain is known.
    steps = np.full(2 * positions.size + initially_infected, -1, dtype=np.int64)
    steps[positions] = 1
    infected = initially_infected + np.cumsum(steps) - steps
    susceptibles = susceptible - (np.cumsum(steps > 0) - (steps > 0))
    rates = infected * (contacts * susceptibles + recovery_rate)
    return SIRMetrics(
        final_size=(initially_infected + positions.size) / population,
        peak_infected=int(infected.max()),
        duration=float((rng.standard_exponential(steps.size) / rates).sum()),
        outbreak=positions.size > OUTBREAK_SHARE * susceptible,
    )


def final_size(reproduction_number: float, initial_fraction: float) -> float:
    """Compute the share ever infected in the limit of a large population.

    Parameters
    ----------
    reproduction_number : float
        Transmission rate over recovery rate, at least 0.
    initial_fraction : float
        Share of the population that is infected at time 0, from 0 to 1. In the limit 0 the answer is the size of an
        epidemic that does not die out early.

    Returns
    -------
    float
        Share of the population that was ever infected, the initially infected included.

    Raises
    ------
    ExperimentError
        If an argument is out of its range.

    Notes
    -----
    The largest root z of ``1 - z = (1 - initial_fraction) * exp(-reproduction_number * z)`` [1]_ [2]_.

    References
    ----------
    .. [1] W. O. Kermack and A. G. McKendrick, "A contribution to the mathematical theory of epidemics", Proc. R. Soc.
       Lond. A 115 (1927) 700-721.
    .. [2] H. Andersson and T. Britton, "Stochastic Epidemic Models and Their Statistical Analysis", Lecture Notes in
       Statistics 151, Springer 2000.

    Examples
    --------
    >>> round(final_size(2.0, 0.0), 6)
    0.796812
    """
    if not (0 <= reproduction_number < math.inf and 0 <= initial_fraction <= 1):
        raise ExperimentError(
            f"no final size for reproduction_number={reproduction_number}, initial_fraction={initial_fraction}: "
            "choose a finite reproduction_number >= 0 and an initial_fraction from 0 to 1"
        )
    spared = 1.0 - initial_fraction
    # The residual is concave in z. Right of its maximum it only falls, so the largest root is bracketed.
    lower = float(initial_fraction)
    if spared * reproduction_number > 1:
        lower = max(lower, math.log(spared * reproduction_number) / reproduction_number)
    upper = 1.0
    while lower < (middle := (lower + upper) / 2) < upper:
        residual = initial_fraction - middle - spared * math.expm1(-reproduction_number * middle)
        lower, upper = (middle, upper) if residual > 0 else (lower, middle)
    return lower


def _infection_positions(susceptible: int, infected: int, ratio: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the jump chain: the positions of the infections in the sequence of all events.

    While s people are susceptible, an event is an infection with odds ``ratio * s`` to 1, however many are infected.
    The recoveries before the next infection are therefore geometric, drawn here for every s at once by inversion, and
    the epidemic ends at the first s at which they would use up the infected.
    """
    odds = ratio * np.arange(susceptible, 0, -1)
    # Nobody recovers twice: the cap changes nothing, and keeps the integers in range where infection is very unlikely.
    cap = float(susceptible + infected)
    recoveries = np.minimum(rng.standard_exponential(susceptible) / np.log1p(odds), cap).astype(np.int64)
    infections = np.arange(susceptible)
    recovered = np.cumsum(recoveries)
    over = recovered >= infected + infections
    last = int(np.argmax(over)) if over.any() else susceptible
    positions: NDArray[np.int64] = (recovered + infections)[:last]
    return positions
