"""The bucket of results: manifests, outcomes and the answers of queries, each under its own prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from logical_ids import logical_id
from workbench.contract.keys import ATHENA_PREFIX

if TYPE_CHECKING:
    from constructs import IConstruct

    from config import StageConfig

__all__ = ["Results"]


class Results(Construct):
    """An encrypted, private, versioned bucket, and the statements that open parts of it."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # The emulator's functions speak plain HTTP to it, inside one machine.
            enforce_ssl=not config.emulator,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(id="answers", prefix=ATHENA_PREFIX, expiration=Duration.days(7)),
                s3.LifecycleRule(
                    id="leftovers",
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    expired_object_delete_marker=True,
                ),
            ],
            removal_policy=RemovalPolicy.DESTROY if config.emulator else RemovalPolicy.RETAIN,
        )
        Validations.of(self.bucket).acknowledge(
            Acknowledgment(
                id="AwsSolutions-S1",
                reason="Server access logs would need a second bucket that outlives this one; who read or wrote an "
                "object is a question for the account's CloudTrail data events, which an operator can switch on.",
            )
        )

    def objects(self, *actions: str, prefixes: tuple[str, ...]) -> iam.PolicyStatement:
        """Allow actions on the objects under some prefixes."""
        resources = [self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
        return iam.PolicyStatement(actions=list(actions), resources=resources)

    def acknowledge(self, holder: IConstruct, *prefixes: str) -> None:
        """Explain the wildcards of who may use the objects under some prefixes."""
        bucket = logical_id(self.bucket)
        for prefix in prefixes:
            Validations.of(holder).acknowledge(
                Acknowledgment(
                    id=f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{prefix}*]",
                    reason=f"The names of the objects are made at run time; the rights end at {prefix} of one bucket.",
                )
            )

    def listing(self, *prefixes: str) -> iam.PolicyStatement:
        """Allow to list some prefixes; S3 then also answers 404, not 403, for a missing key under them."""
        return iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )
