"""The delivery that a run with an empty form takes on a laptop."""

from __future__ import annotations

import boto3
import pytest

from dev import sample
from tests.lake import Lake


def names(lake: Lake) -> list[str]:
    listed = lake.s3.list_objects_v2(Bucket=lake.outputs["SourceBucket"]).get("Contents", [])
    return [item["Key"] for item in listed]


def test_sample_is_where_the_setting_source_points_to(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "PATIENTS", 2)
    sample.deliver_sample(lake.outputs["SourceBucket"])
    source = boto3.client("ssm").get_parameter(Name="/lake_gate/source")["Parameter"]["Value"]
    assert source == f"s3://{lake.outputs['SourceBucket']}/{sample.PREFIX}"
    assert {"deliveries/patients.csv", "deliveries/providers.csv"} <= set(names(lake))


def test_delivery_that_is_there_is_left_alone(lake: Lake) -> None:
    lake.s3.put_object(Bucket=lake.outputs["SourceBucket"], Key="deliveries/own.csv", Body=b"A\n1\n")
    sample.deliver_sample(lake.outputs["SourceBucket"])
    assert names(lake) == ["deliveries/own.csv"]
