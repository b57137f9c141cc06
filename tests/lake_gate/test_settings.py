"""Settings from Parameter Store."""

from __future__ import annotations

import boto3
import pytest

from lake_gate.errors import SettingsError
from lake_gate.settings import Settings, load_settings, load_source
from tests.lake import Lake

NEEDED = {
    "bronze_bucket": "b",
    "silver_bucket": "s",
    "quarantine_bucket": "q",
    "high_topic_arn": "h",
    "low_topic_arn": "l",
}


def test_settings_are_what_the_template_made(lake: Lake) -> None:
    assert lake.settings.bronze_bucket == lake.outputs["BronzeBucket"]
    assert lake.settings.high_topic_arn == lake.outputs["HighTopicArn"]
    assert load_source(boto3.client("ssm")) == f"s3://{lake.outputs['SourceBucket']}/deliveries/"
    assert lake.settings.evidence_settle_seconds == 1


def test_every_missing_parameter_is_named() -> None:
    with pytest.raises(SettingsError, match=r"silver_bucket is missing; /lake_gate/low_topic_arn is missing"):
        Settings.from_parameters({k: v for k, v in NEEDED.items() if k not in {"silver_bucket", "low_topic_arn"}})


def test_parameter_that_is_no_number_is_named_and_its_value_is_not() -> None:
    with pytest.raises(SettingsError, match="evidence_settle_seconds must be a whole number") as error:
        Settings.from_parameters({**NEEDED, "evidence_settle_seconds": "soon"})
    assert "soon" not in str(error.value)


@pytest.mark.parametrize("twice", [("bronze", "silver"), ("silver", "quarantine"), ("bronze", "quarantine")])
def test_one_bucket_for_two_layers_is_refused(twice: tuple[str, str]) -> None:
    with pytest.raises(SettingsError, match="must be three different buckets"):
        Settings.from_parameters({**NEEDED, **{f"{layer}_bucket": "same" for layer in twice}})


def test_evidence_that_could_never_settle_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be less than"):
        Settings.from_parameters({**NEEDED, "evidence_settle_seconds": "60", "evidence_deadline_seconds": "60"})


def test_settings_that_go_into_xcom_hold_no_address_of_a_source(lake: Lake) -> None:
    boto3.client("ssm").put_parameter(
        Name="/lake_gate/source", Value="https://user:secret@x/y.zip", Type="SecureString", Overwrite=True
    )
    assert "secret" not in str(load_settings(boto3.client("ssm")).to_json())
    assert "secret" in load_source(boto3.client("ssm"))


def test_missing_source_is_named(lake: Lake) -> None:
    boto3.client("ssm").delete_parameter(Name="/lake_gate/source")
    with pytest.raises(SettingsError, match="/lake_gate/source is missing"):
        load_source(boto3.client("ssm"))


def test_local_sources_are_switched_off_unless_a_root_is_set() -> None:
    assert Settings.from_parameters(NEEDED).local_source_root == ""


def test_all_pages_of_parameters_are_read(lake: Lake) -> None:
    for number in range(25):
        boto3.client("ssm").put_parameter(Name=f"/lake_gate/a{number:02}", Value="x", Type="String")
    assert load_settings(boto3.client("ssm")) == lake.settings


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", "s3://lake/deliveries/"),
        ("clinic/2026-11-24/", "s3://lake/deliveries/clinic/2026-11-24/"),
        ("s3://else/where/", "s3://else/where/"),
        ("https://example.org/d.zip", "https://example.org/d.zip"),
        ("/deliveries/clinic", "/deliveries/clinic"),
        ("~/clinic", "~/clinic"),
    ],
)
def test_source_of_a_feed_is_below_the_one_of_the_settings(lake: Lake, source: str, expected: str) -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/lake_gate/source", Value="s3://lake/deliveries/", Overwrite=True)
    assert load_source(ssm, source) == expected


def test_topics_of_a_feed_take_the_place_of_the_common_ones(lake: Lake) -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/lake_gate/clinic_topic_arn", Value="arn:aws:sns:x:1:clinic", Type="String")
    settings = load_settings(ssm, topics={"high_topic_arn": "clinic_topic_arn", "low_topic_arn": "low_topic_arn"})
    assert (settings.high_topic_arn, settings.low_topic_arn) == ("arn:aws:sns:x:1:clinic", lake.settings.low_topic_arn)


def test_topic_of_a_feed_that_no_parameter_names_is_an_error(lake: Lake) -> None:
    with pytest.raises(SettingsError, match="/lake_gate/clinic_topic_arn is missing"):
        load_settings(boto3.client("ssm"), topics={"high_topic_arn": "clinic_topic_arn"})


@pytest.mark.parametrize("price", ["1", "0.85", "12.5"])
def test_price_is_a_number(price: str) -> None:
    assert Settings.from_parameters({**NEEDED, "scan_usd_per_gb": price}).scan_usd_per_gb == float(price)


@pytest.mark.parametrize("price", ["", "free", "-1", "nan", "1e3", "1.", "inf"])
def test_price_that_is_no_plain_number_is_refused(price: str) -> None:
    with pytest.raises(SettingsError, match="scan_usd_per_gb must be a number"):
        Settings.from_parameters({**NEEDED, "scan_usd_per_gb": price})


def test_missing_required_settings_are_named() -> None:
    settings = Settings.from_parameters({**NEEDED, "results_bucket": "r"})
    assert settings.require("results_bucket", "bronze_bucket") is settings
    with pytest.raises(SettingsError, match=r": /lake_gate/results_key_arn is missing\. Correct"):
        settings.require("results_bucket", "results_key_arn")
