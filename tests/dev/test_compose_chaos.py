"""Timing of the kills of `make compose-test CHAOS=1`; the outcome of the runs needs the stack itself."""

import pytest
import requests

from dev import compose_chaos
from dev.compose_chaos import Kill, Killer
from dev.compose_stack import Stack
from localaws.server import LocalAws

PROMOTING = Kill("worker", "promote", "running")


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


def test_a_kill_happens_once_and_the_container_is_started_again(stack: RecordingStack) -> None:
    kill_due = Killer(stack, [PROMOTING])
    for state in ("queued", "running", "running"):
        kill_due({("promote", 0): "success", ("promote", 1): state})
    assert stack.commands == [("kill", "--signal", "SIGKILL", "worker"), ("start", "worker")]
    assert kill_due.pending == []


def test_a_kill_that_was_never_due_is_pending(stack: RecordingStack) -> None:
    kill_due = Killer(stack, [PROMOTING])
    kill_due({("promote", 0): "success", ("hold", 0): "running"})
    assert stack.commands == []
    assert kill_due.pending == [PROMOTING]


def test_macie_s_job_is_held_until_the_first_kill(stack: RecordingStack) -> None:
    kill_due = Killer(stack, [Kill("triggerer", "await_job", "deferred"), PROMOTING])
    assert stack.holds_jobs
    kill_due({("await_job", -1): "deferred"})
    assert not stack.holds_jobs
    assert kill_due.pending == [PROMOTING]


def test_jobs_of_an_undisturbed_run_are_not_held(stack: RecordingStack) -> None:
    Killer(stack, [PROMOTING])
    Killer(stack, [])
    assert not stack.holds_jobs
