"""The port of those who evaluate the shards of a run in a folder, now or in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.contract import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.contract import Include, Manifest
    from workbench.experiments import Experiment

__all__ = ["Evaluation", "Evaluator", "Tasks"]


@dataclass(frozen=True, kw_only=True)
class Tasks:
    """What is to be evaluated of a run; each task is made when it is its turn.

    Parameters
    ----------
    run_id : str
        The run.
    shards : sequence of int
        Its shards, at least one.
    generation : int
        As of `Task`.
    include : {'infra', 'all'}
        As of `Task`.
    """

    run_id: str
    shards: Sequence[int]
    generation: int
    include: Include

    def __len__(self) -> int:
        return len(self.shards)

    def __iter__(self) -> Iterator[Task]:
        for shard_id in self.shards:
            yield Task(run_id=self.run_id, shard_id=shard_id, generation=self.generation, include=self.include)


class Evaluation(Protocol):
    """Shards that are being evaluated in the background."""

    @property
    def error(self) -> Exception | None:
        """What ended it early; None while it goes on, and where it came to its end."""
        ...

    @property
    def ended(self) -> bool:
        """Whether no shard is evaluated any more."""
        ...

    def wait(self, seconds: float) -> None:
        """Return after that time, or as soon as it has ended."""
        ...

    def stop(self) -> None:
        """End it; what is finished is kept."""
        ...


class Evaluator(Protocol):
    """Evaluates shards of a run in a folder, now or in the background."""

    def check(self, experiment: Experiment[..., Any]) -> None:
        """Raise ExperimentError where it could not evaluate the experiment."""
        ...

    def choose_shard_size(self, manifest: Manifest, experiment: Experiment[..., Any]) -> int:
        """Choose the rows per shard of a run that is planned but for them."""
        ...

    def evaluate(self, manifest: Manifest, tasks: Tasks, experiment: Experiment[..., Any]) -> Evaluation | None:
        """Evaluate; what goes on in the background is returned."""
        ...
