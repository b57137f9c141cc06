from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow._shared.module_loading import find_path_from_directory

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
