"""Shares of variance: against what is known of a function, against analysis of variance by hand, and by properties."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis.effects import effects
from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = (0, 1, 2, 3), (0.5, 1.0, 4.0), ("low", "high")


def grid(function: Callable[[int, float, str], float]) -> pd.DataFrame:
    rows = [(a, b, c, "y", function(a, b, c)) for a, b, c in product(A, B, C)]
    return pd.DataFrame(rows, columns=["a", "b", "c", "metric", "mean"])


def noise(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return grid(lambda *_: float(rng.normal()))


def shares(frame: pd.DataFrame, **options: list[str]) -> dict[str, float]:
    found = effects(frame, "y", **options)
    return dict(zip(found["term"], found["share"], strict=True))


def by_hand(frame: pd.DataFrame) -> dict[str, float]:
    """Classical analysis of variance of a complete grid: means of means, and what they add."""
    cells = frame["mean"].to_numpy().reshape(len(A), len(B), len(C))  # in the order of `grid`
    cells = cells - cells.mean()
    squares = {}
    main = {}
    for axis, name in enumerate("abc"):
        others = tuple(other for other in range(3) if other != axis)
        main[name] = cells.mean(axis=others, keepdims=True)
        squares[name] = float((np.broadcast_to(main[name], cells.shape) ** 2).sum())
    for first, second in combinations("abc", 2):
        (third,) = set("abc") - {first, second}
        both = cells.mean(axis="abc".index(third), keepdims=True) - main[first] - main[second]
        squares[f"{first} × {second}"] = float((np.broadcast_to(both, cells.shape) ** 2).sum())
    total = float((cells**2).sum())
    return {term: square / total for term, square in squares.items()}


def dense(frame: pd.DataFrame, terms: list[tuple[str, ...]]) -> float:
    """What least squares on dense dummy columns leaves, as a share."""
    y = frame["mean"].to_numpy() - frame["mean"].mean()
    blocks = [pd.get_dummies(frame[list(term)].astype(str).agg("|".join, axis=1)).to_numpy(float) for term in terms]
    design = np.concatenate([np.ones((len(y), 1)), *blocks], axis=1)
    left = y - design @ np.linalg.lstsq(design, y, rcond=1e-10)[0]
    return float(left @ left / (y @ y))


@pytest.mark.parametrize("seed", range(3))
def test_on_a_complete_grid_they_are_the_classical_sums_of_squares(seed: int) -> None:
    found = shares(noise(seed).sample(frac=1, random_state=seed))
    expected = by_hand(noise(seed))
    assert {term: found[term] for term in expected} == pytest.approx(expected, abs=1e-10)
    assert found["rest"] == pytest.approx(1 - sum(expected.values()), abs=1e-10)
    assert "shared" not in found


def test_an_additive_function_has_no_interaction() -> None:
    found = shares(grid(lambda a, b, c: a**2 - 3 * b + (c == "low")))
    assert sum(found[name] for name in "abc") == pytest.approx(1, abs=1e-12)
    assert max(found[term] for term in ("a × b", "a × c", "b × c", "rest")) < 1e-12


def test_a_product_without_main_effects_is_all_interaction() -> None:
    found = shares(grid(lambda a, _, c: (a - 1.5) * (1 if c == "low" else -1)))
    assert found["a × c"] == pytest.approx(1, abs=1e-12)


def test_a_linear_function_has_the_shares_of_its_variances() -> None:
    # Var(2a) = 4 · 5/4 = 5 and Var(3 · [c is low]) = 9/4.
    found = effects(grid(lambda a, _, c: 2 * a + 3 * (c == "low")), "y")
    assert found["term"].tolist() == ["a", "c", *found["term"].tolist()[2:-1], "rest"]
    assert found["share"].tolist()[:2] == pytest.approx([5 / 7.25, 2.25 / 7.25])
    assert found["parameters"].tolist()[:2] == [("a",), ("c",)]
    assert set(found["parameters"][2:]) == {("b",), ("a", "b"), ("a", "c"), ("b", "c"), ()}


def test_interactions_of_three_are_rest() -> None:
    found = shares(grid(lambda a, b, c: (a - 1.5) * (b - 5.5 / 3) * (1 if c == "low" else -1)))
    assert found["rest"] == pytest.approx(1, abs=1e-12)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), gone=st.sets(st.integers(0, 23), min_size=1, max_size=10))
def test_on_an_incomplete_grid_they_are_sums_of_squares_of_type_ii(seed: int, gone: set[int]) -> None:
    frame = noise(seed).drop(index=list(gone))
    found = shares(frame)
    terms: list[tuple[str, ...]] = [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c")]
    for term in terms:
        beside = [other for other in terms if not set(term) <= set(other)]
        gained = dense(frame, beside) - dense(frame, [*beside, term])
        assert found[" × ".join(term)] == pytest.approx(gained, abs=1e-8)
    assert found["rest"] == pytest.approx(dense(frame, terms), abs=1e-8)
    assert sum(found.values()) == pytest.approx(1)


def test_what_confounded_parameters_explain_together_is_shared() -> None:
    frame = grid(lambda a, *_: float(a)).query("b == 0.5 and c == 'low'")
    twice = pd.concat([frame.assign(b=frame["a"] * 2.0), frame.assign(b=frame["a"] * 2.0, c="high")])
    found = shares(twice)
    assert found["a"] == found["b"] == pytest.approx(0, abs=1e-12)
    assert found["shared"] == pytest.approx(1, abs=1e-12)


def test_a_point_without_a_good_row_makes_the_grid_incomplete() -> None:
    frame = noise(1)
    frame.loc[5, "mean"] = np.nan
    assert shares(frame) == pytest.approx(shares(frame.drop(index=5)))
    assert "shared" in shares(frame)


def test_other_parameters_are_rest() -> None:
    frame = grid(lambda a, _, c: 2 * a + 3 * (c == "low"))
    assert shares(frame, parameters=["a"]) == pytest.approx({"a": 5 / 7.25, "rest": 2.25 / 7.25})
    assert list(shares(frame, parameters=["c", "a"])) == ["a", "c", "c × a", "rest"]


def test_a_parameter_with_one_value_has_no_term() -> None:
    found = shares(noise(2).query("b == 0.5"))
    assert set(found) == {"a", "c", "a × c", "rest"}


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_very_small_and_large_values_do_not_matter(scale: float) -> None:
    frame = noise(3)
    assert shares(frame.assign(mean=frame["mean"] * scale)) == pytest.approx(shares(frame), abs=1e-10)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (noise(0), {"metric": "z"}, "no metric 'z'"),
        (noise(0), {"parameters": ["aa"]}, "parameters: no parameter 'aa'; did you mean 'a'"),
        (noise(0), {"parameters": []}, "none of them varies"),
        (noise(0).query("a == 1 and b == 1 and c == 'low'"), {}, "none of them varies"),
        (noise(0).assign(mean=np.nan), {}, "no point has a good row"),
        (noise(0).assign(mean=0.1), {}, "'y' is the same at every point"),
        (noise(0).assign(mean=0.0), {}, "'y' is the same at every point"),
        (noise(0).assign(a=np.linspace(0, 1, 24)), {}, "every point has a value of its own for 'a'"),
    ],
)
def test_what_has_no_effects_is_refused(frame: pd.DataFrame, options: dict[str, object], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        effects(frame, **{"metric": "y", **options})
