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

import psutil

from dev.paths import LOGS, REPO, STATE

children: dict[int, subprocess.Popen[bytes]] = {}
"""What this very process started: it has to be waited for when it ends, or it stays behind as a zombie."""


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
        return bool(self.started) and start_time_of(self.pid) == self.started


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
    :raises SystemExit: when it ends before it serves, with the end of its log; or when it stays silent.
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
    children[process.pid] = process
    # Written down at once: what is started and never becomes ready must still be found by `make down`.
    service = Service(name, process.pid, start_time_of(process.pid), url if isinstance(url, str) else "")
    _file(name).write_text(json.dumps(asdict(service)))
    if callable(url):
        found = wait_for(url, seconds, lambda: _check_alive(service, process, log))
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
    """Ask the process group of the service to end, and insist when it does not.

    What is no longer that very process is left alone: its id may belong to somebody else by now.
    """
    if service.is_running:
        _signal_group(service, signal.SIGTERM)
        end = time.monotonic() + seconds
        while service.is_running and time.monotonic() < end:
            time.sleep(0.1)
        # Also when the leader has gone: as long as a child of it is left, nobody else can get the group's id.
        _signal_group(service, signal.SIGKILL)
    _forget(service)


def _check_alive(service: Service, process: subprocess.Popen[bytes], log: Path) -> None:
    if not service.is_running:
        # What it started before it ended; not yet waited for, it still keeps the group's id from everybody else.
        _signal_group(service, signal.SIGKILL)
        _forget(service)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SystemExit(f"{service.name} ended at once (exit code {process.returncode}):\n{tail}")


def _signal_group(service: Service, sign: signal.Signals) -> None:
    # macOS refuses, with a PermissionError, to signal a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(service.pid, sign)


def _forget(service: Service) -> None:
    if process := children.pop(service.pid, None):
        process.wait()
    _file(service.name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    return STATE / f"{name}.json"


def start_time_of(pid: int) -> str:
    """Return the start time of a process as the system tells it, or nothing when there is no such process."""
    return start_time_by_proc(pid) if Path("/proc/self/stat").exists() else start_time_by_psutil(pid)


def start_time_by_proc(pid: int) -> str:
    """Read it in clock ticks since the boot, which is named too: psutil's moves when Linux's clock is set.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, ticks = fields[0], fields[19]
    return "" if state in "ZX" else f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {ticks}"


def start_time_by_psutil(pid: int) -> str:
    """Ask psutil, as on macOS."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return ""


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python with the arguments."""
    return [sys.executable, *arguments]
