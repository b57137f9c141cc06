from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
