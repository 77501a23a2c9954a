"""What somebody should hear of: alarms, and the topic that they are published to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

if TYPE_CHECKING:
    from api import RunsApi
    from config import StageConfig
    from functions import Functions
    from python_function import PythonFunction

__all__ = ["Alarms"]

_PERIOD: Final = Duration.minutes(5)
# Of the six hours after which Lambda gives an event up: time enough to raise a limit.
_OLD_EVENT: Final = Duration.hours(1)
# Children that crash are started again, and one that stays lost rings for itself: many say that the code is broken.
_MANY_ERRORS: Final = 10
# A large run is throttled while Lambda starts environments; half an hour of it is a limit that is too low.
_LONG: Final = 6
_OLD: Final = "Events have waited for an hour; after six Lambda gives them up, and their shards are recorded as failed."


@dataclass(frozen=True, kw_only=True)
class _Ringing:
    """When an alarm rings: in how many periods on end the metric is at least what."""

    metric: cloudwatch.IMetric
    least: float
    means: str
    periods: int = 1


class Alarms(Construct):
    """The alarms of a deployment; quiet while nothing runs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        api: RunsApi,
        functions: Functions,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._topic(config)
        self.alarms: list[cloudwatch.IAlarm] = [
            self._alarm(f"{config.stack_name}-{name}", name, ringing)
            for name, ringing in _ringing(api, functions).items()
        ]
        self._let_publish()

    def _topic(self, config: StageConfig) -> sns.Topic:
        # As of the bucket: the emulator speaks plain HTTP. Messages name a metric and a number, so they need no key.
        topic = sns.Topic(self, "Topic", enforce_ssl=not config.emulator)
        if config.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        return topic

    def _let_publish(self) -> None:
        """Name who may publish: a topic with a policy of its own lets nobody else, its owner's alarms included."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"ArnEquals": {"aws:SourceArn": [alarm.alarm_arn for alarm in self.alarms]}},
            )
        )

    def _alarm(self, full_name: str, name: str, ringing: _Ringing) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=full_name,
            alarm_description=ringing.means,
            metric=ringing.metric,
            threshold=ringing.least,
            evaluation_periods=ringing.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        return alarm


def _ringing(api: RunsApi, functions: Functions) -> dict[str, _Ringing]:
    parent, child, recorder = functions.parent, functions.child, functions.recorder
    return {
        "shards-lost": _Ringing(
            metric=recorder.function.metric_invocations(period=_PERIOD),
            least=1,
            means="Children or dispatches were given up after their retries: their shards are recorded as failed.",
        ),
        "shards-unrecorded": _Ringing(
            metric=recorder.unrecorded.metric_approximate_number_of_messages_visible(
                period=_PERIOD, statistic="Maximum"
            ),
            least=1,
            means="The recorder failed too: runs wait for shards that nobody reports. Redrive the queue Unrecorded.",
        ),
        "child-errors": _Ringing(
            metric=child.function.metric_errors(period=_PERIOD),
            least=_MANY_ERRORS,
            means="Children crash, run out of memory or time: look at their log before the retries are used up.",
        ),
        "parent-errors": _Ringing(
            metric=parent.function.metric_errors(period=_PERIOD),
            least=1,
            means="The parent fails to answer requests or to start children.",
        ),
        "child-throttles": _Ringing(
            metric=child.function.metric_throttles(period=_PERIOD),
            least=1,
            periods=_LONG,
            means="Children wait for capacity for half an hour: raise the concurrency, or submit smaller runs.",
        ),
        "child-event-age": _Ringing(metric=_event_age(child), least=_OLD_EVENT.to_milliseconds(), means=_OLD),
        "parent-event-age": _Ringing(metric=_event_age(parent), least=_OLD_EVENT.to_milliseconds(), means=_OLD),
        "api-faults": _Ringing(
            metric=api.api.metric_server_error(period=_PERIOD, statistic="Sum"),
            least=1,
            means="The API answered with a status of 5xx.",
        ),
    }


def _event_age(function: PythonFunction) -> cloudwatch.IMetric:
    return function.function.metric("AsyncEventAge", period=_PERIOD, statistic="Maximum")
