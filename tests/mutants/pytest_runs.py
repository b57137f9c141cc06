"""Runs pytest again and again in forks of a process that has loaded the libraries already.

Loading them takes most of the time of a run. Nothing of the repository is loaded before the fork, and nothing of
Airflow, which reads its environment while it is imported.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "boto3",
    "httpx",
    "libcst",
    "moto.cloudformation.models",
    "moto.server",
    *(f"moto.{service}.urls" for service in ("cloudwatch", "iam", "kms", "macie2", "s3", "sns", "sqs", "ssm", "sts")),
    "msgspec",
    "opentelemetry.sdk.trace",
    "pendulum",
    "pydantic",
    "pytest",
    "requests",
    "rich.console",
    "sqlalchemy.ext.asyncio",
    "structlog",
    "upath",
    "yaml",
)
DIED = -1


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run.

    :param code: exit code of pytest; :data:`DIED` if it ended without one, None if it did not end in time.
    :param failed: the first test that failed in itself (not in its fixtures), as pytest names it; None if none did.
    """

    code: int | None
    failed: str | None


class PytestRuns:
    """Process that runs pytest in forks of itself, one at a time."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, repo: Path, tests: Iterable[str], seconds: float) -> Result:
        """Run tests until the first one fails.

        :param repo: root of a repository.
        :param tests: files and names of tests.
        :param seconds: after which the run is killed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(repo), list(tests), seconds]), file=self._process.stdin, flush=True)
        return Result(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _serve() -> None:
    """Run what each line of the input asks for, and answer with a line."""
    for name in _LIBRARIES:
        import_module(name)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    for line in sys.stdin:
        repo, tests, seconds = json.loads(line)
        answer = Path(repo).with_name("result.json")
        answer.unlink(missing_ok=True)
        if not (pid := os.fork()):
            _run(repo, tests, answer)
        has_ended = _wait(pid, seconds)
        nothing = f"[{DIED}, null]" if has_ended else "[null, null]"
        print(answer.read_text() if answer.exists() else nothing, flush=True)


def _wait(pid: int, seconds: float) -> bool:
    """Return whether the process ends in time; kill it, and what it started, if it does not."""
    deadline = time.monotonic() + seconds
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        time.sleep(0.05)
    return True


def _run(repo: str, tests: list[str], answer: Path) -> None:
    """Run pytest, write what came of it, and end the process."""
    import pytest

    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.chdir(repo)
    paths = [f"{repo}/plugins", repo]
    sys.path[:0] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    # A file is changed and restored within a second, often at the same size: one compiled form would pass for both.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    failed = _FirstFailed()
    loaded = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    code = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-W", loaded, *tests], plugins=[failed])
    written = answer.with_suffix(".part")
    written.write_text(json.dumps([int(code), failed.name]))
    written.rename(answer)
    os._exit(0)


class _FirstFailed:
    """Plugin of pytest that keeps the first test that failed."""

    name: str | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and report.when == "call" and self.name is None:
            self.name = report.nodeid


if __name__ == "__main__":
    _serve()
