"""Whatever is changed in a copy of ledger and documents is found, and nothing of a content is printed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lake_gate.ledger import audit
from lake_gate.ledger.audit import Audit, Report
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Head, Kind
from lake_gate.ledger.stores import BucketStore, FolderStore
from tests.lake import Lake
from tests.lake_gate.ledger.copies import AMENDED, LEDGER, line_of, make, name_of, sha256

RECORD = "_runs/synthea/1/record.json"
EARLY = 1_500_000_000
"""A time before the first line."""


def audited(folder: Path, head: str = "") -> Report:
    store = FolderStore(folder)
    return Audit(store, store, "synthea", Head.parse(head) if head else None).run()


def line(number: int) -> str:
    return f"{LEDGER}/{name_of(number)}"


def test_copy_that_is_as_it_was_has_no_problems(tmp_path: Path) -> None:
    head = make(tmp_path)
    report = audited(tmp_path, head)
    assert (report.problems, report.unchecked) == ([], [])
    assert (report.lines, report.documents, str(report.head)) == (3, 5, head)
    assert report.notes == [
        "a folder has no versions: a document that was rewritten later looks like one that was changed"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("is_ledger", [True, False], ids=["ledger", "documents"])
def test_every_byte_is_guarded(tmp_path: Path, is_ledger: bool) -> None:
    head = make(tmp_path)
    for path in sorted((tmp_path / ("_ledger" if is_ledger else "_runs")).rglob("*.json*")):
        content = path.read_bytes()
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert audited(tmp_path, head).problems, f"{path.name} at byte {place}"
        path.write_bytes(content)
    assert audited(tmp_path, head).problems == []


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_line_that_is_removed_is_missed(tmp_path: Path, number: int) -> None:
    head = make(tmp_path)
    (tmp_path / line(number)).unlink()
    report = audited(tmp_path, head)
    assert report.problems
    assert report.unchecked == ["documents of 1 line missing or damaged"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_document_whose_line_is_removed_has_no_line(tmp_path: Path, number: int) -> None:
    make(tmp_path)
    key = json.loads((tmp_path / line(number)).read_bytes())["uri"].removeprefix("s3://bronze/")
    (tmp_path / line(number)).unlink()
    assert f"{key} has no line" in audited(tmp_path).problems


@pytest.mark.parametrize("key", [RECORD, AMENDED, "_runs/synthea/1/manifest.jsonl", "_runs/synthea/1/decisions.jsonl"])
def test_document_that_is_removed_is_missing(tmp_path: Path, key: str) -> None:
    make(tmp_path)
    (tmp_path / key).unlink()
    number = 2 if key == AMENDED else 1
    assert audited(tmp_path).problems == [f"line {number}: {key} is missing"]


def test_changed_document_is_named_with_its_line(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "_runs/synthea/1/decisions.jsonl").write_bytes(b'{"outcome":"promote"}\n')
    assert audited(tmp_path).problems == ["line 1: _runs/synthea/1/decisions.jsonl has other content: it was changed"]


def test_lines_in_another_order_are_found(tmp_path: Path) -> None:
    make(tmp_path)
    first, second = tmp_path / line(1), tmp_path / line(2)
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    assert "line 1 has the number of another line" in audited(tmp_path).problems


def test_second_line_with_the_number_of_another_is_not_a_line(tmp_path: Path) -> None:
    head = make(tmp_path)
    (tmp_path / LEDGER / "9999999996-0000000002.json").write_bytes((tmp_path / line(2)).read_bytes())
    assert audited(tmp_path, head).problems == [f"{LEDGER}/9999999996-0000000002.json is not a line"]


def rewrite(folder: Path) -> None:
    """Forge a decision, and write all lines again so that they fit."""
    decisions = folder / "_runs/synthea/1/decisions.jsonl"
    record = json.loads((folder / RECORD).read_bytes())
    decisions.write_bytes(b'{"outcome":"promote"}\n')
    record["documents"]["decisions.jsonl"]["sha256"] = sha256(decisions.read_bytes())
    (folder / RECORD).write_bytes(json.dumps(record).encode())
    before = None
    for number in (1, 2, 3):
        path = folder / line(number)
        key = json.loads(path.read_bytes())["uri"].removeprefix("s3://bronze/")
        before = line_of(number, key, (folder / key).read_bytes(), before)
        path.write_bytes(before)


def test_rewritten_chain_is_noticed_by_the_head_of_a_message(tmp_path: Path) -> None:
    head = make(tmp_path)
    rewrite(tmp_path)
    assert audited(tmp_path).problems == []
    assert audited(tmp_path, head).problems == [
        "line 3 is not the line of the head that was kept: the chain was rewritten"
    ]


def test_older_version_in_place_of_the_latest_is_found(tmp_path: Path) -> None:
    make(tmp_path)
    former = (tmp_path / RECORD).read_bytes()
    last = (tmp_path / line(3)).read_bytes()
    (tmp_path / line(4)).write_bytes(line_of(4, RECORD, b"{}", last))
    assert audited(tmp_path).problems == [f"line 4: {RECORD} has the content of line 1, an earlier version"]
    (tmp_path / RECORD).write_bytes(b"{}")
    report = audited(tmp_path)
    assert report.problems == []
    assert "earlier versions of documents, which were not checked: 1" in report.notes
    assert former


def test_documents_from_before_the_ledger_are_counted(tmp_path: Path) -> None:
    make(tmp_path)
    old, new = (tmp_path / f"_runs/synthea/{name}/record.json" for name in ("old", "new"))
    for path in (old, new):
        path.parent.mkdir()
        path.write_bytes(b"{}")
    os.utime(old, (EARLY, EARLY))
    report = audited(tmp_path)
    assert report.problems == ["_runs/synthea/new/record.json has no line"]
    assert report.notes[-1] == "documents that are older than the ledger, and have no line: 1"


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "s3://bronze/_runs/synthea/../../../etc/passwd"},
        {"uri": "s3://bronze//etc/passwd"},
        {"uri": "s3://other/_runs/synthea/1/record.json"},
        {"uri": "s3://bronze/_runs/clinic/1/record.json"},
        {"uri": "s3://bronze/_ledger/synthea/x.json"},
        {"uri": "s3://bronze/synthea/1/a.csv"},
        {"uri": "900-12-3456\n"},
        {"uri": "s3://bronze/_runs/synthea/" + "a" * 10_000},
        {"version_id": "a b\n900-12-3456"},
        {"version_id": ""},
    ],
)
def test_line_that_names_something_else_is_not_followed(tmp_path: Path, changes: dict[str, Any]) -> None:
    make(tmp_path)
    last = (tmp_path / line(3)).read_bytes()
    (tmp_path / line(4)).write_bytes(line_of(4, RECORD, b"", last, **changes))
    (problem,) = audited(tmp_path).problems
    assert problem == "line 4 does not name a document of this feed in s3://bronze"


@pytest.mark.parametrize(
    "content",
    [
        b"not JSON 900-12-3456",
        b"[]",
        b'{"documents":[]}',
        b'{"documents":{"../../secret":{"version_id":"v","sha256":"' + b"0" * 64 + b'"}}}',
        b'{"documents":{"plan.json":{"version_id":"v","sha256":"900-12-3456"}}}',
        b'{"documents":{"plan.json":7}}',
        json.dumps({"documents": {f"notified/{n}.json": 1 for n in range(101)}}).encode(),
        b"[" * 100_000,
    ],
)
def test_record_of_another_shape_is_named_without_its_content(tmp_path: Path, content: bytes) -> None:
    make(tmp_path)
    last = (tmp_path / line(3)).read_bytes()
    (tmp_path / RECORD).write_bytes(content)
    (tmp_path / line(4)).write_bytes(line_of(4, RECORD, content, last))
    assert audited(tmp_path).problems == [f"line 4: {RECORD} does not name its documents as a record"]


def link(path: Path, folder: Path) -> None:
    path.symlink_to(folder.parent / "outside")


def pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("put", [link, pipe])
def test_links_to_the_outside_and_special_files_are_not_read(tmp_path: Path, put: Callable[[Path, Path], None]) -> None:
    folder = tmp_path / "copy"
    head = make(folder)
    (tmp_path / "outside").write_bytes((folder / AMENDED).read_bytes())
    (folder / AMENDED).unlink()
    put(folder / AMENDED, folder)
    assert audited(folder, head).problems == [f"line 2: {AMENDED} is missing"]


def test_names_of_other_objects_are_printed_safely(tmp_path: Path) -> None:
    head = make(tmp_path)
    (tmp_path / LEDGER / "a\n\x1b[31m").write_bytes(b"")
    assert audited(tmp_path, head).problems == [f"{LEDGER}/a\\n\\x1b[31m is not a line"]


def test_more_than_the_most_is_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.setattr(audit, "MOST_LINES", 1)
    monkeypatch.setattr(audit, "MOST_DOCUMENTS", 1)
    monkeypatch.setattr(audit, "MOST_RECORD_BYTES", 1)
    unchecked = audited(tmp_path).unchecked
    assert {"more than 1 documents: the rest was not listed", "more than 1 lines: the others were not read"} <= {
        *unchecked
    }
    assert any(text.endswith("record.json is too large to be read") for text in unchecked)


def test_ledger_without_lines_is_not_checked(tmp_path: Path) -> None:
    assert audited(tmp_path).unchecked == ["the ledger has no lines: it was removed, or all is older than the ledger"]


def test_documents_of_reviews_and_exceptions_that_were_written_again_are_reported(lake: Lake) -> None:
    review = "_reviews/synthea/review-0123456789abcdef/request.json"
    exception, record = "_exceptions/synthea/a.json", "_runs/synthea/1/record.json"
    for key in (review, exception, record):
        for number in range(2):
            version_id = lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=b"%d" % number)["VersionId"]
            append_document(lake.s3, lake.settings, "synthea", Kind.REVIEW, key, version_id, b"%d" % number)
    store = BucketStore(lake.s3, lake.bronze)
    problems = Audit(store, store, "synthea").run().problems
    assert sorted(problems) == [f"{key} was written 2 times, expected once" for key in (exception, review)]
