"""The three functions: the parent that answers, the child that evaluates, the recorder of what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs

from logical_ids import logical_id
from python_function import PythonFunction, architecture, runtime
from storage import READ_AND_WRITE
from workbench.contract import Environment
from workbench.contract.keys import CONTROLS_PREFIX, MANIFESTS_PREFIX, OUTCOMES_PREFIX, REPORTS_PREFIX

if TYPE_CHECKING:
    from constructs import Construct

    from bundling import Bundle
    from config import StageConfig
    from storage import Results

__all__ = ["Child", "Functions", "Libraries", "Parent", "Recorder"]

# numpy starts a thread for each processor when it is imported, and they wait by spinning: a fifth of a cold start.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
# What the end of a shard is written to, and what is looked at for it.
_ENDINGS = (OUTCOMES_PREFIX, REPORTS_PREFIX)
_LISTED = (MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX, REPORTS_PREFIX)


class Libraries(lambda_.LayerVersion):
    """What the functions import that read and write outcomes."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, bundle: Bundle) -> None:
        super().__init__(
            scope,
            construct_id,
            code=lambda_.Code.from_asset(str(bundle.layer)),
            compatible_runtimes=[runtime(config)],
            compatible_architectures=[architecture(config)],
            description="numpy, pyarrow and what else reads and writes outcomes",
        )


class Recorder(PythonFunction):
    """Writes the outcome of a shard whose child was given up; what it cannot record itself waits in a queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        bundle: Bundle,
        results: Results,
        libraries: Libraries,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            code=bundle.recorder,
            memory_mb=1024,
            timeout_s=120,
            environment={Environment.BUCKET: results.bucket.bucket_name, **_ONE_THREAD},
            layers=[libraries],
        )
        self.unrecorded = sqs.Queue(
            self,
            "Unrecorded",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            # As of the bucket: the emulator speaks plain HTTP.
            enforce_ssl=not config.emulator,
            retention_period=Duration.days(14),
        )
        Validations.of(self.unrecorded).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SQS3",
                reason="It is the last resort itself: nothing takes messages from it but an operator.",
            )
        )
        self._retries = config.retries
        # It is the last that can say what became of a shard: it always has every try that Lambda gives.
        self.try_again(retries=2, on_failure=destinations.SqsDestination(self.unrecorded))
        self.allow(
            results.objects("s3:GetObject", prefixes=(MANIFESTS_PREFIX, OUTCOMES_PREFIX)),
            results.objects("s3:PutObject", prefixes=_ENDINGS),
            results.listing(*_LISTED),
            *results.key_use(*READ_AND_WRITE),
        )
        results.acknowledge(self.role, *_LISTED)

    def take_over(self, function: PythonFunction) -> None:
        """Become the one that hears of the invocations of a function that were given up."""
        function.try_again(retries=self._retries, on_failure=destinations.LambdaDestination(self.function))
        Validations.of(function.role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::<{logical_id(self.function)}.Arn>:*]",
                reason="The CDK grants the invocation of every version of the one function that is the destination.",
            )
        )


class Child(PythonFunction):
    """Evaluates one shard and writes its outcome; goes on in another invocation when its time is over."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        bundle: Bundle,
        results: Results,
        libraries: Libraries,
        recorder: Recorder,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            code=bundle.child,
            memory_mb=config.child_memory_mb,
            timeout_s=config.child_timeout_s,
            environment={
                Environment.BUCKET: results.bucket.bucket_name,
                Environment.EXPERIMENTS: ",".join(bundle.modules),
                **_ONE_THREAD,
            },
            layers=[libraries],
        )
        cast(
            "lambda_.CfnFunction", self.function.node.default_child
        ).reserved_concurrent_executions = config.reserved_concurrency
        recorder.take_over(self)
        self.allow_itself()
        self.allow(
            results.objects("s3:GetObject", prefixes=(MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX)),
            results.objects("s3:PutObject", prefixes=_ENDINGS),
            results.listing(*_LISTED),
            *results.key_use(*READ_AND_WRITE),
        )
        results.acknowledge(self.role, *_LISTED)


class Parent(PythonFunction):
    """Answers a request: checks it, writes the manifest, and hands the shards to children without waiting for them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        bundle: Bundle,
        results: Results,
        child: lambda_.IFunction,
        recorder: Recorder,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            code=bundle.parent,
            memory_mb=1024,
            # API Gateway waits no longer than this.
            timeout_s=29,
            environment={
                Environment.BUCKET: results.bucket.bucket_name,
                Environment.CHILD_FUNCTION: child.function_name,
                Environment.MAX_SHARDS: str(config.max_shards),
                Environment.MAX_ROWS_PER_SHARD: str(config.max_rows_per_shard),
                Environment.MAX_ROWS: str(config.max_rows),
            },
        )
        recorder.take_over(self)
        self.allow_itself()
        self.allow(
            results.objects("s3:GetObject", "s3:PutObject", prefixes=(MANIFESTS_PREFIX, CONTROLS_PREFIX)),
            results.listing(MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX),
            *results.key_use(*READ_AND_WRITE),
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[child.function_arn]),
        )
        results.acknowledge(self.role, MANIFESTS_PREFIX, CONTROLS_PREFIX)
        self.requested = self._requested(config.provisioned_concurrency)

    def _requested(self, provisioned: int) -> lambda_.IFunction:
        """Return what requests go to; copies that start children need no environment that waits for them."""
        if not provisioned:
            return self.function
        return lambda_.Alias(
            self,
            "Ready",
            alias_name="ready",
            version=self.function.current_version,
            provisioned_concurrent_executions=provisioned,
        )


@dataclass(frozen=True, kw_only=True)
class Functions:
    """All of a deployment."""

    parent: Parent
    child: Child
    recorder: Recorder

    @property
    def all(self) -> tuple[PythonFunction, ...]:
        """Each of them."""
        return self.parent, self.child, self.recorder
