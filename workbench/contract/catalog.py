"""The catalog: what every deployed experiment takes and gives, derived from its annotated signature."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from workbench.contract.codec import Document
from workbench.contract.rules import Rule
from workbench.space import Value

__all__ = ["Catalog", "ExperimentSpec", "MetricSpec", "ParameterSpec", "ValueType"]

ValueType: TypeAlias = Literal["float", "int", "bool", "str"]


class ParameterSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One parameter of an experiment.

    Parameters
    ----------
    name : str
        Also the column.
    type : {'float', 'int', 'bool', 'str'}
        Type of its values.
    default : value, optional
        Used where a sweep does not assign the parameter; without it the parameter is required.
    choices : tuple, optional
        The only values allowed.
    gt, ge, lt, le : number, optional
        Bounds.
    unit : str
        Unit of measurement, empty for a pure number.
    doc : str
        One sentence.
    """

    name: str
    type: ValueType
    default: Value | UnsetType = UNSET
    choices: tuple[Value, ...] | None = None
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    unit: str = ""
    doc: str = ""


class MetricSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One metric of an experiment; `optional` where it may be missing in a good row."""

    name: str
    type: ValueType
    optional: bool = False
    unit: str = ""
    doc: str = ""


class ExperimentSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One experiment: its interface, the rules across its parameters, and the fingerprint of its code."""

    name: str
    version: str
    fingerprint: str
    uses_rng: bool
    doc: str
    parameters: tuple[ParameterSpec, ...]
    metrics: tuple[MetricSpec, ...]
    vectorized: bool = False
    rules: tuple[Rule, ...] = ()

    def parameter(self, name: str) -> ParameterSpec | None:
        """Return the parameter of that name, or None."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


class Catalog(Document, frozen=True, kw_only=True):
    """Every experiment that a deployment can evaluate."""

    experiments: tuple[ExperimentSpec, ...]

    def find(self, name: str) -> ExperimentSpec | None:
        """Return the experiment of that name, or None."""
        return next((experiment for experiment in self.experiments if experiment.name == name), None)
