"""The bucket of results: manifests, outcomes and the answers of queries, each under its own prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from logical_ids import logical_id
from workbench.contract.keys import (
    ATHENA_PREFIX,
    CONTROLS_PREFIX,
    MANIFESTS_PREFIX,
    OUTCOMES_PREFIX,
    REPORTS_PREFIX,
    TAGS_PREFIX,
)

if TYPE_CHECKING:
    from constructs import IConstruct

    from config import StageConfig

__all__ = ["READ_AND_WRITE", "RUN_PREFIXES", "Results"]

# What S3 does with a key for whoever reads and writes objects.
READ_AND_WRITE: Final = ("kms:Decrypt", "kms:GenerateDataKey")
# Where the objects lie that make up a run.
RUN_PREFIXES: Final = (MANIFESTS_PREFIX, OUTCOMES_PREFIX, CONTROLS_PREFIX, REPORTS_PREFIX, TAGS_PREFIX)


class Results(Construct):
    """An encrypted, private, versioned bucket, and the statements that open parts of it."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.key_arn = config.kms_key_arn
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if self.key_arn else s3.BucketEncryption.S3_MANAGED,
            encryption_key=kms.Key.from_key_arn(self, "Key", self.key_arn) if self.key_arn else None,
            # One data key for many objects: a run of 10,000 shards would ask KMS 10,000 times otherwise.
            bucket_key_enabled=bool(self.key_arn) or None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            # The emulator's functions speak plain HTTP to it, inside one machine.
            enforce_ssl=not config.emulator,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(id="answers", prefix=ATHENA_PREFIX, expiration=Duration.days(7)),
                *_expiry_of_runs(config.run_expiry_days),
                s3.LifecycleRule(
                    id="leftovers",
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    expired_object_delete_marker=True,
                ),
            ],
            removal_policy=RemovalPolicy.DESTROY if config.removal_policy == "destroy" else RemovalPolicy.RETAIN,
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

    def key_use(self, *actions: str) -> list[iam.PolicyStatement]:
        """Allow to use the key that the deployment brought, through S3 only; nothing where S3 has its own."""
        if self.key_arn is None:
            return []
        through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{Stack.of(self).region}.amazonaws.com"}}
        return [iam.PolicyStatement(actions=list(actions), resources=[self.key_arn], conditions=through_s3)]

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

    def listing(self, *prefixes: str, versions: bool = False) -> iam.PolicyStatement:
        """Allow to list some prefixes; S3 then also answers 404, not 403, for a missing key under them."""
        return iam.PolicyStatement(
            actions=["s3:ListBucket", "s3:ListBucketVersions"] if versions else ["s3:ListBucket"],
            resources=[self.bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )


def _expiry_of_runs(days: int | None) -> list[s3.LifecycleRule]:
    if days is None:
        return []
    return [
        s3.LifecycleRule(id=f"old-{prefix.rstrip('/')}", prefix=prefix, expiration=Duration.days(days))
        for prefix in RUN_PREFIXES
    ]
