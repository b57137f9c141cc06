"""Starts and stops background processes by their own process ids, kept in ``.local/``."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.paths import LOGS, REPO, STATE


@dataclass(frozen=True, slots=True)
class Service:
    """A background process that a command of this repo started.

    :param started: when the system says that the process began; a recycled process id has another one.
    """

    name: str
    pid: int
    started: str
    url: str

    @property
    def is_running(self) -> bool:
        """Whether that very process is still there."""
        return _started(self.pid) == self.started


def running(name: str) -> Service | None:
    """Return the service of that name when it is running."""
    try:
        service = Service(**json.loads(_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return service if service.is_running else None


def start(
    name: str, command: list[str], environment: dict[str, str], url: str | Callable[[], str | None], seconds: float
) -> Service:
    """Start a process in a session of its own, logging to ``.local/logs/<name>.log``.

    :param url: where it serves, or a function that says so once it is known.
    :param seconds: how long to wait for the url.
    :raises SystemExit: when it ends or stays silent; with the end of its log.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=REPO,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Written down at once: what is started and never becomes ready must still be found by `make down`.
    service = Service(name, process.pid, _started(process.pid), url if isinstance(url, str) else "")
    _file(name).write_text(json.dumps(asdict(service)))
    if callable(url):
        found = wait_for(url, seconds, lambda: _ended(process, log))
        service = Service(name, service.pid, service.started, found)
        _file(name).write_text(json.dumps(asdict(service)))
    return service


def wait_for[T](look: Callable[[], T | None], seconds: float, check: Callable[[], None]) -> T:
    """Return what ``look`` finds, looking until it finds something.

    :param check: called between two looks; raises when waiting has become pointless.
    :raises SystemExit: when the time is over.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        check()
        time.sleep(0.1)
    raise SystemExit(f"Nothing answered within {seconds:.0f} seconds; look into {LOGS}")


def stop(service: Service, seconds: float = 30) -> None:
    """Ask the process group of the service to end, and insist when it does not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not service.is_running:
            break
        os.killpg(service.pid, sign)
        end = time.monotonic() + seconds
        while service.is_running and time.monotonic() < end:
            time.sleep(0.1)
    # The leader may be gone before its children: what is left of its session goes with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(service.pid, signal.SIGKILL)
    _file(service.name).unlink(missing_ok=True)


def _ended(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SystemExit(f"{log.stem} ended at once (exit code {process.returncode}):\n{tail}")


def _file(name: str) -> Path:
    return STATE / f"{name}.json"


def _started(pid: int) -> str:
    """Return the start time of a process as ``ps`` tells it, or nothing when there is no such process."""
    shown = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    if not shown or shown.startswith("Z"):
        return ""
    return shown.partition(" ")[2].strip()


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python with the arguments."""
    return [sys.executable, *arguments]
