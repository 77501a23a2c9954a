"""Tags are kept, sorted and taken away, and of several who change them at once nobody loses any."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.contract import encode
from workbench.contract.keys import MANIFESTS_PREFIX, tags_key
from workbench.errors import ContractError, RunError, StorageError
from workbench.runs.tags import Tags, read_tags, tag, untag
from workbench.storage.local import LocalStore
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

RUN = "noise-0123456789ab"
names = st.sets(st.sampled_from(["a", "b", "ü", "paper/2", "v1.0", "x:y"]))


@given(st.lists(st.tuples(st.booleans(), names)))
def test_tags_are_a_set(changes: list[tuple[bool, set[str]]]) -> None:
    store, expected = MemoryStore(), set[str]()
    assert read_tags(store, RUN) == ()
    for adds, changed in changes:
        expected = expected | changed if adds else expected - changed
        answer = (tag if adds else untag)(store, RUN, *changed)
        assert answer == read_tags(store, RUN) == tuple(sorted(expected))
    assert read_tags(store, "another") == ()


def test_who_changes_nothing_writes_nothing() -> None:
    store = MemoryStore()
    untag(store, RUN, "a")
    tag(store, RUN)
    assert list(store.keys("")) == []


@pytest.mark.parametrize("wrong", ["", " a", "a b", "a,b", "a" * 65, "a\n"])
def test_what_is_no_tag(wrong: str) -> None:
    store = MemoryStore()
    with pytest.raises(RunError, match="cannot be tags"):
        tag(store, RUN, "good", wrong)
    assert read_tags(store, RUN) == ()


def test_nobody_loses_a_tag(tmp_path: Path) -> None:
    tag(LocalStore(tmp_path), RUN, "first")
    wanted = [f"t{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: tag(LocalStore(tmp_path), RUN, name), wanted))
    assert read_tags(LocalStore(tmp_path), RUN) == ("first", *wanted)
    assert list(LocalStore(tmp_path).keys("")) == [tags_key(RUN)]
    assert not tags_key(RUN).startswith(MANIFESTS_PREFIX)


def test_a_store_in_which_others_are_always_faster() -> None:
    numbers = itertools.count()

    class Contended(MemoryStore):
        def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
            super().put(key, encode(Tags(names=(f"{next(numbers)}",))))
            return super().put(key, data, if_absent=if_absent, if_version=if_version)

    store = Contended()
    with pytest.raises(StorageError, match="changed by others faster"):
        tag(store, RUN, "a")
    assert "a" not in read_tags(store, RUN)


def test_what_another_version_wrote_is_not_overwritten() -> None:
    store = MemoryStore()
    store.put(tags_key(RUN), b'{"schema_version":2,"names":[]}')
    with pytest.raises(ContractError, match="tags/"):
        tag(store, RUN, "a")
    assert store.get(tags_key(RUN)) == b'{"schema_version":2,"names":[]}'
