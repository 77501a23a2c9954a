"""Where a run stands, from keys alone: the shards that have no success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.contract.keys import outcomes_prefix, parse_outcome_key

if TYPE_CHECKING:
    from workbench.contract import Manifest
    from workbench.storage import Store

__all__ = ["Unfinished", "find_unfinished"]


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """Shards without a success, in order.

    Parameters
    ----------
    missing : tuple of int
        Those that left no outcome.
    failed : tuple of int
        Those whose outcome has rows that are not good.
    """

    missing: tuple[int, ...]
    failed: tuple[int, ...]

    @property
    def shards(self) -> tuple[int, ...]:
        """All of them, in order."""
        return tuple(sorted(self.missing + self.failed))


def find_unfinished(store: Store, manifest: Manifest) -> Unfinished:
    """List the shards of a run that have no success."""
    keys = store.keys(outcomes_prefix(manifest.spec.name, manifest.run_id))
    outcomes = [parsed for key in keys if (parsed := parse_outcome_key(key))]
    failed = {outcome.shard_id for outcome in outcomes if outcome.status == "failure"}
    left = set(range(manifest.n_shards)) - {outcome.shard_id for outcome in outcomes if outcome.status == "success"}
    return Unfinished(missing=tuple(sorted(left - failed)), failed=tuple(sorted(left & failed)))
