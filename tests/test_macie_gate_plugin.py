from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow._shared.module_loading import find_path_from_directory
from fastapi import FastAPI
from fastapi.testclient import TestClient

PLUGINS = Path(__file__).parents[1] / "plugins"


@pytest.mark.filterwarnings("ignore:GitWildMatchPattern:DeprecationWarning")  # Airflow's own
def test_the_loader_executes_the_registration_module_and_nothing_else() -> None:
    paths = map(Path, find_path_from_directory(str(PLUGINS), ".airflowignore"))
    assert [path.name for path in paths if path.suffix == ".py"] == ["macie_gate_plugin.py"]


def test_the_registration_module_imports_nothing_heavy() -> None:
    heavy = "{'boto3', 'botocore', 'fastapi', 'macie', 'lake_gate', 'aiobotocore'}"
    code = (
        "import sys, airflow.plugins_manager; before = set(sys.modules); import macie_gate_plugin;"
        f"print(*sorted((set(sys.modules) - before) & {heavy}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_views_lead_to_routes_of_the_page_and_the_card_has_the_name_of_its_component() -> None:
    from lake_gate.pages.app import app
    from macie_gate_plugin import MacieGatePlugin

    routes: list[Any] = list(app.routes)
    paths = {f"gate{route.path}".replace("{dag_id}", "{DAG_ID}").replace("{run_id}", "{RUN_ID}") for route in routes}
    assert {view["href"] for view in MacieGatePlugin.external_views} <= paths
    (card,) = MacieGatePlugin.react_apps
    static = PLUGINS / "lake_gate/pages/static"
    assert card["bundle_url"] == "/gate/static/card.js"
    assert f'globalThis["{card["name"]}"]' in (static / "card.js").read_text()
    assert all((static / Path(view["icon"]).name).is_file() for view in MacieGatePlugin.external_views)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], int]:
    """Status with which an Airflow without a login answers a request for a host."""
    from macie_gate_plugin import trusted_hosts

    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://airflow.example:8080/path")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://api-server:8080/execution/")
    app = FastAPI()
    app.add_api_route("/", lambda: None)
    (added,) = trusted_hosts()
    app.add_middleware(added["middleware"], **added["kwargs"])
    client = TestClient(app)
    return lambda host: client.get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "airflow.example:8080", "api-server:8080"])
def test_airflow_without_a_login_serves_its_own_names(served: Callable[[str], int], host: str) -> None:
    assert served(host) == 200


@pytest.mark.parametrize("host", ["rebound.example:8080", "127.0.0.1.rebound.example", "0.0.0.0:8080", ""])
def test_airflow_without_a_login_serves_no_other_name(served: Callable[[str], int], host: str) -> None:
    assert served(host) == 400


@pytest.mark.parametrize("url", ["http://[bad", "http://*:8080", "http://*.example", "http://a*b.example", "", "/path"])
def test_odd_address_in_the_settings_opens_nothing(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    from macie_gate_plugin import trusted_hosts

    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    for name in ("API__BASE_URL", "CORE__EXECUTION_API_SERVER_URL"):
        monkeypatch.setenv(f"AIRFLOW__{name}", url)
    (added,) = trusted_hosts()
    assert added["kwargs"]["allowed_hosts"] == ["127.0.0.1", "localhost"]


def test_airflow_with_a_login_serves_all_names() -> None:
    from macie_gate_plugin import trusted_hosts

    assert trusted_hosts() == []
