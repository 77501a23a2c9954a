"""The workgroup of queries: where their answers go, and how much one of them may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

from workbench.contract.keys import ATHENA_PREFIX

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

    from config import StageConfig

__all__ = ["Workgroup"]

# A query over 100 million rows of ten columns reads less; a mistake stops here, at about half a dollar.
_MAX_SCANNED_BYTES = 100 * 1024**3


class Workgroup(Construct):
    """An Athena workgroup whose settings no client can override."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, bucket: s3.IBucket) -> None:
        super().__init__(scope, construct_id)
        self.name = config.stack_name
        self.workgroup = athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=self.name,
            description="Queries over the outcomes of parameter sweeps.",
            # A workgroup that has answered a query cannot be deleted otherwise; no result is lost with it.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=_MAX_SCANNED_BYTES,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=bucket.s3_url_for_object(ATHENA_PREFIX),
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS" if config.kms_key_arn else "SSE_S3", kms_key=config.kms_key_arn
                    ),
                ),
            ),
        )
