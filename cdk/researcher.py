"""What a researcher may do: submit, resume, cancel, tag, ask questions, read answers; not write or delete results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

from storage import READ_AND_WRITE
from workbench.contract.keys import (
    ATHENA_PREFIX,
    CONTROLS_PREFIX,
    MANIFESTS_PREFIX,
    OUTCOMES_PREFIX,
    REPORTS_PREFIX,
    TAGS_PREFIX,
)

if TYPE_CHECKING:
    from api import RunsApi
    from storage import Results

__all__ = ["Researcher"]

_ASK = (
    "athena:BatchGetNamedQuery",
    "athena:GetNamedQuery",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:ListNamedQueries",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
_READ_TABLES = ("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions")


class Researcher(Construct):
    """A managed policy to attach to whoever may use the workbench."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: RunsApi,
        results: Results,
        database: str,
        workgroup: str,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        readable = (MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX, REPORTS_PREFIX, ATHENA_PREFIX, TAGS_PREFIX)
        glue_names = (("catalog", None), ("database", database), ("table", f"{database}/*"))
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="Submit, resume and cancel runs of the workbench, and query their outcomes.",
            statements=[
                iam.PolicyStatement(actions=["execute-api:Invoke"], resources=api.method_arns()),
                results.objects("s3:GetObject", prefixes=readable),
                # Athena writes its answers with the rights of whoever asks; tags are the researcher's own.
                results.objects("s3:PutObject", prefixes=(ATHENA_PREFIX, TAGS_PREFIX)),
                results.listing(*readable),
                *results.key_use(*READ_AND_WRITE),
                iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[results.bucket.bucket_arn]),
                iam.PolicyStatement(
                    actions=list(_ASK),
                    resources=[stack.format_arn(service="athena", resource="workgroup", resource_name=workgroup)],
                ),
                iam.PolicyStatement(
                    actions=list(_READ_TABLES),
                    resources=[
                        stack.format_arn(service="glue", resource=kind, resource_name=name) for kind, name in glue_names
                    ],
                ),
                iam.PolicyStatement(
                    actions=["cloudformation:DescribeStacks"],
                    resources=[
                        stack.format_arn(
                            service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*"
                        )
                    ],
                ),
            ],
        )
        Validations.of(self.policy).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table/{database}/*]",
                reason="The tables follow the catalog; the rights end at this deployment's own database.",
            ),
            Acknowledgment(
                id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:"
                f"stack/{stack.stack_name}/*]",
                reason="A stack is asked for by its name; the part after it is an identifier that AWS makes up.",
            ),
        )
        results.acknowledge(self.policy, *readable)
        api.acknowledge(self.policy)
