"""Rules that deliver: to SNS topics, SQS queues and functions, of any account and Region; else through moto."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.events.models import Rule as MotoRule
from moto.events.utils import EventMessageType
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

from localaws.awslambda.functions import invoke_later
from localaws.events.inputs import text_for
from localaws.iam.by_services import ServiceCall, may_invoke

log = logging.getLogger(__name__)


class Rule(MotoRule):
    """A rule with its targets; a failure of a target affects neither the others nor the sender."""

    def send_to_targets(self, original_event: EventMessageType, transform_input: bool = True) -> None:
        """Deliver an event that the pattern matches; a rule that is disabled or only has a schedule takes none."""
        if self.state != "ENABLED" or not self.event_pattern.get_pattern():
            return
        if not self.event_pattern.matches_event(original_event):
            return
        for target in list(self.targets):
            try:
                self._send(target, original_event, transform_input)
            except Exception as error:  # the text of the error could contain the event
                log.warning("%s could not deliver to %s: %s", self.arn, target["Arn"], type(error).__name__)

    def _send(self, target: dict[str, Any], event: EventMessageType, transform_input: bool) -> None:
        arn = parse_arn(target["Arn"])
        if arn.service not in ("lambda", "sns", "sqs"):
            alone = copy.copy(self)
            alone.targets = [target]
            MotoRule.send_to_targets(alone, copy.deepcopy(event), transform_input)
            return
        sent = as_sent(event)
        text = text_for(target, sent, self._reserved(event, sent))
        if arn.service == "sns":
            sns_backends[arn.account][arn.region].publish(text, target["Arn"])
        elif arn.service == "lambda":
            self._invoke(target["Arn"], json.loads(text))
        else:
            group_id = target.get("SqsParameters", {}).get("MessageGroupId")
            sqs_backends[arn.account][arn.region].send_message(arn.resource_id, text, group_id=group_id)

    def _invoke(self, function_arn: str, event: Any) -> None:
        arn = parse_arn(function_arn)
        if may_invoke(ServiceCall("events.amazonaws.com", self.account_id, self.arn), function_arn):
            invoke_later(lambda_backends[arn.account][arn.region].get_function(function_arn), event)
        else:
            log.warning("%s may not invoke %s", self.arn, function_arn)

    def _reserved(self, event: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        """Source: predefined variables in the User Guide; the event has no detail there, and a name in camel case."""
        head = {"detailType" if name == "detail-type" else name: sent[name] for name in sent if name != "detail"}
        return {
            "aws.events.rule-arn": self.arn,
            "aws.events.rule-name": self.name,
            "aws.events.event.ingestion-time": _time(event["ingestion-time"]),
            "aws.events.event": head,
            "aws.events.event.json": sent,
        }


def as_sent(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as its receivers see it: dated in text, and without what moto keeps in it."""
    return {**{name: event[name] for name in event if name != "ingestion-time"}, "time": _time(event["time"])}


def _time(moment: Any) -> str:
    """Return a time as events have it, in whole seconds; moto has it in seconds since the epoch."""
    if isinstance(moment, str) and not moment.replace(".", "", 1).isdigit():
        return moment
    return f"{datetime.fromtimestamp(float(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"
