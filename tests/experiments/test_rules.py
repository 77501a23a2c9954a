"""Rules as an author declares them: carried by the catalog, and refused where they cannot be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from workbench.contract import Rule
from workbench.errors import ExperimentError
from workbench.experiments import requires

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

MODEL = """
from dataclasses import dataclass
from typing import Literal
from workbench.experiments import experiment, requires

@dataclass
class Out:
    y: float

@experiment(version="1", rules=[{rule}])
def ruled(*, x: float = 1.0, n: int = 1, deep: bool = False, how: Literal["a", "b"] = "a") -> Out:
    return Out(x)
"""


def test_a_rule_travels_with_the_experiment(load: Callable[..., ModuleType]) -> None:
    ruled = load(MODEL.format(rule='requires("x", ge=2, when={"how": ["a", "b"], "deep": True})')).ruled
    assert ruled.spec.rules == (Rule(parameter="x", when={"how": ("a", "b"), "deep": (True,)}, ge=2),)
    assert ruled(x=1.0).y == 1.0


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('requires("z", gt=0, when={"how": "a"})', "there is no parameter 'z'"),
        ('requires("x", gt=0, when={"who": "a"})', "there is no parameter 'who'"),
        ('requires("how", gt=0, when={"deep": True})', "how is str; bounds are for float and int"),
        ('requires("x", gt=0, when={"n": 1})', "n is int without choices; conditions are for bool, str and Literal"),
        ('requires("x", gt=0, when={"how": "c"})', "'c' is not one of 'a', 'b'"),
        ('requires("x", gt=0, when={"deep": 1})', "1 is int; deep is bool"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(load: Callable[..., ModuleType], rule: str, words: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        load(MODEL.format(rule=rule))
    assert words in str(refused.value)


@pytest.mark.parametrize("arguments", [{"when": {}, "gt": 0}, {"when": {"how": "a"}}])
def test_a_rule_has_a_condition_and_a_bound(arguments: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError, match="give a condition and a bound"):
        requires("x", **arguments)
