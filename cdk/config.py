"""What can be chosen for a deployment: read from the CDK context, checked, and frozen."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from workbench.contract import Caps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Architecture", "ConfigError", "StageConfig", "read_config"]

Architecture: TypeAlias = Literal["x86_64", "arm64", "host"]

_CAPS = Caps()
# Lambda's Python 3.11 and older run on a C library that is too old for the wheels of numpy and pyarrow.
_CLOUD_PYTHONS = ("3.12", "3.13", "3.14")
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
# The CDK's own context keys all hold a colon, a dash or an at sign: every plain word is meant for us.
_PLAIN_WORD = re.compile(r"[a-z_]+")
_TRUTH = {"true": True, "false": False}


class ConfigError(ValueError):
    """A context that does not describe a deployment."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One deployment.

    Parameters
    ----------
    stack_name : str
        Name of the stack, and with it of the database and the workgroup: one for each stage in a region.
    python : str
        Version of Python that the functions run on.
    architecture : {'x86_64', 'arm64', 'host'}
        Processor of the functions; ``host`` is this machine with this interpreter, for the emulator.
    max_shards, max_rows_per_shard, max_rows : int
        Limits of one run.
    child_memory_mb : int
        Memory of a child; at 1769 MB it has one full core.
    child_timeout_s : int
        Time limit of a child in seconds.
    experiments : tuple of str
        Modules with experiments beside the built-in and the installed ones.
    emulator : bool
        Whether the stack goes onto the emulator in the laptop.
    """

    stack_name: str = "sweep-workbench"
    python: str = "3.13"
    architecture: Architecture = "x86_64"
    max_shards: int = _CAPS.max_shards
    max_rows_per_shard: int = _CAPS.max_rows_per_shard
    max_rows: int = _CAPS.max_rows
    child_memory_mb: int = 1769
    child_timeout_s: int = 300
    experiments: tuple[str, ...] = ()
    emulator: bool = False


def read_config(context: Mapping[str, object]) -> StageConfig:
    """Read a deployment from the CDK context.

    Parameters
    ----------
    context : mapping
        From ``cdk.json`` and ``cdk -c key=value``; values given on the command line are text. Keys of the CDK
        itself are passed over.

    Returns
    -------
    StageConfig

    Raises
    ------
    ConfigError
        With every fault at once: unknown keys, values of a wrong type or out of range.
    """
    types = {field.name: type(field.default) for field in fields(StageConfig)}
    faults = [
        f"{key}: there is no such setting; there are {', '.join(types)}"
        for key in context
        if _PLAIN_WORD.fullmatch(key) and key not in types
    ]
    values: dict[str, object] = {}
    for name, kind in types.items():
        if name in context:
            try:
                values[name] = _read(context[name], kind)
            except (TypeError, ValueError):
                faults.append(f"{name}: {context[name]!r} is not of type {kind.__name__}")
    if not faults:
        config = StageConfig(**values)  # type: ignore[arg-type]
        faults.extend(_faults(config))
    if faults:
        raise ConfigError("the context of the deployment is refused:\n" + "\n".join(f"  {fault}" for fault in faults))
    return config


def _read(value: object, kind: type) -> object:
    if kind is bool:
        return _TRUTH[str(value).lower()] if str(value).lower() in _TRUTH else _refuse()
    if kind is int:
        return _refuse() if isinstance(value, bool) else int(str(value))
    if kind is tuple:
        items = value if isinstance(value, list) else str(value).split(",")
        return tuple(name for name in (str(item).strip() for item in items) if name)
    return value if isinstance(value, str) else _refuse()


def _refuse() -> object:
    raise TypeError


def _faults(config: StageConfig) -> Iterator[str]:
    if not _STACK_NAME.fullmatch(config.stack_name):
        yield f"stack_name: {config.stack_name!r} must be letters, digits and dashes, 100 at most, a letter first"
    if config.architecture not in get_args(Architecture):
        yield f"architecture: {config.architecture!r} is none of {', '.join(get_args(Architecture))}"
    elif config.architecture == "host":
        yield from _host_faults(config)
    elif config.python not in _CLOUD_PYTHONS:
        yield f"python: {config.python!r} is none of {', '.join(_CLOUD_PYTHONS)}"
    ranges = {"child_memory_mb": (512, 10_240), "child_timeout_s": (30, 900)}
    for name in ("max_shards", "max_rows_per_shard", "max_rows", *ranges):
        low, high = ranges.get(name, (1, 2**53))
        if not low <= getattr(config, name) <= high:
            yield f"{name}: {getattr(config, name)} is not from {low} to {high}"
    for module in config.experiments:
        if not all(part.isidentifier() for part in module.split(".")):
            yield f"experiments: {module!r} is not the name of a module"


def _host_faults(config: StageConfig) -> Iterator[str]:
    if not config.emulator:
        yield "architecture: 'host' is for the emulator only; choose x86_64 or arm64"
    here = ".".join(platform.python_version_tuple()[:2])
    if config.python != here:
        yield f"python: {config.python!r} must be {here!r}, which runs here, where the architecture is 'host'"
