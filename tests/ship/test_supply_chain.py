"""What comes in from elsewhere is pinned, and what goes out says what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import REPO

LOCKS = sorted(REPO.glob("requirements/*.lock"))
FOLDERS = ("plugins/", "dags/", "include/", "infra/", "ship/")
LOCAL_IMAGES = re.compile(r"^(lake-gate|[a-z-]*lake-gate[a-z-]*)[:/]|\$")


def images() -> list[tuple[str, str]]:
    """Images that the Dockerfiles begin from and the compose file names: file and image."""
    found = []
    for path in [*REPO.glob("docker/*Dockerfile"), *REPO.glob("docker-compose*.yaml")]:
        stages = set(re.findall(r"^FROM \S+ AS (\S+)", path.read_text(), re.MULTILINE | re.IGNORECASE))
        named = re.findall(r"^(?:FROM|\s+image:)\s+(\S+)", path.read_text(), re.MULTILINE)
        found += [(path.name, image) for image in named if image not in stages]
    return found


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_pin_of_a_lock_is_exact_and_has_hashes(path: Path) -> None:
    pins = re.split(r"\n(?=\S)", re.sub(r"(?m)^#.*\n", "", path.read_text()).strip())
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_every_lock_has_its_list_and_is_compiled_by_make_lock() -> None:
    makefile = (REPO / "Makefile").read_text()
    for path in LOCKS:
        if not path.name.startswith("airflow-"):
            assert path.with_suffix(".in").exists()
            assert re.search(rf"for name in [a-z ]*\b{path.stem}\b", makefile)


def test_no_image_has_the_tag_latest() -> None:
    assert images()
    unpinned = [(name, image) for name, image in images() if not re.search(r":[^:/]+$", image.partition("@")[0])]
    assert [(name, image) for name, image in unpinned if not LOCAL_IMAGES.search(image)] == []
    assert [(name, image) for name, image in images() if image.endswith(":latest")] == []


def test_no_hook_comes_from_elsewhere() -> None:
    assert re.findall(r"repo: (\S+)", (REPO / ".pre-commit-config.yaml").read_text()) == ["local"]


def test_secrets_are_looked_for_before_a_commit() -> None:
    assert "detect-secrets-hook --baseline .secrets.baseline" in (REPO / ".pre-commit-config.yaml").read_text()


def test_nothing_that_ships_is_excused_from_looking_like_a_secret() -> None:
    excused = json.loads((REPO / ".secrets.baseline").read_text())["results"]
    assert [name for name in excused if name.startswith(FOLDERS)] == []
    assert [name for name in excused if not (REPO / name).exists()] == []


def test_licence_exists_and_the_changelog_has_its_format() -> None:
    assert (REPO / "LICENSE").read_text().split()[:4] == ["Apache", "License", "Version", "2.0,"]
    headings = re.findall(r"^## (.+)$", (REPO / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\](?: - \d{4}-\d{2}-\d{2})?", heading) for heading in headings[1:])
