"""The steps that mask: chosen, masked in chunks, listed, and decided about together; and what refuses to go on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from lake_gate import content
from lake_gate.errors import MaskingChangedError, SettingsError
from lake_gate.exceptions.store import add_exception
from lake_gate.masking import operators, specs
from lake_gate.masking.operators import ChooseOperator, DecideTogetherOperator, ListMaskedOperator, MaskFilesOperator
from lake_gate.masking.spec import MaskingSpec
from lake_gate.masking.specs import read_spec
from lake_gate.model.evidence import Detection, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import Run
from tests.lake import Lake
from tests.lake_gate.exceptions.nights import excused
from tests.lake_gate.steps import DESCRIBED, RUN, land_files, move, step, write

ALLERGIES = b"START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n2020-01-01,,{0},{0},1,Mould\n"
PATIENT = b"76982e06-f8b8-4509-9ca3-65a99c8650fe"
TABLE = ALLERGIES.replace(b"{0}", PATIENT)
SSN = "USA_SOCIAL_SECURITY_NUMBER"
MASKED_ONLY = excused(release="masked", kind="accepted", dataset="allergies", identifier=SSN)
DECIDING: dict[str, Any] = {
    "evidence": {"settled": True},
    "policy": "deidentified",
    "quarantine_threshold": "High",
    "promotion": "each by itself",
    "is_dry_run": False,
    "spec": "synthea_safe_harbor",
}


def scanned(lake: Lake, objects: list[LandedObject], run: Run = RUN, *, found: bool = True) -> None:
    """Write what a job says about objects: that it has found the patient in their third column, or nothing."""
    cells = [{"column": 3, "row": 2, "columnName": "PATIENT"}]
    detections = [{"name": "Patient ID", "count": 1, "occurrences": {"cells": cells}}] if found else []
    lines = [
        {
            "id": f"f-{item.key}",
            "severity": {"description": "Medium"},
            "classificationDetails": {
                "result": {
                    "status": {"code": "COMPLETE"},
                    "customDataIdentifiers": {"detections": detections, "totalCount": len(detections)},
                }
            },
            "resourcesAffected": {
                "s3Bucket": {"name": lake.bronze},
                "s3Object": {"key": item.key, "versionId": item.version_id, "eTag": item.etag},
            },
        }
        for item in objects
    ]
    if not found:
        for line in lines:
            del line["severity"]
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    write(lake, "results.jsonl.gz", gzip.compress(content), run)
    write(lake, "findings.jsonl", content if found else b"", run)
    write(lake, "job.json", json.dumps(DESCRIBED).encode(), run)


def choose(lake: Lake, **changes: Any) -> Any:
    return step(lake, ChooseOperator, **{**DECIDING, **changes})


def mask(lake: Lake, chunks: list[list[int]]) -> Any:
    for chunk in chunks:
        step(lake, MaskFilesOperator, spec="synthea_safe_harbor", chunk=chunk)
    return step(lake, ListMaskedOperator, chunks=json.dumps(chunks))


def decide(lake: Lake, **changes: Any) -> Any:
    return step(lake, DecideTogetherOperator, copies_evidence={"settled": True}, **{**DECIDING, **changes})


def copies(lake: Lake) -> list[LandedObject]:
    return [LandedObject(**line) for line in lake.lines(RUN.masked.document("manifest.jsonl"))]


def test_objects_to_mask_are_listed_with_the_columns_of_what_was_found(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE)[:1])
    assert len(choose(lake)) == 1
    (line,) = lake.lines(RUN.masked.document("to_mask.jsonl"))
    assert (line["landed"]["name"], line["found"]) == (
        "allergies.csv",
        [{"column": None, "index": 3, "identifier": "Patient ID"}],
    )


def test_table_that_the_spec_names_is_masked_although_nothing_was_found(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE), found=False)
    mask(lake, choose(lake))
    scanned(lake, copies(lake), RUN.masked)
    assert {outcome: len(chunks) for outcome, chunks in decide(lake).items()} == {
        "promote": 1,
        "quarantine": 1,
        "hold": 0,
    }


def test_masked_object_is_in_silver_without_the_patient_and_its_original_in_quarantine(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    assert mask(lake, choose(lake)) == {
        "copies": 1,
        "prefix": "masked/synthea/1/",
        "documents": "_runs/synthea/1/masked/",
    }
    scanned(lake, copies(lake), RUN.masked)
    chunks = decide(lake)
    assert {outcome: len(of_outcome) for outcome, of_outcome in chunks.items()} == {
        "promote": 1,
        "quarantine": 1,
        "hold": 0,
    }
    for outcome, of_outcome in chunks.items():
        for chunk in of_outcome:
            assert move(lake, outcome, chunk) == 1
    assert lake.keys(lake.silver) == lake.keys(lake.quarantine) == ["synthea/1/allergies.csv"]
    assert PATIENT not in lake.read(lake.silver, "synthea/1/allergies.csv")
    assert lake.keys(lake.bronze) == ["masked/synthea/1/allergies.csv"]


def with_numbers(lake: Lake, objects: list[LandedObject], run: Run = RUN) -> None:
    """Write what a job says about objects: that it has found numbers of social security in their third column."""
    detection = {"type": SSN, "count": 1, "occurrences": {"cells": [{"column": 3, "row": 2}]}}
    kind = {"category": "PERSONAL_INFORMATION", "totalCount": 1, "detections": [detection]}
    for name in ("results.jsonl.gz", "findings.jsonl"):
        lines = []
        for item in objects:
            place = {"key": item.key, "versionId": item.version_id, "eTag": item.etag}
            lines.append(
                {
                    "id": f"f-{item.key}",
                    "severity": {"description": "High"},
                    "type": "SensitiveData:S3Object/Personal",
                    "classificationDetails": {"result": {"status": {"code": "COMPLETE"}, "sensitiveData": [kind]}},
                    "resourcesAffected": {"s3Bucket": {"name": lake.bronze}, "s3Object": place},
                }
            )
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        write(lake, name, gzip.compress(content) if name.endswith(".gz") else content, run)
    write(lake, "job.json", json.dumps(DESCRIBED).encode(), run)


def test_exception_for_a_masked_copy_lets_a_clean_copy_pass(lake: Lake) -> None:
    with_numbers(lake, land_files(lake, allergies=TABLE))
    assert choose(lake, policy="default") == []
    add_exception(lake.s3, lake.bronze, MASKED_ONLY)
    mask(lake, choose(lake, policy="default"))
    scanned(lake, copies(lake), RUN.masked, found=False)
    chunks = {outcome: len(of_outcome) for outcome, of_outcome in decide(lake, policy="default").items()}
    assert chunks == {"promote": 1, "quarantine": 1, "hold": 0}
    (decision,) = lake.lines(RUN.document("decisions.jsonl"))
    assert (decision["reason"], decision["exceptions"]) == ("masked_by_exception", [MASKED_ONLY.id])


def test_exception_for_a_masked_copy_does_not_excuse_what_remains_in_the_copy(lake: Lake) -> None:
    add_exception(lake.s3, lake.bronze, MASKED_ONLY)
    with_numbers(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake, policy="default"))
    with_numbers(lake, copies(lake), RUN.masked)
    assert decide(lake, policy="default")["promote"] == []
    (decision,) = lake.lines(RUN.masked.document("decisions.jsonl"))
    assert (decision["reason"], decision["exceptions"]) == ("findings_at_or_above_threshold", [])


def test_original_is_quarantined_and_its_copy_held_if_the_exception_is_revoked_before_the_decision(
    lake: Lake, revoke: Callable[[str], None]
) -> None:
    add_exception(lake.s3, lake.bronze, MASKED_ONLY)
    with_numbers(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake, policy="default"))
    revoke(MASKED_ONLY.id)
    scanned(lake, copies(lake), RUN.masked, found=False)
    chunks = {outcome: len(of_outcome) for outcome, of_outcome in decide(lake, policy="default").items()}
    assert chunks == {"promote": 0, "quarantine": 1, "hold": 1}


@pytest.mark.parametrize("evidence", ["none", "about the original"])
def test_copy_without_evidence_of_its_own_is_never_promoted(lake: Lake, evidence: str) -> None:
    originals = land_files(lake, allergies=TABLE)
    scanned(lake, originals)
    mask(lake, choose(lake))
    if evidence == "about the original":
        (copy,) = copies(lake)
        scanned(lake, [replace(originals[0], key=copy.key)], RUN.masked, found=False)
    chunks = decide(lake)
    assert (chunks["promote"], len(chunks["hold"])) == ([], 1)


def test_copy_is_held_if_more_was_found_in_its_original_since_it_was_masked(lake: Lake) -> None:
    originals = land_files(lake, allergies=TABLE)
    scanned(lake, originals)
    mask(lake, choose(lake))
    detections = (Detection("USA_SOCIAL_SECURITY_NUMBER", 3, "PERSONAL_INFORMATION"),)
    late = Observation(
        "", "", "", "", "COMPLETE", None, "Medium", detections, "SensitiveData:S3Object/Personal", "late"
    )
    content.add_found(lake.s3, lake.bronze, originals[0].sha256, [late])
    scanned(lake, copies(lake), RUN.masked)
    assert {outcome: len(chunks) for outcome, chunks in decide(lake).items()} == {
        "promote": 0,
        "quarantine": 0,
        "hold": 2,
    }


def test_copies_of_different_keys_are_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "CHUNK_OBJECTS", 1)
    scanned(lake, land_files(lake, allergies=TABLE, careplans=TABLE))
    first, second = choose(lake)
    step(lake, MaskFilesOperator, spec="synthea_safe_harbor", chunk=first)
    other = boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    changed = replace(lake, settings=replace(lake.settings, masking_key=other))
    step(changed, MaskFilesOperator, spec="synthea_safe_harbor", chunk=second)
    with pytest.raises(MaskingChangedError):
        step(lake, ListMaskedOperator, chunks=[first, second])


def test_copy_of_an_earlier_try_that_is_not_masked_any_more_is_refused(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake))
    with pytest.raises(MaskingChangedError):
        mask(lake, [])


@pytest.fixture
def other_spec(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after whose call the spec has another content."""

    def changed(name: str) -> MaskingSpec:
        return replace(read_spec(name), sha256="other")

    return lambda: monkeypatch.setattr(specs, "read_spec", changed)


