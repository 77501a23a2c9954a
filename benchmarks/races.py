"""What is measured: the loads, their sizes, who runs them, and the limit and target of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["ALL_PEERS", "PEERS", "WORKBENCH", "Limit", "Load", "Race", "find", "races"]

WORKBENCH = "workbench"
PEERS = ("imap", "futures", "joblib")
SLOW_STARTERS = ("ray", "lithops")
OPTIONAL = ("dask", "mpire", "xyzpy", *SLOW_STARTERS)
ALL_PEERS = ("serial", *PEERS, *OPTIONAL)


@dataclass(frozen=True, kw_only=True)
class Load:
    """One kind of work.

    Parameters
    ----------
    name, title : str
        How it is called.
    function : str
        What a peer calls, in `benchmarks.functions`.
    experiment : str
        The same work for the workbench, in `benchmarks.models`.
    metrics : tuple of str
        What it returns; the first one is aggregated.
    vectorized : bool
        Whether it takes arrays.
    random : bool
        Whether it draws random numbers: results then agree within their errors instead of exactly.
    """

    name: str
    title: str
    function: str
    experiment: str
    metrics: tuple[str, ...]
    vectorized: bool = False
    random: bool = False


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What cannot be beaten: a part of what one contender does, and the target as a multiple of it.

    Parameters
    ----------
    contender : str
        Who does it.
    clock : {'wall_s', 'cpu_s'}
        Which of its times.
    shared : bool
        Whether it is divided by the number of cores.
    text : str
        In words.
    target : float, optional
        Multiple within which the workbench has to be; None to be ahead of every peer.
    """

    contender: str
    clock: Literal["wall_s", "cpu_s"]
    shared: bool
    text: str
    target: float | None


@dataclass(frozen=True, kw_only=True)
class Race:
    """One load at one size.

    Parameters
    ----------
    name : str
        Of the race.
    load : Load
        What is done.
    axes : dict of str to (float, float, int)
        Two parameters with first and last value and their number; the first one groups the aggregate.
    limit : Limit
        What cannot be beaten.
    contenders : tuple of str
        Who takes part besides the limit's contender.
    replicates : int
        Repetitions of every point.
    chunk : int
        Rows that a peer is told to hand out at once, or rows of an array where the load is vectorized.
    shard_size : int, optional
        Only where the number of files matters; the workbench chooses otherwise.
    clock : {'total_s', 'wall_s'}
        What is compared: everything from the start of the interpreter, or the part that the contender clocked itself.
    memory_mb : float, optional
        Limit of the workbench's memory, all processes together.
    """

    name: str
    load: Load
    axes: dict[str, tuple[float, float, int]]
    limit: Limit
    contenders: tuple[str, ...]
    replicates: int = 1
    chunk: int
    shard_size: int | None = None
    clock: Literal["total_s", "wall_s"] = "total_s"
    memory_mb: float | None = None

    @property
    def rows(self) -> int:
        """Rows in all."""
        return math.prod(number for _, _, number in self.axes.values()) * self.replicates


_W1 = Load(
    name="W1",
    title="2 µs function",
    function="queue_wait",
    experiment="queue_wait",
    metrics=("wait", "waiting"),
)
_W2 = Load(
    name="W2",
    title="1 ms numpy Monte Carlo",
    function="seeded_option",
    experiment="simulated_option",
    metrics=("price", "error"),
    random=True,
)
_W3 = Load(name="W3", title="100 ms function", function="lyapunov", experiment="lyapunov", metrics=("exponent", "end"))
_W5 = Load(
    name="W5",
    title="vectorized function",
    function="option_prices",
    experiment="option_prices",
    metrics=("price", "delta"),
    vectorized=True,
)
_LOOP = "a bare Python loop making the same calls, in seconds, divided by the cores"
_CPU = "CPU time of a bare serial loop, divided by the cores"
_NUMPY = "bare numpy on one core: the same arrays evaluated, the same Parquet written, imports not counted"


def races(*, quick: bool = False, every_peer: bool = False) -> tuple[Race, ...]:
    """List what is measured.

    Parameters
    ----------
    quick : bool
        Small sizes, to try the harness.
    every_peer : bool
        Run the optional peers on the long loads too.

    Returns
    -------
    tuple of Race
    """
    long = ALL_PEERS if every_peer else PEERS
    large = ALL_PEERS if every_peer else ("serial", *PEERS)
    arrays = tuple(peer for peer in ALL_PEERS if not (quick and peer in SLOW_STARTERS))
    return (
        _queue("W1 beside the peers", 100 if quick else 1_000, ALL_PEERS, target=None),
        _queue("W1 beside the limit", 1_000 if quick else 20_000, large, target=1.5),
        Race(
            name="W2",
            load=_W2,
            axes={"volatility": (0.1, 0.5, 10), "strike": (0.8, 1.2, 5)},
            replicates=8 if quick else 400,
            chunk=10 if quick else 100,
            limit=Limit(contender="loop", clock="cpu_s", shared=True, text=_CPU, target=1 / 0.95),
            contenders=(WORKBENCH, *long),
        ),
        Race(
            name="W3",
            load=_W3,
            axes={"growth": (3.6, 4.0, 4 if quick else 20), "start": (0.1, 0.4, 4 if quick else 20)},
            chunk=1,
            limit=Limit(contender="loop", clock="cpu_s", shared=True, text=_CPU, target=1 / 0.95),
            contenders=(WORKBENCH, *long),
        ),
        _options("W5 beside the peers", 100 if quick else 1_000, arrays, target=None),
        _options("W5 beside the limit", 1_000 if quick else 10_000, large, target=1.5, memory_mb=600),
        _aggregate(quick=quick),
    )


def find(name: str, *, quick: bool) -> Race:
    """Return one race by its name."""
    return next(race for race in races(quick=quick) if race.name == name)


def _queue(name: str, points: int, peers: tuple[str, ...], *, target: float | None) -> Race:
    return Race(
        name=name,
        load=_W1,
        axes={"arrival_rate": (1.0, 30.0, 100), "service_rate": (1.0, 2.0, points)},
        chunk=max(points, 1_000),
        limit=Limit(contender="loop", clock="wall_s", shared=True, text=_LOOP, target=target),
        contenders=(WORKBENCH, *peers),
    )


def _options(
    name: str, points: int, peers: tuple[str, ...], *, target: float | None, memory_mb: float | None = None
) -> Race:
    return Race(
        name=name,
        load=_W5,
        axes={"spot": (0.5, 2.0, 1_000), "volatility": (0.1, 0.6, points)},
        chunk=100 * points,
        limit=Limit(contender="numpy", clock="wall_s", shared=False, text=_NUMPY, target=target),
        contenders=(WORKBENCH, *peers),
        memory_mb=memory_mb,
    )


def _aggregate(*, quick: bool) -> Race:
    points = 1_000 if quick else 10_000
    return Race(
        name="aggregate",
        load=_W5,
        axes={"spot": (0.5, 2.0, 1_000), "volatility": (0.1, 0.6, points)},
        chunk=points,
        shard_size=10 * points,
        limit=Limit(
            contender="duckdb",
            clock="wall_s",
            shared=False,
            text="DuckDB on the same rows in one file: its import, the query, the frame",
            target=1.5,
        ),
        contenders=("outcomes",),
        clock="wall_s",
    )
