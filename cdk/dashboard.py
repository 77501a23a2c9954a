"""One page for a deployment: how runs go, what fails, what waits, and which alarms ring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from python_function import metrics_namespace
from workbench.contract import ErrorCode

if TYPE_CHECKING:
    from alarms import Alarms
    from api import RunsApi
    from config import StageConfig
    from functions import Functions

__all__ = ["CODES", "Board"]

# The codes that rows are counted by: the infrastructure's, and one for all that experiments raise.
CODES: Final = (*map(str, ErrorCode), "EXPERIMENT")
_MINUTE: Final = Duration.minutes(1)
_HALF: Final = 12


class Board(Construct):
    """The dashboard of a deployment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        api: RunsApi,
        functions: Functions,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self._namespace = metrics_namespace(config)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=config.stack_name)
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", width=24, height=3, alarms=alarms.alarms)
        )
        self._runs()
        self._service(api, functions)

    def _runs(self) -> None:
        """Show what the functions count themselves."""
        self.dashboard.add_widgets(
            _graph("Rows of shards that ended", [self._of("Rows", service) for service in ("child", "recorder")]),
            _graph("Rows per second of one child", [self._speed(name) for name in ("p10", "p50", "p90")]),
        )
        self.dashboard.add_widgets(
            _graph("Rows that are not good, by code", [self._by_code("FailedRows", code) for code in CODES]),
            _graph("Shards that were given up, by code", [self._by_code("LostShards", code) for code in CODES]),
        )
        self.dashboard.add_widgets(
            _graph(
                "Dispatch: milliseconds, and shards handed on",
                [self._of("DispatchTime", "parent", statistic="Maximum"), self._of("DispatchedShards", "parent")],
            ),
            _graph("Duplicate deliveries", [self._of("DuplicateDeliveries", "child")]),
        )

    def _service(self, api: RunsApi, functions: Functions) -> None:
        """Show what AWS counts of the functions, of what waits, and of the API."""
        made = [one.function for one in functions.all]
        self.dashboard.add_widgets(
            _graph("Functions at once", [_at_once(function.function_name) for function in made]),
            _graph(
                "Errors and throttles",
                [count(period=_MINUTE) for one in made for count in (one.metric_errors, one.metric_throttles)],
            ),
        )
        unrecorded = functions.recorder.unrecorded.metric_approximate_number_of_messages_visible(period=_MINUTE)
        age = functions.child.function.metric("AsyncEventAge", period=_MINUTE, statistic="Maximum")
        answers = (api.api.metric_count, api.api.metric_client_error, api.api.metric_server_error)
        self.dashboard.add_widgets(
            _graph("What waits: age of the oldest event, messages in the queue Unrecorded", [age, unrecorded]),
            _graph("The API: requests, refusals, faults", [count(period=_MINUTE) for count in answers]),
        )

    def _of(self, metric: str, service: str, *, statistic: str = "Sum") -> cloudwatch.IMetric:
        return self._metric(metric, "service", service, statistic=statistic)

    def _by_code(self, metric: str, code: str) -> cloudwatch.IMetric:
        return self._metric(metric, "code", code, statistic="Sum")

    def _speed(self, statistic: str) -> cloudwatch.IMetric:
        return self._metric("RowsPerSecond", "service", "child", statistic=statistic, label=statistic)

    def _metric(
        self, metric: str, dimension: str, value: str, *, statistic: str, label: str | None = None
    ) -> cloudwatch.IMetric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=metric,
            dimensions_map={dimension: value},
            statistic=statistic,
            period=_MINUTE,
            label=label or f"{metric} {value}",
        )


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=_HALF, left=metrics)


def _at_once(function: str) -> cloudwatch.IMetric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="ConcurrentExecutions",
        dimensions_map={"FunctionName": function},
        statistic="Maximum",
        period=_MINUTE,
    )
