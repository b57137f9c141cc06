"""Masked promotion: what has findings about people reaches silver without the people, and nothing else does."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from dev import in_process
from lake_gate.finding_events.reconciling import is_marker_of
from lake_gate.masking import facts
from lake_gate.model.run import Run
from localaws.synthea import generate
from tests.conftest import REPO
from tests.dag_steps import StepRun
from tests.lake import Lake
from tests.lake_gate.finding_events.elsewhere import scan
from tests.runs import Ended, RunAny

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FEED = "synthea_deidentified"
type RunFeed = Callable[..., Ended]


@pytest.fixture
def run_feed(run_any: RunAny) -> RunFeed:
    def run(**conf: Any) -> Ended:
        dag = in_process.load_dag(f"{FEED}_gate")
        for task_id in ("await_job", "await_copies_job"):
            dag.get_task(task_id).poke_interval = 0.2
        return run_any(dag, FEED, **conf)

    return run


def copies(ended: Ended) -> dict[str, str]:
    """Return the outcome of each masked copy by name."""
    return {entry["name"]: entry["masked"]["outcome"] for entry in ended.objects if entry.get("masked")}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def marked(ended: Ended) -> dict[str, dict[str, Any]]:
    return {item["key"].removeprefix(ended.run.prefix): item for item in ended.marker["objects"]}


def check_all(lake: Lake, ended: Ended, delivery: Path) -> None:
    """Check that every file is accounted for, and that silver has exactly what the marker lists."""
    assert ended.state == "success"
    assert ended.record["accounted"]
    assert set(ended.outcomes) == {path.name for path in delivery.iterdir()}
    masked = {name for name, outcome in ended.outcomes.items() if outcome == "mask"}
    promoted = {name for name, outcome in ended.outcomes.items() if outcome == "promote"}
    assert masked == ended.names_in(lake.quarantine)
    assert {name for name, outcome in copies(ended).items() if outcome == "promote"} | promoted == set(marked(ended))
    assert ended.names_in(lake.silver) == set(marked(ended))
    for name, item in marked(ended).items():
        assert ("masked" in item) == (name in masked)
        in_silver = lake.read(lake.silver, ended.run.prefix + name, item["version_id"])
        original = (delivery / name).read_bytes()
        assert (in_silver == original) == (name in promoted or not rows(original))
        assert len(rows(in_silver)) == len(rows(original))
    assert is_own_marker(lake, ended)


def is_own_marker(lake: Lake, ended: Ended) -> bool:
    """Return whether a finding about the marker leaves it in silver."""
    return is_marker_of(lake.s3, lake.bronze, ended.run, lake.read(lake.silver, ended.run.marker))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A delivery of a few tables: two with people, one without."""
    generate(tmp_path / "all", 3)
    folder = tmp_path / "small"
    folder.mkdir()
    for name in ("patients.csv", "encounters.csv"):
        shutil.copy(tmp_path / "all" / name, folder)
    (folder / "clean.csv").write_bytes(b"A\n1\n")
    return folder


@pytest.mark.slow
def test_table_that_the_spec_names_is_masked_although_macie_finds_nothing(
    lake: Lake, run_feed: RunFeed, tmp_path: Path
) -> None:
    patient = "76982E06-F8B8-4509-9CA3-65A99C8650FE"  # the identifier of the seed does not know capital letters
    (tmp_path / "supplies.csv").write_text(
        f"DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,QUANTITY\n2020-02-03,{patient},,1,x,2\n"
    )
    ended = run_feed(source=str(tmp_path))
    check_all(lake, ended, tmp_path)
    assert (ended.outcomes, ended.reasons) == ({"supplies.csv": "mask"}, {"supplies.csv": "masked_by_spec"})
    (in_silver,) = rows(lake.read(lake.silver, f"{ended.run.prefix}supplies.csv"))
    assert in_silver["PATIENT"] not in {patient, patient.lower()}
    assert in_silver["DATE"] != "2020-02-03"


