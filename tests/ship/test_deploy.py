"""Change sets, deployments and their failures on the local AWS, by the very calls that AWS gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from localaws.server import LocalAws
from ops.stacks import LOCAL
from ship import mwaa
from ship.deploy import deploy
from ship.deployment import Deployment
from ship.destroy import destroy
from ship.environments import Environment
from ship.preview import preview
from tests.ship.small_stacks import Deployed, write_environment, write_files

pytestmark = pytest.mark.slow

ALL = {f"lake-{name}": "CREATE_COMPLETE" for name in ("storage", "pipeline", "access", "watch", "airflow")}


@pytest.fixture
def small(aws: LocalAws, tmp_path: Path) -> Deployed:
    return Deployed(tmp_path)


@pytest.fixture
def deployed(small: Deployed) -> Deployed:
    deploy(small.deployment())
    return small


def versions_of(key: str) -> list[str]:
    """Version ids of an object, the newest first."""
    listed = boto3.client("s3").list_object_versions(Bucket="lake-airflow", Prefix=key)["Versions"]
    return [version["VersionId"] for version in sorted(listed, key=lambda version: not version["IsLatest"])]


def test_deployed_environment_has_all_stacks_and_files(deployed: Deployed) -> None:
    assert deployed.stacks() == ALL
    assert deployed.setting("/lake/bronze") == "lake-bronze"
    assert deployed.objects("lake-airflow") == {
        "plugins.zip": "plugins 1",
        "requirements.txt": "requirements 1",
        "dags/gate.py": "dag 1",
        "dags/.airflowignore": "include/",
        "dags/include/policies/default.json": "{}",
    }


def test_environment_takes_the_versions_that_were_uploaded(deployed: Deployed) -> None:
    (plugins,), (requirements,) = versions_of("plugins.zip"), versions_of("requirements.txt")
    assert deployed.setting("/lake/airflow") == f"{plugins} {requirements}"


def test_progress_names_each_resource_of_a_new_stack(deployed: Deployed) -> None:
    lines = [line.split() for line in deployed.shown]
    assert ["CREATE_COMPLETE", "Bronze"] in [line[1:3] for line in lines]
    assert ["CREATE_COMPLETE", "lake-storage"] in [line[1:3] for line in lines]


def test_nothing_changes_when_it_is_deployed_again(deployed: Deployed) -> None:
    deploy(deployed.deployment())
    assert deployed.stacks() == ALL
    assert "lake-storage: unchanged" in deployed.shown
    assert "s3://lake-airflow/dags/: 0 uploaded, 0 deleted" in deployed.shown
    assert len(versions_of("plugins.zip")) == 1


def test_environment_is_updated_when_plugins_have_changed(deployed: Deployed) -> None:
    write_files(deployed.dist, {"plugins.zip": "plugins 2"})
    deploy(deployed.deployment())
    assert deployed.stacks() == {**ALL, "lake-airflow": "UPDATE_COMPLETE"}
    new, _ = versions_of("plugins.zip")
    (requirements,) = versions_of("requirements.txt")
    assert deployed.setting("/lake/airflow") == f"{new} {requirements}"


def test_environment_is_left_alone_when_only_dags_have_changed(deployed: Deployed) -> None:
    write_files(deployed.dist, {"dags/gate.py": "dag 2", "dags/new.py": "new"})
    (deployed.dist / "dags/include/policies/default.json").unlink()
    deploy(deployed.deployment())
    assert deployed.stacks() == ALL
    objects = deployed.objects("lake-airflow")
    assert (objects["dags/gate.py"], objects["dags/new.py"]) == ("dag 2", "new")
    assert "dags/include/policies/default.json" not in objects
    assert "s3://lake-airflow/dags/: 2 uploaded, 1 deleted" in deployed.shown


def test_objects_that_are_not_managed_stay_in_the_bucket(deployed: Deployed) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket="lake-airflow", Key="dags/theirs.py", Body=b"theirs")
    s3.put_object(Bucket="lake-airflow", Key="notes.txt", Body=b"theirs")
    deploy(deployed.deployment())
    assert {"dags/theirs.py", "notes.txt"} <= set(deployed.objects("lake-airflow"))


def test_object_that_is_not_managed_is_not_overwritten(deployed: Deployed) -> None:
    boto3.client("s3").put_object(Bucket="lake-airflow", Key="plugins.zip", Body=b"theirs")
    with pytest.raises(SystemExit, match=r"plugins.zip exists and was not uploaded by this command"):
        deploy(deployed.deployment())
    assert deployed.objects("lake-airflow")["plugins.zip"] == "theirs"


def test_bucket_and_key_of_ones_own_are_used_when_the_file_names_them(small: Deployed) -> None:
    own = {"BronzeBucket": "mine", "KeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}
    write_environment(small.folder, stacks=["pipeline", "access"], parameters=own)
    deploy(small.deployment())
    assert set(small.stacks()) == {"lake-pipeline", "lake-access"}
    assert small.setting("/lake/bronze") == "mine"
    assert small.shown[-1].startswith("No AirflowBucket")


def test_nothing_is_done_when_a_value_will_never_come(small: Deployed) -> None:
    write_environment(small.folder, parameters={})
    with pytest.raises(SystemExit, match=r"airflow.yaml needs SubnetIds, which no earlier stack provides"):
        deploy(small.deployment())
    assert small.stacks() == {}


def test_nothing_is_done_when_the_file_names_a_parameter_that_no_template_has(small: Deployed) -> None:
    write_environment(small.folder, parameters={"Subnets": "subnet-1"})
    with pytest.raises(SystemExit, match="no template has the parameters Subnets"):
        small.deployment()


@pytest.mark.parametrize("do", [deploy, preview])
def test_nothing_is_done_without_a_package(small: Deployed, do: Callable[[Deployment], None]) -> None:
    (small.dist / "plugins.zip").unlink()
    with pytest.raises(SystemExit, match=r"has no plugins.zip: run make package"):
        do(small.deployment())
    assert small.stacks() == {}


def test_nothing_is_done_in_another_account(small: Deployed) -> None:
    write_environment(small.folder, account="210987654321")
    with pytest.raises(SystemExit, match="Refused"):
        small.deployment()


def test_first_failure_is_shown_and_resources_are_removed_when_a_creation_fails(small: Deployed) -> None:
    small.edit("pipeline", "Type: AWS::SSM::Parameter\n    Properties", "Type: AWS::S3::BucketPolicy\n    Properties")
    with pytest.raises(
        SystemExit, match=r"(?s)lake-pipeline is ROLLBACK_COMPLETE. The first failure was Setting: .*All resources of"
    ):
        deploy(small.deployment())
    assert small.stacks() == {"lake-storage": "CREATE_COMPLETE", "lake-pipeline": "ROLLBACK_COMPLETE"}


def test_failed_stack_is_created_again_when_its_cause_is_fixed(small: Deployed) -> None:
    small.edit("pipeline", "Type: AWS::SSM::Parameter\n    Properties", "Type: AWS::S3::BucketPolicy\n    Properties")
    with pytest.raises(SystemExit, match="ROLLBACK_COMPLETE"):
        deploy(small.deployment())
    small.edit("pipeline", "AWS::S3::BucketPolicy", "AWS::SSM::Parameter")
    deploy(small.deployment())
    assert small.stacks() == ALL


def test_stack_is_as_before_when_an_update_fails(deployed: Deployed) -> None:
    deployed.edit(
        "access", "Resources:", "Resources:\n  Bad: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none}}"
    )
    with pytest.raises(
        SystemExit,
        match=r"(?s)lake-access is UPDATE_ROLLBACK_COMPLETE.*failure was Bad.*has its previous state",
    ):
        deploy(deployed.deployment())
    deployed.edit("access", "  Bad: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none}}", "")
    deploy(deployed.deployment())


def test_dags_stay_when_the_environment_cannot_be_updated(deployed: Deployed) -> None:
    write_files(deployed.dist, {"plugins.zip": "plugins 2", "dags/gate.py": "dag 2"})
    deployed.edit(
        "airflow", "Resources:", "Resources:\n  Bad: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: none}}"
    )
    with pytest.raises(SystemExit, match="UPDATE_ROLLBACK_COMPLETE"):
        deploy(deployed.deployment())
    assert deployed.objects("lake-airflow")["dags/gate.py"] == "dag 1"


def test_watching_ends_at_the_deadline(deployed: Deployed) -> None:
    changer = replace(deployed.deployment().changer, deadline_seconds=-1, poll_seconds=0)
    # CloudFormation shows no event of the deletion.
    changer.client.meta.events.register(
        "after-call.cloudformation.DescribeStackEvents", lambda parsed, **_: parsed.update(StackEvents=[])
    )
    with pytest.raises(SystemExit, match=r"lake-storage/.* did not finish within .*CloudFormation continues"):
        changer.delete("lake-storage")


def test_change_set_of_new_stacks_shows_their_resources_and_is_deleted(
    small: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    preview(small.deployment())
    printed = capsys.readouterr().out
    assert [line.split() for line in printed.splitlines() if "AWS::S3::Bucket" in line] == [
        ["Add", "Bronze", "AWS::S3::Bucket"],
        ["Add", "Airflow", "AWS::S3::Bucket"],
    ]
    assert "lake-pipeline: all 2 resources are new" in small.text
    assert "which provide BronzeBucket" in small.text
    assert small.stacks() == {}
    assert boto3.client("cloudformation").list_change_sets(StackName="lake-storage")["Summaries"] == []


def test_change_set_shows_a_change_and_makes_none(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    write_environment(deployed.folder, parameters={"SubnetIds": "subnet-1,subnet-2", "AlertEmail": "a@example.com"})
    write_files(deployed.dist, {"plugins.zip": "plugins 2", "dags/new.py": "new"})
    (deployed.dist / "dags/gate.py").unlink()
    preview(deployed.deployment())
    printed = capsys.readouterr().out
    assert "lake-storage: no changes" in printed
    assert ["Add", "Email", "AWS::SSM::Parameter"] in [line.split() for line in printed.splitlines()]
    assert ["Modify", "Environment", "AWS::SSM::Parameter"] in [line.split() for line in printed.splitlines()]
    assert deployed.shown == [
        "upload  s3://lake-airflow/plugins.zip",
        "upload  s3://lake-airflow/dags/new.py",
        "delete  s3://lake-airflow/dags/gate.py",
    ]
    assert deployed.stacks() == ALL
    assert deployed.objects("lake-airflow")["plugins.zip"] == "plugins 1"


def test_change_set_shows_no_changes_for_an_unchanged_deployment(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    preview(deployed.deployment())
    assert [line for line in capsys.readouterr().out.splitlines() if "no changes" not in line] == []
    assert deployed.shown == ["s3://lake-airflow already has the package"]


def test_our_own_stacks_are_deployed_and_destroyed(small: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """By change sets, as in AWS; what sets up the local AWS for the other tests makes them at once."""
    updated: list[str] = []
    monkeypatch.setattr(mwaa, "update", lambda client, name, *_: updated.append(name))
    environment = Environment("own", "us-east-1", "123456789012", "lake", {"EnvironmentName": "theirs"}, LOCAL)

    def deployment() -> Deployment:
        small.shown.clear()
        return Deployment.checked(environment, dist=small.dist, show=small.shown.append, poll_seconds=0)

    deploy(deployment())
    assert small.stacks() == {f"lake-{name}": "CREATE_COMPLETE" for name in LOCAL}
    deploy(deployment())
    assert [line for line in small.shown if line.startswith("lake-")] == [f"lake-{n}: unchanged" for n in LOCAL]
    assert updated == ["theirs", "theirs"]
    destroy(deployment(), lambda: "own")
    assert small.stacks() == {}
    s3 = boto3.client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert len(buckets) == 6
    for bucket in buckets:
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
        assert f"aws s3 rb s3://{bucket}" in small.text
    assert '"QuarantineKeyArn": "arn:aws:kms:us-east-1:123456789012:key/' in small.shown[-1]
