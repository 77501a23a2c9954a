"""The `@experiment` decorator: a typed function becomes an experiment, its signature the source of its contract."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, ParamSpec, TypeVar

import msgspec
import numpy as np

from workbench.contract import COLUMN_TYPES, RESERVED_COLUMNS, ExperimentSpec, MetricSpec, ParameterSpec, value_fault
from workbench.errors import ExperimentError
from workbench.experiments.rules import declared_rules_faults
from workbench.experiments.source import fingerprint
from workbench.experiments.streams import RowStreams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.contract import Rule, ValueType
    from workbench.space import Value

__all__ = ["Experiment", "experiment"]

P = ParamSpec("P")
M = TypeVar("M")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RNG = "rng"
_TYPES: dict[type, ValueType] = {float: "float", int: "int", bool: "bool", str: "str"}


class Experiment(Generic[P, M]):
    """A simulation that can be swept; calling it calls the function.

    Attributes
    ----------
    spec : ExperimentSpec
        Parameters, metrics, rules and fingerprint, as the catalog shows them.
    function : callable
        What the researcher wrote.
    metrics : type
        The dataclass that it returns.
    """

    def __init__(self, function: Callable[P, M], *, version: str, vectorized: bool, rules: Sequence[Rule]) -> None:
        self.function = function
        hints = _hints(function)
        self.spec = _spec(function, hints, version=version, vectorized=vectorized, rules=rules)
        self.metrics: type = hints["return"]
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> M:
        """Call the researcher's function."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<experiment {self.spec.name} version {self.spec.version} {self.spec.fingerprint[:8]}>"


def experiment(
    *, version: str, vectorized: bool = False, rules: Sequence[Rule] = ()
) -> Callable[[Callable[P, M]], Experiment[P, M]]:
    """Declare a function as an experiment.

    The function takes keyword-only parameters typed ``float``, ``int``, ``bool``, ``str`` or ``Literal[...]``,
    optionally ``Annotated`` with bounds (``annotated_types.Gt`` ...), a ``Unit`` and a sentence of documentation; and,
    if it is stochastic, ``rng: numpy.random.Generator``. It returns a dataclass of metrics, typed likewise;
    ``X | None`` where a metric may be missing.

    Parameters
    ----------
    version : str
        Changed by the author when results are no longer comparable; part of the fingerprint.
    vectorized : bool
        Whether the function takes and returns one array per parameter and metric; its `rng` is then annotated
        `RowStreams`.
    rules : sequence of Rule
        What parameters demand of each other, as `requires` writes it.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    ExperimentError
        If the signature cannot be swept; every fault is named.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass(frozen=True)
    ... class Area:
    ...     area: float
    >>> @experiment(version="1")
    ... def rectangle(*, width: float, height: float = 1.0) -> Area:
    ...     return Area(area=width * height)
    >>> rectangle.spec.parameters[1].default
    1.0
    """

    def declare(function: Callable[P, M]) -> Experiment[P, M]:
        return Experiment(function, version=version, vectorized=vectorized, rules=rules)

    return declare


def _spec(
    function: Callable[..., Any], hints: dict[str, Any], *, version: str, vectorized: bool, rules: Sequence[Rule]
) -> ExperimentSpec:
    name = function.__name__
    faults: list[str] = []
    signature = inspect.signature(function)
    parameters = []
    for parameter in signature.parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            faults.append(f"parameter {parameter.name!r} must be keyword-only: put `*,` first in the signature")
        elif parameter.name not in hints:
            faults.append(f"parameter {parameter.name!r} has no type annotation")
        elif parameter.name == _RNG:
            faults += _rng_faults(hints[_RNG], vectorized=vectorized)
        else:
            parameters.append(_parameter(parameter, hints[parameter.name], faults))
    specs = _metrics(hints.get("return"), faults)
    faults += _name_faults([name, *(p.name for p in parameters), *(s.name for s in specs)])
    faults += declared_rules_faults(rules, parameters)
    if faults:
        raise ExperimentError(f"experiment {name} ({_location(function)}):\n  " + "\n  ".join(faults))
    return ExperimentSpec(
        name=name,
        version=version,
        fingerprint=fingerprint(function, version),
        vectorized=vectorized,
        uses_rng=_RNG in signature.parameters,
        doc=(inspect.getdoc(function) or "").partition("\n")[0],
        parameters=tuple(parameters),
        metrics=tuple(specs),
        rules=tuple(rules),
    )


def _rng_faults(hint: Any, *, vectorized: bool) -> list[str]:
    if vectorized and hint is not RowStreams:
        return ["parameter 'rng' of a vectorized experiment must be annotated workbench.RowStreams"]
    if not vectorized and hint is not np.random.Generator:
        return ["parameter 'rng' must be annotated numpy.random.Generator"]
    return []


