"""Background processes: found again, stopped with their children, and never confused with another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dev import services
from dev.services import Service
from tests.localaws.waiting import until

FOREVER = "import threading; threading.Event().wait()"
DEAF = "import signal, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
READ_STARTS = [
    pytest.param(services.start_time_by_psutil, id="by psutil"),
    pytest.param(
        services.start_time_by_proc,
        id="by proc",
        marks=pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc"),
    ),
]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Use a temporary state folder; stop the services that a test leaves running."""
    monkeypatch.setattr(services, "STATE", tmp_path)
    monkeypatch.setattr(services, "LOGS", tmp_path / "logs")
    yield tmp_path
    for file in tmp_path.glob("*.json"):
        if service := services.running(file.stem):
            services.stop(service, seconds=1)
    for process in services.children.values():  # those without a state file
        process.kill()
        process.wait()
    services.children.clear()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that is not a service, but leads a process group as a service does."""
    process = subprocess.Popen(services.python("-c", FOREVER), start_new_session=True)
    yield process
    process.kill()
    process.wait()


def start(code: str, url: str | Callable[[], str | None] = "http://here", seconds: float = 20) -> Service:
    return services.start("tiny", services.python("-c", code), {"GREETING": "hello"}, url, seconds)


def content_of(path: Path) -> Callable[[], str | None]:
    return lambda: (path.read_text() or None) if path.exists() else None


def is_alive(pid: int) -> bool:
    return services.start_time_of(pid) != ""


def test_service_is_found_again_when_it_runs() -> None:
    service = start(FOREVER)
    assert service.is_running
    assert services.running("tiny") == service
    assert services.running("other") is None


def test_service_has_the_url_that_it_reports_when_it_is_ready(state: Path) -> None:
    greeting = state / "greeting"
    code = f"import os, pathlib; pathlib.Path({str(greeting)!r}).write_text(os.environ['GREETING']); {FOREVER}"
    service = start(code, content_of(greeting))
    assert service.url == "hello"
    assert services.running("tiny") == service


def test_nothing_is_left_when_a_service_is_stopped(state: Path) -> None:
    service = start(FOREVER)
    services.stop(service)
    assert not is_alive(service.pid)
    assert services.running("tiny") is None
    assert not list(state.glob("*.json"))


def test_stopping_again_does_nothing_when_a_service_has_ended() -> None:
    service = start(FOREVER)
    services.stop(service)
    services.stop(service)
    assert services.running("tiny") is None


def test_service_of_another_command_is_still_found_when_one_is_stopped() -> None:
    service, other = start(FOREVER), start(FOREVER)
    services.stop(service)
    assert services.running("tiny") == other


@pytest.mark.parametrize("in_child", ["", DEAF], ids=["ends on SIGTERM", "ignores SIGTERM"])
def testchildren_end_with_their_service_when_it_is_stopped(state: Path, in_child: str) -> None:
    ready = state / "child"
    child = f"{in_child}import os, pathlib; pathlib.Path({str(ready)!r}).write_text(str(os.getpid())); {FOREVER}"
    service = start(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])", content_of(ready))
    assert is_alive(int(service.url))
    services.stop(service)
    assert not is_alive(service.pid)
    until(lambda: not is_alive(int(service.url)), "the child to be gone")  # init waits for it, in its own time


def test_service_is_killed_when_it_does_not_end_in_time(state: Path) -> None:
    ready = state / "ready"
    service = start(f"{DEAF}pathlib.Path({str(ready)!r}).write_text('deaf'); {FOREVER}", content_of(ready))
    services.stop(service, seconds=0.2)
    assert not is_alive(service.pid)


def test_process_is_not_touched_when_a_service_had_its_id_before(
    state: Path, stranger: subprocess.Popen[bytes]
) -> None:
    gone = Service("tiny", stranger.pid, "another start time", "")
    (state / "tiny.json").write_text(json.dumps(asdict(gone)))
    assert services.running("tiny") is None
    services.stop(gone)
    assert is_alive(stranger.pid)
    assert not (state / "tiny.json").exists()


def test_service_is_not_running_when_it_had_ended_before_its_start_time_was_read() -> None:
    process = subprocess.Popen(services.python("-c", ""))
    process.wait()
    service = Service("tiny", process.pid, services.start_time_of(process.pid), "")
    assert not service.is_running
    services.stop(service)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "tiny"}'])
def test_service_is_not_running_when_its_state_cannot_be_read(state: Path, content: str) -> None:
    (state / "tiny.json").write_text(content)
    assert services.running("tiny") is None


def test_end_of_the_log_is_shown_when_a_service_ends_at_once(state: Path) -> None:
    code = "import sys; print('a' * 10); [print(f'line {i}') for i in range(20)]; sys.exit('the port is taken')"
    with pytest.raises(SystemExit, match=r"tiny ended at once \(exit code 1\)") as raised:
        start(code, lambda: None)
    text = str(raised.value)
    assert text.endswith("the port is taken")
    assert "line 19" in text
    assert "aaa" not in text
    assert not list(state.glob("*.json"))


def test_child_ends_when_its_service_ends_before_it_is_ready(state: Path) -> None:
    ready = state / "child"
    child = f"import os, pathlib; pathlib.Path({str(ready)!r}).write_text(str(os.getpid())); {FOREVER}"
    code = (
        f"import pathlib, subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"while not (pathlib.Path({str(ready)!r}).exists() and pathlib.Path({str(ready)!r}).read_text()): pass"
    )
    with pytest.raises(SystemExit):
        start(code, lambda: None)
    until(lambda: not is_alive(int(ready.read_text())), "the child to be gone")


def test_service_can_still_be_stopped_when_it_never_becomes_ready() -> None:
    with pytest.raises(SystemExit, match=r"The service was not ready within 0 seconds; see the logs in .*logs"):
        start(FOREVER, lambda: None, seconds=0.2)
    service = services.running("tiny")
    assert service is not None
    services.stop(service)
    assert not is_alive(service.pid)


def test_log_is_a_new_one_when_a_service_starts_again(state: Path) -> None:
    for text in ("first", "second"):
        with pytest.raises(SystemExit, match=text):
            start(f"print({text!r})", lambda: None)
    assert (state / "logs" / "tiny.log").read_text().strip() == "second"


@pytest.mark.parametrize("read_start", READ_STARTS)
def test_start_time_identifies_a_process_until_it_ends(
    read_start: Callable[[int], str], stranger: subprocess.Popen[bytes]
) -> None:
    start_time = read_start(stranger.pid)
    assert start_time == read_start(stranger.pid) != ""
    assert start_time != read_start(os.getpid())
    stranger.kill()
    os.waitid(os.P_PID, stranger.pid, os.WEXITED | os.WNOWAIT)  # a zombie from now on
    assert read_start(stranger.pid) == ""
    stranger.wait()
    assert read_start(stranger.pid) == ""


@pytest.mark.parametrize("read_start", READ_STARTS)
def test_start_time_stays_the_same_when_another_terminal_asks(
    read_start: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_start(os.getpid())
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert read_start(os.getpid()) == before


def test_python_is_the_one_that_runs_the_command() -> None:
    assert services.python("-m", "airflow") == [sys.executable, "-m", "airflow"]


def test_other_services_go_on_when_one_is_stopped() -> None:
    stopped, other = (services.start(name, services.python("-c", FOREVER), {}, "", 1) for name in ("first", "other"))
    services.stop(stopped)
    assert services.running("other") == other == replace(other, name="other")
