"""All checks in their order: each needs what those before it found well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import numpy as np
from botocore.exceptions import BotoCoreError

from workbench.analysis.athena import AthenaEngine
from workbench.contract import Output
from workbench.errors import EmulatorError, ExperimentError
from workbench.experiments import discover
from workbench.runs.connect import LOCAL
from workbench.runs.health.access import check_credentials, check_region
from workbench.runs.health.code import Deployed, check_experiments, check_numpy, read_deployed
from workbench.runs.health.finding import Finding, bad, ok
from workbench.runs.health.machine import check_disk, check_fork, check_python
from workbench.runs.health.service import check_api, check_bucket, check_queries, check_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Place", "examine", "examine_place"]

_UP: Final = "run `workbench up`"
_REVERT: Final = "part of the stack was changed or deleted: `npx cdk deploy --revert-drift` in cdk/ makes it again"
_ACCOUNT: Final = "name a profile and region that `aws configure list` shows"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack should be.

    Parameters
    ----------
    stack_name : str
        Its name in CloudFormation.
    session : boto3.session.Session
        Whose credentials are used.
    remedy : str
        How to deploy it, as it goes on in a sentence.
    repair : str
        How to bring back a part of it that was deleted: a deploy of an unchanged template does not.
    endpoint_url : str, optional
        Of every service, where it is not AWS.
    api_url : str, optional
        Of the API, where the stack's output does not say it.
    """

    stack_name: str
    session: boto3.session.Session
    remedy: str
    repair: str
    endpoint_url: str | None = None
    api_url: str | None = None

    def client(self, service: str) -> Any:
        """Make a client; which service is only known here as text, which the typed factories do not take."""
        session: Any = self.session
        return session.client(service, endpoint_url=self.endpoint_url)


def examine(name: str, *, profile: str | None = None, region: str | None = None) -> Iterator[Finding]:
    """Look at this machine, and at a stack as far as it can be reached.

    Parameters
    ----------
    name : str
        ``"local"`` for the stack in the laptop, else the name of a CloudFormation stack.
    profile, region : str, optional
        Of the ordinary AWS configuration; its defaults where they are missing.

    Yields
    ------
    Finding
        In order; where one is bad, those that depend on it are left out.
    """
    yield check_python()
    yield check_fork()
    if name == LOCAL:
        yield from _local()
        return
    try:
        session = boto3.session.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        yield bad("profile", str(error), remedy=_ACCOUNT)
        return
    where = session.region_name or "the region"
    remedy = f"deploy it in {where} (`npx cdk deploy` in cdk/), or check the name, the region and the profile"
    yield from examine_place(Place(stack_name=name, session=session, remedy=remedy, repair=_REVERT))


def _local() -> Iterator[Finding]:
    try:
        # The emulator belongs to an extra.
        from workbench.localcloud.deploy import find_deployment  # noqa: PLC0415
        from workbench.localcloud.process import default_state_dir, find  # noqa: PLC0415
    except ImportError as error:
        yield bad("emulator", f"it needs {error.name}", remedy="run `pip install 'sweep-workbench[emulator,cdk]'`")
        return
    folder = default_state_dir()
    yield check_disk(folder)
    emulator = find(folder)
    if emulator is None:
        yield bad("emulator", f"none runs in {folder}", remedy=_UP)
        return
    yield ok("emulator", f"it runs at {emulator.base_url} since {emulator.started_at}")
    try:
        found = find_deployment(emulator)
    except EmulatorError as error:
        yield bad("stack", str(error), remedy=_UP)
        return
    if found is None:
        yield bad("stack", "nothing that can be used is deployed on the emulator", remedy=_UP)
        return
    session = boto3.session.Session(
        aws_access_key_id=found.access_key_id,
        aws_secret_access_key=found.secret_access_key,
        region_name=found.region,
    )
    yield from examine_place(
        Place(
            stack_name=found.stack_name,
            session=session,
            remedy=_UP,
            repair=f"part of the stack was changed or deleted: `workbench down`, delete {folder} with the runs in it, "
            "`workbench up`",
            endpoint_url=found.endpoint_url,
            api_url=found.api_url,
        )
    )


def examine_place(place: Place) -> Iterator[Finding]:
    """Look at who asks, at a stack, and at the code on it.

    Parameters
    ----------
    place : Place
        Where it should be.

    Yields
    ------
    Finding
    """
    yield (region := check_region(place.session))
    if region.verdict == "bad":
        return
    try:
        sts = place.client("sts")
    except BotoCoreError as error:
        yield bad("region", str(error), remedy=_ACCOUNT)
        return
    yield (identity := check_credentials(place.session, sts))
    if identity.verdict == "bad":
        return
    found, outputs = check_stack(place.client("cloudformation"), place.stack_name, remedy=place.remedy)
    yield found
    if outputs:
        yield from _parts(place, outputs)
        yield from _code(place, outputs[Output.DATABASE])


def _parts(place: Place, outputs: dict[str, str]) -> Iterator[Finding]:
    url = place.api_url or outputs[Output.API_URL].rstrip("/")
    yield check_api(url, place.session, repair=place.repair)
    yield check_bucket(place.client("s3"), outputs[Output.BUCKET], repair=place.repair)
    yield check_queries(
        AthenaEngine(
            database=outputs[Output.DATABASE],
            workgroup=outputs[Output.WORKGROUP],
            session=place.session,
            endpoint_url=place.endpoint_url,
        )
    )


def _code(place: Place, database: str) -> Iterator[Finding]:
    deployed = read_deployed(place.client("glue"), database, repair=place.repair)
    if not isinstance(deployed, Deployed):
        yield deployed
        return
    try:
        here = {name: found.spec.fingerprint for name, found in discover().items()}
    except ExperimentError as error:
        yield bad("experiments", str(error), remedy="correct the module, or take it out of WORKBENCH_EXPERIMENTS")
        return
    yield from check_experiments(here, deployed, remedy=place.remedy)
    yield check_numpy(np.__version__, deployed)
