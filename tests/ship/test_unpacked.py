"""The package, unpacked as MWAA does and run from there, on every Airflow that it is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from lake_gate.model.run import Run
from ship.package import build
from tests.conftest import REPO
from tests.lake import Lake
from tests.test_dags import TASKS

pytestmark = pytest.mark.slow

OTHERS = sorted(path.stem.removeprefix("airflow-") for path in REPO.glob("requirements/airflow-*.lock"))
"""Other versions of Airflow than the main one; each has an environment in ``.venv``."""

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"
FILES = {
    "high.csv": "SSN\n219-09-9999\n",
    "medium.csv": f"PATIENT\n{PATIENT}\n",
    "clean.csv": "A\n1\n",
    "no.pdf": "%PDF",
}
TRIGGERS = {"MacieClassificationJobTrigger", "MacieJobResultsTrigger"}


def python_with(airflow: str) -> str:
    if airflow == version("apache-airflow"):
        return sys.executable
    python = REPO / f".venv/airflow-{airflow}/bin/python"
    if not python.exists():
        pytest.skip(f"Airflow {airflow} is not here: `make test` sets it up")
    return str(python)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """An Airflow home as on MWAA: ``plugins/`` from the zip, ``dags/`` from the bucket, nothing else."""
    home, dist = tmp_path / "home", tmp_path / "dist"
    build(REPO, dist, uncommitted=True)
    with zipfile.ZipFile(dist / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    (dist / "dags").rename(home / "dags")
    return home


def run_there(python: str, home: Path, lake: Lake, source: Path) -> dict[str, Any]:
    """Run the script with no path but the libraries' and an environment as on MWAA, on the local AWS."""
    answer = home / "answer.json"
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": lake.endpoint_url,
        "AIRFLOW__LAKE_GATE__FINDINGS_QUEUE_URL": lake.outputs["FindingsQueueUrl"],
    }
    command = [python, "-I", str(REPO / "tests/ship/as_on_mwaa.py"), str(source), str(answer)]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


@pytest.mark.parametrize("airflow", sorted({version("apache-airflow"), *OTHERS}))
def test_unpacked_package_takes_a_delivery_through_the_gate(
    airflow: str, unpacked: Path, lake: Lake, tmp_path: Path
) -> None:
    python, source = python_with(airflow), tmp_path / "delivery"
    source.mkdir()
    for name, content in FILES.items():
        (source / name).write_text(content)
    found = run_there(python, unpacked, lake, source)
    assert (found["airflow"], found["of_the_repo"]) == (airflow, [])
    assert ("macie_gate" in found["plugins"], found["plugin_errors"], found["wrong_names"]) == (True, {}, [])
    assert set(found["triggers"]) == TRIGGERS
    assert (found["dags"], found["dag_errors"]) == (sorted(TASKS), {})
    assert Path(found["include"]) == unpacked / "dags/include"
    assert found["state"] == "success"
    start = Run("synthea", found["run_id"]).prefix
    assert lake.keys(lake.quarantine) == [f"{start}high.csv"]
    assert lake.keys(lake.silver) == [f"{start}clean.csv", f"{start}medium.csv"]
    assert lake.keys(lake.bronze, "held/") == [f"held/{start}no.pdf"]


@pytest.mark.parametrize("airflow", OTHERS)
def test_tests_run_on_other_versions_of_airflow(airflow: str) -> None:
    """Those of a plugin and of a step, as a sample of `make test AIRFLOW=x.y.z`; a whole run is in the test above."""
    tests = ("tests/test_macie_gate_plugin.py", "tests/lake_gate/delivery/test_landing.py")
    command = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *tests]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [python_with(airflow), *command],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-4000:]
