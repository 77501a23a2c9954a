"""Runs on a deployed stack: submitted over its API, followed in its bucket, queried by its Athena workgroup."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from msgspec.structs import replace

from workbench.analysis.athena import AthenaEngine
from workbench.analysis.usage import Deployment
from workbench.contract import MAX_PASSES, Output
from workbench.contract.keys import MANIFESTS_PREFIX, manifest_key, run_id_of_manifest
from workbench.errors import ApiError, DeploymentError, SweepError, UnknownRunError
from workbench.runs.api import Api
from workbench.runs.folder import plan_on_this_machine
from workbench.runs.pilot import measure_row
from workbench.runs.run import Run
from workbench.runs.sweep import experiment_of, sweep_of
from workbench.runs.watch import Patience
from workbench.storage.manifest import read_manifest
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from workbench.contract import Include, Manifest, RunRequest, SweepDocument
    from workbench.experiments import Experiment
    from workbench.runs.control import Halt
    from workbench.runs.sweep import Sweep

__all__ = ["CloudBackend", "Stack"]

# A child has at most 900 s. Lambda tries a delivery that fails twice more, after 60 s and 120 s; then the recorder
# leaves the outcome. A shard that is in the hands of Lambda so leaves its first key within 3 x 900 + 180 = 2,880 s.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
_PASS_SECONDS: Final = 900
_DELIVERY_SECONDS: Final = 3 * _PASS_SECONDS + 60 + 120
# For the queue before a child gets its turn: the event waits where the account's concurrency is used up.
_QUEUE_SECONDS: Final = 720
# Passes after the first replace an outcome and so change no key: all of them in silence, the last one tried three
# times, are 11 x 900 + 2,880 = 12,780 s, and the queue.
_PATIENCE: Final = Patience(
    start=_DELIVERY_SECONDS + _QUEUE_SECONDS,
    silence=(MAX_PASSES - 1) * _PASS_SECONDS + _DELIVERY_SECONDS + _QUEUE_SECONDS,
)
_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = frozenset({"AccessDenied", "AccessDeniedException"})


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A deployed stack, as a client finds it.

    Parameters
    ----------
    name : str
        Of the stack.
    outputs : mapping
        Its outputs.
    session : boto3.session.Session
        Whose credentials are used.
    api_url : str
        Of the API's stage, without a slash at the end.
    endpoint_url : str, optional
        Of every service, where it is not AWS.
    remedy : str
        What to do where it cannot be reached.
    """

    name: str
    outputs: Mapping[str, str]
    session: boto3.session.Session
    api_url: str
    remedy: str
    endpoint_url: str | None = None


class CloudBackend:
    """Evaluates in Lambda; `submit` returns when the parent has dispatched the children.

    Parameters
    ----------
    stack : Stack
        Where.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._api = Api(stack.api_url, stack.session, remedy=stack.remedy)
        client = stack.session.client("s3", endpoint_url=stack.endpoint_url)
        self._store = S3Store(client, stack.outputs[Output.BUCKET])
        self._engine = AthenaEngine(
            database=stack.outputs[Output.DATABASE],
            workgroup=stack.outputs[Output.WORKGROUP],
            session=stack.session,
            endpoint_url=stack.endpoint_url,
        )

    def submit(
        self,
        sweep: Sweep,
        *,
        shard_size: int | None = None,
        shard_count: int | None = None,
        fresh: bool = False,
        run_id: str | None = None,
        row_timeout: float | None = None,
        budget: float | None = None,
    ) -> Run:
        """Start the run of a sweep, or find the one that exists; see `Backend.submit`.

        Raises
        ------
        ApiError
            If the service refuses the sweep; with every fault that it found.
        DeploymentError
            If the service cannot be reached.
        BudgetError
            If the run is estimated to cost more than `budget`, or cannot be estimated.
        """
        nonce = secrets.token_hex(8) if fresh else ""
        request = sweep.request(
            shard_size=shard_size, shard_count=shard_count, nonce=nonce, run_id=run_id, row_timeout=row_timeout
        )
        if request.shard_size is None or budget is not None:
            row_seconds = self._row_seconds(request, sweep.experiment, budget)
            request = replace(request, row_seconds=row_seconds if request.shard_size is None else None)
        return self.open(self._api.submit(request).run_id)

    @cached_property
    def deployment(self) -> Deployment:
        """Its children as they are deployed, where one may ask; as the template has them by default otherwise."""
        client = self.stack.session.client("lambda", endpoint_url=self.stack.endpoint_url)
        try:
            found = client.get_function_configuration(FunctionName=self.stack.outputs[Output.CHILD])
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_ALLOWED:
                return Deployment()
            raise DeploymentError(
                f"the child of {self.stack.name} cannot be found ({error}): {self.stack.remedy}"
            ) from error
        return Deployment(memory_mb=found["MemorySize"], timeout_s=found["Timeout"])

    def _row_seconds(self, request: RunRequest, experiment: Experiment[..., Any], budget: float | None) -> float | None:
        """Evaluate rows here to learn what one takes, unless there is nothing to plan; see to the budget."""
        try:
            planned = plan_on_this_machine(request, experiment)
        except SweepError:  # the service refuses it, by its own caps
            return None
        if self._store.get(manifest_key(planned.run_id)) is not None:
            return None
        if budget is None:
            return measure_row(planned, experiment)
        # The estimate needs the distribution of rows, not only their mean.
        from workbench.runs.estimates import check_budget, estimate_request, run_pilot  # noqa: PLC0415

        pilot = run_pilot(planned, experiment)
        check_budget(estimate_request(request, planned, pilot, self.deployment), budget)
        return pilot.mean

    def open(self, run_id: str) -> Run:
        """Find a run by its name; UnknownRunError where there is none."""
        manifest = read_manifest(self._store, run_id)
        return Run(manifest, self._store, self._engine, control=_ApiControl(self, self._api, manifest))

    def run_ids(self) -> list[str]:
        """Names of all runs, sorted."""
        return [run_id_of_manifest(key) for key in self._store.keys(MANIFESTS_PREFIX)]

    def __repr__(self) -> str:
        return f"CloudBackend({self.stack.name!r})"


class _ApiControl:
    """The `Control` of a run in the cloud: its API; the clocks alone can tell that nobody goes on."""

    patience = _PATIENCE

    def __init__(self, backend: CloudBackend, api: Api, manifest: Manifest) -> None:
        self._backend = backend
        self._api = api
        self._manifest = manifest
        self._run_id = manifest.run_id

    @property
    def deployment(self) -> Deployment:
        """That of the stack; see `Control.deployment`."""
        return self._backend.deployment

    def resume(self, include: Include) -> None:
        """Ask the service to begin a generation; see `Control.resume`."""
        with _known(self._run_id):
            self._api.resume(self._run_id, include)

    def cancel(self) -> None:
        """Ask the service to end the generation; see `Control.cancel`."""
        with _known(self._run_id):
            self._api.cancel(self._run_id)

    def submit(self, document: SweepDocument, *, budget: float | None) -> Run:
        """Submit another sweep to the stack; see `Control.submit`."""
        sweep = sweep_of(document, experiment_of(self._manifest, None))
        return self._backend.submit(sweep, row_timeout=self._manifest.row_timeout_s, budget=budget)

    def check(self) -> Halt | None:
        """Nothing is known; see `Control.check`."""
        return None


@contextmanager
def _known(run_id: str) -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
        raise UnknownRunError(f"the service knows no run {run_id!r}: {error}") from error
