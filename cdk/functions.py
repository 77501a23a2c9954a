"""The two functions: the parent that answers requests and the child that evaluates shards, each with its own role."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from workbench.contract import Environment
from workbench.contract.keys import MANIFESTS_PREFIX, OUTCOMES_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bundling import Bundle
    from config import StageConfig
    from storage import Results

__all__ = ["Child", "Parent"]

_ARM_MACHINES = {"aarch64", "arm64"}


class _Function(Construct):
    """A Python function that may write its own log and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        code: Path,
        memory_mb: int,
        timeout_s: int,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        name = construct_id.lower()
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = logs.LogGroup(
            self, "Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime(f"python{config.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=_architecture(config),
            handler=f"lambdas.{name}.handler.handler",
            code=lambda_.Code.from_asset(str(code)),
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_s),
            role=self.role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
        )
        Validations.of(self.function).acknowledge(
            Acknowledgment(
                id="AwsSolutions-L1",
                reason="Python is the version that the pinned numpy and pyarrow are tested on; it is raised together "
                "with them, by the setting `python`.",
            )
        )

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Give the function's role rights."""
        for statement in statements:
            self.role.add_to_policy(statement)


class Child(_Function):
    """Evaluates one shard and writes its outcome; Lambda tries again what the child itself could not catch."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, bundle: Bundle, results: Results
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
            },
        )
        self.function.add_layers(
            lambda_.LayerVersion(
                self,
                "Libraries",
                code=lambda_.Code.from_asset(str(bundle.layer)),
                compatible_runtimes=[self.function.runtime],
                compatible_architectures=[self.function.architecture],
                description="numpy, pyarrow and what else a child imports",
            )
        )
        self.function.configure_async_invoke(retry_attempts=2, max_event_age=Duration.hours(6))
        self.allow(
            results.objects("s3:GetObject", prefixes=(MANIFESTS_PREFIX, OUTCOMES_PREFIX)),
            results.objects("s3:PutObject", prefixes=(OUTCOMES_PREFIX,)),
            results.listing(MANIFESTS_PREFIX, OUTCOMES_PREFIX),
        )
        results.acknowledge(self.role, MANIFESTS_PREFIX, OUTCOMES_PREFIX)


class Parent(_Function):
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
        self.allow(
            results.objects("s3:GetObject", "s3:PutObject", prefixes=(MANIFESTS_PREFIX,)),
            results.listing(MANIFESTS_PREFIX),
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[child.function_arn]),
        )
        results.acknowledge(self.role, MANIFESTS_PREFIX)


def _architecture(config: StageConfig) -> lambda_.Architecture:
    name = config.architecture
    machine = platform.machine().lower() if name == "host" else name
    return lambda_.Architecture.ARM_64 if machine in _ARM_MACHINES else lambda_.Architecture.X86_64
