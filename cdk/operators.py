"""What an operator may do beyond looking on: end runs, take up what was lost, delete what is no longer wanted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

from storage import RUN_PREFIXES
from workbench.contract.keys import ATHENA_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_logs as logs

    from alarms import Alarms
    from api import RunsApi
    from config import StageConfig
    from functions import Functions
    from storage import Results

__all__ = ["Operator", "OperatorOutput"]

_ROUTES: Final = ("/runs/{run_id}/resume", "/runs/{run_id}/cancel")
_REDRIVE: Final = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:PurgeQueue",
    "sqs:ReceiveMessage",
)
_READ_LOGS: Final = ("logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery")
_READ_STACK: Final = (
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:DescribeStacks",
)
_ALL: Final = (*RUN_PREFIXES, ATHENA_PREFIX)
# They know no resources: IAM takes them on everything, or not at all. They change nothing.
_EVERYWHERE: Final = (
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "logs:DescribeQueryDefinitions",
    "logs:GetQueryResults",
    "logs:StopQuery",
)


class OperatorOutput(StrEnum):
    """Outputs of the stack beside those that clients need."""

    POLICY = "OperatorPolicyArn"
    UNRECORDED = "UnrecordedQueueUrl"
    TOPIC = "AlarmTopicArn"


class Operator(Construct):
    """A managed policy to attach to whoever looks after a deployment; it neither submits nor reads results."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        api: RunsApi,
        results: Results,
        functions: Functions,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="Look after the workbench: logs, metrics, alarms, what was lost, and runs to be deleted.",
            statements=[
                iam.PolicyStatement(actions=["execute-api:Invoke"], resources=api.method_arns(*_ROUTES)),
                *_redrive(functions),
                results.listing(*_ALL, versions=True),
                results.objects("s3:DeleteObject", "s3:DeleteObjectVersion", prefixes=_ALL),
                *_look_on(stack, alarms=alarms, groups=[api.access_log, *(one.log_group for one in functions.all)]),
                iam.PolicyStatement(
                    actions=list(_READ_STACK),
                    resources=[
                        stack.format_arn(
                            service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*"
                        )
                    ],
                ),
            ],
        )
        self._acknowledge(config, api=api, results=results)

    def _acknowledge(self, config: StageConfig, *, api: RunsApi, results: Results) -> None:
        pseudo = "arn:<AWS::Partition>"
        reasons = {
            "Resource::*": "Metrics and the answers of log queries know no resources in IAM; these actions only read.",
            f"Resource::{pseudo}:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/{config.stack_name}/*": (
                "A stack is asked for by its name; the part after it is an identifier that AWS makes up."
            ),
        }
        for finding, reason in reasons.items():
            Validations.of(self.policy).acknowledge(Acknowledgment(id=f"AwsSolutions-IAM5[{finding}]", reason=reason))
        results.acknowledge(self.policy, *_ALL)
        api.acknowledge(self.policy, *_ROUTES)


def _redrive(functions: Functions) -> list[iam.PolicyStatement]:
    recorder = functions.recorder
    return [
        iam.PolicyStatement(actions=list(_REDRIVE), resources=[recorder.unrecorded.queue_arn]),
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[recorder.function.function_arn]),
    ]


def _look_on(stack: Stack, *, alarms: Alarms, groups: Sequence[logs.ILogGroup]) -> list[iam.PolicyStatement]:
    dashboard = stack.format_arn(service="cloudwatch", region="", resource="dashboard", resource_name=stack.stack_name)
    return [
        iam.PolicyStatement(actions=list(_READ_LOGS), resources=[group.log_group_arn for group in groups]),
        iam.PolicyStatement(
            actions=["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"],
            resources=[alarm.alarm_arn for alarm in alarms.alarms],
        ),
        iam.PolicyStatement(actions=["cloudwatch:GetDashboard"], resources=[dashboard]),
        iam.PolicyStatement(actions=list(_EVERYWHERE), resources=["*"]),
        iam.PolicyStatement(
            actions=["sns:ListSubscriptionsByTopic", "sns:Publish"], resources=[alarms.topic.topic_arn]
        ),
    ]
