"""When the blows of `make compose-test CHAOS=1` fall; what becomes of the runs needs the stack itself."""

import pytest
import requests

from dev import compose_chaos
from dev.compose_chaos import Blow, Striker
from dev.compose_stack import Stack
from localaws.server import LocalAws

PROMOTING = Blow("worker", "promote", "running")


class RecordingStack(Stack):
    """A stack without containers: it records the commands of ``docker compose``."""

    def __init__(self, aws_url: str) -> None:
        self.aws_url = aws_url
        self.commands: list[tuple[str, ...]] = []

    def compose(self, *arguments: str, check: bool = True) -> None:
        self.commands.append(arguments)

    @property
    def holds_jobs(self) -> bool:
        return bool(requests.get(f"{self.aws_url}/localaws/macie2/dials", timeout=10).json()["job_held"])


@pytest.fixture
def stack(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> RecordingStack:
    monkeypatch.setattr(compose_chaos, "DOWN_SECONDS", 0)
    return RecordingStack(aws.endpoint_url)


def test_a_blow_falls_once_and_the_container_is_started_again(stack: RecordingStack) -> None:
    strike = Striker(stack, [PROMOTING])
    for state in ("queued", "running", "running"):
        strike({("promote", 0): "success", ("promote", 1): state})
    assert stack.commands == [("kill", "--signal", "SIGKILL", "worker"), ("start", "worker")]
    assert strike.left == []


def test_a_blow_whose_moment_never_came_is_left(stack: RecordingStack) -> None:
    strike = Striker(stack, [PROMOTING])
    strike({("promote", 0): "success", ("hold", 0): "running"})
    assert stack.commands == []
    assert strike.left == [PROMOTING]


def test_macie_s_job_is_held_until_the_first_blow(stack: RecordingStack) -> None:
    strike = Striker(stack, [Blow("triggerer", "await_job", "deferred"), PROMOTING])
    assert stack.holds_jobs
    strike({("await_job", -1): "deferred"})
    assert not stack.holds_jobs
    assert strike.left == [PROMOTING]


def test_an_undisturbed_run_has_jobs_that_nobody_holds(stack: RecordingStack) -> None:
    Striker(stack, [PROMOTING])
    Striker(stack, [])
    assert not stack.holds_jobs
