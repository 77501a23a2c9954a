"""What all functions have in common: their role, their log, and the runtime that the deployment chose."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from log_groups import log_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from config import StageConfig

__all__ = ["PythonFunction", "architecture", "metrics_namespace", "runtime"]

_ARM_MACHINES = {"aarch64", "arm64"}
_MAX_EVENT_AGE = Duration.hours(6)


class PythonFunction(Construct):
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
        layers: Sequence[lambda_.ILayerVersion] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        name = construct_id.lower()
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group = log_group(self, "Log", config=config)
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=runtime(config),
            architecture=architecture(config),
            handler=f"lambdas.{name}.handler.handler",
            code=lambda_.Code.from_asset(str(code)),
            layers=list(layers),
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_s),
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "POWERTOOLS_METRICS_NAMESPACE": metrics_namespace(config),
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

    def allow_itself(self) -> None:
        """Let the function invoke itself.

        The policy is one of its own: the function waits for its role's policy, which therefore cannot name it.
        """
        iam.Policy(
            self,
            "Itself",
            roles=[self.role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.function.function_arn])],
        )

    def try_again(self, *, retries: int, on_failure: lambda_.IDestination) -> None:
        """Let Lambda try an asynchronous invocation once, and again so often, before a destination hears of it."""
        self.function.configure_async_invoke(
            retry_attempts=retries, max_event_age=_MAX_EVENT_AGE, on_failure=on_failure
        )


def metrics_namespace(config: StageConfig) -> str:
    """Return where CloudWatch files the functions' own metrics: each stage has its own."""
    return f"SweepWorkbench/{config.stack_name}"


def runtime(config: StageConfig) -> lambda_.Runtime:
    """Return the version of Python that a deployment's functions run on."""
    return lambda_.Runtime(f"python{config.python}", lambda_.RuntimeFamily.PYTHON)


def architecture(config: StageConfig) -> lambda_.Architecture:
    """Return the processor that a deployment's functions run on."""
    name = config.architecture
    machine = platform.machine().lower() if name == "host" else name
    return lambda_.Architecture.ARM_64 if machine in _ARM_MACHINES else lambda_.Architecture.X86_64
