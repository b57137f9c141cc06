"""A run is what it was when it began."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from lake_gate.delivery.pin import check_pin, pin_run
from lake_gate.errors import DamagedDocumentError, RunPinnedError
from lake_gate.model.run import RUN as RUN_DOCUMENT
from lake_gate.model.run import Run
from tests.lake import Lake

RUN = Run("synthea", "manual 1")
SIGNED = "https://me:hunter2@example.org/d.zip?X-Amz-Signature=hunter2&X-Amz-Date=1&table=a"


def pin(lake: Lake, source: str = "s3://lake/in/", *, run: Run = RUN, is_dry_run: bool = False) -> str:
    return pin_run(lake.s3, lake.bronze, run, source, is_dry_run=is_dry_run).began_at


def test_pin_can_be_read_by_the_folder_of_the_run(lake: Lake) -> None:
    began_at = pin(lake, is_dry_run=True)
    pinned = json.loads(lake.read(lake.bronze, Run.of_folder("synthea", RUN.folder).document(RUN_DOCUMENT)))
    assert (pinned["run_id"], pinned["source"], pinned["dry_run"]) == ("manual 1", "s3://lake/in/", True)
    assert pinned["began_at"] == began_at
    assert datetime.fromisoformat(began_at).utcoffset() is not None


def test_run_that_is_cleared_has_begun_when_it_first_began(lake: Lake) -> None:
    pin(lake)
    written = lake.read(lake.bronze, RUN.document(RUN_DOCUMENT))
    pin(lake)
    assert lake.read(lake.bronze, RUN.document(RUN_DOCUMENT)) == written
    assert len(lake.versions(lake.bronze, RUN.document(RUN_DOCUMENT))) == 1


@pytest.mark.parametrize(
    ("source", "is_dry_run", "difference"),
    [
        ("s3://lake/other/", False, "the source was 's3://lake/in/' and is 's3://lake/other/'"),
        ("s3://lake/in/", True, "it was not a dry run and is"),
    ],
)
def test_run_that_differs_from_its_pin_is_refused(lake: Lake, source: str, is_dry_run: bool, difference: str) -> None:
    pin(lake)
    with pytest.raises(RunPinnedError, match="Start a new run with another run id") as error:
        pin(lake, source, is_dry_run=is_dry_run)
    assert difference in str(error.value)
    pin(lake)


def test_second_run_id_in_the_folder_of_the_first_is_refused(lake: Lake) -> None:
    pin(lake)
    with pytest.raises(RunPinnedError, match="the run id was 'manual 1' and is 'other'"):
        pin(lake, run=Run("synthea", "other", RUN.folder))


def test_new_signature_or_password_is_the_same_source_and_none_is_written_down(lake: Lake) -> None:
    pin(lake, SIGNED)
    pin(lake, SIGNED.replace("hunter2", "hunter3").replace("Date=1", "Date=2"))
    pin(lake, f" {SIGNED}\n")
    assert b"hunter" not in lake.read(lake.bronze, RUN.document(RUN_DOCUMENT))
    with pytest.raises(RunPinnedError) as error:
        pin(lake, SIGNED.replace("table=a", "table=b"))
    assert "hunter" not in str(error.value)


def test_check_of_a_run_without_a_pin_passes_and_writes_none(lake: Lake) -> None:
    check_pin(lake.s3, lake.bronze, RUN, "s3://lake/in/", is_dry_run=False)
    assert lake.versions(lake.bronze, RUN.document(RUN_DOCUMENT)) == []


DAMAGED = [
    b"",
    b"[]",
    b"null",
    b"\xff",
    b"[" * 100_000,
    b'{"schema": "lake-gate/run/1"}',
    json.dumps({"schema": "lake-gate/run/1", "run_id": "1", "source": "", "source_sha256": "", "dry_run": "no",
                "began_at": ""}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED)
def test_run_with_a_damaged_pin_is_refused(lake: Lake, content: bytes) -> None:
    lake.put(lake.bronze, RUN.document(RUN_DOCUMENT), content)
    with pytest.raises(DamagedDocumentError, match="is damaged"):
        check_pin(lake.s3, lake.bronze, RUN, "s3://lake/in/", is_dry_run=False)
    with pytest.raises(DamagedDocumentError, match="is damaged"):
        pin(lake)
