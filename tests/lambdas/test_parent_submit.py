"""A submission creates its run once, or leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import faulty_models
import workbench as wb
from lambdas.parent.replies import error_reply
from lambdas.parent.submit import Service, submit
from workbench.contract import Caps, Catalog, Manifest, RunRequest, Task, decode
from workbench.contract.keys import manifest_key
from workbench.errors import CodeMismatchError, RunError, SweepError, WorkbenchError
from workbench.space import Product, Range, Zip
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable

CATALOG = Catalog(experiments=(faulty_models.noise.spec, faulty_models.mixed.spec))
CAPS = Caps(max_shards=20, max_rows_per_shard=50, max_rows=200)
SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(10)), replicates=2)


class MemoryDispatcher:
    """Keeps the tasks; each finds its manifest written already."""

    def __init__(self, store: MemoryStore) -> None:
        self.tasks: list[Task] = []
        self._store = store

    def dispatch(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            assert self._store.get(manifest_key(task.run_id)) is not None
            self.tasks.append(task)


class Parent:
    """The service with everything in memory."""

    def __init__(self, caps: Caps = CAPS) -> None:
        self.store = MemoryStore()
        self.dispatcher = MemoryDispatcher(self.store)
        self.service = Service(catalog=CATALOG, caps=caps, store=self.store, dispatcher=self.dispatcher)

    def submit(self, request: RunRequest) -> tuple[int, Any]:
        return submit(request, self.service, caller="arn:aws:iam::0:user/somebody")

    def refuses(self, request: RunRequest) -> tuple[int, WorkbenchError]:
        """Return status and error; nothing may have happened."""
        with pytest.raises(WorkbenchError) as refused:
            self.submit(request)
        assert list(self.store.keys("")) == []
        assert self.dispatcher.tasks == []
        status, reply = error_reply(refused.value, request_id="r")
        assert reply.request_id == "r"
        return status, refused.value


def test_created_once_then_found() -> None:
    parent = Parent()
    status, reply = parent.submit(SWEEP.request(shard_size=6))
    assert (status, reply.created, reply.n_points, reply.n_rows, reply.n_shards) == (202, True, 10, 20, 4)
    assert [(task.shard_id, task.start, task.stop) for task in parent.dispatcher.tasks] == [
        (0, 0, 6),
        (1, 6, 12),
        (2, 12, 18),
        (3, 18, 20),
    ]
    again_status, again = parent.submit(SWEEP.request(shard_size=6))
    assert (again_status, again) == (200, msgspec.structs.replace(reply, created=False))
    assert len(parent.dispatcher.tasks) == 4


def test_the_manifest_says_who_and_what() -> None:
    parent = Parent()
    _, reply = parent.submit(SWEEP.request(shard_size=6))
    assert list(parent.store.keys("")) == [manifest_key(reply.run_id)]
    manifest = decode(parent.store.get(manifest_key(reply.run_id)) or b"", Manifest, source="manifest")
    assert manifest.created_by == "arn:aws:iam::0:user/somebody"
    assert manifest.sweep == SWEEP.document
    assert manifest.spec == faulty_models.noise.spec
    assert (manifest.run_id, manifest.n_shards) == (reply.run_id, 4)


def test_another_shard_size_is_the_same_run() -> None:
    parent = Parent()
    _, first = parent.submit(SWEEP.request(shard_size=6))
    status, second = parent.submit(SWEEP.request(shard_size=3))
    assert (status, second.run_id, second.shard_size, second.n_shards) == (200, first.run_id, 6, 4)
    assert len(parent.dispatcher.tasks) == 4


def test_a_nonce_is_a_fresh_run() -> None:
    parent = Parent()
    _, first = parent.submit(SWEEP.request(shard_size=20))
    status, second = parent.submit(SWEEP.request(shard_size=20, nonce="n"))
    assert status == 202
    assert second.run_id != first.run_id
    assert [task.run_id for task in parent.dispatcher.tasks] == [first.run_id, second.run_id]


@pytest.mark.parametrize(("n_points", "n_shards"), [(1, 1), (20, 20), (21, 11), (200, 20)])
def test_a_shard_size_that_nobody_gives_keeps_the_caps(n_points: int, n_shards: int) -> None:
    parent = Parent()
    _, reply = parent.submit(wb.Sweep(faulty_models.noise, wb.product(a=range(n_points))).request())
    assert reply.n_shards == n_shards == len(parent.dispatcher.tasks) <= CAPS.max_shards


@pytest.mark.parametrize(
    ("n_points", "shard_size", "path", "said"),
    [
        (201, 50, "sweep", "has more than 200 rows, the most this deployment takes: split the sweep"),
        (60, 51, "shard_size", "is 51; from 1 to 50 rows"),
        (42, 2, "shard_size", "2 makes 21 shards; at most 20: use 3"),
    ],
)
def test_over_a_cap(n_points: int, shard_size: int, path: str, said: str) -> None:
    request = wb.Sweep(faulty_models.noise, wb.product(a=range(n_points))).request(shard_size=shard_size)
    status, error = Parent().refuses(request)
    assert isinstance(error, SweepError)
    assert status == 413
    assert [(fault.path, fault.message) for fault in error.faults] == [(path, said)]


def test_a_sweep_whose_size_has_thousands_of_digits() -> None:
    axes = (Zip({name: Range(0, 10**600)}) for name in "abcdefgh")
    request = msgspec.structs.replace(
        SWEEP.request(), sweep=msgspec.structs.replace(SWEEP.document, space=Product(tuple(axes)))
    )
    status, error = Parent().refuses(request)
    assert status == 422
    assert "has more than 200 rows" in str(error)


@pytest.mark.parametrize("shard_size", [0, -3])
def test_a_shard_size_that_cannot_be_is_no_matter_of_caps(shard_size: int) -> None:
    status, error = Parent().refuses(SWEEP.request(shard_size=shard_size))
    assert status == 422
    assert f"shard_size: is {shard_size}; from 1 to 50 rows" in str(error)


def test_every_fault_at_once() -> None:
    space = wb.product(a=[1, "one"], b=[1], e=[True])
    document = msgspec.structs.replace(SWEEP.document, space=space, replicates=300, fixed={"c": 3, "b": 2}, seed=2**64)
    status, error = Parent().refuses(RunRequest(sweep=document, shard_size=51))
    assert isinstance(error, SweepError)
    assert status == 422
    assert {fault.path for fault in error.faults} == {
        "sweep.space",
        "sweep.space.factors[0].axes.a.values[1]",
        "sweep.fixed.c",
        "sweep.fixed.b",
        "sweep.seed",
        "sweep",
        "shard_size",
    }


def test_an_experiment_that_is_not_deployed() -> None:
    document = msgspec.structs.replace(SWEEP.document, experiment="nose")
    status, error = Parent().refuses(RunRequest(sweep=document))
    assert status == 422
    assert "sweep.experiment: 'nose' is not deployed; did you mean 'noise'?" in str(error)


def test_other_code_than_deployed() -> None:
    document = msgspec.structs.replace(SWEEP.document, fingerprint="0" * 32)
    status, error = Parent().refuses(RunRequest(sweep=document))
    assert isinstance(error, CodeMismatchError)
    assert status == 409
    assert "deploy it" in str(error)


def test_two_sweeps_of_one_name_are_not_mixed_up() -> None:
    parent = Parent()
    _, reply = parent.submit(SWEEP.request())
    key = manifest_key(reply.run_id)
    manifest = decode(parent.store.get(key) or b"", Manifest, source=key)
    other = msgspec.structs.replace(manifest, sweep_id="f" * 64)
    parent.store.put(key, msgspec.json.encode(other))
    with pytest.raises(RunError, match="is the run of another sweep: submit with a fresh nonce"):
        parent.submit(SWEEP.request())
