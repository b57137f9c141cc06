"""Background processes: start and stop by process id, stored in ``.local/``."""

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
"""Processes that this process has started: it must wait for them when they end, or they stay zombies."""


@dataclass(frozen=True, slots=True)
class Service:
    """A background process that a command of this repo started.

    :param started: start time of the process according to the system; a recycled process id has another one.
    """

    name: str
    pid: int
    started: str
    url: str

    @property
    def is_running(self) -> bool:
        """Whether the process is still running."""
        return bool(self.started) and start_time_of(self.pid) == self.started


def running(name: str) -> Service | None:
    """Return the service of that name if it is running."""
    service = _read(name)
    return service if service and service.is_running else None


def ready(name: str) -> Service | None:
    """Return the service of that name if it is running and serves.

    :raises SystemExit: while another command starts it, and after the start was interrupted.
    """
    service = running(name)
    if service and not service.url:
        raise SystemExit(f"Another command is starting {name}: wait for it. If none is: make down, then try again")
    return service


def start(
    name: str, command: list[str], environment: dict[str, str], url: str | Callable[[], str | None], seconds: float
) -> Service:
    """Start a process in a new session, logging to ``.local/logs/<name>.log``.

    :param url: the URL of the service, or a function that returns it once it is known.
    :param seconds: how long to wait for the URL.
    :raises SystemExit: when it ends before it serves, with the end of its log, or when the time is over.
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
    # Written at once: `make down` must also stop a process that never becomes ready.
    service = Service(name, process.pid, start_time_of(process.pid), url if isinstance(url, str) else "")
    _file(name).write_text(json.dumps(asdict(service)))
    if callable(url):
        found = wait_for(url, seconds, lambda: _check_alive(service, process, log))
        service = Service(name, service.pid, service.started, found)
        _file(name).write_text(json.dumps(asdict(service)))
    return service


def wait_for[T](probe: Callable[[], T | None], seconds: float, check: Callable[[], None]) -> T:
    """Call ``probe`` until it returns a value, and return that.

    :param check: called between two calls; raises to end the wait.
    :raises SystemExit: when the time is over.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := probe()) is not None:
            return found
        check()
        time.sleep(0.1)
    raise SystemExit(f"The service was not ready within {seconds:.0f} seconds; see the logs in {LOGS}")


def stop(service: Service, seconds: float = 30) -> None:
    """Terminate the process group of the service, and kill it if it does not end.

    A process with another start time is left alone: it has a recycled id.
    """
    if service.is_running:
        _signal_group(service, signal.SIGTERM)
        end = time.monotonic() + seconds
        while service.is_running and time.monotonic() < end:
            time.sleep(0.1)
        # Also after the leader has ended: while a child of it is running, the group's id is not recycled.
        _signal_group(service, signal.SIGKILL)
    _forget(service)


def _check_alive(service: Service, process: subprocess.Popen[bytes], log: Path) -> None:
    if not service.is_running:
        # Kills its children; the group's id is not recycled before this process has waited for the leader.
        _signal_group(service, signal.SIGKILL)
        _forget(service)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise SystemExit(f"{service.name} ended at once (exit code {process.returncode}):\n{tail}")


def _signal_group(service: Service, sign: signal.Signals) -> None:
    # macOS raises PermissionError for a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(service.pid, sign)


def _forget(service: Service) -> None:
    if process := children.pop(service.pid, None):
        process.wait()
    now = _read(service.name)
    if now is None or (now.pid, now.started) == (service.pid, service.started):  # not that of another command
        _file(service.name).unlink(missing_ok=True)


def _read(name: str) -> Service | None:
    try:
        return Service(**json.loads(_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _file(name: str) -> Path:
    return STATE / f"{name}.json"


def start_time_of(pid: int) -> str:
    """Return the start time of a process as text, or "" when the process does not exist."""
    return start_time_by_proc(pid) if Path("/proc/self/stat").exists() else start_time_by_psutil(pid)


def start_time_by_proc(pid: int) -> str:
    """Return boot id and clock ticks since the boot: psutil's start time changes when Linux's clock is set.

    Source: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    state, ticks = fields[0], fields[19]
    return "" if state in "ZX" else f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {ticks}"


def start_time_by_psutil(pid: int) -> str:
    """Return the start time from psutil, for systems without /proc."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return ""


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python with the arguments."""
    return [sys.executable, *arguments]