def test_copies_of_another_spec_than_the_one_in_force_are_not_promoted(
    lake: Lake, other_spec: Callable[[], None]
) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake))
    scanned(lake, copies(lake), RUN.masked)
    other_spec()
    with pytest.raises(MaskingChangedError):
        decide(lake)
    assert not lake.keys(lake.silver)


def test_spec_may_change_once_moves_have_begun(lake: Lake, other_spec: Callable[[], None]) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake))
    scanned(lake, copies(lake), RUN.masked)
    chunks = decide(lake)
    move(lake, "quarantine", chunks["quarantine"][0])
    other_spec()
    assert decide(lake) == chunks


def test_copies_are_kept_once_moves_have_begun(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    mask(lake, choose(lake))
    scanned(lake, copies(lake), RUN.masked)
    move(lake, "quarantine", decide(lake)["quarantine"][0])
    assert choose(lake) == []
    assert mask(lake, [])["copies"] == 1
    assert [line["name"] for line in lake.lines(RUN.masked.document("masked.jsonl"))] == ["allergies.csv"]


def test_masking_without_a_key_is_refused(lake: Lake) -> None:
    scanned(lake, land_files(lake, allergies=TABLE))
    (chunk,) = choose(lake)
    without = replace(lake, settings=replace(lake.settings, masking_key=""))
    with pytest.raises(SettingsError, match="masking_key"):
        step(without, MaskFilesOperator, spec="synthea_safe_harbor", chunk=chunk)
