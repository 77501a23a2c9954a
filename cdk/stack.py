"""The stack: it composes the constructs, and names what a client needs to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack

from api import RunsApi
from catalog_tables import Tables
from functions import Child, Libraries, Parent, Recorder
from named_queries import NamedQueries
from query import Workgroup
from researcher import Researcher
from storage import Results
from workbench.contract import Output

if TYPE_CHECKING:
    from constructs import Construct

    from bundling import Bundle
    from config import StageConfig

__all__ = ["WorkbenchStack"]


class WorkbenchStack(Stack):
    """Everything that one deployment consists of; it fits any account and region.

    Parameters
    ----------
    scope : Construct
        The app.
    config : StageConfig
        The deployment.
    bundle : Bundle
        What its functions are made of.
    """

    def __init__(self, scope: Construct, *, config: StageConfig, bundle: Bundle) -> None:
        super().__init__(
            scope,
            config.stack_name,
            description="Sweep Workbench: parameter sweeps of simulations.",
            # The template is the same wherever and whenever it is made.
            analytics_reporting=False,
        )
        results = Results(self, "Results", config=config)
        libraries = Libraries(self, "Libraries", config=config, bundle=bundle)
        recorder = Recorder(self, "Recorder", config=config, bundle=bundle, results=results, libraries=libraries)
        child = Child(
            self, "Child", config=config, bundle=bundle, results=results, libraries=libraries, recorder=recorder
        )
        parent = Parent(
            self, "Parent", config=config, bundle=bundle, results=results, child=child.function, recorder=recorder
        )
        api = RunsApi(self, "Runs", config=config, parent=parent.function)
        # Nobody can call before the functions may invoke themselves and their failures are recorded.
        api.api.deployment_stage.node.add_dependency(recorder, child, parent)
        tables = Tables(self, "Tables", config=config, catalog=bundle.catalog, bucket=results.bucket)
        workgroup = Workgroup(self, "Query", config=config, bucket=results.bucket)
        NamedQueries(self, "Queries", catalog=bundle.catalog, database=tables.name, workgroup=workgroup)
        researcher = Researcher(
            self,
            "Researcher",
            api=api,
            results=results,
            database=tables.name,
            workgroup=workgroup.name,
        )
        outputs = {
            Output.API_URL: api.url,
            Output.BUCKET: results.bucket.bucket_name,
            Output.DATABASE: tables.name,
            Output.WORKGROUP: workgroup.name,
            Output.PARENT: parent.function.function_name,
            Output.CHILD: child.function.function_name,
            Output.RECORDER: recorder.function.function_name,
            Output.RESEARCHER_POLICY: researcher.policy.managed_policy_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name.value, value=value)
