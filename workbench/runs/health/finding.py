"""What a check returns: what was looked at, whether it is well, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Finding", "Verdict", "bad", "ok", "warn"]

Verdict: TypeAlias = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What.
    verdict : {'ok', 'warn', 'bad'}
        With something bad no sweep runs; a warning is worth knowing.
    seen : str
        What was found.
    remedy : str
        What to do; empty where all is well.
    """

    name: str
    verdict: Verdict
    seen: str
    remedy: str = ""


def ok(name: str, seen: str) -> Finding:
    """Find that something is well."""
    return Finding(name, "ok", seen)


def warn(name: str, seen: str, *, remedy: str) -> Finding:
    """Find that something is worth knowing, and what to do about it."""
    return Finding(name, "warn", seen, remedy)


def bad(name: str, seen: str, *, remedy: str) -> Finding:
    """Find that something is in the way, and what to do about it."""
    return Finding(name, "bad", seen, remedy)
