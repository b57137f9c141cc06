"""What is kept of Macie's records: all that a decision rests on, and nothing that is text of an object."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_gate.decision.decision import Decision, decide
from lake_gate.decision.policy import Outcome, Policy, Rule
from lake_gate.model.evidence import CUSTOM_IDENTIFIER, Detection, Evidence, Job, Observation, gather
from lake_gate.model.kept import without_values
from lake_gate.model.names import UNKNOWN
from lake_gate.recording.suppression import attribute, parse
from localaws.macie2.identifiers import CATALOGUE
from tests.builders import landed
from tests.lake_gate.decision.test_decision import (
    AFTER_THE_RUN,
    CASES,
    DONE,
    OF_MASKING,
    OF_THE_RUN,
    ROWS,
    STRICTNESS,
    decide_one,
    evidences,
    jobs,
    policies,
)

VALUE = "HIV positive since spring"
CELL = {"cellReference": VALUE, "column": 2, "columnName": VALUE, "row": 3}
RANGE = {"start": 1, "end": 2, "startColumn": 3}
OCCURRENCES = {
    "cells": [CELL, {**CELL, "row": "4", "column": "2"}],
    "lineRanges": [RANGE],
    "offsetRanges": [RANGE],
    "pages": [{"pageNumber": 1, "lineRange": RANGE, "offsetRange": RANGE}],
    "records": [{"jsonPath": f"$.{VALUE}", "recordIndex": 0}],
}
KEPT_OCCURRENCES = {
    **OCCURRENCES,
    "cells": [{"row": 3, "column": 2}, {"row": "4", "column": "2"}],
    "records": [{"recordIndex": 0}],
}
BLOCKED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
ALLOWED = {"allowsPublicReadAccess": False, "allowsPublicWriteAccess": False}
ENCRYPTION = {"encryptionType": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1-2"}
TAGS = [{"key": "feed", "value": "synthea"}]


def finding(occurrences: Any = None) -> dict[str, Any]:
    """A finding with every member that the API documents for sensitive data."""
    occurrences = OCCURRENCES if occurrences is None else occurrences
    return {
        "accountId": "123456789012",
        "archived": False,
        "category": "CLASSIFICATION",
        "classificationDetails": {
            "detailedResultsLocation": "s3://results/AWSLogs/123456789012/Macie/eu-west-1/j/123456789012/u.jsonl.gz",
            "jobArn": "arn:aws:macie2:eu-west-1:123456789012:classification-job/j",
            "jobId": "0123456789abcdef0123456789abcdef",
            "originType": "SENSITIVE_DATA_DISCOVERY_JOB",
            "result": {
                "additionalOccurrences": True,
                "customDataIdentifiers": {
                    "detections": [
                        {
                            "arn": "arn:aws:macie2:eu-west-1:123456789012:custom-data-identifier/i",
                            "count": 2,
                            "name": "Patient ID (clinic)",
                            "occurrences": occurrences,
                        }
                    ],
                    "totalCount": 2,
                },
                "mimeType": "text/csv",
                "sensitiveData": [
                    {
                        "category": "PERSONAL_INFORMATION",
                        "detections": [{"count": 3, "occurrences": occurrences, "type": "USA_PASSPORT_NUMBER"}],
                        "totalCount": 3,
                    }
                ],
                "sizeClassified": 99,
                "status": {"code": "COMPLETE"},
            },
        },
        "count": 1,
        "createdAt": "2026-11-23T12:00:00.250Z",
        "id": "0123456789abcdef0123456789abcdef",
        "partition": "aws",
        "region": "eu-west-1",
        "resourcesAffected": {
            "s3Bucket": {
                "allowsUnencryptedObjectUploads": "FALSE",
                "arn": "arn:aws:s3:::bronze",
                "createdAt": "2026-11-23T12:00:00.000Z",
                "defaultServerSideEncryption": ENCRYPTION,
                "name": "bronze",
                "owner": {"displayName": "lake owner", "id": "7" * 64},
                "publicAccess": {
                    "effectivePermission": "NOT_PUBLIC",
                    "permissionConfiguration": {
                        "accountLevelPermissions": {"blockPublicAccess": BLOCKED},
                        "bucketLevelPermissions": {
                            "accessControlList": ALLOWED,
                            "blockPublicAccess": BLOCKED,
                            "bucketPolicy": ALLOWED,
                        },
                    },
                },
                "tags": TAGS,
            },
            "s3Object": {
                "bucketArn": "arn:aws:s3:::bronze",
                "eTag": "d41d8cd98f00b204e9800998ecf8427e-3",
                "extension": "csv",
                "key": "synthea/1/sp ace+é.csv",
                "lastModified": "2026-11-23T12:00:00.000Z",
                "path": "bronze/synthea/1/sp ace+é.csv",
                "publicAccess": False,
                "serverSideEncryption": ENCRYPTION,
                "size": 99,
                "storageClass": "STANDARD_IA",
                "tags": TAGS,
                "versionId": "9q.0_4Vx-7",
            },
        },
        "sample": False,
        "schemaVersion": "1.0",
        "severity": {"description": "Medium", "score": 2},
        "type": "SensitiveData:S3Object/Multiple",
        "updatedAt": "2026-11-23T12:00:00.250+00:00",
    }


def in_archive() -> dict[str, Any]:
    """A discovery result, with numbers as text, about a file in an archive."""
    record = json.loads(json.dumps(finding()), parse_int=str)
    details = {"filePath": f"{VALUE}.csv", "fileExtension": VALUE, "fileSize": "9", "fileLastModified": "2026"}
    record["resourcesAffected"]["s3Object"]["embeddedFileDetails"] = details
    return dict(record)


@pytest.mark.parametrize(
    ("s3_object", "version_id", "etag"),
    [
        ({"VersionId": "v2", "ETAG": "e"}, "v2", "e"),
        ({"versionid": "v2", "eTag": None, "etag": '"e"'}, "v2", '"e"'),
        ({"versionId": "v1", "versionID": "v2", "eTag": "e", "etag": "f"}, UNKNOWN, UNKNOWN),
        ({"versionId": "", "versionid": "v2", "eTag": "e", "etag": "e"}, "v2", "e"),
    ],
)
def test_members_are_read_in_any_spelling_and_contradictions_are_unknown(
    s3_object: dict[str, Any], version_id: str, etag: str
) -> None:
    record = {"resourcesAffected": {"s3Object": {"key": "a.csv", **s3_object}}}
    kept = without_values(record)["resourcesAffected"]["s3Object"]
    assert (kept["versionId"], kept["eTag"]) == (version_id, etag)


def test_record_is_kept_but_for_what_is_text_of_the_object() -> None:
    whole = {**finding(), "title": VALUE, "description": VALUE, "policyDetails": None, "brandNew": {"text": VALUE}}
    assert without_values(whole) == finding(KEPT_OCCURRENCES)


def test_nulls_are_left_out() -> None:
    whole = finding()
    whole["classificationDetails"]["result"]["status"]["reason"] = None
    whole["resourcesAffected"]["s3Bucket"]["defaultServerSideEncryption"]["kmsMasterKeyId"] = None
    status = without_values(whole)["classificationDetails"]["result"]["status"]
    assert status == {"code": "COMPLETE"}


def test_file_in_an_archive_is_known_to_be_one_and_not_by_its_name() -> None:
    kept = without_values(in_archive())
    assert kept["resourcesAffected"]["s3Object"]["embeddedFileDetails"] == {"filePath": UNKNOWN, "fileSize": "9"}
    assert Observation.from_api(kept, is_finding=False).is_embedded
    bare = in_archive()
    bare["resourcesAffected"]["s3Object"]["embeddedFileDetails"] = {"brandNew": VALUE}
    assert Observation.from_api(without_values(bare), is_finding=False).is_embedded


NAMES = {
    ("resourcesAffected", "s3Bucket", "name"),
    ("resourcesAffected", "s3Bucket", "owner", "displayName"),
    ("resourcesAffected", "s3Bucket", "owner", "id"),
    ("resourcesAffected", "s3Bucket", "tags", 0, "key"),
    ("resourcesAffected", "s3Bucket", "tags", 0, "value"),
    ("resourcesAffected", "s3Object", "key"),
    ("resourcesAffected", "s3Object", "tags", 0, "key"),
    ("resourcesAffected", "s3Object", "tags", 0, "value"),
    ("classificationDetails", "result", "customDataIdentifiers", "detections", 0, "name"),
}
"""What may hold any text: people have given these names, none of them in an object."""


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every node."""
    yield at
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from places(child, (*at, name))


