"""Putting these rules in the place of moto's."""

from __future__ import annotations

import boto3
from moto import mock_aws

from localaws.events.install import install
from localaws.events.models import Rule
from localaws.events.patterns import EventPattern


def test_rules_are_ours_in_process_and_installing_twice_changes_nothing() -> None:
    install()
    install()
    with mock_aws():
        events = boto3.client("events", "us-east-1")
        events.put_rule(Name="rule", EventPattern='{"source": ["aws.macie"]}')
        from moto.events.models import events_backends

        [rule] = events_backends["123456789012"]["us-east-1"].event_buses["default"].rules.values()
    assert isinstance(rule, Rule)
    assert isinstance(rule.event_pattern, EventPattern)
