"""The rules of the settings: how each is read from text or JSON, and what it must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LOG_RETENTION_DAYS", "RULES", "Rule"]

# All that CloudWatch Logs takes as the retention of a log group.
LOG_RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_TRUTH: Final = {"true": True, "false": False}
_LARGEST: Final = 2**53
# A topic of alarms sends one mail to confirm the address: this only catches what is none at all.
_EMAIL: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_PINNED: Final = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._-]+\])?==[A-Za-z0-9.!+_-]+"
_KEY: Final = (
    r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a setting must be.

    Parameters
    ----------
    text : str
        In words.
    read : callable
        Takes what was given, text or JSON, and returns the setting; raises ValueError with the part that breaks the
        rule.
    """

    text: str
    read: Callable[[object], object]


def _whole(low: int, high: int) -> Rule:
    def read(given: object) -> int:
        try:
            value = None if isinstance(given, (bool, float)) else int(str(given))
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(given)
        return value

    return Rule(text=f"a whole number from {low:,} to {high:,}", read=read)


def _text(pattern: str, text: str) -> Rule:
    def read(given: object) -> str:
        if not isinstance(given, str) or not re.fullmatch(pattern, given):
            raise ValueError(given)
        return given

    return Rule(text=text, read=read)


def _one_of(*values: str) -> Rule:
    return _text("|".join(map(re.escape, values)), _either(values))


def _one_of_numbers(values: Iterable[int]) -> Rule:
    known = {str(value): value for value in values}

    def read(given: object) -> int:
        if isinstance(given, bool) or str(given) not in known:
            raise ValueError(given)
        return known[str(given)]

    return Rule(text=_either(known), read=read)


def _either(values: Iterable[str]) -> str:
    *others, last = values
    return f"{', '.join(others)} or {last}"


def _truth() -> Rule:
    def read(given: object) -> bool:
        if str(given).lower() not in _TRUTH:
            raise ValueError(given)
        return _TRUTH[str(given).lower()]

    return Rule(text="true or false", read=read)


def _list_of(pattern: str, text: str) -> Rule:
    item = _text(pattern, text)

    def read(given: object) -> tuple[object, ...]:
        items: list[object]
        match given:
            case None:
                items = []
            case str():
                items = [*given.split(",")]
            case list():
                items = given
            case _:
                raise ValueError(given)
        stripped = (one.strip() if isinstance(one, str) else one for one in items)
        return tuple(item.read(one) for one in stripped if one != "")

    return Rule(text=f"a list of {text}", read=read)


def _optional(rule: Rule) -> Rule:
    def read(given: object) -> object:
        return None if given is None or given == "" else rule.read(given)

    return Rule(text=f"{rule.text}, or nothing", read=read)


RULES: Final = {
    "stack_name": _text(r"[A-Za-z][A-Za-z0-9-]{0,99}", "letters, digits and dashes, 100 at most, a letter first"),
    "python": _text(r"3\.[0-9]+", "3.12, 3.13 or 3.14; for the architecture 'host', the Python that runs here"),
    "architecture": _one_of("x86_64", "arm64", "host"),
    "max_shards": _whole(1, _LARGEST),
    "max_rows_per_shard": _whole(1, _LARGEST),
    "max_rows": _whole(1, _LARGEST),
    "child_memory_mb": _whole(512, 10_240),
    "child_timeout_s": _whole(30, 900),
    "reserved_concurrency": _optional(_whole(1, 100_000)),
    "provisioned_concurrency": _whole(0, 1_000),
    "retries": _whole(0, 2),
    "experiments": _list_of(r"[^\W\d]\w*(\.[^\W\d]\w*)*", "names of modules, such as my_package.models"),
    "requirements": _list_of(_PINNED, "libraries with their versions, such as ciw==3.2.7"),
    "ingress": _truth(),
    "source_accounts": _list_of(r"[0-9]{12}", "accounts of 12 digits"),
    "vpc_endpoints": _list_of(r"vpce-[0-9a-f]{8,17}", "VPC endpoints, such as vpce-0a1b2c3d"),
    "kms_key_arn": _optional(_text(_KEY, "the ARN of a key of KMS")),
    "removal_policy": _one_of("retain", "destroy"),
    "run_expiry_days": _optional(_whole(7, 3_650)),
    "log_retention_days": _one_of_numbers(LOG_RETENTION_DAYS),
    "alarm_email": _optional(_text(_EMAIL, "an e-mail address")),
    "emulator": _truth(),
}
