"""The questions that every run gets asked, saved beside the tables: one of Athena's named queries for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

from workbench.analysis.baseline import baseline_queries

if TYPE_CHECKING:
    from query import Workgroup
    from workbench.contract import Catalog

__all__ = ["NamedQueries"]


class NamedQueries(Construct):
    """The baseline queries of every experiment, in the workgroup of a deployment."""

    def __init__(
        self, scope: Construct, construct_id: str, *, catalog: Catalog, database: str, workgroup: Workgroup
    ) -> None:
        super().__init__(scope, construct_id)
        for spec in catalog.experiments:
            for query in baseline_queries(spec):
                name = f"{spec.name}: {query.name}"
                named = athena.CfnNamedQuery(
                    self,
                    name,
                    name=name,
                    description=query.description,
                    database=database,
                    query_string=query.sql,
                    work_group=workgroup.name,
                )
                # The name alone is text: it says nothing about which of the two is made, or removed, first.
                named.add_resource_dependency(workgroup.workgroup)
