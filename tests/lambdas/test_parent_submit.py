"""A submission creates its run once, or leaves nothing behind."""

from __future__ import annotations

import msgspec
import pytest

import faulty_models
import workbench as wb
from lambdas.parent.replies import error_reply
from memory_parent import CALLER, CAPS, Parent, ParentDiedError, shards_of
from workbench.contract import RunRequest, Task, encode
from workbench.contract.keys import control_key, manifest_key
from workbench.errors import CodeMismatchError, RunConflictError, RunError, SweepError, WorkbenchError
from workbench.space import Product, Range, Zip

SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(10)), replicates=2)


def refuses(request: RunRequest) -> tuple[int, WorkbenchError]:
    """Return status and error; nothing may have happened."""
    parent = Parent()
    with pytest.raises(WorkbenchError) as refused:
        parent.submit(request)
    assert parent.listing() == []
    assert parent.dispatcher.tried == []
    status, reply = error_reply(refused.value, request_id="r")
    assert reply.request_id == "r"
    return status, refused.value


def test_created_once_then_found() -> None:
    parent = Parent()
    status, reply = parent.submit(SWEEP.request(shard_size=6))
    assert (status, reply.created, reply.n_points, reply.n_rows, reply.n_shards) == (202, True, 10, 20, 4)
    assert parent.dispatcher.take() == [Task(run_id=reply.run_id, shard_id=shard_id) for shard_id in range(4)]
    again_status, again = parent.submit(SWEEP.request(shard_size=6))
    assert (again_status, again) == (200, msgspec.structs.replace(reply, created=False))
    assert parent.dispatcher.take() == []


def test_the_manifest_says_who_and_what() -> None:
    parent = Parent()
    _, reply = parent.submit(msgspec.structs.replace(SWEEP.request(shard_size=6), row_timeout_s=2.5))
    assert parent.listing() == [control_key(reply.run_id, 0, "dispatched"), manifest_key(reply.run_id)]
    manifest = parent.manifest(reply.run_id)
    assert manifest.created_by == CALLER
    assert manifest.sweep == SWEEP.document
    assert manifest.spec == faulty_models.noise.spec
    assert (manifest.run_id, manifest.n_shards, manifest.row_timeout_s) == (reply.run_id, 4, 2.5)


def test_another_shard_size_or_time_limit_is_the_same_run() -> None:
    parent = Parent()
    _, first = parent.submit(SWEEP.request(shard_size=6))
    parent.dispatcher.take()
    status, second = parent.submit(msgspec.structs.replace(SWEEP.request(shard_size=3), row_timeout_s=1.0))
    assert (status, second.run_id, second.shard_size, second.n_shards) == (200, first.run_id, 6, 4)
    assert parent.manifest(first.run_id).row_timeout_s is None
    assert parent.dispatcher.take() == []


def test_a_forced_name_with_the_same_sweep_finds_the_run() -> None:
    parent = Parent()
    named = msgspec.structs.replace(SWEEP.request(), run_id="noise-tuesday")
    assert [parent.submit(named)[0] for _ in range(2)] == [202, 200]
    assert parent.manifest("noise-tuesday").sweep == SWEEP.document
    status, unnamed = parent.submit(SWEEP.request())
    assert status == 202
    assert unnamed.run_id != "noise-tuesday"


def test_a_forced_name_of_another_sweep_is_a_conflict() -> None:
    parent = Parent()
    parent.submit(msgspec.structs.replace(SWEEP.request(), run_id="noise-tuesday"))
    before, tried = parent.listing(), list(parent.dispatcher.tried)
    manifest = parent.manifest("noise-tuesday")
    other = wb.Sweep(faulty_models.noise, wb.product(a=range(11)))
    with pytest.raises(RunConflictError, match="the run noise-tuesday is one of another sweep: give another run_id"):
        parent.submit(msgspec.structs.replace(other.request(), run_id="noise-tuesday"))
    assert (parent.listing(), parent.dispatcher.tried) == (before, tried)
    assert parent.manifest("noise-tuesday") == manifest


def test_a_parent_that_died_is_made_up_for_by_submitting_again() -> None:
    parent = Parent()
    parent.dispatcher.dies_at = 2
    with pytest.raises(ParentDiedError):
        parent.submit(SWEEP.request(shard_size=6))
    (manifest,) = parent.listing()
    run_id = manifest.removeprefix("manifests/").removesuffix(".json")
    parent.ended(run_id, "success", [0])
    parent.ended(run_id, "failure", [1])
    parent.dispatcher.dies_at = None
    parent.dispatcher.take()
    status, reply = parent.submit(SWEEP.request(shard_size=6))
    assert (status, reply.created) == (200, False)
    assert shards_of(parent.dispatcher.take()) == [1, 2, 3]
    assert control_key(run_id, 0, "dispatched") in parent.listing()
    parent.submit(SWEEP.request(shard_size=6))
    assert parent.dispatcher.take() == []


