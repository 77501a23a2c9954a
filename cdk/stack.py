"""The stack: it composes the constructs, and names what a client needs to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack

from alarms import Alarms
from api import RunsApi
from catalog_tables import Tables
from dashboard import Board
from functions import Child, Functions, Libraries, Parent, Recorder
from named_queries import NamedQueries
from operators import Operator, OperatorOutput
from query import Workgroup
from researcher import Researcher
from saved_queries import SavedQueries
from storage import Results
from workbench.contract import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            # CloudFormation takes 1 MB; a third of it would be spaces.
            suppress_template_indentation=True,
        )
        results = Results(self, "Results", config=config)
        functions = self._functions(config, bundle=bundle, results=results)
        api = RunsApi(self, "Runs", config=config, parent=functions.parent.requested)
        # Nobody can call before the functions may invoke themselves and their failures are recorded.
        api.api.deployment_stage.node.add_dependency(*functions.all)
        tables = Tables(self, "Tables", config=config, bundle=bundle, bucket=results.bucket)
        workgroup = Workgroup(self, "Query", config=config, bucket=results.bucket)
        NamedQueries(self, "Queries", catalog=bundle.catalog, database=tables.name, workgroup=workgroup)
        researcher = Researcher(
            self, "Researcher", api=api, results=results, database=tables.name, workgroup=workgroup.name
        )
        self._name(
            {
                Output.API_URL: api.url,
                Output.BUCKET: results.bucket.bucket_name,
                Output.DATABASE: tables.name,
                Output.WORKGROUP: workgroup.name,
                Output.PARENT: functions.parent.function.function_name,
                Output.CHILD: functions.child.function.function_name,
                Output.RECORDER: functions.recorder.function.function_name,
                Output.RESEARCHER_POLICY: researcher.policy.managed_policy_arn,
            }
        )
        self._name(self._operations(config, api=api, functions=functions, results=results))

    def _functions(self, config: StageConfig, *, bundle: Bundle, results: Results) -> Functions:
        libraries = Libraries(self, "Libraries", config=config, bundle=bundle)
        recorder = Recorder(self, "Recorder", config=config, bundle=bundle, results=results, libraries=libraries)
        child = Child(
            self, "Child", config=config, bundle=bundle, results=results, libraries=libraries, recorder=recorder
        )
        parent = Parent(
            self, "Parent", config=config, bundle=bundle, results=results, child=child.function, recorder=recorder
        )
        return Functions(parent=parent, child=child, recorder=recorder)

    def _operations(
        self, config: StageConfig, *, api: RunsApi, functions: Functions, results: Results
    ) -> dict[OperatorOutput, str]:
        """Make what the deployment is looked after with, and return where it is found."""
        alarms = Alarms(self, "Alarms", config=config, api=api, functions=functions)
        Board(self, "Board", config=config, api=api, functions=functions, alarms=alarms)
        if not config.emulator:
            # The emulator's CloudFormation does not know saved queries, and it has no Logs Insights to ask them.
            SavedQueries(self, "SavedQueries", config=config, functions=functions)
        operator = Operator(
            self, "Operator", config=config, api=api, results=results, functions=functions, alarms=alarms
        )
        return {
            OperatorOutput.POLICY: operator.policy.managed_policy_arn,
            OperatorOutput.UNRECORDED: functions.recorder.unrecorded.queue_url,
            OperatorOutput.TOPIC: alarms.topic.topic_arn,
        }

    def _name(self, outputs: Mapping[Output, str] | Mapping[OperatorOutput, str]) -> None:
        for name, value in outputs.items():
            CfnOutput(self, name.value, value=value)