@pytest.mark.slow
def test_same_delivery_is_not_scanned_again(
    lake: Lake, run_feed: RunFeed, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change(monkeypatch, tmp_path, f"feeds/{FEED}.json", lambda content: content.update(reuse_verdicts=True))
    first = run_feed(source=str(small))
    check_all(lake, first, small)
    second = run_feed(source=str(small))
    check_all(lake, second, small)
    assert second.outcomes == first.outcomes
    assert copies(second) == copies(first)
    assert [second.tasks[task] for task in ("await_job", "await_copies_job")] == ["skipped", "skipped"]
    for name in small.iterdir():
        assert len({lake.read(lake.silver, run.prefix + name.name) for run in (first.run, second.run)}) == 1


@pytest.mark.slow
def test_new_key_version_gives_tokens_that_do_not_join_with_the_old_ones(
    lake: Lake, run_feed: RunFeed, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change(monkeypatch, tmp_path, f"feeds/{FEED}.json", lambda content: content.update(reuse_verdicts=True))
    tokens: list[set[str]] = []
    for version in (1, 2):
        spec = "masking/synthea_safe_harbor.json"
        edit = methodcaller("update", key_version=version)
        change(monkeypatch, tmp_path, spec, edit)
        ended = run_feed(source=str(small))
        check_all(lake, ended, small)
        assert {item["masked"]["key_version"] for item in marked(ended).values() if "masked" in item} == {version}
        copy, other = (
            rows(lake.read(lake.silver, f"{ended.run.prefix}{name}.csv")) for name in ("patients", "encounters")
        )
        tokens.append({row["Id"] for row in copy})
        assert {row["PATIENT"] for row in other} <= tokens[-1]
    assert len(tokens[0]) == len(tokens[1])
    assert not tokens[0] & tokens[1]


@pytest.fixture
def run_events(run_any: RunAny) -> Callable[[], Ended]:
    dag = in_process.load_dag("finding_events")
    return lambda: run_any(dag, "finding_events")


def change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, edit: Callable[[Any], None]) -> None:
    """Use a copy of include/ in which one file was changed."""
    include = tmp_path / "include"
    if not include.exists():
        shutil.copytree(REPO / "include", include)
    content = json.loads((include / name).read_text())
    edit(content)
    (include / name).write_text(json.dumps(content))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(include))


def joins(tables: dict[str, bytes]) -> dict[tuple[str, str, str, str], int]:
    """Return for all pairs of columns with UUIDs how many rows of the first have a value that the second has."""
    values = {
        (table, column): [row[column] for row in of_table if UUID.fullmatch(row[column] or "")]
        for table, content in tables.items()
        for of_table in [rows(content)]
        for column in (of_table[0] if of_table else ())
    }
    distinct = {column: set(mine) for column, mine in values.items()}
    return {
        (*one, *other): sum(value in others for value in mine)
        for one, mine in values.items()
        for other, others in distinct.items()
        if mine and others
    }


SPEC = json.loads((REPO / "include/masking/synthea_safe_harbor.json").read_text())["datasets"]
STATES = {name for pair in facts.STATES.items() for name in pair}


def is_allowed(value: str, method: str) -> bool:
    """Whether the method of a column can write a value that it has in the original, too."""
    match method:
        case "date_shift":
            return True  # the date of another patient
        case "year":
            return re.fullmatch("[0-9]{4}", value) is not None
        case "state":
            return value in STATES
        case "round":
            return True  # an amount of another column; its own column is compared below
        case _:
            return False


def methods_of(name: str, table: list[dict[str, str]]) -> dict[str, str]:
    rules = SPEC[name.removesuffix(".csv")]["columns"]
    return {column: rules[column]["method"] for column in (table[0] if table else ())}


