"""The masked copy of one object: made once, of the landed version, or not at all."""

from __future__ import annotations

import errno
import hashlib
from typing import Any

import pytest

from lake_gate.content import iter_landed
from lake_gate.errors import DiskFullError, MaskedCopyStandsError
from lake_gate.masking import copies
from lake_gate.masking.copies import Made, ToMask, make_copy
from lake_gate.masking.keys import Keys
from lake_gate.masking.spec import MaskingSpec, parse
from lake_gate.model.run import Run
from tests.lake import Lake

RUN = Run("synthea", "1")
TABLE = b"Id,NAME\n76982e06-f8b8-4509-9ca3-65a99c8650fe,Somebody1\n"
CONTENT: dict[str, Any] = {
    "key_version": 1,
    "oldest_year": 1945,
    "identifiers": {},
    "datasets": {
        "a": {
            "columns": {
                "Id": {"method": "token", "namespace": "patient", "reason": "code of the patient"},
                "NAME": {"method": "drop", "reason": "name of the patient"},
            }
        }
    },
}


def spec() -> MaskingSpec:
    return parse("s", CONTENT, sha256="s", this_year=2026)


def keys(secret: bytes = b"k") -> Keys:
    return Keys(lambda message: hashlib.sha256(secret + message).digest(), 1)


def to_mask(lake: Lake, content: bytes = TABLE) -> ToMask:
    return ToMask(lake.put(lake.bronze, f"{RUN.prefix}a.csv", content), [])


def test_copy_is_below_the_prefix_of_the_masked_run_and_has_no_patient(lake: Lake) -> None:
    item = to_mask(lake)
    made = make_copy(lake.s3, RUN.masked, item, spec(), keys())
    assert made.copy
    assert (made.copy.key, made.copy.name) == ("masked/synthea/1/a.csv", "a.csv")
    content = lake.read(lake.bronze, made.copy.key, made.copy.version_id)
    assert content.startswith(b"Id\n")
    assert b"76982e06" not in content
    assert hashlib.sha256(content).hexdigest() == made.copy.sha256
    assert made.masking.report
    assert (made.masking.version_id, made.masking.report["sha256"]) == (item.landed.version_id, made.copy.sha256)
    assert [place.run for place in iter_landed(lake.s3, lake.bronze, made.copy.sha256)] == [
        Run.of_folder("synthea", "1/masked")
    ]


def test_copy_is_made_of_the_landed_version(lake: Lake) -> None:
    item = to_mask(lake)
    expected = make_copy(lake.s3, Run("synthea", "2").masked, item, spec(), keys())
    lake.s3.put_object(Bucket=lake.bronze, Key=item.landed.key, Body=b"Id,NAME\nother,x\n")
    made = make_copy(lake.s3, RUN.masked, item, spec(), keys())
    assert made.copy
    assert expected.copy
    assert made.copy.sha256 == expected.copy.sha256


def test_retry_finds_the_copy_of_the_try_before(lake: Lake) -> None:
    item = to_mask(lake)
    first, second = (make_copy(lake.s3, RUN.masked, item, spec(), keys()) for _ in range(2))
    assert first == second


def test_retry_with_another_key_is_refused(lake: Lake) -> None:
    item = to_mask(lake)
    make_copy(lake.s3, RUN.masked, item, spec(), keys())
    with pytest.raises(MaskedCopyStandsError):
        make_copy(lake.s3, RUN.masked, item, spec(), keys(b"other"))
    assert len(lake.versions(lake.bronze, "masked/synthea/1/a.csv")) == 1


def test_full_disk_is_a_state_that_passes(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    item = to_mask(lake)
    with monkeypatch.context() as patch:
        patch.setattr(copies, "_download", full)
        with pytest.raises(DiskFullError, match=r"no room for a\.csv and its masked copy"):
            make_copy(lake.s3, RUN.masked, item, spec(), keys())
    assert make_copy(lake.s3, RUN.masked, item, spec(), keys()).copy


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"Id,NAME,NEW\n1,2,3\n", "no_masking_rule"), (b"Id,NAME\n1,2,3\n", "not_maskable")],
)
def test_object_that_cannot_be_masked_has_no_copy_and_a_reason(lake: Lake, content: bytes, reason: str) -> None:
    made = make_copy(lake.s3, RUN.masked, to_mask(lake, content), spec(), keys())
    assert (made.copy, made.masking.report, made.masking.reason) == (None, None, reason)
    assert made.masking.problem
    assert lake.keys(lake.bronze, "masked/") == []


@pytest.mark.parametrize("line", [None, {}, {"landed": {}, "found": []}, {"landed": {}, "found": [["a", 1]]}], ids=str)
def test_line_that_is_not_of_an_object_to_mask_is_refused(line: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        ToMask.from_json(line)


@pytest.mark.parametrize("line", [None, {}, {"masking": {"name": "a"}}], ids=str)
def test_line_that_is_not_of_a_copy_is_refused(line: Any) -> None:
    with pytest.raises(ValueError, match="not a"):
        Made.from_json(line)
