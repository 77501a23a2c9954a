"""The decorator: a signature becomes a contract, or every reason why it cannot."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, Literal, Optional

import numpy as np
import pytest
from annotated_types import Ge, Gt, Interval, Le, Lt, Unit
from msgspec import UNSET

from workbench.contract import Catalog, MetricSpec, ParameterSpec, decode, encode, outcome_columns
from workbench.errors import ExperimentError
from workbench.experiments import Experiment, experiment


@dataclass(frozen=True)
class Area:
    area: Annotated[float, Unit("m2"), "Width times height."]


@dataclass(frozen=True)
class Everything:
    plain: float
    whole: int
    flag: bool
    word: str
    maybe: float | None
    perhaps: Optional[int]  # noqa: UP045 -- the older spelling is accepted too
    inside: Annotated[float, Unit("s")] | None
    outside: Annotated[float | None, "May be missing."]


SOURCE = '''"""A module of the lab."""

from dataclasses import dataclass

from workbench.experiments import experiment


@dataclass
class Area:
    area: float


@experiment(version="1")
def rectangle(*, width: float) -> Area:
    """Multiply."""
    return Area(width * 2)
'''


def faults_of(function: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ExperimentError) as caught:
        experiment(version="1", **options)(function)
    return str(caught.value)


def test_a_signature_becomes_parameters() -> None:
    @experiment(version="3")
    def probe(
        *,
        rate: Annotated[float, Gt(0), Le(10), Unit("1/s"), "Arrivals."],
        share: Annotated[float, Interval(ge=0, lt=1)] = 0,
        servers: Annotated[int, Ge(1), Lt(9)] = 1,
        policy: Literal["fifo", "lifo"] = "fifo",
        level: Literal[1, 2] = 2,
        on: bool = True,
        name: str = "x",
        rng: np.random.Generator,
    ) -> Area:
        """Do it.

        At length.
        """
        raise NotImplementedError

    assert probe.spec.parameters == (
        ParameterSpec(name="rate", type="float", gt=0, le=10, unit="1/s", doc="Arrivals."),
        ParameterSpec(name="share", type="float", default=0.0, ge=0, lt=1),
        ParameterSpec(name="servers", type="int", default=1, ge=1, lt=9),
        ParameterSpec(name="policy", type="str", default="fifo", choices=("fifo", "lifo")),
        ParameterSpec(name="level", type="int", default=2, choices=(1, 2)),
        ParameterSpec(name="on", type="bool", default=True),
        ParameterSpec(name="name", type="str", default="x"),
    )
    assert type(probe.spec.parameters[1].default) is float
    assert probe.spec.parameters[0].default is UNSET
    assert (probe.spec.name, probe.spec.version, probe.spec.doc) == ("probe", "3", "Do it.")
    assert probe.spec.uses_rng
    assert not probe.spec.vectorized


def test_a_dataclass_becomes_metrics() -> None:
    @experiment(version="1", vectorized=True)
    def probe(*, x: float) -> Everything:
        raise NotImplementedError

    assert probe.spec.metrics == (
        MetricSpec(name="plain", type="float"),
        MetricSpec(name="whole", type="int"),
        MetricSpec(name="flag", type="bool"),
        MetricSpec(name="word", type="str"),
        MetricSpec(name="maybe", type="float", optional=True),
        MetricSpec(name="perhaps", type="int", optional=True),
        MetricSpec(name="inside", type="float", optional=True, unit="s"),
        MetricSpec(name="outside", type="float", optional=True, doc="May be missing."),
    )
    assert probe.metrics is Everything
    assert probe.spec.vectorized
    assert not probe.spec.uses_rng
    assert len({column.name for column in outcome_columns(probe.spec)}) == len(outcome_columns(probe.spec))


def test_an_experiment_is_still_its_function() -> None:
    @experiment(version="1")
    def rectangle(*, width: float, height: float = 2.0) -> Area:
        """Multiply."""
        return Area(area=width * height)

    assert rectangle(width=3.0) == Area(area=6.0)
    assert rectangle.function(width=3.0) == Area(area=6.0)
    assert (rectangle.__name__, rectangle.__doc__) == ("rectangle", "Multiply.")
    assert rectangle.__module__ == __name__
    assert repr(rectangle).startswith("<experiment rectangle version 1 ")


def test_the_contract_survives_the_wire_whatever_kind_of_number_a_default_is() -> None:
    @experiment(version="1")
    def rectangle(*, width: Annotated[float, Gt(0)] = np.float64(0.5), height: float = 2) -> Area:
        raise NotImplementedError

    catalog = Catalog(experiments=(rectangle.spec,))
    assert decode(encode(catalog), Catalog, source="test") == catalog


def test_all_faults_at_once() -> None:
    def Probe(  # noqa: N802, PLR0913 -- everything is wrong with it
        positional: float,
        untyped,  # noqa: ANN001
        *more: float,
        lists: list[int],
        Upper: float,  # noqa: N803
        row_index: int,
        mixed: Literal[1, "x"],
        low: Annotated[float, Gt(0)] = 0.0,
        word: int = "x",
        endless: float = float("inf"),
        bare,  # noqa: ANN001
        rng: np.random.RandomState,
        **rest: float,
    ) -> float:
        raise NotImplementedError

    message = faults_of(Probe, vectorized=True)
    assert message.startswith(f"experiment Probe ({__name__}, line ")
    for fault in (
        "parameter 'positional' must be keyword-only",
        "parameter 'untyped' must be keyword-only",
        "parameter 'more' must be keyword-only",
        "parameter 'rest' must be keyword-only",
        "parameter 'bare' has no type annotation",
        "parameter 'lists' is list",
        "parameter 'mixed' is object",
        "'Upper' must be lower case",
        "'Probe' must be lower case",
        "'row_index' is a column of every outcome",
        "default of 'low': 0.0 is out of bounds; low must be > 0",
        "default of 'word': 'x' is str; word is int",
        "default of 'endless': inf is not a finite number",
        "parameter 'rng' of a vectorized experiment must be annotated workbench.RowStreams",
        "annotate the return type with a dataclass",
    ):
        assert f"\n  {fault}" in message


def test_faults_of_metrics_come_with_those_of_parameters() -> None:
    @dataclass
    class Odd:
        width: float
        data: bytes
        either: int | str
        status: str

    def rectangle(*, width: complex = 1.0) -> Odd:
        raise NotImplementedError

    message = faults_of(rectangle)
    assert "parameter 'width' is complex; use one of float, int, bool, str" in message
    assert "default of 'width'" not in message  # which of them it should be is not known
    assert "metric 'data' is bytes" in message
    assert "metric 'either' is" in message
    assert "'width' is used twice among parameters and metrics" in message
    assert "'status' is a column of every outcome" in message


def test_metrics_need_a_field() -> None:
    @dataclass
    class Nothing:
        pass

    def probe(*, x: float) -> Nothing:
        raise NotImplementedError

    assert "Nothing has no fields: return at least one metric" in faults_of(probe)


@pytest.mark.parametrize("returned", [None, float, dict, Area(1.0), "missing"])
def test_the_return_type_is_a_dataclass(returned: Any) -> None:
    def probe(*, x: float) -> None:
        raise NotImplementedError

    if returned == "missing":
        del probe.__annotations__["return"]
    elif isinstance(returned, Area):
        probe.__annotations__["return"] = Optional[Area]  # noqa: UP045 -- a class or nothing is no class
    else:
        probe.__annotations__["return"] = returned
    assert "annotate the return type with a dataclass whose fields are the metrics" in faults_of(probe)


def test_annotations_that_cannot_be_read_are_named_with_the_remedy() -> None:
    def probe(*, x: float) -> Area:
        raise NotImplementedError

    probe.__annotations__["x"] = "Nowhere"
    message = faults_of(probe)
    assert "'Nowhere' is not defined" in message
    assert "TYPE_CHECKING" in message


def test_wrapped_functions_are_read_through() -> None:
    def plain(*, width: float) -> Area:
        return Area(width)

    @functools.wraps(plain)
    def wrapped(**arguments: float) -> Area:
        return plain(**arguments)

    assert [parameter.name for parameter in experiment(version="1")(wrapped).spec.parameters] == ["width"]


def test_the_fingerprint_follows_source_and_version(load: Callable[..., ModuleType]) -> None:
    texts = [
        SOURCE,
        SOURCE.replace("width * 2", "width * 3"),
        SOURCE.replace('version="1"', 'version="2"'),
        SOURCE.replace("A module", "The module"),
        SOURCE.replace("def rectangle", "def oblong"),
    ]
    found = [_only(load(text)).spec.fingerprint for text in texts]
    assert len(set(found)) == len(texts)
    assert _only(load(SOURCE)).spec.fingerprint == found[0]
    assert {len(fingerprint) for fingerprint in found} == {32}


def test_the_version_counts_by_itself(load: Callable[..., ModuleType]) -> None:
    function = _only(load(SOURCE)).function
    one, two = (experiment(version=version)(function).spec.fingerprint for version in ("1", "2"))
    assert one != two


def test_two_experiments_of_one_module_differ(load: Callable[..., ModuleType]) -> None:
    module = load(SOURCE + "\n\n" + SOURCE.partition("    area: float\n")[2].replace("rectangle", "oblong"))
    assert module.rectangle.spec.fingerprint != module.oblong.spec.fingerprint


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_the_fingerprint_ignores_line_ends_and_places(load: Callable[..., ModuleType], newline: str) -> None:
    assert _only(load(SOURCE, newline=newline)).spec.fingerprint == _only(load(SOURCE)).spec.fingerprint
    elsewhere = _only(load(SOURCE, name="other_models")).spec.fingerprint
    assert elsewhere == _only(load(SOURCE)).spec.fingerprint


def test_code_without_a_source_is_refused() -> None:
    names: dict[str, Any] = {"Area": Area, "__name__": "nowhere"}
    exec("def rectangle(*, width: float) -> Area: ...", names)  # noqa: S102 -- what a console does
    assert "has no source to fingerprint" in faults_of(names["rectangle"])


def _only(module: ModuleType) -> Experiment[..., Any]:
    (found,) = (item for item in vars(module).values() if isinstance(item, Experiment))
    return found
