"""A resume dispatches what has no success, once for each generation, and never code that is not the run's."""

from __future__ import annotations

import msgspec
import pytest

import faulty_models
import workbench as wb
from lambdas.parent.resume import resume
from memory_parent import CALLER, Parent, shards_of
from workbench.contract import Include, Manifest, ResumeReply, Resumption, decode, encode
from workbench.contract.keys import control_key, manifest_key
from workbench.errors import CodeMismatchError, RunError, UnknownRunError
from workbench.storage.memory import MemoryStore

AT = "2026-01-02T00:00:00+00:00"
SWEEP = wb.Sweep(faulty_models.noise, wb.product(a=range(10)), replicates=2)


def submitted(parent: Parent) -> str:
    """Submit a run of five shards and forget its tasks."""
    _, reply = parent.submit(SWEEP.request(shard_size=4))
    parent.dispatcher.take()
    return reply.run_id


def resumed(parent: Parent, run_id: str, include: Include = "infra") -> ResumeReply:
    return resume(run_id, parent.service, include=include, by=CALLER, at=AT)


def test_missing_and_failed_shards_are_dispatched_again() -> None:
    parent = Parent()
    run_id = submitted(parent)
    parent.ended(run_id, "success", [0, 2])
    parent.ended(run_id, "failure", [2, 3])  # shard 2 failed first and then succeeded
    assert resumed(parent, run_id) == ResumeReply(run_id=run_id, generation=1, missing=2, failed=1)
    tasks = parent.dispatcher.take()
    assert shards_of(tasks) == [1, 3, 4]
    assert {(task.generation, task.include, task.passes) for task in tasks} == {(1, "infra", 1)}


def test_a_generation_says_who_began_it_and_that_it_was_dispatched() -> None:
    parent = Parent()
    run_id = submitted(parent)
    resumed(parent, run_id, "all")
    assert parent.listing("controls/") == [
        control_key(run_id, 0, "dispatched"),
        control_key(run_id, 1, "dispatched"),
        control_key(run_id, 1, "resumed"),
    ]
    body = decode(parent.store.get(control_key(run_id, 1, "resumed")) or b"", Resumption, source="control")
    assert body == Resumption(by=CALLER, at=AT, include="all")
    assert {task.include for task in parent.dispatcher.take()} == {"all"}


def test_each_resume_is_a_generation_of_its_own() -> None:
    parent = Parent()
    run_id = submitted(parent)
    assert [resumed(parent, run_id).generation for _ in range(3)] == [1, 2, 3]
    assert {task.generation for task in parent.dispatcher.take()} == {1, 2, 3}


def test_nothing_to_resume_writes_nothing() -> None:
    parent = Parent()
    run_id = submitted(parent)
    resumed(parent, run_id)
    parent.ended(run_id, "success", range(5))
    parent.dispatcher.take()
    before = parent.listing()
    assert resumed(parent, run_id) == ResumeReply(run_id=run_id, generation=1, missing=0, failed=0)
    assert parent.listing() == before
    assert parent.dispatcher.take() == []


def test_two_that_resume_at_once_get_a_generation_each() -> None:
    class Overtaken(MemoryStore):
        """Somebody else begins generations 1 and 2 just before we do."""

        def put(self, key: str, data: bytes, *, if_absent: bool = False, if_version: str | None = None) -> bool:
            if key in {control_key(run_id, generation, "resumed") for generation in (1, 2)}:
                super().put(key, encode(Resumption(by="somebody else", at=AT, include="all")))
            return super().put(key, data, if_absent=if_absent, if_version=if_version)

    run_id = ""
    parent = Parent(store=Overtaken())
    run_id = submitted(parent)
    assert resumed(parent, run_id).generation == 3
    assert {task.generation for task in parent.dispatcher.take()} == {3}
    theirs = decode(parent.store.get(control_key(run_id, 1, "resumed")) or b"", Resumption, source="control")
    assert theirs.by == "somebody else"


def test_shards_that_cannot_be_handed_on_leave_the_generation_undispatched() -> None:
    parent = Parent()
    run_id = submitted(parent)
    parent.dispatcher.down, parent.dispatcher.copies_down = {1}, True
    with pytest.raises(RunError, match="1 shards of"):
        resumed(parent, run_id)
    assert control_key(run_id, 1, "dispatched") not in parent.listing()
    parent.dispatcher.down = set()
    assert resumed(parent, run_id).generation == 2


@pytest.mark.parametrize("experiment", ["noise", "gone"])
def test_code_that_is_no_longer_deployed(experiment: str) -> None:
    parent = Parent()
    run_id = submitted(parent)
    manifest = parent.manifest(run_id)
    old = msgspec.structs.replace(
        manifest, spec=msgspec.structs.replace(manifest.spec, name=experiment, fingerprint="0" * 32)
    )
    parent.store.put(manifest_key(run_id), encode(old))
    before = parent.listing()
    with pytest.raises(CodeMismatchError, match=r"submit the sweep again, .* or deploy the run's code"):
        resumed(parent, run_id)
    assert parent.listing() == before
    assert parent.dispatcher.take() == []


def test_a_run_that_nobody_submitted() -> None:
    parent = Parent()
    with pytest.raises(UnknownRunError, match="there is no run 'noise-nobody'"):
        resumed(parent, "noise-nobody")
    assert parent.listing() == []


def test_more_shards_than_one_parent_starts_go_to_copies_with_their_generation() -> None:
    parent = Parent()
    run_id = submitted(parent)
    manifest: Manifest = parent.manifest(run_id)
    many = msgspec.structs.replace(manifest, n_rows=1200, shard_size=1, n_shards=1200)
    parent.store.put(manifest_key(run_id), encode(many))
    parent.ended(run_id, "success", range(0, 1200, 2))
    assert resumed(parent, run_id, "all").missing == 600
    tasks = [task for copy in parent.dispatcher.copies for task in copy.tasks]
    assert sorted(shards_of(tasks)) == list(range(1, 1200, 2))
    assert {(task.generation, task.include) for task in tasks} == {(1, "all")}
