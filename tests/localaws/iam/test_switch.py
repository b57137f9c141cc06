"""The switch of IAM, and the questions that it keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from localaws.iam.switch import switch
from localaws.server import LocalAws
from tests.localaws.conftest import error_of, request
from tests.localaws.iam.conftest import ROLE_ARN, AsRole, allow, deny
from tests.localaws.iam.test_enforcement import SWITCH
from tests.localaws.waiting import until

ROOT = Path(__file__).parents[3]


def test_nothing_is_refused_until_it_is_switched_on(as_role: AsRole, aws: LocalAws) -> None:
    s3 = as_role()("s3")
    assert request(aws, "PUT", SWITCH, {"enforced": False})[0] == 200
    assert s3.list_buckets()["Buckets"] == []
    assert request(aws, "GET", SWITCH)[1] == {"enforced": False, "asked": []}
    request(aws, "PUT", SWITCH, {"enforced": True})
    assert error_of(s3.list_buckets)[0] == "AccessDenied"


@pytest.mark.parametrize("body", [None, {}, {"enforced": "yes"}, {"enforced": True, "more": 1}, ["enforced"]])
def test_the_switch_takes_nothing_else(enforced: LocalAws, body: Any) -> None:
    assert request(enforced, "PUT", SWITCH, body)[0] == 400
    assert request(enforced, "GET", SWITCH)[1]["enforced"] is True
    assert request(enforced, "POST", SWITCH)[0] == 405


@pytest.mark.parametrize(("method", "path"), [("DELETE", SWITCH), ("POST", "/moto-api/reset")])
def test_a_reset_switches_off_and_forgets(as_role: AsRole, enforced: LocalAws, method: str, path: str) -> None:
    error_of(as_role()("s3").list_buckets)
    assert request(enforced, "GET", SWITCH)[1]["asked"]
    assert request(enforced, method, path)[0] == 200
    assert request(enforced, "GET", SWITCH)[1] == {"enforced": False, "asked": []}


def test_a_server_that_starts_with_it_comes_back_to_it(aws: LocalAws) -> None:
    try:
        switch.start_with(True)
        assert request(aws, "PUT", SWITCH, {"enforced": False})[1]["enforced"] is False
        assert request(aws, "DELETE", SWITCH)[1]["enforced"] is True
    finally:
        switch.start_with(False)


@pytest.mark.parametrize(("setting", "is_on"), [("true", True), ("false", False)])
def test_the_environment_of_the_server_says_how_it_starts(tmp_path: Path, setting: str, is_on: bool) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "localaws.server", "--port-file", str(port_file)]
    environment = {**os.environ, "LOCALAWS_ENFORCE_IAM": setting}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            port = until(lambda: port_file.exists() and port_file.read_text(), "the port file").strip()
            returned = requests.get(f"http://127.0.0.1:{port}{SWITCH}", timeout=10).json()
        finally:
            process.kill()
    assert returned == {"enforced": is_on, "asked": []}


def test_decisions_are_listed_with_the_statement_that_decided(as_role: AsRole, enforced: LocalAws) -> None:
    topics = allow("sns:ListTopics", Sid="Topics")
    gate = as_role(topics, deny("sqs:*", Sid="NoQueues"))
    for _ in range(2):
        gate("sns").list_topics()
    error_of(gate("sqs").list_queues)
    error_of(gate("ssm").describe_parameters)
    returned = request(enforced, "GET", SWITCH)[1]["asked"]
    common = {"principal": ROLE_ARN, "resource": "*"}
    assert returned == [
        {**common, "action": "sns:ListTopics", "allowed": True, "by": "Topics", "times": 2},
        {**common, "action": "sqs:ListQueues", "allowed": False, "by": "NoQueues", "times": 1},
        {**common, "action": "ssm:DescribeParameters", "allowed": False, "by": "", "times": 1},
    ]
