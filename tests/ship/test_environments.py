"""Environment files, and the check of the account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from localaws.server import LocalAws
from ops.stacks import ORDER
from ship.environments import read_environment
from tests.ship.small_stacks import write_environment


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"account": None}, "'account' is a required property"),
        ({"account": "12345"}, "account: '12345' does not match"),
        ({"account": 123456789012}, "account: 123456789012 is not of type 'string'"),
        ({"region": "Frankfurt"}, "region: 'Frankfurt' does not match"),
        ({"name_prefix": "Lake_1"}, "name_prefix: 'Lake_1' does not match"),
        ({"parameters": {"AlertEmail": None}}, "parameters.AlertEmail: None is not of type 'string'"),
        ({"parameters": {"NamePrefix": "other"}}, "set NamePrefix by name_prefix only"),
        ({"stacks": ["lake"]}, r"stacks\[0\]: 'lake' is not one of"),
        ({"profile": "prod"}, "'profile' was unexpected"),
    ],
    ids=str,
)
def test_file_is_refused_with_the_key_and_its_problem(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SystemExit, match=complaint):
        read_environment("test", write_environment(tmp_path, **changes))


def test_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test.json").write_text("{")
    with pytest.raises(SystemExit, match="is not valid JSON"):
        read_environment("test", tmp_path)


@pytest.mark.parametrize("name", ["other", "", "../test"])
def test_unknown_name_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(SystemExit, match=r"to one of: test$"):
        read_environment(name, write_environment(tmp_path))


def test_all_stacks_are_deployed_in_order_when_the_file_names_none(tmp_path: Path) -> None:
    assert read_environment("test", write_environment(tmp_path)).stacks == ORDER


def test_stacks_keep_their_order_when_the_file_leaves_some_out(tmp_path: Path) -> None:
    environment = read_environment("test", write_environment(tmp_path, stacks=["access", "pipeline"]))
    assert environment.stacks == ("pipeline", "access")


def test_example_is_valid() -> None:
    assert read_environment("example").account == "123456789012"


def test_account_of_the_file_passes(aws: LocalAws, tmp_path: Path) -> None:
    caller = read_environment("test", write_environment(tmp_path)).check_account()
    assert caller == boto3.client("sts").get_caller_identity()["Arn"]


@pytest.mark.parametrize(
    ("caller", "deployers"),
    [
        (
            "arn:aws:sts::123456789012:assumed-role/deploys/anna",
            "arn:aws:iam::123456789012:role/deploys,arn:aws:iam::123456789012:role/*/deploys",
        ),
        ("arn:aws:iam::123456789012:user/team/anna", "arn:aws:iam::123456789012:user/team/anna"),
        ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"),
    ],
)
def test_caller_is_the_deployer_unless_the_file_names_others(tmp_path: Path, caller: str, deployers: str) -> None:
    environment = read_environment("test", write_environment(tmp_path))
    assert environment.deployed_by(caller).given["DeployerArns"] == deployers
    named = read_environment("test", write_environment(tmp_path, parameters={"DeployerArns": "arn:aws:iam::1:role/ci"}))
    assert named.deployed_by(caller).given["DeployerArns"] == "arn:aws:iam::1:role/ci"


def test_other_account_is_refused_with_the_account_of_the_credentials(aws: LocalAws, tmp_path: Path) -> None:
    environment = read_environment("test", write_environment(tmp_path, account="210987654321"))
    with pytest.raises(
        SystemExit, match=r"test is account 210987654321, but the credentials are of account 123456789012"
    ):
        environment.check_account()


def test_account_is_not_guessed_when_aws_does_not_respond(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SystemExit, match="No valid AWS credentials"):
        read_environment("test", write_environment(tmp_path)).check_account()
