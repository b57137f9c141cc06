"""Removing an environment: what goes, what stays, and that it is not done by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from localaws.server import LocalAws
from ship.deploy import deploy
from ship.destroy import destroy
from tests.ship.small_stacks import Deployed, write_environment


@pytest.fixture
def deployed(aws: LocalAws, tmp_path: Path) -> Deployed:
    small = Deployed(tmp_path)
    deploy(small.deployment())
    return small


def test_stacks_go_and_buckets_and_keys_stay_when_an_environment_is_destroyed(deployed: Deployed) -> None:
    key = boto3.client("kms").list_keys()["Keys"][0]["KeyId"]
    destroy(deployed.deployment(), lambda: "test")
    assert deployed.stacks() == {}
    assert deployed.objects("lake-airflow")["plugins.zip"] == "plugins 1"
    order = [line.strip() for line in deployed.shown if line.startswith("  lake-")]
    assert order == ["lake-airflow", "lake-watch", "lake-access", "lake-pipeline", "lake-storage"]
    for name in ("lake-bronze", "lake-airflow"):
        assert f"  S3 Bucket {name}\n" in deployed.text
        assert f"aws s3 rb s3://{name}" in deployed.text
    assert f"aws kms schedule-key-deletion --key-id {key}" in deployed.text


def test_retained_resources_can_be_used_again_as_printed(deployed: Deployed) -> None:
    destroy(deployed.deployment(), lambda: "test")
    again = json.loads(deployed.shown[-1])
    assert set(again) == {"BronzeBucket", "AirflowBucket", "KeyArn"}
    stacks = ["pipeline", "access", "watch", "airflow"]
    write_environment(deployed.folder, stacks=stacks, parameters={**again, "SubnetIds": "subnet-1"})
    deploy(deployed.deployment())
    assert set(deployed.stacks()) == {f"lake-{name}" for name in stacks}
    assert deployed.setting("/lake/bronze") == "lake-bronze"


def test_no_stack_is_deleted_when_another_name_is_typed(deployed: Deployed) -> None:
    before = deployed.stacks()
    with pytest.raises(SystemExit, match="Another name was typed"):
        destroy(deployed.deployment(), lambda: "tset")
    assert deployed.stacks() == before


def test_no_confirmation_is_requested_without_stacks(aws: LocalAws, tmp_path: Path) -> None:
    small = Deployed(tmp_path)
    destroy(small.deployment(), lambda: pytest.fail("confirmation requested"))
    assert small.shown == ["test has no stacks in us-east-1."]
