"""A clock that passes only when somebody sleeps, and the control of a run that nobody evaluates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.analysis.usage import Deployment
from workbench.runs.watch import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.contract import Include, SweepDocument
    from workbench.runs.control import Halt
    from workbench.runs.run import Run

__all__ = ["FakeClock", "FakeControl"]


@dataclass
class FakeClock:
    """What happens while it sleeps is up to the test."""

    now: float = 1e6
    pauses: list[float] = field(default_factory=list)
    meanwhile: Callable[[int], None] = field(default=lambda _: None)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        assert seconds > 0
        self.now += seconds
        self.pauses.append(seconds)
        self.meanwhile(len(self.pauses))


@dataclass
class FakeControl:
    """Keeps what it was asked."""

    patience: Patience = field(default_factory=Patience)
    halt: Halt | None = None
    deployment: Deployment = field(default_factory=Deployment)
    asked: list[str] = field(default_factory=list)

    def resume(self, include: Include) -> None:
        self.asked.append(f"resume {include}")

    def cancel(self) -> None:
        self.asked.append("cancel")

    def submit(self, document: SweepDocument, *, budget: float | None) -> Run:
        raise NotImplementedError

    def check(self) -> Halt | None:
        return self.halt
