"""`make up` says what is in the way before it starts anything."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dev import services, up
from dev.paths import airflow_port
from dev.services import Service

FOREVER = "import threading; threading.Event().wait()"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(services, "STATE", tmp_path)
    monkeypatch.setattr(services, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(sys, "argv", ["up"])
    monkeypatch.delenv("AIRFLOW_PORT", raising=False)
    return tmp_path


@pytest.fixture
def airflow() -> Iterator[Service]:
    """A process that is taken for a running Airflow."""
    service = services.start("airflow", services.python("-c", FOREVER), {}, "http://127.0.0.1:8090", 20)
    yield service
    services.stop(service, seconds=1)


def test_port_that_is_in_use_is_named(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("AIRFLOW_PORT", str(port))
        with pytest.raises(SystemExit, match=f"Port {port} is in use"):
            up.main()
    assert not list(state.iterdir())


def test_other_port_is_refused_while_airflow_is_running(
    state: Path, airflow: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_PORT", "8091")
    with pytest.raises(SystemExit, match=f"running at {airflow.url}; stop it first: make down"):
        up.main()
    assert [path.name for path in state.glob("*.json")] == ["airflow.json"]


def test_empty_port_is_the_default_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_PORT", "")
    assert airflow_port() == 8080


def test_airflow_that_another_command_starts_is_left_to_it(state: Path, airflow: Service) -> None:
    (state / "airflow.json").write_text(json.dumps(asdict(replace(airflow, url=""))))
    with pytest.raises(SystemExit, match="Another command is starting airflow"):
        up.main()
    assert airflow.is_running
    assert [path.name for path in state.glob("*.json")] == ["airflow.json"]
