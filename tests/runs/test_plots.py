"""`run.plot` aggregates what a chart needs and draws it with the experiment's own labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

import faulty_models
import workbench as wb
from workbench.experiments import mmc_queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.runs.run import Run

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root: Path = tmp_path_factory.mktemp("queue")
    space = wb.product(arrival_rate=[0.5, 0.8], servers=[1, 2], service_rate=[1.0, 1.5])
    return wb.serial(root).submit(wb.Sweep(mmc_queue, space, fixed={"horizon": 50.0}, replicates=2), shard_size=4)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root: Path = tmp_path_factory.mktemp("faulty")
    sweep = wb.Sweep(faulty_models.sometimes_raises, wb.product(x=range(6)), replicates=2)
    return wb.serial(root).submit(sweep, shard_size=1)


def test_panels(queue: Run) -> None:
    axes = queue.plot.panels(x="arrival_rate", y="mean_wait", panel="servers", hue="service_rate")
    assert [ax.get_title() for ax in axes] == ["Servers = 1", "Servers = 2"]
    assert [len(ax.get_lines()) for ax in axes] == [2, 2]
    assert axes[0].figure.get_supylabel() == "Mean wait (s)"
    assert len(queue.plot.panels(x="arrival_rate", y="served", panel="servers", where={"servers": 2})) == 1


def test_pareto(queue: Run) -> None:
    ax = queue.plot.pareto({"mean_wait": "min", "utilisation": ("max", 2.0)})
    assert ax.get_xlabel() == "Mean wait (s), less is better"
    assert ax.get_ylabel() == "Utilisation, more is better"
    assert sum(len(item.get_offsets()) for item in ax.collections) == 8


def test_effects(queue: Run) -> None:
    ax = queue.plot.effects("mean_wait")
    terms = {text.get_text() for text in ax.get_yticklabels()}
    assert terms >= {"Arrival rate", "Servers", "Service rate", "Arrival rate × Servers", "Rest"}
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(1)


def test_the_timeline_has_a_bar_for_each_shard(faulty: Run) -> None:
    ax = faulty.plot.timeline()
    assert {item.get_label(): len(item.get_paths()) for item in ax.collections} == {
        "every row good": 8,
        "some rows not good": 4,
    }
    assert ax.get_ylabel() == "Worker, of 1"


def test_the_shard_map_is_of_the_keys(faulty: Run) -> None:
    ax = faulty.plot.shard_map()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["succeeded (8)", "failed (4)"]
