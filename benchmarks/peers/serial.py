"""One loop in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def map_rows(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    *,
    cores: int,  # noqa: ARG001
    chunk: int,  # noqa: ARG001
) -> list[Any]:
    """Call the function with every tuple; see `benchmarks.pipeline.Peer`."""
    return [function(*row) for row in arguments]
