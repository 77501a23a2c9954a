"""Tags of a run: names that researchers give it and take away, in an object of their own beside the manifest.

The manifest is written once, by whoever plans the run; tags are the researcher's own, and several may change them at
once. So they are replaced by compare-and-swap, and none is lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from workbench.contract import decode, encode
from workbench.contract.codec import Document
from workbench.contract.keys import tags_key
from workbench.errors import RunError, StorageError

if TYPE_CHECKING:
    from workbench.storage import Store

__all__ = ["Tags", "read_tags", "tag", "untag"]

_NAME: Final = re.compile(r"[\w.:/+-]{1,64}")
_TRIES: Final = 20


class Tags(Document, frozen=True, kw_only=True):
    """The tags of a run, sorted."""

    names: tuple[str, ...] = ()


def read_tags(store: Store, run_id: str) -> tuple[str, ...]:
    """Read the tags of a run.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        The run.

    Returns
    -------
    tuple of str
        Sorted; empty where there are none.
    """
    data = store.get(tags_key(run_id))
    return () if data is None else decode(data, Tags, source=tags_key(run_id)).names


def tag(store: Store, run_id: str, *names: str) -> tuple[str, ...]:
    """Give a run tags, beside those that it has.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        A run that there is.
    *names : str
        Of up to 64 letters, digits and ``_ . : / + -`` each.

    Returns
    -------
    tuple of str
        All tags of the run, sorted.

    Raises
    ------
    RunError
        If a name is none.
    StorageError
        If the tags cannot be written.
    """
    wrong = [name for name in names if not _NAME.fullmatch(name)]
    if wrong:
        raise RunError(
            f"names: {', '.join(map(repr, wrong))} cannot be tags: take 1 to 64 letters, digits, _ . : / + -"
        )
    return _replace(store, run_id, added=frozenset(names))


def untag(store: Store, run_id: str, *names: str) -> tuple[str, ...]:
    """Take tags from a run; those that it does not have are no error.

    Parameters
    ----------
    store : Store
        Where its objects lie.
    run_id : str
        A run that there is.
    *names : str
        Tags.

    Returns
    -------
    tuple of str
        The tags that are left, sorted.

    Raises
    ------
    StorageError
        If the tags cannot be written.
    """
    return _replace(store, run_id, removed=frozenset(names))


def _replace(
    store: Store, run_id: str, *, added: frozenset[str] = frozenset(), removed: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    key = tags_key(run_id)
    for _ in range(_TRIES):
        found = store.read(key)
        old = decode(found.data, Tags, source=key).names if found else ()
        new = tuple(sorted((added | set(old)) - removed))
        if new == old:
            return old
        data = encode(Tags(names=new))
        # Nothing is ever deleted: a run that has lost its last tag keeps an empty list.
        if store.put(key, data, if_version=found.version) if found else store.put(key, data, if_absent=True):
            return new
    raise StorageError(f"{key} is changed by others faster than it can be replaced: try again")
