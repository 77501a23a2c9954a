"""One experiment's interface that has every kind of parameter, and a sweep of it."""

from __future__ import annotations

import pytest

from workbench.contract import Catalog, ExperimentSpec, MetricSpec, ParameterSpec, SweepDocument
from workbench.space import product


@pytest.fixture(scope="session")
def spec() -> ExperimentSpec:
    return ExperimentSpec(
        name="probe",
        version="1",
        fingerprint="ab" * 16,
        uses_rng=True,
        doc="Has a parameter of every kind.",
        parameters=(
            ParameterSpec(name="rate", type="float", gt=0, le=10, unit="1/s", doc="Per second."),
            ParameterSpec(name="servers", type="int", default=1, ge=1, lt=100),
            ParameterSpec(name="level", type="int", default=1, choices=(1, 2, 4)),
            ParameterSpec(name="policy", type="str", default="fifo", choices=("fifo", "lifo")),
            ParameterSpec(name="verbose", type="bool", default=False),
            ParameterSpec(name="scale", type="float", default=1.0),
        ),
        metrics=(
            MetricSpec(name="wait", type="float", optional=True, doc="Mean."),
            MetricSpec(name="done", type="bool"),
        ),
    )


@pytest.fixture(scope="session")
def catalog(spec: ExperimentSpec) -> Catalog:
    return Catalog(experiments=(spec,))


@pytest.fixture(scope="session")
def sweep(spec: ExperimentSpec) -> SweepDocument:
    space = product(rate=[0.5, 1.5], servers=[1, 2, 4])
    return SweepDocument(experiment=spec.name, fingerprint=spec.fingerprint, space=space)