def changed(record: Any, at: Sequence[Any], value: Any) -> Any:
    """Return the record with another value, or with the member left out (``...``)."""
    if not at:
        return value
    record = copy.deepcopy(record)
    node = record
    for step in at[:-1]:
        node = node[step]
    if value is ...:
        del node[at[-1]]
    else:
        node[at[-1]] = value
    return record


@pytest.mark.parametrize("make", [finding, in_archive])
@pytest.mark.parametrize("value", [VALUE, [VALUE], {VALUE: VALUE}, {"text": [VALUE]}], ids=str)
def test_text_is_kept_nowhere_but_where_names_stand(make: Any, value: Any) -> None:
    record = make()
    kept = {at: json.dumps(without_values(changed(record, at, value))) for at in places(record)}
    assert len(kept) > 100
    leaks = {at for at, text in kept.items() if VALUE in text}
    assert leaks == (NAMES if isinstance(value, str) else set())
    added = {at: node for at in places(record) if isinstance(node := _at(record, at), dict)}
    for at, node in added.items():
        assert VALUE not in json.dumps(without_values(changed(record, at, {**node, "brandNew": value, VALUE: 1})))


def _at(record: Any, at: Sequence[Any]) -> Any:
    for step in at:
        record = record[step]
    return record


@pytest.mark.parametrize("record", [None, VALUE, 1, [], [VALUE], {}, {VALUE: VALUE}, {"resourcesAffected": [VALUE]}])
def test_record_without_a_shape_names_no_object_and_nothing_of_it_is_in_the_error(record: Any) -> None:
    kept = without_values(record)
    assert kept == {"id": UNKNOWN} or kept == {"id": UNKNOWN, "resourcesAffected": {}}
    with pytest.raises(ValueError, match=f"Macie record {UNKNOWN} names no object") as caught:
        Observation.from_api(kept, is_finding=False)
    assert VALUE not in str(caught.value)


