"""Which chart is drawn while a run goes on, where nobody names all of it."""

from __future__ import annotations

from typing import Any

import pytest

import faulty_models
import shapeless_models
import workbench as wb
from small_runs import plan
from workbench.runs.partial_chart import ChartChoice, choose_chart

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=[1.0], b=range(3), c=["x", "y"]), replicates=2)


@pytest.mark.parametrize(
    ("sweep", "named", "expected"),
    [
        (SWEEP, {}, ChartChoice("uniform", "b")),
        (SWEEP, {"metric": "normal", "x": "a", "hue": "c"}, ChartChoice("normal", "a", None, "c")),
        (SWEEP, {"y": "c"}, ChartChoice("uniform", "b", "c")),
        (SWEEP, {"hue": "b"}, None),
        (wb.Sweep(faulty_models.noise, wb.product(a=[1.0])), {}, None),
        (wb.Sweep(faulty_models.noise, wb.product(a=[1.0])), {"x": "a"}, ChartChoice("uniform", "a")),
        (wb.Sweep(faulty_models.mixed, wb.product(x=range(3))), {}, ChartChoice("whole", "x")),
        (wb.Sweep(shapeless_models.long_texts, wb.product(size=range(3))), {}, None),
        (
            wb.Sweep(
                faulty_models.noise, wb.product(b=[1, 2], c=[f"{number}" for number in range(2000)]), fixed={"a": 1}
            ),
            {},
            ChartChoice("uniform", "b"),
        ),
    ],
)
def test_what_nobody_names_is_chosen(sweep: wb.Sweep, named: dict[str, str], expected: ChartChoice | None) -> None:
    names: dict[str, Any] = dict.fromkeys(["metric", "x", "y", "hue"]) | named
    assert choose_chart(plan(sweep), **names) == expected
