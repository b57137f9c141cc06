"""Settings from Parameter Store."""

from __future__ import annotations

import boto3
import pytest

from lake_gate.errors import SettingsError
from lake_gate.settings import Settings, load_settings
from tests.lake import Lake

NEEDED = {
    "bronze_bucket": "b",
    "silver_bucket": "s",
    "quarantine_bucket": "q",
    "high_topic_arn": "h",
    "low_topic_arn": "l",
    "source": "s3://x/",
}


def test_settings_are_what_the_template_made(lake: Lake) -> None:
    assert lake.settings.bronze_bucket == lake.outputs["BronzeBucket"]
    assert lake.settings.high_topic_arn == lake.outputs["HighTopicArn"]
    assert lake.settings.source == f"s3://{lake.outputs['SourceBucket']}/deliveries/"
    assert lake.settings.evidence_settle_seconds == 1


def test_every_missing_parameter_is_named() -> None:
    with pytest.raises(SettingsError, match=r"/lake_gate/silver_bucket is missing; /lake_gate/source is missing"):
        Settings.from_parameters({k: v for k, v in NEEDED.items() if k not in {"silver_bucket", "source"}})


def test_parameter_that_is_no_number_is_named_and_its_value_is_not() -> None:
    with pytest.raises(SettingsError, match="evidence_settle_seconds must be a whole number") as error:
        Settings.from_parameters({**NEEDED, "evidence_settle_seconds": "soon"})
    assert "soon" not in str(error.value)


def test_local_sources_are_switched_off_unless_a_root_is_set() -> None:
    assert Settings.from_parameters(NEEDED).local_source_root == ""


def test_all_pages_of_parameters_are_read(lake: Lake) -> None:
    for number in range(25):
        boto3.client("ssm").put_parameter(Name=f"/lake_gate/a{number:02}", Value="x", Type="String")
    assert load_settings(boto3.client("ssm")) == lake.settings