def test_key_that_cannot_be_written_is_not_kept() -> None:
    record = changed(finding(), ("resourcesAffected", "s3Object", "key"), "\ud800.csv")
    assert "key" not in without_values(record)["resourcesAffected"]["s3Object"]


def test_path_and_extension_are_kept_where_they_are_the_key_s() -> None:
    for member in ("path", "extension"):
        record = changed(finding(), ("resourcesAffected", "s3Object", member), VALUE)
        assert member not in without_values(record)["resourcesAffected"]["s3Object"]


def record_of(observation: Observation) -> dict[str, Any]:
    """Return what Macie would have written for the observation."""
    by_category: dict[str, list[dict[str, Any]]] = {}
    for one in observation.detections:
        by_category.setdefault(one.category, []).append(_detection(one))
    custom = by_category.pop(CUSTOM_IDENTIFIER, [])
    result: dict[str, Any] = {
        "sensitiveData": [
            {"category": category, "detections": listed} if category != UNKNOWN else {}
            for category, listed in by_category.items()
        ],
        "customDataIdentifiers": {"detections": custom},
        "status": {"code": observation.status, "reason": observation.status_reason},
        "mimeType": observation.content_type,
    }
    if observation.status == "missing":
        del result["status"]
    s3_object = {"key": observation.key, "versionId": observation.version_id, "eTag": observation.etag}
    if observation.size_bytes is not None:
        s3_object["size"] = str(observation.size_bytes)
    if observation.is_embedded:
        s3_object["embeddedFileDetails"] = {"filePath": VALUE}  # type: ignore[assignment]
    return {
        "id": observation.finding_id or "r1",
        "archived": observation.is_archived,
        "type": observation.finding_type,
        "severity": {"description": observation.severity} if observation.severity else None,
        "classificationDetails": {"result": result},
        "resourcesAffected": {"s3Bucket": {"name": observation.bucket}, "s3Object": s3_object},
    }


