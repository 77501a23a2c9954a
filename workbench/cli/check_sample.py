"""Which rows of an experiment are tried: at the axes that a person sets, else at defaults, choices and bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from workbench.cli.axes import read_space
from workbench.contract import Caps, Catalog, RunRequest, SweepDocument, plan_run, sweep_faults
from workbench.errors import Fault, SweepError
from workbench.space import concat, product

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.contract import ExperimentSpec, Manifest, ParameterSpec
    from workbench.space import Space, Value

__all__ = ["Sample", "read_settings", "sample_of"]

# Rows that a sample has at least, so that a vectorized experiment is tried with arrays of some length.
_ROWS: Final = 4096


@dataclass(frozen=True)
class Sample:
    """Rows to try.

    Parameters
    ----------
    manifest : Manifest
        Of the run that holds them.
    guessed : dict
        Values of parameters that have no default, made up from their bounds.
    untried : tuple of str
        Choices that a rule of the experiment refuses beside the usual values of the others, such as ``mode=fast``.
    """

    manifest: Manifest
    guessed: dict[str, Value]
    untried: tuple[str, ...]


def read_settings(specs: Sequence[ExperimentSpec], settings: Iterable[str]) -> dict[str, list[str]]:
    """Give each experiment the settings that name a parameter of it.

    Parameters
    ----------
    specs : sequence of ExperimentSpec
        The experiments.
    settings : iterable of str
        As of `read_space`.

    Returns
    -------
    dict
        Settings by experiment.

    Raises
    ------
    SweepError
        If a setting names no parameter of any.
    """
    known = {parameter.name for spec in specs for parameter in spec.parameters}
    named = {setting: setting.partition("=")[0] for setting in settings}
    if strange := [setting for setting, name in named.items() if name not in known]:
        message = f"none of the experiments has such a parameter (known: {', '.join(sorted(known))})"
        raise SweepError(Fault(f"--set {setting}", message) for setting in strange)
    return {spec.name: [text for text, name in named.items() if spec.parameter(name)] for spec in specs}


def sample_of(spec: ExperimentSpec, settings: Sequence[str]) -> Sample:
    """Choose rows to try.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    settings : sequence of str
        Axes that a person sets, as of `read_space`.

    Returns
    -------
    Sample

    Raises
    ------
    SweepError
        If a parameter has neither a default nor bounds nor a setting, or if a setting is refused.
    SpaceError
        If an axis is empty, or the experiment has no parameters.
    """
    given = [read_space(spec, settings)] if settings else []
    named = {setting.partition("=")[0] for setting in settings}
    others = [parameter for parameter in spec.parameters if parameter.name not in named]
    guessed = {item.name: value for item in others if _is_required(item) and (value := _guess(item)) is not None}
    if unknown := [item.name for item in others if _is_required(item) and item.name not in guessed]:
        raise SweepError(
            Fault(f"--set {name}", f"{spec.name} has no default for it: add --set {name}=value,value")
            for name in unknown
        )
    usual = {item.name: guessed[item.name] if item.name in guessed else _usual(item) for item in others}
    base: Space = product(*given, **usual)
    # One choice after the other, as far as the experiment's rules let it.
    choices = {
        f"{item.name}={value}": product(*given, **usual | {item.name: value})
        for item in others
        for value in _values(item)
        if value != usual[item.name]
    }
    untried = [choice for choice, space in choices.items() if sweep_faults(_sweep(spec, space), spec)]
    allowed = [space for choice, space in choices.items() if choice not in untried]
    return Sample(_manifest(spec, concat(base, *allowed) if allowed else base), guessed, tuple(untried))


def _usual(parameter: ParameterSpec) -> Value:
    return _values(parameter)[0] if parameter.default is UNSET else parameter.default


def _values(parameter: ParameterSpec) -> tuple[Value, ...]:
    if parameter.type == "bool" and not parameter.choices:
        return (False, True)
    return parameter.choices or ()


def _is_required(parameter: ParameterSpec) -> bool:
    return parameter.default is UNSET and not parameter.choices and parameter.type != "bool"


def _guess(parameter: ParameterSpec) -> Value | None:
    """Make a value up that the bounds allow; None where they say nothing."""
    low = parameter.gt if parameter.ge is None else parameter.ge
    high = parameter.lt if parameter.le is None else parameter.le
    if parameter.type == "str" or (low is None and high is None):
        return None
    if low is not None and high is not None:
        middle = (low + high) / 2
    else:
        middle = math.floor(low) + 1 if low is not None else math.ceil(high or 0.0) - 1
    return math.floor(middle) if parameter.type == "int" else float(middle)


def _sweep(spec: ExperimentSpec, space: Space) -> SweepDocument:
    replicates = max(2, -(-_ROWS // space.size))
    return SweepDocument(experiment=spec.name, fingerprint=spec.fingerprint, space=space, replicates=replicates)


def _manifest(spec: ExperimentSpec, space: Space) -> Manifest:
    # The shards do not matter: what is tried is the beginning of the order in which rows are shared among them.
    request = RunRequest(sweep=_sweep(spec, space), shard_size=_ROWS)
    return plan_run(request, Catalog(experiments=(spec,)), Caps(), created_by="", created_at="")
