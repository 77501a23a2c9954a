"""The parent with everything in memory: what it starts is kept, and refused where a test asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import faulty_models
from lambdas.parent.routes import answer
from lambdas.parent.service import Service
from lambdas.parent.submit import submit
from workbench.contract import Caps, Catalog, Dispatch, Manifest, RunReply, RunRequest, Task, decode, plan_run
from workbench.contract.keys import manifest_key, outcome_key
from workbench.errors import RunError
from workbench.storage.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contract import Status

__all__ = ["CALLER", "CAPS", "CATALOG", "MemoryDispatcher", "Parent", "ParentDiedError", "shards_of"]

CATALOG = Catalog(experiments=(faulty_models.noise.spec, faulty_models.mixed.spec))
CAPS = Caps(max_shards=20, max_rows_per_shard=50, max_rows=200)
CALLER = "arn:aws:iam::0:user/somebody"


class ParentDiedError(Exception):
    """Ends the parent in the middle of its work."""


class MemoryDispatcher:
    """Keeps what it starts; refuses the shards in `down`, and copies while `copies_down`."""

    def __init__(self, store: MemoryStore) -> None:
        self.tried: list[int] = []
        self.tasks: list[Task] = []
        self.copies: list[Dispatch] = []
        self.down: set[int] = set()
        self.copies_down = False
        self.dies_at: int | None = None
        self._store = store

    def start_child(self, task: Task) -> None:
        assert self._store.get(manifest_key(task.run_id)) is not None
        self.tried.append(task.shard_id)
        if task.shard_id == self.dies_at:
            raise ParentDiedError
        if task.shard_id in self.down:
            raise RunError(f"shard {task.shard_id} is throttled")
        self.tasks.append(task)

    def start_copy(self, dispatch: Dispatch) -> None:
        if self.copies_down:
            raise RunError("copies are throttled")
        self.copies.append(dispatch)

    def take(self) -> list[Task]:
        """Return the tasks since the last time, in order."""
        tasks, self.tasks = self.tasks, []
        return sorted(tasks, key=lambda task: task.shard_id)


class Parent:
    """A parent, its bucket, and what it started."""

    def __init__(self, *, caps: Caps = CAPS, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.dispatcher = MemoryDispatcher(self.store)
        self.service = Service(catalog=CATALOG, caps=caps, store=self.store, dispatcher=self.dispatcher)

    def submit(self, request: RunRequest) -> tuple[int, RunReply]:
        service = self.service
        manifest = plan_run(request, service.catalog, service.caps, created_by=CALLER, created_at="2026-01-01T00:00:00")
        return submit(manifest, service)

    def post(self, path: str, body: object = None, *, run_id: str | None = None) -> tuple[int, dict[str, Any]]:
        """Send a request as API Gateway would pass it on; `path` is the route, not yet filled in."""
        event = {
            "resource": path,
            "httpMethod": "POST",
            "pathParameters": None if run_id is None else {"run_id": run_id},
            "body": None if body is None else json.dumps(body),
            "requestContext": {"requestId": "r-1", "identity": {"userArn": CALLER}},
        }
        answered = answer(event, self.service)
        return answered["statusCode"], json.loads(answered["body"])

    def manifest(self, run_id: str) -> Manifest:
        key = manifest_key(run_id)
        return decode(self.store.get(key) or b"", Manifest, source=key)

    def ended(self, run_id: str, status: Status, shards: Iterable[int]) -> None:
        """Leave the outcomes of some shards."""
        for shard_id in shards:
            self.store.put(outcome_key("noise", run_id, status, shard_id), b"an outcome")

    def listing(self, prefix: str = "") -> list[str]:
        return list(self.store.keys(prefix))


def shards_of(tasks: Iterable[Task]) -> list[int]:
    return [task.shard_id for task in tasks]