def _detection(one: Detection) -> dict[str, Any]:
    name = "name" if one.category == CUSTOM_IDENTIFIER else "type"
    cells = [{"row": row, "column": column} for column, count in one.columns for row in range(1, count + 1)]
    occurrences = {"cells": cells} if cells else OCCURRENCES
    return {name: one.identifier, "count": str(one.count), "occurrences": occurrences}


def parsed(evidence: Evidence, *, transformed: bool) -> Evidence:
    """Return what is read of the records of the evidence, as they are or as they are kept."""
    keep = without_values if transformed else dict
    results = [keep(record_of(one)) for one in evidence.results]
    findings = [keep(record_of(one)) for one in evidence.findings]
    assert VALUE not in json.dumps([results, findings]) or not transformed
    gathered = list(gather(results, findings).values())
    return gathered[0] if gathered else Evidence()


@pytest.mark.parametrize(
    ("what", "outcome", "reason"), [row for row in ROWS if row[0] not in OF_THE_RUN | OF_MASKING | AFTER_THE_RUN]
)
def test_what_is_kept_decides_as_the_document_says(what: str, outcome: str, reason: str) -> None:
    shown = CASES[what]
    for evidence in shown.evidence:
        kept = parsed(evidence, transformed=True)
        assert kept == parsed(evidence, transformed=False)
        decision = decide_one(
            *(kept, shown.job, shown.policy, shown.verdict, shown.elsewhere),
            history=shown.history,
            landed=shown.landed,
            exceptions=shown.exceptions,
        )
        assert (decision.outcome, decision.reason) == (outcome, reason)


@given(evidences, jobs, policies)
def test_what_is_kept_decides_as_the_whole_record(evidence: Evidence, job: Job, policy: Policy) -> None:
    whole, kept = (parsed(evidence, transformed=each) for each in (False, True))
    assert kept == whole
    assert decide_one(kept, job, policy) == decide_one(whole, job, policy)


