"""The architecture, held: who may import whom, and that every module has tests."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
PURE = {
    "": ["run", "feed", "jsonl", "schema", "names"],
    "delivery": ["manifest"],
    "scan": ["job_spec", "scope", "cost", "verdict", "suppression"],
    "judging": ["evidence", "kept", "binding", "policy", "decision", "plan"],
    "recording": ["record", "marker", "amendments"],
    "telling": ["message", "digest", "finding_notices"],
    "held": ["backlog"],
    "finding_events": ["hints", "watermark", "places", "action", "rejudging", "recording", "digest"],
}
MODULES = sorted(
    path.relative_to(REPO)
    for folder in ("plugins", "localaws", "dags", "dev")
    for path in (REPO / folder).rglob("*.py")
    if path.name != "__init__.py"
)


def imports_of(path: Path) -> set[str]:
    """Full names of everything that a module imports, at any depth, for types or not."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports break under Airflow's plugin loader"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imports(path: Path, *packages: str) -> set[str]:
    return {name for name in imports_of(path) if name.split(".")[0] in packages}


@pytest.mark.parametrize("module", [f"{folder}/{name}" for folder, names in PURE.items() for name in names])
def test_pure_modules_import_neither_airflow_nor_aws_nor_a_clock(module: str) -> None:
    forbidden = ("airflow", "boto3", "botocore", "moto", "requests", "os", "pathlib", "time", "socket", "datetime")
    assert not imports(REPO / f"plugins/lake_gate/{module}.py", *forbidden)


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] in {"plugins", "dags"}], ids=str)
def test_what_ships_imports_nothing_that_stays_here(path: Path) -> None:
    assert not imports(REPO / path, "localaws", "dev", "ship", "moto", "tests", "dags")


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[:2] == ("plugins", "macie")], ids=str)
def test_macie_package_knows_no_gate(path: Path) -> None:
    assert not imports(REPO / path, "lake_gate")


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[:2] == ("plugins", "lake_gate")], ids=str)
def test_gate_package_knows_no_macie_api(path: Path) -> None:
    assert not imports(REPO / path, "macie")
    assert "macie2" not in (REPO / path).read_text()


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "localaws"], ids=str)
def test_local_aws_does_not_know_our_packages(path: Path) -> None:
    assert not imports(REPO / path, "lake_gate", "macie", "dev", "ship", "airflow", "dags")


UNTESTED_ALONE = {"plugins/macie_gate_plugin.py"}  # it has one below tests/ itself


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "plugins"], ids=str)
def test_every_module_that_ships_has_tests_of_its_own(path: Path) -> None:
    if path.as_posix() not in UNTESTED_ALONE:
        assert (REPO / "tests" / path.parent.relative_to("plugins") / f"test_{path.name}").exists()


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "dags"], ids=str)
def test_importing_a_dag_makes_no_connection_and_no_client(path: Path) -> None:
    script = (
        "import runpy, socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a connection while parsing')\n"
        "import boto3, airflow.sdk\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "boto3.Session.client = boto3.Session.resource = refuse\n"
        f"runpy.run_path('{path}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