def _parameter(parameter: inspect.Parameter, hint: Any, faults: list[str]) -> ParameterSpec:
    base, extras = _split(hint)
    choices: tuple[Value, ...] | None = None
    others = len(faults)
    if typing.get_origin(base) is Literal:
        choices = typing.get_args(base)
        kinds = {type(choice) for choice in choices}
        base = kinds.pop() if len(kinds) == 1 else object
    spec = ParameterSpec(
        name=parameter.name,
        type=_value_type(f"parameter {parameter.name!r}", base, faults),
        choices=choices,
        **_metadata(extras),
    )
    # Of what type a default would have to be is not known where the annotation is wrong.
    if parameter.default is inspect.Parameter.empty or len(faults) > others:
        return spec
    default = parameter.default
    if spec.type == "float" and isinstance(default, int | float) and not isinstance(default, bool):
        default = float(default)  # not an integer, nor a numpy scalar: it travels
    if message := value_fault(spec, default):
        faults.append(f"default of {parameter.name!r}: {message}")
    return msgspec.structs.replace(spec, default=default)


def _metrics(returned: Any, faults: list[str]) -> list[MetricSpec]:
    if not (isinstance(returned, type) and dataclasses.is_dataclass(returned)):
        faults.append("annotate the return type with a dataclass whose fields are the metrics")
        return []
    hints = _hints(returned)
    fields = dataclasses.fields(returned)
    if not fields:
        faults.append(f"{returned.__name__} has no fields: return at least one metric")
    return [_metric(field.name, hints[field.name], faults) for field in fields]


def _metric(name: str, hint: Any, faults: list[str]) -> MetricSpec:
    base, extras = _split(hint)
    members = [member for member in typing.get_args(base) if member is not types.NoneType]
    optional = typing.get_origin(base) in {types.UnionType, typing.Union} and len(members) == 1
    if optional:
        base, inner = _split(members[0])
        extras = [*extras, *inner]
    metadata = _metadata(extras)
    return MetricSpec(
        name=name,
        type=_value_type(f"metric {name!r}", base, faults),
        optional=optional,
        unit=metadata.get("unit", ""),
        doc=metadata.get("doc", ""),
    )


def _split(hint: Any) -> tuple[Any, list[Any]]:
    if typing.get_origin(hint) is Annotated:
        base, *extras = typing.get_args(hint)
        return base, extras
    return hint, []


def _metadata(extras: list[Any]) -> dict[str, Any]:
    if not extras:
        return {}
    import annotated_types  # noqa: PLC0415 -- what declares no bounds need not wait for it

    found: dict[str, Any] = {}
    for extra in extras:
        match extra:
            case str():
                found["doc"] = extra
            case annotated_types.Unit():
                found["unit"] = extra.unit
            case annotated_types.Interval():
                found |= {key: value for key in ("gt", "ge", "lt", "le") if (value := getattr(extra, key)) is not None}
            case annotated_types.Gt() | annotated_types.Ge() | annotated_types.Lt() | annotated_types.Le():
                key = type(extra).__name__.lower()
                found[key] = getattr(extra, key)
            case _:
                continue
    return found


def _value_type(where: str, base: Any, faults: list[str]) -> ValueType:
    if base in _TYPES:
        return _TYPES[base]
    faults.append(
        f"{where} is {getattr(base, '__name__', base)}; use one of {', '.join(COLUMN_TYPES)}, or Literal of them"
    )
    return "str"


def _name_faults(names: list[str]) -> list[str]:
    faults = []
    for position, name in enumerate(names):
        if not _NAME.fullmatch(name):
            faults.append(
                f"{name!r} must be lower case, start with a letter and hold letters, digits and _: it is a column"
            )
        if name in RESERVED_COLUMNS:
            faults.append(f"{name!r} is a column of every outcome; choose another name")
        if position > 0 and name in names[1:position]:
            faults.append(f"{name!r} is used twice among parameters and metrics; columns need distinct names")
    return faults


def _hints(annotated: Any) -> dict[str, Any]:
    """Read annotations, which may be texts that name what the module only imports for the type checker."""
    try:
        return typing.get_type_hints(annotated, include_extras=True)
    except NameError as error:
        raise ExperimentError(
            f"{annotated.__qualname__} ({annotated.__module__}): {error}; annotations are read at run time: "
            "import the name there, not under TYPE_CHECKING, and declare metrics at the top of the module"
        ) from error


def _location(function: Callable[..., Any]) -> str:
    return f"{function.__module__}, line {inspect.unwrap(function).__code__.co_firstlineno}"