def test_children_that_cannot_be_started_go_to_a_copy() -> None:
    parent = Parent()
    parent.dispatcher.down = {0, 2, 3}
    status, reply = parent.submit(SWEEP.request(shard_size=6))
    assert status == 202
    assert shards_of(parent.dispatcher.take()) == [1]
    (copy,) = parent.dispatcher.copies
    assert (copy.run_id, copy.shards, copy.generation) == (reply.run_id, ((0, 1), (2, 4)), 0)
    assert control_key(reply.run_id, 0, "dispatched") in parent.listing()


def test_what_no_copy_takes_is_said_and_cured_by_submitting_again() -> None:
    parent = Parent()
    parent.dispatcher.down, parent.dispatcher.copies_down = {2, 3}, True
    with pytest.raises(RunError, match=r"2 shards of noise-.* could not be handed to children .* ask again") as refused:
        parent.submit(SWEEP.request(shard_size=6))
    assert error_reply(refused.value, request_id="r")[0] == 502
    assert shards_of(parent.dispatcher.take()) == [0, 1]
    assert parent.listing("controls/") == []
    parent.dispatcher.down = set()
    assert parent.submit(SWEEP.request(shard_size=6))[0] == 200
    assert shards_of(parent.dispatcher.take()) == [0, 1, 2, 3]
    assert len(parent.listing("controls/")) == 1


def test_a_resume_that_was_dispatched_halfway_is_completed_as_it_was_begun() -> None:
    parent = Parent()
    _, reply = parent.submit(SWEEP.request(shard_size=6))
    parent.ended(reply.run_id, "success", [0])
    parent.dispatcher.take()
    parent.dispatcher.dies_at = 2
    with pytest.raises(ParentDiedError):
        parent.post("/runs/{run_id}/resume", {"include": "all"}, run_id=reply.run_id)
    parent.dispatcher.dies_at = None
    parent.dispatcher.take()
    assert parent.submit(SWEEP.request(shard_size=6))[0] == 200
    tasks = parent.dispatcher.take()
    assert shards_of(tasks) == [1, 2, 3]
    assert {(task.generation, task.include) for task in tasks} == {(1, "all")}
    assert control_key(reply.run_id, 1, "dispatched") in parent.listing()


def test_a_manifest_that_another_wrote_meanwhile_is_found() -> None:
    parent = Parent()
    _, reply = parent.submit(SWEEP.request(shard_size=6))
    elsewhere = Parent()
    elsewhere.store.put(manifest_key(reply.run_id), encode(parent.manifest(reply.run_id)))
    status, found = elsewhere.submit(SWEEP.request(shard_size=6))
    assert (status, found) == (200, msgspec.structs.replace(reply, created=False))
    assert shards_of(elsewhere.dispatcher.take()) == [0, 1, 2, 3]


def test_a_nonce_is_a_fresh_run() -> None:
    parent = Parent()
    _, first = parent.submit(SWEEP.request(shard_size=20))
    status, second = parent.submit(SWEEP.request(shard_size=20, nonce="n"))
    assert status == 202
    assert second.run_id != first.run_id
    assert {task.run_id for task in parent.dispatcher.tasks} == {first.run_id, second.run_id}


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
    status, error = refuses(request)
    assert isinstance(error, SweepError)
    assert status == 413
    assert [(fault.path, fault.message) for fault in error.faults] == [(path, said)]


def test_a_sweep_whose_size_has_thousands_of_digits() -> None:
    axes = (Zip({name: Range(0, 10**600)}) for name in "abcdefgh")
    request = msgspec.structs.replace(
        SWEEP.request(), sweep=msgspec.structs.replace(SWEEP.document, space=Product(tuple(axes)))
    )
    status, error = refuses(request)
    assert status == 422
    assert "has more than 200 rows" in str(error)


@pytest.mark.parametrize("shard_size", [0, -3])
def test_a_shard_size_that_cannot_be_is_no_matter_of_caps(shard_size: int) -> None:
    status, error = refuses(SWEEP.request(shard_size=shard_size))
    assert status == 422
    assert f"shard_size: is {shard_size}; from 1 to 50 rows" in str(error)


def test_every_fault_at_once() -> None:
    space = wb.product(a=[1, "one"], b=[1], e=[True])
    document = msgspec.structs.replace(SWEEP.document, space=space, replicates=300, fixed={"c": 3, "b": 2}, seed=2**64)
    status, error = refuses(RunRequest(sweep=document, shard_size=51))
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
    status, error = refuses(RunRequest(sweep=document))
    assert status == 422
    assert "sweep.experiment: 'nose' is not deployed; did you mean 'noise'?" in str(error)


def test_other_code_than_deployed() -> None:
    document = msgspec.structs.replace(SWEEP.document, fingerprint="0" * 32)
    status, error = refuses(RunRequest(sweep=document))
    assert isinstance(error, CodeMismatchError)
    assert status == 409
    assert "deploy it" in str(error)
