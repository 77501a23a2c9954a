"""Every shard is handed on exactly once, from here or by copies, and nothing that fails is silent."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.parent.dispatch import (
    INLINE_SHARDS,
    RANGE_SHARDS,
    cut,
    dispatch_shards,
    hand_on,
    ranges,
    start_children,
)
from memory_parent import MemoryDispatcher, Parent, shards_of
from workbench.contract import Dispatch
from workbench.contract.keys import manifest_key
from workbench.errors import RunError
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from lambdas.parent.service import Service

some_shards = st.sets(st.integers(0, 60)).map(sorted)


def dispatcher() -> MemoryDispatcher:
    store = MemoryStore()
    store.put(manifest_key("r"), b"a manifest")
    return MemoryDispatcher(store)


def dispatch_of(*shards: tuple[int, int]) -> Dispatch:
    return Dispatch(run_id="r", shards=shards, generation=3, include="all")


@given(some_shards)
def test_ranges_hold_the_same_shards(shards: list[int]) -> None:
    found = ranges(shards)
    assert [shard_id for start, stop in found for shard_id in range(start, stop)] == shards
    assert all(stop < start for (_, stop), (start, _) in itertools.pairwise(found))


@given(some_shards, st.integers(1, 70))
def test_a_cut_covers_every_shard_once(shards: list[int], size: int) -> None:
    copies = list(cut(dispatch_of(*ranges(shards)), size))
    assert [task for copy in copies for task in copy.tasks] == list(dispatch_of(*ranges(shards)).tasks)
    assert all(1 <= len(list(copy.tasks)) <= size for copy in copies)
    assert len(copies) == -(-len(shards) // size)


@settings(max_examples=50)
@given(st.integers(0, 2 * INLINE_SHARDS), st.sets(st.integers(0, INLINE_SHARDS)))
def test_every_shard_is_handed_on_once_whatever_is_down(n_shards: int, down: set[int]) -> None:
    hands = dispatcher()
    hands.down = down
    hand_on(dispatch_of((0, n_shards)), hands)
    handed = [*hands.tasks, *(task for copy in hands.copies for task in copy.tasks)]
    assert sorted(shards_of(handed)) == list(range(n_shards))
    assert {(task.run_id, task.generation, task.include) for task in handed} <= {("r", 3, "all")}


def test_as_many_as_the_threshold_are_started_from_here() -> None:
    hands = dispatcher()
    hand_on(dispatch_of((0, INLINE_SHARDS)), hands)
    assert (len(hands.tasks), hands.copies) == (INLINE_SHARDS, [])


def test_one_more_is_left_to_a_copy() -> None:
    hands = dispatcher()
    hand_on(dispatch_of((0, INLINE_SHARDS + 1)), hands)
    assert hands.tasks == []
    assert [copy.shards for copy in hands.copies] == [((0, INLINE_SHARDS + 1),)]


def test_ten_thousand_shards_take_a_handful_of_copies() -> None:
    hands = dispatcher()
    hand_on(dispatch_of((0, 10_000)), hands)
    assert len(hands.copies) == 10_000 // RANGE_SHARDS
    assert max(copy.shards[0] for copy in hands.copies) == (10_000 - RANGE_SHARDS, 10_000)


def test_copies_that_cannot_be_started_are_counted_in_shards() -> None:
    hands = dispatcher()
    hands.copies_down = True
    with pytest.raises(RunError, match=r"^1200 shards of r could not be handed to children \(copies are throttled\)"):
        hand_on(dispatch_of((0, 1200)), hands)


def test_a_copy_starts_every_child_whatever_their_number() -> None:
    hands = dispatcher()
    start_children(dispatch_of((0, INLINE_SHARDS), (300, 600)), hands)
    assert shards_of(hands.take()) == [*range(INLINE_SHARDS), *range(300, 600)]
    assert hands.copies == []


def test_a_copy_tries_all_before_it_raises() -> None:
    hands = dispatcher()
    hands.down = {0, 1, 40}
    with pytest.raises(RunError, match=r"shards \(\(0, 2\), \(40, 41\)\) of r could not be started: shard 0 is throt"):
        start_children(dispatch_of((0, 50)), hands)
    assert sorted(hands.tried) == list(range(50))
    assert shards_of(hands.take()) == [*range(2, 40), *range(41, 50)]
    assert hands.copies == []


def parent_of(run_id: str) -> tuple[MemoryDispatcher, Service]:
    """Return a parent's hands and service where a run has its manifest."""
    parent = Parent()
    parent.store.put(manifest_key(run_id), b"a manifest")
    return parent.dispatcher, parent.service


def test_how_long_a_dispatch_took_is_told_once_and_its_shards_where_they_are_first_handed_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hands, service = parent_of("r")
    dispatch_shards("r", [0, 1, 2, 7], service, generation=0, include="infra")
    start_children(dispatch_of((0, 4)), hands)
    first, copied = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["run_id"], first["generation"], first["DispatchedShards"]) == ("r", 0, 4)
    assert (copied["run_id"], copied["generation"]) == ("r", 3)
    assert "DispatchedShards" not in copied
    for line in (first, copied):
        assert 0 <= line["DispatchTime"] < 60_000


def test_a_dispatch_that_fails_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    hands, service = parent_of("r")
    hands.down, hands.copies_down = {2}, True
    with pytest.raises(RunError):
        dispatch_shards("r", [0, 1, 2], service, generation=0, include="infra")
    assert capsys.readouterr().out == ""
