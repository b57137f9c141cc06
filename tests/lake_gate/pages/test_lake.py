from __future__ import annotations

import json

import pytest

from lake_gate.errors import SettingsError
from lake_gate.model.run import OBJECTS, RELEASED, Run
from lake_gate.pages import lake as pages_lake
from lake_gate.pages.lake import DocumentTooLargeError, open_lake
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
    monkeypatch.setattr(pages_lake, "MOST_DOCUMENT_BYTES", 10)
    with pytest.raises(DocumentTooLargeError):
        lake.record(lake.folder(run))


@pytest.mark.usefixtures("forget")
def test_held_copies_that_later_runs_have_processed_are_known(written: Written) -> None:
    now = {"bucket": "b", "key": "k", "version_id": "v"}
    released = {"name": "a.csv", "key": "held/synthea/1/a.csv", "version_id": "v1", "now": now}
    written.put(Run("synthea", "2").document(RELEASED), json.dumps(released).encode())
    written.index(row("3"), row("2", source="held://*"), row("1"))
    lake = open_lake()
    releases = lake.releases("synthea", lake.rows("synthea"))
    assert {key: (found.run_id, found.now) for key, found in releases.items()} == {
        ("held/synthea/1/a.csv", "v1"): ("2", ("b", "k", "v"))
    }
