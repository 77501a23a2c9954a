"""A rehearsal: the rows of a first shard, equal texts where bits are equal, and what goes wrong is placed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import workbench as wb
from workbench.compute.evaluate import evaluate
from workbench.compute.rehearsal import rehearse
from workbench.compute.rows import shard_rows
from workbench.compute.seeding import row_keys
from workbench.contract import Caps, Catalog, Manifest, plan_run

CALLS: list[float] = []


@dataclass(frozen=True)
class Answer:
    answer: float
    word: str
    extra: float | None = None


@wb.experiment(version="1")
def lab_steady(*, x: float = 1.0, rng: np.random.Generator) -> Answer:
    return Answer(answer=x + rng.random(), word=f"x, {x}")


@wb.experiment(version="1")
def lab_counting(*, x: float = 1.0) -> Answer:
    CALLS.append(x)
    return Answer(answer=float(len(CALLS)), word="")


@wb.experiment(version="1")
def lab_failing(*, x: float = 1.0) -> Answer:
    if x > 2:
        raise ValueError("too large")
    return Answer(answer=x, word="")


def manifest_of(experiment: Any, *values: float, replicates: int = 100) -> Manifest:
    sweep = wb.Sweep(experiment, wb.product(x=list(values)), replicates=replicates)
    catalog = Catalog(experiments=(experiment.spec,))
    return plan_run(sweep.request(shard_size=10), catalog, Caps(), created_by="", created_at="")


def test_equal_bits_are_equal_texts() -> None:
    manifest = manifest_of(lab_steady, 1.0, 2.0)
    found = rehearse(lab_steady, manifest)
    assert found.rows == found.again
    assert len(found.rows) == len(found.seconds) == 64
    assert (found.failed, found.failure) == (0, "")
    assert rehearse(lab_steady, manifest, n_rows=64).rows == found.rows
    assert "extra=None" in found.rows[0]


@pytest.mark.parametrize("n_rows", [1, 7, 150])
def test_the_rows_are_those_of_a_first_shard(n_rows: int) -> None:
    manifest = manifest_of(lab_steady, 1.0, 2.0)
    found = rehearse(lab_steady, manifest, n_rows=n_rows)
    rows = shard_rows(manifest, 0, n_rows)
    keys = row_keys(manifest.spec, rows.parameters, rows.replicate, seed=0, seeding="independent")
    answers = evaluate(lab_steady, rows, keys).metrics["answer"].tolist()
    assert [text.partition(",")[0] for text in found.rows] == [f"answer={answer!r}" for answer in answers]


def test_a_state_between_rows_shows() -> None:
    found = rehearse(lab_counting, manifest_of(lab_counting, 1.0, 2.0), n_rows=10)
    assert not set(found.rows) & set(found.again)


def test_the_first_failure_is_told_with_its_line_and_parameters() -> None:
    found = rehearse(lab_failing, manifest_of(lab_failing, 1.0, 3.0))
    assert found.failed == found.rows.count("ValueError") == 32
    assert found.failure.startswith("ValueError: too large (")
    assert "test_rehearsal.py, line " in found.failure
    assert found.failure.endswith("at x=3.0")
