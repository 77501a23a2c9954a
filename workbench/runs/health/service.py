"""The deployed stack, part by part: complete, its API, its bucket, its queries; each asked for something harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from workbench.analysis.sql import Query
from workbench.contract import Output, RunRequest, SweepDocument
from workbench.contract.keys import MANIFESTS_PREFIX, OUTCOMES_PREFIX, manifest_key
from workbench.errors import ApiError, ContractError, DeploymentError, QueryError
from workbench.runs.api import Api
from workbench.runs.health.access import NETWORK, POLICY, refused
from workbench.runs.health.finding import Finding, bad, ok, warn
from workbench.space import Zip

if TYPE_CHECKING:
    import boto3

    from workbench.analysis.engine import QueryEngine

__all__ = ["check_api", "check_bucket", "check_queries", "check_stack"]

# Experiments are identifiers, which have no dash: there can be none of this name, and no run.
_NOBODY: Final = "no-body"
_NOTHING: Final = RunRequest(sweep=SweepDocument(experiment=_NOBODY, fingerprint="", space=Zip({})))
_ABSENT: Final = frozenset({"NoSuchKey", "404", "NotFound"})


def check_stack(cloudformation: Any, name: str, *, remedy: str) -> tuple[Finding, dict[str, str]]:
    """Check that a stack stands and says where its parts are.

    Parameters
    ----------
    cloudformation : botocore client
        Where it should be.
    name : str
        Of the stack.
    remedy : str
        How to deploy it.

    Returns
    -------
    finding : Finding
    outputs : dict
        Empty where it cannot be used.
    """
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationError":
            return bad("stack", f"there is no stack {name!r}", remedy=remedy), {}
        return refused("stack", error, remedy=remedy), {}
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    seen = f"{name} is {stack['StackStatus']}"
    if absent := [output.value for output in Output if output not in outputs]:
        return bad("stack", f"{seen} and lacks {', '.join(absent)}", remedy=remedy), {}
    return _of_status(stack["StackStatus"], seen), outputs


def _of_status(status: str, seen: str) -> Finding:
    if status.endswith("_IN_PROGRESS"):
        return warn("stack", seen, remedy="it is being changed: look again when that is over")
    if status.endswith("_FAILED"):
        return warn("stack", seen, remedy="look at its events in CloudFormation, correct the cause, deploy again")
    return ok("stack", seen)


def check_api(url: str, session: boto3.session.Session, *, repair: str) -> Finding:
    """Check that submissions reach the parent, with one of an experiment that cannot be: it is refused.

    Parameters
    ----------
    url : str
        Of the API's stage, without a slash at the end.
    session : boto3.session.Session
        Whose credentials sign.
    repair : str
        How to bring back what is gone.

    Returns
    -------
    Finding
    """
    try:
        Api(url, session, remedy=NETWORK).submit(_NOTHING)
    except ApiError as error:
        return _of_answer(error, repair=repair)
    except DeploymentError as error:
        return bad("api", str(error).removesuffix(f": {NETWORK}"), remedy=NETWORK)
    except ContractError as error:
        return bad("api", f"{url} is the address of something else: {error}", remedy=repair)
    return bad("api", f"{url} has taken a submission of no experiment", remedy=repair)


def _of_answer(error: ApiError, *, repair: str) -> Finding:
    match error.status, error.code:
        case _, "invalid_sweep":
            return ok("api", "a signed request was answered by the parent")
        case _, "ingress_closed":
            remedy = "wait for whoever closed it, or deploy without `ingress=false`; runs can be watched and queried"
            return bad("api", str(error), remedy=remedy)
        case 403, _:
            return bad("api", str(error), remedy=POLICY)
        case 404, _:
            return bad("api", str(error), remedy=repair)
    return bad("api", str(error), remedy="look at the parent's log for the reason; docs/operations.md says how")


def check_bucket(s3: Any, bucket: str, *, repair: str) -> Finding:
    """Check that runs can be listed and outcomes read.

    Parameters
    ----------
    s3 : botocore client
        Where the bucket is.
    bucket : str
        Of the results.
    repair : str
        How to bring back what is gone.

    Returns
    -------
    Finding
    """
    try:
        for prefix in (MANIFESTS_PREFIX, OUTCOMES_PREFIX):
            s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        s3.get_object(Bucket=bucket, Key=manifest_key(_NOBODY))
    except ClientError as error:
        # Whoever may not list is told that reading is forbidden; "not there" so means that one may.
        if error.response["Error"]["Code"] not in _ABSENT:
            return refused("bucket", error, remedy=repair)
    except BotoCoreError as error:
        return refused("bucket", error, remedy=NETWORK)
    return ok("bucket", f"{bucket} can be listed and read")


def check_queries(engine: QueryEngine) -> Finding:
    """Check that the workgroup answers a query, one that reads nothing and so costs nothing.

    Parameters
    ----------
    engine : QueryEngine
        Of the stack.

    Returns
    -------
    Finding
    """
    try:
        engine.query(Query("SELECT 1 AS one"))
    except QueryError as error:
        seen, _, remedy = str(error).rpartition("\n")
        return bad("queries", seen, remedy=remedy)
    return ok("queries", "the workgroup has answered one")
