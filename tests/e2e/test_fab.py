"""Who sees the Gate page with FAB's auth manager, as on MWAA: the tabs in Airflow's UI, and the pages by address."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dev import services
from dev.paths import airflow_environment
from tests.conftest import REPO
from tests.e2e.fab_users import USERS
from tests.e2e.stack import STARTING_SECONDS, answers
from tests.lake import Lake
from tests.lake_gate.pages.conftest import Written, column, entry, row

pytestmark = pytest.mark.slow

PYTHON = REPO / ".venv/fab/bin/python"
"""Of an environment of its own: FAB brings Flask, which nothing else here needs."""
SECONDS = 60
PAGES = ("", "/runs/1", "/runs/1/file?name=patients.csv", "/runs/1/files.csv")


@pytest.fixture
def url(lake: Lake, tmp_path: Path) -> Iterator[str]:
    """Address of an API server with FAB's auth manager, its users, and a run of the feed ``synthea``."""
    assert PYTHON.exists(), "the environment of FAB is missing: make test-all sets it up"
    written = Written(lake)
    written.run(entry(), columns=[column()])
    written.index(row())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **airflow_environment(lake.endpoint_url),
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of-these-tests-alone" * 4,
        "AIRFLOW__API__BASE_URL": address,
    }
    python = str(PYTHON)
    subprocess.run(
        [python, "-m", "tests.e2e.fab_users"], cwd=REPO, env={**os.environ, **environment}, check=True, timeout=300
    )
    command = [python, "-m", "airflow", "api-server", "--apps", "core", "--port", str(port)]
    try:
        services.start(
            "airflow-fab", command, environment, lambda: address if answers(address) else None, STARTING_SECONDS
        )
        yield address
    finally:
        if (server := services.running("airflow-fab")) is not None:
            services.stop(server)


def session_of(url: str, name: str) -> requests.Session:
    """A browser in which a user of FAB is signed in; nobody if the name is empty."""
    session = requests.Session()
    session.headers["Connection"] = "close"  # the server closes one that is idle, and a request may just be on its way
    if name:
        answer = session.post(f"{url}/auth/token", json={"username": name, "password": name}, timeout=SECONDS)
        answer.raise_for_status()
        session.cookies.set("_token", answer.json()["access_token"])
    return session


def statuses(session: requests.Session, url: str, dag_id: str) -> list[int]:
    """The statuses of all pages of a feed, each status once."""
    return sorted({session.get(f"{url}/gate/dags/{dag_id}{page}", timeout=SECONDS).status_code for page in PAGES})


def test_fab_decides_who_sees_what(url: str) -> None:
    """One test: the server takes half a minute to start."""
    check_who_sees_the_tabs_and_may_open_the_pages(url)
    check_that_each_user_sees_the_feeds_of_the_own_role_only(url)


def check_who_sees_the_tabs_and_may_open_the_pages(url: str) -> None:
    sessions = {name: session_of(url, name) for name in ("", *USERS)}
    assert {name: statuses(session, url, "synthea_gate") for name, session in sessions.items()} == {
        "": [401],
        **{name: [200] for name in ("viewer", "user", "op", "admin")},
        **{name: [403] for name in ("clerk", "nobody")},
    }
    plugins = {name: session.get(f"{url}/api/v2/plugins", timeout=SECONDS) for name, session in sessions.items()}
    assert {name: answer.status_code for name, answer in plugins.items()} == {
        "": 401,
        **dict.fromkeys(("viewer", "user", "clerk", "nobody"), 403),
        **dict.fromkeys(("op", "admin"), 200),
    }
    views = [view for plugin in plugins["op"].json()["plugins"] for view in plugin["external_views"]]
    assert {"Gate", "Files"} <= {view["name"] for view in views}


def check_that_each_user_sees_the_feeds_of_the_own_role_only(url: str) -> None:
    clerk, nobody, viewer = (session_of(url, name) for name in ("clerk", "nobody", "viewer"))
    overview = clerk.get(f"{url}/gate/", timeout=SECONDS).text
    assert ("clinic" in overview, "synthea" in overview) == (True, False)
    assert clerk.get(f"{url}/gate/dags/clinic_gate", timeout=SECONDS).status_code == 200
    assert "No feed to show" in nobody.get(f"{url}/gate/", timeout=SECONDS).text
    assert session_of(url, "").get(f"{url}/gate/", timeout=SECONDS).status_code == 401
    assert all(feed in viewer.get(f"{url}/gate/", timeout=SECONDS).text for feed in ("clinic", "synthea"))
