from __future__ import annotations

import json

import pytest

from lake_gate.errors import DocumentTooLargeError, SettingsError
from lake_gate.model.run import AMENDMENTS, OBJECTS, RELEASED, Run, index_of
from lake_gate.pages import lake as pages_lake
from lake_gate.pages.lake import open_lake
from tests.lake import Lake
from tests.lake_gate.pages.conftest import Written, entry, row


@pytest.mark.usefixtures("forget")
def test_settings_are_read_once_a_minute(lake: Lake) -> None:
    opened = open_lake()
    assert (opened.buckets.bronze, opened.buckets.silver) == (lake.bronze, lake.silver)
    assert open_lake() is opened


@pytest.mark.usefixtures("forget", "aws")
def test_missing_settings_are_named() -> None:
    with pytest.raises(SettingsError, match="bronze_bucket is missing"):
        open_lake()


@pytest.mark.usefixtures("forget")
def test_documents_and_folders_of_a_run_are_listed(written: Written) -> None:
    run = written.run(entry())
    written.put(run.document("notified/digest.json"), b"{}")
    folder = open_lake().folder(run)
    assert set(folder.sizes) == {"run.json", "objects.jsonl", "record.json"}
    assert folder.folders == {"notified/"}
    assert open_lake().folder(Run("synthea", "none")).sizes == {}


@pytest.mark.usefixtures("forget")
def test_a_document_that_is_too_large_is_not_read(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, run = open_lake(), written.run(entry())
    with pytest.raises(DocumentTooLargeError):
        list(lake.lines(lake.folder(run), OBJECTS, 10))
    monkeypatch.setattr(pages_lake, "MOST_OBJECT_BYTES", 10)
    for read in (lake.record, lake.pin):
        with pytest.raises(DocumentTooLargeError):
            read(lake.folder(run))


@pytest.mark.usefixtures("forget")
def test_a_line_that_is_too_long_is_not_kept(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, run = open_lake(), written.run(entry(), entry("b.csv"))
    monkeypatch.setattr(pages_lake, "MOST_LINE_BYTES", 100)
    with pytest.raises(DocumentTooLargeError, match="line 1 is longer"):
        list(lake.lines(lake.folder(run), OBJECTS))


@pytest.mark.usefixtures("forget")
def test_amendments_are_read_up_to_a_size_in_all(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, run = open_lake(), written.run(entry())
    for number in range(3):
        written.put(f"{run.document(AMENDMENTS)}{number}.jsonl", b"\n" * 40)
    assert not lake.amendments(lake.folder(run)).made
    monkeypatch.setattr(pages_lake, "MOST_KEPT_BYTES", 100)
    with pytest.raises(DocumentTooLargeError):
        lake.amendments(lake.folder(run))


@pytest.mark.usefixtures("forget")
def test_an_index_that_cannot_be_used_is_named_and_not_rebuilt(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake()
    assert lake.index("synthea") == pages_lake.Index([])
    written.run(entry())
    assert lake.index("synthea") == pages_lake.Index([], "missing")
    written.index(row())
    assert [found.run_id for found in lake.index("synthea").rows] == ["1"]
    with monkeypatch.context() as small:
        small.setattr(pages_lake, "MOST_OBJECT_BYTES", 10)
        assert lake.index("synthea") == pages_lake.Index([], "damaged")
    written.put(index_of("synthea"), b"{")
    assert lake.index("synthea") == pages_lake.Index([], "damaged")


@pytest.mark.usefixtures("forget")
def test_held_copies_that_later_runs_have_processed_are_known(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = {"bucket": "b", "key": "k", "version_id": "v"}
    released = {"name": "a.csv", "key": "held/synthea/1/a.csv", "version_id": "v1", "now": now}
    written.put(Run("synthea", "2").document(RELEASED), json.dumps(released).encode())
    written.index(row("3"), row("2", source="held://*"), row("1"))
    lake = open_lake()
    rows = lake.index("synthea").rows
    releases = lake.releases("synthea", rows)
    assert {key: (found.run_id, found.now) for key, found in releases.items()} == {
        ("held/synthea/1/a.csv", "v1"): ("2", ("b", "k", "v"))
    }
    monkeypatch.setattr(pages_lake, "MOST_KEPT_BYTES", 10)
    with pytest.raises(DocumentTooLargeError):
        lake.releases("synthea", rows)
