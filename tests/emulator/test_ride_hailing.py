"""The marketplace on the stack: the bits of this process, and its rules in the answer of the service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

import workbench as wb
from small_runs import bits, rows_of
from workbench.contract import ErrorReply, encode
from workbench.experiments import ride_hailing
from workbench.experiments.ride_spaces import health, matching, minimal
from workbench.storage.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store

pytestmark = pytest.mark.emulator

SECONDS = 120


def test_every_algorithm_gives_the_bits_of_this_process(backend: CloudBackend, store: Store, tmp_path: Path) -> None:
    small = minimal(matching=["nearest", "cost", "batched"], batch_interval=20.0, surge=[False, True])
    sweep = wb.Sweep(ride_hailing, **small, replicates=2, seed=5)
    there, here = backend.submit(sweep), wb.serial(tmp_path).submit(sweep)
    there.wait(timeout=SECONDS, progress=False)
    assert there.status().rows.succeeded == sweep.n_rows == 72
    assert bits(rows_of(store, there.manifest), there.manifest) == bits(
        rows_of(LocalStore(tmp_path), here.manifest), here.manifest
    )
    assert there.rank(health())["rank"].tolist()[0] == 1


def test_sampled_points_of_it_are_the_same_there(backend: CloudBackend, store: Store, tmp_path: Path) -> None:
    cheap = wb.sobol(8, seed=4, load=(4.0, 12.0), drivers=range(5, 20), wage=wb.loguniform(1.0, 30.0))
    around = wb.star({"load": 8.0, "drivers": 10, "wage": 15.0}, load=[4.0, 12.0], drivers=[5, 20])
    space = wb.product(wb.concat(cheap, around), surge=[False, True], surge_max=[1.0, 2.0])
    space = space.where(lambda point: point["surge"] == (point["surge_max"] > 1.0))
    space = space.derive(riders=lambda load, drivers: load * drivers, drop=["load"])
    sweep = wb.Sweep(ride_hailing, space, fixed={"hours": 1.0, "city_km": 5.0}, replicates=3, seed=5)
    assert sweep.n_rows == (8 + 5) * 2 * 3
    there, here = backend.submit(sweep), wb.serial(tmp_path).submit(sweep)
    there.wait(timeout=SECONDS, progress=False)
    assert bits(rows_of(store, there.manifest), there.manifest) == bits(
        rows_of(LocalStore(tmp_path), here.manifest), here.manifest
    )


def test_the_service_refuses_what_breaks_a_rule_and_names_it(local_stack: LocalStack) -> None:
    request = json.loads(encode(wb.Sweep(ride_hailing, **matching()).request(nonce="never submitted")))
    del request["sweep"]["fixed"]["batch_interval"]
    status, answer = local_stack.post(json.dumps(request).encode(), signed_by=local_stack.credentials)
    assert status == 422
    (fault,) = msgspec.json.decode(answer, type=ErrorReply).error.details
    assert fault.path == "sweep.fixed.batch_interval"
    assert "the rule of ride_hailing, batch_interval > 0 where matching is 'batched', is broken by" in fault.message
