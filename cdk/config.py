"""What can be chosen for a deployment: read from the CDK context and the environment, checked, and frozen."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from rules import RULES
from workbench.contract import Caps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PREFIX", "Architecture", "ConfigError", "StageConfig", "read_config"]

Architecture: TypeAlias = Literal["x86_64", "arm64", "host"]
RemovalPolicy: TypeAlias = Literal["retain", "destroy"]

PREFIX: Final = "WORKBENCH_STAGE_"
_CAPS: Final = Caps()
# Lambda's Python 3.11 and older run on a C library that is too old for the wheels of numpy and pyarrow.
_CLOUD_PYTHONS: Final = ("3.12", "3.13", "3.14")
# The CDK's own context keys all hold a colon, a dash or an at sign: every plain word is meant for us.
_PLAIN_WORD: Final = re.compile(r"\w+")


class ConfigError(ValueError):
    """Settings that do not describe a deployment."""


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One deployment; `docs/configuration.md` says more of each setting.

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
    reserved_concurrency : int, optional
        Children at once, taken from the account's own limit; without it they share that limit.
    provisioned_concurrency : int
        Environments of the parent that are kept ready for requests.
    retries : int
        How often Lambda delivers a failed event again before the recorder hears of it.
    experiments : tuple of str
        Modules with experiments beside the built-in and the installed ones.
    requirements : tuple of str
        Libraries that these experiments import, as pip takes them.
    ingress : bool
        Whether the API takes submissions and resumes.
    source_accounts : tuple of str
        The only accounts whose identities may call the API; without any, that of the stack.
    vpc_endpoints : tuple of str
        The only endpoints through which the API is reached; without any, it is reached from everywhere.
    kms_key_arn : str, optional
        Key that encrypts results and answers; without it, one of S3's own.
    removal_policy : {'retain', 'destroy'}
        Whether the results stay when the stack goes.
    run_expiry_days : int, optional
        Age at which the objects of a run are deleted.
    log_retention_days : int
        How long log lines are kept.
    alarm_email : str, optional
        Address that hears of alarms.
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
    reserved_concurrency: int | None = None
    provisioned_concurrency: int = 0
    retries: int = 2
    experiments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    ingress: bool = True
    source_accounts: tuple[str, ...] = ()
    vpc_endpoints: tuple[str, ...] = ()
    kms_key_arn: str | None = None
    removal_policy: RemovalPolicy = "retain"
    run_expiry_days: int | None = None
    log_retention_days: int = 30
    alarm_email: str | None = None
    emulator: bool = False


def read_config(context: Mapping[str, object], environ: Mapping[str, str] | None = None) -> StageConfig:
    """Read a deployment from the CDK context, and what that does not say from the environment.

    Parameters
    ----------
    context : mapping
        From ``cdk.json`` and ``cdk -c key=value``; values given on the command line are text. Keys of the CDK
        itself are passed over.
    environ : mapping, optional
        Variables: ``WORKBENCH_STAGE_MAX_ROWS`` is the setting ``max_rows``. Not looked at for the emulator, whose
        stack is the same whatever is exported for one on AWS.

    Returns
    -------
    StageConfig

    Raises
    ------
    ConfigError
        With every fault at once: unknown settings, and values that break their rules, each with the rule.
    """
    given: dict[str, tuple[object, str]] = {
        key: (value, "") for key, value in context.items() if _PLAIN_WORD.fullmatch(key)
    }
    if not _on_emulator(context):
        exported = {name: value for name, value in (environ or {}).items() if name.startswith(PREFIX)}
        for variable, text in exported.items():
            given.setdefault(variable.removeprefix(PREFIX).lower(), (text, f" (from {variable})"))
    faults = [
        f"{name}: there is no such setting for {value!r}{source}; there are {', '.join(RULES)}"
        for name, (value, source) in given.items()
        if name not in RULES
    ]
    values: dict[str, object] = {field.name: field.default for field in fields(StageConfig)}
    for name in RULES.keys() & given.keys():
        value, source = given[name]
        try:
            values[name] = RULES[name].read(value)
        except ValueError as broken:
            faults.append(f"{name}: {broken.args[0]!r} breaks the rule: {RULES[name].text}{source}")
            del values[name]
    faults.extend(_faults_between(values))
    if faults:
        told = "\n".join(f"  {fault}" for fault in sorted(faults))
        raise ConfigError(f"the settings of the deployment are refused:\n{told}")
    return StageConfig(**values)  # type: ignore[arg-type]


def _on_emulator(context: Mapping[str, object]) -> bool:
    return str(context.get("emulator", False)).lower() == "true"


def _faults_between(values: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with settings that depend on others; those with faults of their own are missing."""
    if not {"python", "architecture", "emulator"} <= values.keys():
        return
    python, on_host = values["python"], values["architecture"] == "host"
    if on_host and not values["emulator"]:
        yield "architecture: 'host' breaks the rule: x86_64 or arm64, where 'emulator' is not true"
    here = ".".join(platform.python_version_tuple()[:2])
    if python != here if on_host else python not in _CLOUD_PYTHONS:
        yield f"python: {python!r} breaks the rule: {here if on_host else RULES['python'].text}"
