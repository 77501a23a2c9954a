"""Columns: one list that files, tables and queries share."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from workbench.contract import (
    COLUMN_TYPES,
    MANIFEST_COLUMNS,
    PARTITION_COLUMNS,
    RESERVED_COLUMNS,
    Column,
    ColumnType,
    Manifest,
    ValueType,
    outcome_columns,
)

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec


def test_the_columns_of_an_outcome_in_file_order(spec: ExperimentSpec) -> None:
    assert [(column.name, column.type) for column in outcome_columns(spec)] == [
        ("shard_id", "int"),
        ("row_index", "bigint"),
        ("point_index", "bigint"),
        ("replicate", "int"),
        ("rate", "double"),
        ("servers", "bigint"),
        ("level", "bigint"),
        ("policy", "string"),
        ("verbose", "boolean"),
        ("scale", "double"),
        ("wait", "double"),
        ("done", "boolean"),
        ("error_code", "string"),
        ("error_message", "string"),
        ("duration_ms", "double"),
        ("attempt", "int"),
        ("started_at", "timestamp"),
        ("worker", "string"),
        ("fingerprint", "string"),
        ("schema_version", "int"),
    ]


def test_documentation_travels_to_the_column(spec: ExperimentSpec) -> None:
    columns = {column.name: column for column in outcome_columns(spec)}
    assert columns["rate"] == Column("rate", "double", "Per second.")
    assert columns["wait"].doc == "Mean."


def test_every_column_but_the_experiments_own_is_reserved(spec: ExperimentSpec) -> None:
    own = {item.name for item in (*spec.parameters, *spec.metrics)}
    others = {column.name for column in (*outcome_columns(spec), *PARTITION_COLUMNS)} - own
    assert others <= RESERVED_COLUMNS
    assert not own & RESERVED_COLUMNS


def test_names_are_distinct(spec: ExperimentSpec) -> None:
    for columns in ((*outcome_columns(spec), *PARTITION_COLUMNS), MANIFEST_COLUMNS):
        names = [column.name for column in columns]
        assert len(set(names)) == len(names)


def test_every_type_of_value_has_a_type_of_column() -> None:
    assert set(COLUMN_TYPES) == set(get_args(ValueType))
    assert set(COLUMN_TYPES.values()) <= set(get_args(ColumnType))


def test_the_runs_table_reads_fields_that_manifests_have() -> None:
    assert {column.name for column in MANIFEST_COLUMNS} <= set(Manifest.__struct_fields__)
