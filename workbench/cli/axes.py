"""Axes as they are typed on a command line, read by the types that the experiment declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import Fault, SweepError
from workbench.space import Axis, Value, Values, linspace, product

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from workbench.contract import ExperimentSpec, ParameterSpec
    from workbench.space import Product

__all__ = ["read_space"]

_LINSPACE_PARTS = 3


def read_space(spec: ExperimentSpec, settings: Sequence[str]) -> Product:
    """Build the product of axes written as ``name=value[,value...]`` or ``name=start:stop:num``.

    Parameters
    ----------
    spec : ExperimentSpec
        Whose parameters they are.
    settings : sequence of str
        One text per parameter.

    Returns
    -------
    Product

    Raises
    ------
    SweepError
        If a text cannot be read; all such texts at once.
    SpaceError
        If an axis is empty.
    """
    axes: dict[str, Axis] = {}
    faults: list[Fault] = []
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            axis = _axis(_parameter(spec, setting, taken=axes), text)
        except ValueError as error:
            faults.append(Fault(f"--set {setting}", str(error)))
        else:
            axes[name] = axis
    if faults:
        raise SweepError(faults)
    return product(**axes)


def _parameter(spec: ExperimentSpec, setting: str, *, taken: Container[str]) -> ParameterSpec:
    name, equals, _ = setting.partition("=")
    if not equals:
        raise ValueError("write it as name=value,value or name=start:stop:num")
    if name in taken:
        raise ValueError("is set twice")
    parameter = spec.parameter(name)
    if parameter is None:
        known = ", ".join(item.name for item in spec.parameters)
        raise ValueError(f"{spec.name} has no such parameter (known: {known})")
    return parameter


def _axis(parameter: ParameterSpec, text: str) -> Axis:
    parts = text.split(":")
    if parameter.type in {"float", "int"} and len(parts) == _LINSPACE_PARTS:
        return linspace(float(parts[0]), float(parts[1]), int(parts[2]))
    return Values(tuple(_value(parameter, part) for part in text.split(",")))


def _value(parameter: ParameterSpec, text: str) -> Value:
    match parameter.type:
        case "float":
            return float(text)
        case "int":
            return int(text)
        case "bool" if text.lower() in {"true", "false"}:
            return text.lower() == "true"
        case "bool":
            raise ValueError(f"{text!r} is neither true nor false")
        case "str":
            return text