def check_nothing_leaked(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    """Search all of silver for every value of every masked column: as a cell, and what has digits also as a word.

    A date or a year is not searched in columns of shifted dates and years: there it is another patient's.
    """
    tables = {name: rows(content) for name, content in after.items()}
    written = {True: set[str](), False: set[str]()}  # by whether the method writes dates
    for name, table in tables.items():
        for column, method in methods_of(name, table).items():
            written[method in {"date_shift", "year"}].update(row[column] for row in table if column in row)
    words = set(re.findall(r"[\w.-]+", b"\n".join(after.values()).decode()))
    leaked, searched_columns = {}, 0
    for name, table in ((name, rows(content)) for name, content in before.items()):
        for column, method in methods_of(name, table).items():
            if method == "keep":
                continue
            searched_columns += 1
            values = {row[column] for row in table}
            searched = {value for value in values if len(value) > 2 and not is_allowed(value, method)}
            dates = {value for value in searched if re.match("[0-9]{4}(-|$)", value)}
            numbers = {value for value in searched - dates if len(value) > 5 and re.search("[0-9]", value)}
            found = searched & written[False] | (searched - dates) & written[True] | numbers & words
            if method == "round":
                found = {row[column] for row in tables[name] if row[column] in values and float(row[column]) % 1000}
            if found:
                leaked[name, column] = found
    assert leaked == {}
    assert searched_columns > 60


def test_generated_delivery_is_in_silver_without_its_patients(lake: Lake, run_feed: RunFeed, tmp_path: Path) -> None:
    generate(tmp_path, 10)
    ended = run_feed(source=str(tmp_path))
    check_all(lake, ended, tmp_path)
    assert set(ended.outcomes.values()) == {"mask"}  # also supplies.csv, in which Macie finds nothing
    assert set(copies(ended).values()) == {"promote"}
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    after = {name: lake.read(lake.silver, ended.run.prefix + name) for name in before}
    assert joins(after) == joins(before)
    assert sum(joins(before).values()) > 1000
    check_nothing_leaked(before, after)


@pytest.mark.slow
def test_real_delivery_is_in_silver_without_its_patients(lake: Lake, run_feed: RunFeed, real_delivery: Path) -> None:
    ended = run_feed(source=str(real_delivery))
    check_all(lake, ended, real_delivery)
    assert set(copies(ended).values()) == {"promote"}
    before = {path.name: path.read_bytes() for path in real_delivery.iterdir()}
    after = {name: lake.read(lake.silver, ended.run.prefix + name) for name in before}
    assert joins(after) == joins(before)
    check_nothing_leaked(before, after)


@pytest.mark.slow
@pytest.mark.airflow
def test_masked_delivery_goes_its_way_in_airflow(lake: Lake, run_feed: RunFeed, small: Path) -> None:
    ended = run_feed(source=str(small))
    check_all(lake, ended, small)
    assert ended.outcomes == {"clean.csv": "promote", "encounters.csv": "mask", "patients.csv": "mask"}
    masked = marked(ended)["patients.csv"]["masked"]
    assert (masked["spec"], masked["key_version"]) == ("synthea_safe_harbor", 1)


@pytest.mark.slow
def test_dry_run_masks_and_scans_and_moves_nothing(lake: Lake, run_feed: RunFeed, small: Path) -> None:
    ended = run_feed(source=str(small), dry_run=True)
    assert ended.state == "success"
    assert ended.outcomes == {"clean.csv": "promote", "encounters.csv": "mask", "patients.csv": "mask"}
    assert copies(ended) == {"encounters.csv": "promote", "patients.csv": "promote"}
    assert ended.names_in(lake.bronze) == {"clean.csv", "encounters.csv", "patients.csv"}
    assert ended.names_in(lake.silver) == ended.names_in(lake.quarantine) == set()


@pytest.mark.slow
def test_cleared_run_changes_nothing(lake: Lake, small: Path) -> None:
    dag = in_process.load_dag(f"{FEED}_gate")
    ends = []
    for _ in range(2):
        run = StepRun(dag, "manual__1", {"source": str(small)}).go()
        ended = Ended(lake, Run(FEED, run.run_id), run.state, run.states)
        check_all(lake, ended, small)
        keys = [key for bucket in (lake.bronze, lake.silver, lake.quarantine) for key in lake.keys(bucket)]
        ends.append((ended.outcomes, copies(ended), ended.marker, keys))
    assert ends[0] == ends[1]


@pytest.mark.slow
def test_column_without_a_rule_holds_its_file_and_no_other(
    lake: Lake, run_feed: RunFeed, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = "masking/synthea_safe_harbor.json"
    change(monkeypatch, tmp_path, spec, lambda content: content["datasets"]["patients"]["columns"].pop("SSN"))
    ended = run_feed(source=str(small))
    assert ended.state == "success"
    assert ended.outcomes == {"clean.csv": "promote", "encounters.csv": "mask", "patients.csv": "hold"}
    assert ended.reasons["patients.csv"] == "no_masking_rule"
    assert ended.names_in(lake.silver) == {"clean.csv", "encounters.csv"}
    assert ended.names_in(lake.bronze, "held/") == {"patients.csv"}


@pytest.mark.slow
def test_copy_in_which_macie_still_finds_something_is_held_and_its_original_isolated(
    lake: Lake, run_feed: RunFeed, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = "policies/deidentified.json"
    change(monkeypatch, tmp_path, policy, lambda content: content["rules"].pop(2))  # tokens are not known as such
    ended = run_feed(source=str(small))
    assert ended.state == "success"
    assert copies(ended) == {"encounters.csv": "hold", "patients.csv": "promote"}
    (entry,) = [entry for entry in ended.objects if entry["name"] == "encounters.csv"]
    assert (entry["outcome"], entry["masked"]["reason"]) == ("mask", "masked_not_clean")
    assert ended.names_in(lake.quarantine) == {"encounters.csv", "patients.csv"}
    assert set(marked(ended)) == ended.names_in(lake.silver) == {"clean.csv", "patients.csv"}


@pytest.mark.slow
@pytest.mark.parametrize("is_clean", [True, False])
def test_all_or_nothing_counts_a_masked_file_as_promotable_if_its_copy_is(
    lake: Lake, run_feed: RunFeed, small: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_clean: bool
) -> None:
    if not is_clean:
        change(monkeypatch, tmp_path, "policies/deidentified.json", lambda content: content["rules"].pop(2))
    ended = run_feed(source=str(small), promotion="all or nothing")
    assert ended.state == "success"
    assert ended.names_in(lake.silver) == (set(ended.outcomes) if is_clean else set())
    assert ended.names_in(lake.quarantine) == {"encounters.csv", "patients.csv"}


@pytest.mark.slow
def test_later_finding_in_a_copy_pulls_it_back_from_silver(
    lake: Lake, run_feed: RunFeed, run_events: Callable[[], Ended], small: Path
) -> None:
    ended = run_feed(source=str(small))
    scan(lake.silver, "High")
    events = run_events()
    assert (events.state, ended.names_in(lake.silver)) == ("success", {"clean.csv", "patients.csv"})
    assert set(marked(ended)) == {"clean.csv", "patients.csv"}
    assert [item["key"] for item in ended.marker["withdrawn"]] == [f"{ended.run.prefix}encounters.csv"]
    assert copies(ended) == {"encounters.csv": "hold", "patients.csv": "promote"}
    assert lake.keys(lake.bronze, "held/") == [f"held/masked/{ended.run.prefix}encounters.csv"]
    assert ended.names_in(lake.quarantine) == {"encounters.csv", "patients.csv"}
    assert ended.record["accounted"]
    assert is_own_marker(lake, ended)
    assert run_events().tasks["withdraw"] == "skipped"


@pytest.mark.slow
def test_later_finding_in_a_copy_pulls_back_the_whole_run_if_it_is_all_or_nothing(
    lake: Lake, run_feed: RunFeed, run_events: Callable[[], Ended], small: Path
) -> None:
    ended = run_feed(source=str(small), promotion="all or nothing")
    assert ended.names_in(lake.silver) == {"clean.csv", "encounters.csv", "patients.csv"}
    scan(lake.silver, "High")
    assert run_events().state == "success"
    assert ended.names_in(lake.silver) == set()
    assert ended.names_in(lake.quarantine) == {"encounters.csv", "patients.csv"}
    assert ended.outcomes["clean.csv"] == "hold"
    assert ended.record["accounted"]


@pytest.mark.parametrize(
    "is_severe",
    [
        pytest.param(True, id="the policy quarantines it", marks=pytest.mark.slow),
        pytest.param(False, id="no column is known"),
    ],
)
def test_later_finding_in_the_bytes_of_an_original_pulls_its_copy_back_from_silver(
    lake: Lake,
    run_feed: RunFeed,
    run_events: Callable[[], Ended],
    small: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_severe: bool,
) -> None:
    if is_severe:
        severe = {"name": "by-hand", "then": "quarantine", "custom_identifiers": ["by hand, High"]}
        change(monkeypatch, tmp_path, "policies/deidentified.json", lambda content: content["rules"].insert(0, severe))
    ended = run_feed(source=str(small))
    assert ended.names_in(lake.silver) == {"clean.csv", "encounters.csv", "patients.csv"}
    lake.put(lake.outputs["SourceBucket"], "x.csv", b"A\n1\n")
    lake.put(lake.silver, "elsewhere/encounters.csv", (small / "encounters.csv").read_bytes())
    only = {"simpleScopeTerm": {"comparator": "STARTS_WITH", "key": "OBJECT_KEY", "values": ["elsewhere/"]}}
    scan(lake.silver, "High", scoping={"includes": {"and": [only]}})
    events = run_events()
    assert (events.state, ended.names_in(lake.silver)) == ("success", {"clean.csv", "patients.csv"})
    assert set(marked(ended)) == {"clean.csv", "patients.csv"}
    assert (ended.outcomes["encounters.csv"], copies(ended)["encounters.csv"]) == ("quarantine", "quarantine")
    assert ended.reasons["encounters.csv"] == ("findings_at_or_above_threshold" if is_severe else "found_after_masking")
    assert lake.keys(lake.quarantine, "masked/") == [f"masked/{ended.run.prefix}encounters.csv"]
    assert ended.record["accounted"]
    assert run_events().tasks["withdraw"] == "skipped"