JUNK: list[Any] = [
    *(None, "", 0, -1, [], {}, "x", True, False, "NaN", float("nan"), 1.5, 10**30, "9" * 5000),
    *(["x"], [[]], {"x": 1}, "COMPLETE", "complete", "unknown", VALUE, ...),
]
SKIPPED = changed(
    changed(changed(finding(), ("type",), ...), ("severity",), ...),
    ("classificationDetails", "result"),
    {"status": {"code": "SKIPPED", "reason": "PERMISSION_DENIED"}},
)
CLEAN_ONLY = Policy(rules=(Rule("clean", Outcome.PROMOTE, max_count=0),))
PLACE_MEMBERS = {
    "s3Bucket": {"name": "bronze"},
    "s3Object": {"key": "synthea/1/a.csv", "versionId": "v1", "eTag": "e1"},
}


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A record that says High, or that nothing was read, damaged in up to three places."""
    record = draw(st.sampled_from([finding(), SKIPPED]))
    record["resourcesAffected"] = PLACE_MEMBERS
    if "severity" in record:
        record["severity"] = {"description": "High", "score": "3"}
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from([at for at in places(record) if at and at[0] != "resourcesAffected"]))
        record = changed(record, at, draw(st.sampled_from(JUNK)))
    return dict(record)


def decided(record: Any, is_finding: bool, policy: Policy) -> Decision:
    gathered = gather([record], [record] if is_finding else [])
    (decision,) = decide([landed("a.csv")], DONE, gathered, policy)
    return decision


@given(damaged(), st.booleans(), st.sampled_from([CLEAN_ONLY, Policy()]))
def test_what_is_kept_of_a_damaged_record_never_decides_more_loosely(
    record: dict[str, Any], is_finding: bool, policy: Policy
) -> None:
    kept = without_values(record)
    assert VALUE not in json.dumps(kept).replace('"name": "' + VALUE, "")
    after = decided(kept, is_finding, policy)
    try:
        before = decided(record, is_finding, policy)
    except Exception:
        assert after.outcome != Outcome.PROMOTE
    else:
        assert STRICTNESS[Outcome(after.outcome)] >= STRICTNESS[Outcome(before.outcome)]


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("accountId", {"eq": ["123456789012"]}),
        ("category", {"eq": ["CLASSIFICATION"]}),
        ("classificationDetails.jobId", {"eq": ["0123456789abcdef0123456789abcdef"]}),
        ("classificationDetails.originType", {"eq": ["SENSITIVE_DATA_DISCOVERY_JOB"]}),
        ("classificationDetails.result.additionalOccurrences", {"eq": ["true"]}),
        (
            "classificationDetails.result.customDataIdentifiers.detections.name",
            {"eqExactMatch": ["Patient ID (clinic)"]},
        ),
        ("classificationDetails.result.customDataIdentifiers.totalCount", {"lte": 2}),
        ("classificationDetails.result.mimeType", {"eq": ["text/csv"]}),
        ("classificationDetails.result.sensitiveData.category", {"eq": ["PERSONAL_INFORMATION"]}),
        ("classificationDetails.result.sensitiveData.detections.type", {"eq": ["USA_PASSPORT_NUMBER"]}),
        ("classificationDetails.result.sensitiveData.totalCount", {"gte": 3}),
        ("classificationDetails.result.sizeClassified", {"gt": 1}),
        ("classificationDetails.result.status.code", {"eq": ["COMPLETE"]}),
        ("createdAt", {"gte": 1}),
        ("resourcesAffected.s3Bucket.name", {"eq": ["bronze"]}),
        ("resourcesAffected.s3Bucket.owner.displayName", {"eq": ["lake owner"]}),
        ("resourcesAffected.s3Bucket.publicAccess.effectivePermission", {"eq": ["NOT_PUBLIC"]}),
        ("resourcesAffected.s3Bucket.tags.value", {"eq": ["synthea"]}),
        ("resourcesAffected.s3Object.extension", {"eq": ["csv"]}),
        ("resourcesAffected.s3Object.key", {"eq": ["synthea/1/sp ace+é.csv"]}),
        ("resourcesAffected.s3Object.serverSideEncryption.encryptionType", {"eq": ["aws:kms"]}),
        ("resourcesAffected.s3Object.storageClass", {"eq": ["STANDARD_IA"]}),
        ("severity.description", {"eq": ["Medium"]}),
        ("type", {"eq": ["SensitiveData:S3Object/Multiple"]}),
        ("updatedAt", {"gte": 1}),
    ],
)
def test_suppression_rules_explain_what_is_kept_of_a_finding(field: str, condition: dict[str, Any]) -> None:
    content = {
        "name": "rule",
        "findingCriteria": {"criterion": {field: condition}},
        "owner": "o",
        "reason": "r",
        "expires_on": "2100-01-01",
    }
    archived = {**finding(), "archived": True}
    assert attribute([parse(content)], [without_values(archived)]).by_rule == {"rule": 1}


@pytest.mark.parametrize("severity", [{"brandNew": "High"}, {"description": None}, {"description": ["High"]}, "High"])
def test_severity_that_cannot_be_read_is_unknown_and_not_none(severity: Any) -> None:
    kept = without_values({**finding(), "severity": severity})
    assert Observation.from_api(kept, is_finding=True).severity == UNKNOWN


@pytest.mark.parametrize("part", [VALUE, [VALUE], 1, {"totalCount": VALUE}])
def test_detections_that_cannot_be_read_go_on_claiming_something(part: Any) -> None:
    for member in ("customDataIdentifiers", "sensitiveData"):
        record = changed(SKIPPED, ("classificationDetails", "result"), {"status": {"code": "COMPLETE"}, member: part})
        (found,) = Observation.from_api(without_values(record), is_finding=False).detections
        assert found.category == UNKNOWN


@pytest.mark.parametrize("identifier", sorted(CATALOGUE))
def test_every_managed_identifier_of_macie_keeps_its_name(identifier: str) -> None:
    detections = [{"type": identifier, "count": 1}]
    item = {"category": "PERSONAL_INFORMATION", "totalCount": 1, "detections": detections}
    kept = without_values(changed(finding(), ("classificationDetails", "result", "sensitiveData"), [item]))
    assert kept["classificationDetails"]["result"]["sensitiveData"][0]["detections"][0]["type"] == identifier
