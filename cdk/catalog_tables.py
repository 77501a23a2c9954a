"""The tables: one of outcomes for each experiment, its partitions computed rather than crawled, and one of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from packages import version_in
from workbench.contract import (
    MANIFEST_COLUMNS,
    PARTITION_COLUMNS,
    RUNS_TABLE,
    STATUSES,
    TableParameter,
    outcome_columns,
    table_name,
)
from workbench.contract.keys import MANIFESTS_PREFIX, table_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_s3 as s3

    from bundling import Bundle
    from config import StageConfig
    from workbench.contract import Column, ExperimentSpec

__all__ = ["Tables"]

_PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"


class Tables(Construct):
    """The Glue database of a deployment."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, bundle: Bundle, bucket: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._runs_on = {
            TableParameter.PYTHON.value: config.python,
            TableParameter.NUMPY.value: version_in(bundle.layer, "numpy"),
        }
        self.name = config.stack_name.lower().replace("-", "_")
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.name, description="Outcomes of parameter sweeps."
            ),
        )
        for spec in bundle.catalog.experiments:
            self._outcomes(spec)
        self._runs()

    def _outcomes(self, spec: ExperimentSpec) -> None:
        location = self._bucket.s3_url_for_object(table_prefix(spec.name))
        self._table(
            table_name(spec.name),
            description=spec.doc,
            columns=outcome_columns(spec),
            partition_keys=PARTITION_COLUMNS,
            parameters={
                "classification": "parquet",
                "projection.enabled": "true",
                # Injected: every query names its runs, so a scan never walks over all of them.
                "projection.run_id.type": "injected",
                "projection.status.type": "enum",
                "projection.status.values": ",".join(STATUSES),
                "storage.location.template": f"{location}run_id=${{run_id}}/status=${{status}}/",
                TableParameter.FINGERPRINT.value: spec.fingerprint,
                **self._runs_on,
            },
            location=location,
            formats=(_PARQUET_INPUT, _PARQUET_OUTPUT),
            serde=glue.CfnTable.SerdeInfoProperty(
                serialization_library=_PARQUET_SERDE, parameters={"serialization.format": "1"}
            ),
        )

    def _runs(self) -> None:
        self._table(
            RUNS_TABLE,
            description="One row for each run: its manifest.",
            columns=MANIFEST_COLUMNS,
            partition_keys=(),
            parameters={"classification": "json"},
            location=self._bucket.s3_url_for_object(MANIFESTS_PREFIX),
            formats=(_TEXT_INPUT, _TEXT_OUTPUT),
            serde=glue.CfnTable.SerdeInfoProperty(
                serialization_library=_JSON_SERDE, parameters={"ignore.malformed.json": "true"}
            ),
        )

    def _table(
        self,
        name: str,
        *,
        description: str,
        columns: Iterable[Column],
        partition_keys: Iterable[Column],
        parameters: dict[str, str],
        location: str,
        formats: tuple[str, str],
        serde: glue.CfnTable.SerdeInfoProperty,
    ) -> None:
        input_format, output_format = formats
        table = glue.CfnTable(
            self,
            f"Table-{name}",
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self.name,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=description[:2048],
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", **parameters},
                partition_keys=_glue_columns(partition_keys),
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=_glue_columns(columns),
                    location=location,
                    input_format=input_format,
                    output_format=output_format,
                    serde_info=serde,
                ),
            ),
        )
        table.add_resource_dependency(self._database)


def _glue_columns(columns: Iterable[Column]) -> list[glue.CfnTable.ColumnProperty]:
    # Glue takes at most 255 characters of comment.
    return [
        glue.CfnTable.ColumnProperty(name=column.name, type=column.type, comment=column.doc[:255]) for column in columns
    ]
