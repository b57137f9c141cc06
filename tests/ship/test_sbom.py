"""The bill of materials: what ships and what MWAA installs for it, in the form of CycloneDX."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from ship import package, sbom
from tests.conftest import REPO

SCHEMAS = sorted(REPO.glob(".venv/audit/lib/python*/site-packages/cyclonedx/schema/_res"))
OTHER_LOCK = REPO / f"requirements/airflow-{version('apache-airflow')}.lock"
LOCK = OTHER_LOCK if OTHER_LOCK.exists() else sbom.LOCK
"""The lock of the Airflow that the tests run on."""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("package") / "dist"
    package.build(REPO, made, uncommitted=True)
    return made


@pytest.fixture(scope="module")
def bom(dist: Path) -> dict[str, Any]:
    return sbom.build(dist, LOCK)


def test_packaged_files_are_listed_with_their_hashes(dist: Path, bom: dict[str, Any]) -> None:
    files = json.loads((dist / "manifest.json").read_text())["files"]
    found = {component["name"]: component["hashes"] for component in bom["components"] if component["type"] == "file"}
    assert found == {name: [{"alg": "SHA-256", "content": file["sha256"]}] for name, file in files.items()}


def test_installed_distributions_are_listed_with_their_dependencies(bom: dict[str, Any]) -> None:
    versions = {
        component["name"]: component["version"] for component in bom["components"] if component["type"] == "library"
    }
    for name in (
        "apache-airflow-providers-amazon",
        "aiobotocore",
        "boto3",
    ):
        assert versions[name] == version(name)
    assert {"moto", "pytest", "celery"} & versions.keys() == set()
    of = {dependency["ref"]: dependency["dependsOn"] for dependency in bom["dependencies"]}
    assert (
        f"pkg:pypi/boto3@{versions['boto3']}"
        in of[f"pkg:pypi/apache-airflow-providers-amazon@{version('apache-airflow-providers-amazon')}"]
    )
    assert "plugins.zip" in of["lake-gate"]


def test_every_library_has_the_hashes_of_its_distributions(bom: dict[str, Any]) -> None:
    libraries = [component for component in bom["components"] if component["type"] == "library"]
    assert [library["name"] for library in libraries if not library["externalReferences"][0]["hashes"]] == []


def test_references_are_unique_and_lead_to_components(bom: dict[str, Any]) -> None:
    refs = [component["bom-ref"] for component in bom["components"]] + ["lake-gate"]
    assert len(refs) == len(set(refs))
    assert {ref for dependency in bom["dependencies"] for ref in (dependency["ref"], *dependency["dependsOn"])} <= set(
        refs
    )


def test_same_package_gives_the_same_bill(dist: Path, bom: dict[str, Any]) -> None:
    assert sbom.build(dist, LOCK) == bom


def test_it_is_refused_when_another_version_is_installed(dist: Path, tmp_path: Path) -> None:
    lock = tmp_path / "airflow.lock"
    lock.write_text(LOCK.read_text().replace(f"\nboto3=={version('boto3')}", "\nboto3==0.0.1"))
    with pytest.raises(SystemExit, match="Installed versions differ from the lock: boto3"):
        sbom.build(dist, lock)


def test_it_is_as_the_schema_of_cyclonedx_has_it(bom: dict[str, Any]) -> None:
    if not SCHEMAS:
        pytest.skip("the schema is in the environment of make audit, which was not made here")
    contents = {path.name: json.loads(path.read_text()) for path in SCHEMAS[0].glob("*.schema.json")}
    by_id = [(content["$id"], Resource.from_contents(content)) for content in contents.values() if "$id" in content]
    schema = contents["bom-1.6.SNAPSHOT.schema.json"]
    errors = Draft7Validator(schema, registry=Registry().with_resources(by_id)).iter_errors(bom)
    assert [error.message for error in errors] == []
