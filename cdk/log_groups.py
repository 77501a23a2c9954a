"""Log groups: where lines are kept for as long as the deployment says, and gone with the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

if TYPE_CHECKING:
    from constructs import Construct

    from config import StageConfig

__all__ = ["log_group"]


def log_group(scope: Construct, construct_id: str, *, config: StageConfig) -> logs.LogGroup:
    """Make a log group with the retention of a deployment."""
    group = logs.LogGroup(
        scope, construct_id, retention=logs.RetentionDays.INFINITE, removal_policy=RemovalPolicy.DESTROY
    )
    # The CDK names the retentions in words; CloudFormation and the setting count days.
    cast("logs.CfnLogGroup", group.node.default_child).retention_in_days = config.log_retention_days
    return group
