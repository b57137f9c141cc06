"""Tests of the documentation: links, commands, examples and tables agree with the repository."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lake_gate.assets import silver
from lake_gate.decision.reason import Reason
from lake_gate.feed import Feed, parse
from lake_gate.masking.spec import Method
from lake_gate.masking.spec import parse as parse_masking
from lake_gate.model import run
from lake_gate.params import run_params
from lake_gate.settings import Settings
from tests.conftest import REPO

PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "include/**/*.md", "infra/**/*.md") for path in REPO.glob(pattern)
)
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (REPO / "Makefile").read_text(), re.MULTILINE))


def page(name: str) -> str:
    return (REPO / name).read_text()


def cells(text: str) -> list[list[str]]:
    """Rows of all tables of a page."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(text: str, heading: str) -> str:
    (_, found) = text.split(f"\n## {heading}\n")
    return str(re.split(r"\n## ", found)[0])


def anchors(path: Path) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    return re.findall(r"\]\((?!https?://)([^)\s]+)\)", path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(REPO).as_posix())
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    broken = []
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, to_read = set(), [REPO / "README.md"]
    while to_read:
        current = to_read.pop()
        reached.add(current)
        targets = {(current.parent / link.partition("#")[0]).resolve() for link in links(current)}
        to_read += [target for target in targets if target.suffix == ".md" and target not in reached]
    assert set((REPO / "docs").rglob("*.md")) <= reached


def test_readme_is_one_long_screen() -> None:
    assert len(page("README.md").splitlines()) <= 136


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(REPO).as_posix())
def test_commands_of_make_are_targets(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith(" make")]
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", "\n".join(lines), re.MULTILINE))
    assert named - TARGETS == set()


def test_every_target_is_explained_to_contributors_or_users() -> None:
    explained = page("CONTRIBUTING.md") + page("README.md") + page("docs/platform.md")
    internal = {"help", "setup", "test-setup"}
    assert {target for target in TARGETS - internal if not re.search(rf"\b{target}\b", explained)} == set()


@pytest.mark.parametrize("name", ["README.md", "docs/feeds.md"])
def test_example_of_a_feed_is_valid(name: str) -> None:
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page(name), re.DOTALL)]
    feed = parse("clinic", example)
    assert feed.dag_id == "clinic_gate"
    assert feed.expect["tables"] == ["patients", "encounters"]


def test_keys_of_a_feed_are_listed() -> None:
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page("docs/feeds.md"), re.DOTALL)]
    listed = {key for row in cells(page("docs/feeds.md")) for key in re.findall(r"`(\w+)`", row[0])}
    assert set(example) <= listed
    fields_of_feed = {field.name for field in fields(Feed)} - {"name", "high_topic", "low_topic"}
    assert fields_of_feed <= listed


def test_fields_of_the_trigger_form_are_listed() -> None:
    listed = " ".join(row[0] for row in cells(section(page("docs/feeds.md"), "The trigger form"))).lower()
    for param in run_params(Feed("synthea", "owner")).values():
        assert str(param.schema["title"]).lower() in listed


def test_settings_and_their_defaults_are_listed() -> None:
    rows = cells(section(page("docs/operations.md"), "Settings"))
    listed: dict[str, str] = {name: row[2] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert set(listed) == {field.name for field in fields(Settings)} | {"source"}
    for field in fields(Settings):
        if isinstance(field.default, int | float):
            assert listed[field.name] == str(field.default)


def test_documents_of_a_run_are_listed() -> None:
    text = section(page("docs/how_it_works.md"), "The documents of a run")
    names: set[Any] = {*run.DOCUMENTS, run.MOVES, run.NOTIFIED, run.AMENDMENTS}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_tasks_of_the_gate_are_followed_in_their_order() -> None:
    source = page("dags/synthea_gate.py")
    rows = cells(section(page("docs/how_it_works.md"), "Follow one file"))
    followed = [task for row in rows for task in re.findall(r"`(\w+)`", row[0])]
    for task in followed:
        assert re.search(rf"\b{task}\b", source), task
    assert followed[:2] == ["check_macie", "land"]
    assert followed[-1] == "notify"


def test_glossary_is_in_alphabetical_order_and_its_words_are_in_use() -> None:
    words = [word for row in cells(page("docs/glossary.md")) for word in re.findall(r"\*\*(.+?)\*\*", row[0])]
    assert words == sorted(words, key=lambda word: word.replace("-", ""))
    sources = [
        *(path for folder in ("plugins/lake_gate", "localaws") for path in (REPO / folder).rglob("*.py")),
        *(REPO / "infra").glob("*.yaml"),
    ]
    text = " ".join(path.read_text() for path in sources).lower()
    assert [
        word for entry in words for word in entry.split(", ") if word.replace("-", "") not in text.replace("-", "")
    ] == []


def test_reasons_on_the_page_of_operations_exist() -> None:
    rows = cells(section(page("docs/operations.md"), "A run succeeded, but files are held"))
    named = {reason for row in rows[1:] for reason in re.findall(r"`(\w+)`", row[0])}
    assert named <= {str(reason) for reason in Reason}
    assert named


def test_feed_of_the_documented_asset_is_the_gates() -> None:
    name, uri = re.findall(r'Asset\(name="([^"]+)", uri="([^"]+)"\)', page("docs/feeds.md"))[0]
    asset = silver("clinic")
    assert (name.replace("<feed>", "clinic"), uri.replace("<feed>", "clinic")) == (asset.name, asset.uri)


def test_example_of_a_masking_spec_is_valid_and_its_keys_are_listed() -> None:
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page("docs/masking.md"), re.DOTALL)]
    assert parse_masking("visits", example, sha256="", this_year=2026).datasets.keys() == {"visits"}
    rows = cells(section(page("docs/masking.md"), "A masking spec"))
    listed = {key for row in rows for key in re.findall(r"`(\w+)`", row[0])} | {"description"}
    assert set(example) <= listed


def test_methods_of_masking_are_listed_in_their_order() -> None:
    rows = cells(section(page("docs/masking.md"), "Methods"))[1:]
    assert [row[0].strip("`") for row in rows] == [method.value for method in Method]


def test_identifiers_of_safe_harbor_name_the_methods_of_the_shipped_spec() -> None:
    spec = json.loads(page("include/masking/synthea_safe_harbor.json"))
    rules = [*spec["identifiers"].values()]
    rules += [rule for dataset in spec["datasets"].values() for rule in dataset["columns"].values()]
    used: dict[str, set[str]] = {}
    for rule in (rule for rule in rules if rule["method"] != "keep"):
        used.setdefault(rule["reason"][0], set()).add(rule["method"])
    rows = cells(section(page("docs/masking.md"), "Safe Harbor"))[1:]
    assert [row[0] for row in rows] == list("ABCDEFGHIJKLMNOPQR")
    for letter, _, _, methods in rows:
        assert used.get(letter, set()) <= set(re.findall(r"`(\w+)`", methods)), letter
