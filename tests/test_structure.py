"""The architecture, held: who may import whom, and that every module has tests."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
LAYERS = (
    *(
        {"model"},
        {"errors"},
        {"s3"},
        {"settings", "feed", "lineage", "assets", "xcom", "links", "labels"},
        {"include", "content", "runs_index"},
        {"base"},
        {"ledger"},
        {"exceptions"},
        {"verify"},
    ),
    *(
        {"scan"},
        {"decision"},
        {"display"},
        {"reports"},
        {"delivery", "moving", "recording"},
        {"masking"},
        {"notifications"},
        {"review"},
        {"held", "finding_events", "feed_reports"},
    ),
    {"params"},
    {"pages"},
)
"""The order of lake_gate: a package or module imports only those of an earlier set."""
PURE = {
    "": ["feed", "xcom", "labels"],
    "ledger": ["chain"],
    "scan": ["job_spec", "scope", "cost"],
    "decision": [
        *("binding", "policy", "facts", "doubts", "exceptions", "decision", "columns", "plan", "verdict", "amendments"),
    ],
    "delivery": ["header", "rows"],
    "masking": ["dialect", "facts", "masker", "methods", "plan", "records", "report", "risk", "spec"],
    "recording": ["record", "marker", "comparison", "summary"],
    "display": ["facts", "words", "news", "files", "columns", "policies"],
    "notifications": ["message", "digest", "finding_notices"],
    "reports": ["lists", "run_report"],
    "held": ["ageing", "backlog"],
    "feed_reports": ["period", "notice"],
    "review": ["request", "rendering", "exempting", "notices"],
    "finding_events": ["hints", "watermark", "places", "action", "chunks", "rejudging", "recording", "digest"],
    "pages": ["runs", "chart", "files", "columns", "places", "states"],
}
"""Pure modules of packages that are not pure as a whole."""
GATE = REPO / "plugins/lake_gate"
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


def layer_of(name: str) -> int:
    (layer,) = (number for number, names in enumerate(LAYERS) if name in names)
    return layer


def test_packages_of_the_gate_import_only_earlier_ones() -> None:
    wrong = [
        f"{path.relative_to(GATE)} imports {name}"
        for path in GATE.rglob("*.py")
        if path.name != "__init__.py"
        for own in [path.relative_to(GATE).parts[0].removesuffix(".py")]
        for name in imports(path, "lake_gate")
        if (other := name.split(".")[1]) != own and layer_of(other) >= layer_of(own)
    ]
    assert not wrong


def test_operators_are_defined_in_operators_modules_alone() -> None:
    defined = {
        path.name
        for path in GATE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Operator") and node.name != "GateOperator"
    }
    assert defined == {"operators.py"}


@pytest.mark.parametrize(
    "path",
    [
        *(GATE / "model").glob("*.py"),
        *(GATE / folder / f"{name}.py" for folder, names in PURE.items() for name in names),
    ],
    ids=lambda path: path.relative_to(GATE).as_posix(),
)
def test_pure_modules_import_neither_airflow_nor_aws_nor_a_clock(path: Path) -> None:
    forbidden = ("airflow", "boto3", "botocore", "moto", "requests", "os", "pathlib", "time", "socket", "datetime")
    assert not imports(path, *forbidden)


def test_model_imports_nothing_else_of_ours() -> None:
    for path in (GATE / "model").glob("*.py"):
        assert all(name.startswith("lake_gate.model") for name in imports(path, "lake_gate", "macie"))


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] in {"plugins", "dags"}], ids=str)
def test_what_ships_imports_nothing_that_stays_here(path: Path) -> None:
    assert not imports(REPO / path, "localaws", "dev", "ops", "ship", "moto", "tests", "dags")


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[:2] == ("plugins", "macie")], ids=str)
def test_macie_package_knows_no_gate(path: Path) -> None:
    assert not imports(REPO / path, "lake_gate")


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[:2] == ("plugins", "lake_gate")], ids=str)
def test_gate_package_knows_no_macie_api(path: Path) -> None:
    assert not imports(REPO / path, "macie")
    assert "macie2" not in (REPO / path).read_text()


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "localaws"], ids=str)
def test_local_aws_does_not_know_our_packages(path: Path) -> None:
    assert not imports(REPO / path, "lake_gate", "macie", "dev", "ops", "ship", "airflow", "dags")


@pytest.mark.parametrize(("package", "forbidden"), [("dev", "ship"), ("ship", "dev"), ("ops", "dev"), ("ops", "ship")])
def test_dev_and_ship_share_ops_alone(package: str, forbidden: str) -> None:
    paths = sorted((REPO / package).rglob("*.py"))
    assert paths
    assert not [path for path in paths if imports(path, forbidden)]


MACIE_ORDER = ("identifiers", "detection", "storage", "findings", "jobs", "discovery", "operations")
"""The packages of the local Macie; one imports only those before it."""


@pytest.mark.parametrize("package", MACIE_ORDER)
def test_packages_of_the_local_macie_import_only_earlier_ones(package: str) -> None:
    later = tuple(f"localaws.macie2.{name}." for name in MACIE_ORDER[MACIE_ORDER.index(package) + 1 :])
    modules = (REPO / "localaws/macie2" / package).rglob("*.py")
    assert not [(path, name) for path in modules for name in imports(path, "localaws") if f"{name}.".startswith(later)]


UNTESTED_ALONE = {"plugins/macie_gate_plugin.py"}  # it has one below tests/ itself


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "plugins"], ids=str)
def test_every_module_that_ships_has_tests_of_its_own(path: Path) -> None:
    if path.as_posix() not in UNTESTED_ALONE:
        assert (REPO / "tests" / path.parent.relative_to("plugins") / f"test_{path.name}").exists()


TESTED_TOGETHER = {
    "localaws/macie2/detection/readers/file_scan.py": "test_files.py",  # the state that all readers share
    **{
        f"localaws/awslambda/{name}.py": "test_functions.py"  # what becomes of an invocation
        for name in ("bootstrap", "install", "process")
    },
    **{
        f"localaws/cloudformation/{name}.py": "test_stacks.py"  # stacks that fail, by all causes
        for name in ("execution", "intrinsics", "rules", "template")
    },
    "localaws/cloudformation/callbacks.py": "test_custom.py",
    **{
        f"localaws/synthea/{name}.py": "test_generate.py"  # tables and words of one export
        for name in ("charts", "codes", "people", "places", "tables", "words")
    },
}
"""Modules without tests of their own, and the file beside it that tests them."""


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[0] == "localaws"], ids=str)
def test_every_module_of_the_local_aws_has_tests_at_the_mirrored_place(path: Path) -> None:
    assert (REPO / "tests" / path.parent / TESTED_TOGETHER.get(path.as_posix(), f"test_{path.name}")).exists()


def test_importing_dags_makes_no_connection_and_no_client() -> None:
    paths = [str(path) for path in MODULES if path.parts[0] == "dags"]
    script = (
        "import runpy, socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('a connection while parsing')\n"
        "import boto3, airflow.sdk\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "boto3.Session.client = boto3.Session.resource = refuse\n"
        f"for path in {paths}: print(path, runpy.run_path(path) and '')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert set(paths) <= set(done.stdout.split())


READ_AT_PARSE_TIME = {
    *("decision.reason", "scan.job_spec", "scan.scope"),  # texts of the trigger form; pure functions of the DAG's tasks
    *("notifications.alarms", "notifications.failure"),  # the callback of failures
}
"""Modules of steps that parsing the DAG of the gate imports, apart from ``operators``."""
PACKAGES_AT_PARSE_TIME = {"lake_gate", "macie", "airflow", *("boto3", "botocore", "packaging", "s3transfer")}
"""Packages of which parsing imports modules: ours, Airflow's, and those that its amazon provider imports."""


def test_parsing_the_gate_imports_what_airflow_reads_and_not_what_the_steps_do() -> None:
    """Airflow parses a DAG again and again; ``bench.parse_time`` measures what that costs."""
    dag = str(REPO / "dags/synthea_gate.py")
    script = (
        "import importlib, json, runpy, sys\n"
        "from airflow.dag_processing.processor import iter_airflow_imports\n"
        f"for name in iter_airflow_imports({dag!r}): importlib.import_module(name)\n"
        "import airflow.sdk\n"
        "before = set(sys.modules)\n"
        f"runpy.run_path({dag!r})\n"
        "print('\\n' + json.dumps(sorted(set(sys.modules) - before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    added = {str(name) for name in json.loads(done.stdout.splitlines()[-1])}
    assert {name.partition(".")[0] for name in added} - PACKAGES_AT_PARSE_TIME == set()
    steps = {name.removeprefix("lake_gate.") for name in added if name.startswith("lake_gate.") and name.count(".") > 1}
    of_steps = {name for name in steps if name.partition(".")[0] not in {"model", "s3"}}
    assert {name for name in of_steps if not name.endswith(".operators")} == READ_AT_PARSE_TIME
    assert "model.evidence" not in steps
