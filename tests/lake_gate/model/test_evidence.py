"""Parsing of Macie's payloads, in the shapes that real records have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.model.evidence import (
    CUSTOM_IDENTIFIER,
    MOST_FINDINGS,
    Detection,
    Job,
    Observation,
    count_findings,
    gather,
)
from lake_gate.model.names import UNKNOWN


def record(**result: Any) -> dict[str, Any]:
    """A discovery result as it stands in a .jsonl.gz: numbers as strings, nulls left out."""
    return {
        "id": "r1",
        "severity": {"score": "3", "description": "High"},
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}, **result}},
        "resourcesAffected": {
            "s3Bucket": {"name": "bronze"},
            "s3Object": {"key": "a b.csv", "eTag": "e1", "versionId": "v1", "size": "10"},
        },
    }


FOUND = {
    "sensitiveData": [
        {
            "category": "PERSONAL_INFORMATION",
            "detections": [{"type": "NAME", "count": "7"}, {"type": "ADDRESS", "count": "2"}],
        }
    ],
    "customDataIdentifiers": {"totalCount": "3", "detections": [{"name": "Patient ID", "arn": "u", "count": "3"}]},
}


def test_numbers_as_strings_are_counts() -> None:
    seen = Observation.from_api(record(**FOUND), is_finding=False)
    assert seen.detections == (
        Detection("NAME", 7, "PERSONAL_INFORMATION"),
        Detection("ADDRESS", 2, "PERSONAL_INFORMATION"),
        Detection("Patient ID", 3, CUSTOM_IDENTIFIER),
    )
    assert (seen.version_id, seen.etag, seen.severity, seen.finding_id) == ("v1", "e1", "High", None)


def test_record_of_a_clean_object_has_neither_severity_nor_detections() -> None:
    clean = record()
    del clean["severity"]
    seen = Observation.from_api(clean, is_finding=False)
    assert (seen.status, seen.severity, seen.detections) == ("COMPLETE", None, ())


@pytest.mark.parametrize(
    "claim",
    [
        {"sensitiveData": [{"category": "PERSONAL_INFORMATION", "totalCount": "5"}]},
        {"customDataIdentifiers": {"totalCount": "1"}},
    ],
)
def test_record_that_claims_something_without_saying_what_is_not_clean(claim: dict[str, Any]) -> None:
    assert Observation.from_api(record(**claim), is_finding=False).detections != ()


def test_status_that_is_not_there_is_not_taken_for_complete() -> None:
    broken = record()
    del broken["classificationDetails"]
    assert Observation.from_api(broken, is_finding=False).status == "missing"


@pytest.mark.parametrize("missing", ["s3Bucket", "s3Object"])
def test_record_that_names_no_object_is_an_error(missing: str) -> None:
    broken = record()
    del broken["resourcesAffected"][missing]
    with pytest.raises(ValueError, match="names no object"):
        Observation.from_api(broken, is_finding=False)


def test_results_and_findings_of_one_object_come_together() -> None:
    gathered = gather([record(), record()], [record(**FOUND)])
    assert list(gathered) == [("bronze", "a b.csv")]
    evidence = gathered["bronze", "a b.csv"]
    assert (len(evidence.results), [f.finding_id for f in evidence.findings]) == (2, ["r1"])


def test_job_that_does_not_say_whether_it_had_errors_is_not_taken_for_one_without() -> None:
    job = Job.from_api({"jobId": "j", "jobStatus": "COMPLETE"}, settled=True)
    assert job.last_run_error != "NONE"
    assert job.sampling_percentage != 100


def test_job_is_parsed_as_describe_classification_job_answers() -> None:
    answer = {"jobId": "j", "jobStatus": "COMPLETE", "lastRunErrorStatus": {"code": "NONE"}, "samplingPercentage": 50}
    assert Job.from_api(answer, settled=False) == Job("j", "COMPLETE", "NONE", 50, settled=False)


@pytest.mark.parametrize("count", [None, "", "many", [], "0", 0, -3])
def test_count_that_is_none_makes_the_detection_unknown_and_never_clean(count: Any) -> None:
    claim = {"sensitiveData": [{"category": "PERSONAL_INFORMATION", "detections": [{"type": "NAME", "count": count}]}]}
    (found,) = Observation.from_api(record(**claim), is_finding=False).detections
    assert (found.identifier, found.category) == ("NAME", UNKNOWN)
    assert found.count >= 1


@pytest.mark.parametrize(
    "claim",
    [
        {"sensitiveData": [{"detections": [{"type": "NAME", "count": "7"}]}]},
        {"sensitiveData": [{"category": "PERSONAL_INFORMATION", "detections": [{"count": "7"}]}]},
        {"customDataIdentifiers": {"totalCount": "x"}},
    ],
)
def test_detection_that_does_not_say_what_it_is_is_unknown(claim: dict[str, Any]) -> None:
    (found,) = Observation.from_api(record(**claim), is_finding=False).detections
    assert found.category == UNKNOWN


def test_record_of_a_file_inside_an_archive_is_not_the_archives_own() -> None:
    inner = record()
    inner["resourcesAffected"]["s3Object"]["embeddedFileDetails"] = {"filePath": "a.csv"}
    seen = [Observation.from_api(one, is_finding=False).is_embedded for one in (inner, record())]
    assert seen == [True, False]


def test_suppressed_finding_is_known_to_be_archived() -> None:
    seen = [Observation.from_api({**record(), "archived": value}, is_finding=True) for value in (True, False)]
    assert [one.is_archived for one in seen] == [True, False]


def test_finding_that_is_listed_twice_is_counted_once() -> None:
    gathered = gather([], [record(), record(), {**record(), "id": "r2"}])
    assert count_findings(gathered) == 2


@pytest.mark.parametrize(("findings", "capped"), [(MOST_FINDINGS - 1, False), (MOST_FINDINGS, True)])
def test_job_with_as_many_findings_as_macie_shows_may_have_more(findings: int, capped: bool) -> None:
    assert Job("j", "COMPLETE", "NONE", 100, settled=True, findings=findings).is_capped is capped


NAMED = {"category": "PERSONAL_INFORMATION", "totalCount": "7", "detections": [{"type": "NAME", "count": "7"}]}


@pytest.mark.parametrize(
    "claim",
    [
        {"sensitiveData": [NAMED, {"category": "FINANCIAL_INFORMATION", "totalCount": "12", "detections": []}]},
        {"sensitiveData": [NAMED, {"category": "FINANCIAL_INFORMATION"}]},
        {"sensitiveData": [{**NAMED, "totalCount": "40"}]},
        {"sensitiveData": [NAMED], "customDataIdentifiers": {"totalCount": "9", "detections": []}},
    ],
)
def test_part_that_cannot_be_read_does_not_hide_behind_one_that_can(claim: dict[str, Any]) -> None:
    found = Observation.from_api(record(**claim), is_finding=False).detections
    assert [one.category for one in found] == ["PERSONAL_INFORMATION", UNKNOWN]


def test_record_that_claims_something_by_its_type_alone_is_not_clean() -> None:
    claimed = Observation.from_api({**record(), "type": "SensitiveData:S3Object/Financial"}, is_finding=False)
    more = Observation.from_api(record(additionalOccurrences=True), is_finding=True)
    assert [one.detections[0].category for one in (claimed, more)] == [UNKNOWN, UNKNOWN]


def test_severity_without_a_word_and_finding_without_a_type_are_unknown() -> None:
    seen = Observation.from_api({**record(**FOUND), "severity": {"score": "3"}}, is_finding=True)
    assert (seen.severity, seen.finding_type) == (UNKNOWN, UNKNOWN)


def about(**s3_object: Any) -> Observation:
    affected = {"s3Bucket": {"name": "bronze"}, "s3Object": {"key": "a.csv", **s3_object}}
    return Observation.from_api({**record(), "resourcesAffected": affected}, is_finding=False)


@pytest.mark.parametrize(
    ("s3_object", "version_id"),
    [
        ({}, ""),
        ({"versionId": None}, ""),
        ({"versionId": ""}, ""),
        ({"versionId": "null"}, "null"),
        ({"versionId": 0}, "0"),
        ({"versionid": "v1"}, "v1"),
        ({"versionId": "v1", "versionID": "v1"}, "v1"),
        ({"versionId": "v1", "versionID": "v2"}, "v1/v2"),
    ],
)
def test_version_is_empty_only_where_none_is_named(s3_object: dict[str, Any], version_id: str) -> None:
    assert about(**s3_object).version_id == version_id


@pytest.mark.parametrize(
    ("s3_object", "etag"),
    [
        ({"eTag": "e1"}, "e1"),
        ({"etag": "e1"}, "e1"),
        ({"ETag": '"e1"'}, "e1"),
        ({"eTag": "", "etag": "e1"}, "e1"),
        ({"eTag": "e1", "etag": "e2"}, "e1/e2"),
        ({"eTag": None}, ""),
        ({}, ""),
    ],
)
def test_etag_is_read_in_every_spelling(s3_object: dict[str, Any], etag: str) -> None:
    assert about(**s3_object).etag == etag


@pytest.mark.parametrize(
    ("size", "size_bytes"),
    [
        *((10, 10), ("10", 10), (0, 0), ("0", 0)),
        *((None, None), ("", None), ("ten", None), (-1, None), (1.0, None), (True, None), ("9" * 5000, None)),
    ],
)
def test_size_is_text_in_results_and_a_number_in_findings(size: Any, size_bytes: int | None) -> None:
    assert about(size=size).size_bytes == size_bytes


def test_observation_that_was_written_before_it_had_a_size_can_be_read() -> None:
    seen = about(versionId="v1", size=10)
    written = seen.to_json()
    assert Observation.from_json(written) == seen
    del written["size_bytes"]
    assert Observation.from_json(written).size_bytes is None


def located(*columns: Any, count: str = "3") -> dict[str, Any]:
    cells = [{"column": column, "row": str(row)} for row, column in enumerate(columns, start=2)]
    detection = {"type": "NAME", "count": count, "occurrences": {"cells": cells}}
    return {"sensitiveData": [{"category": "PERSONAL_INFORMATION", "detections": [detection]}]}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (("4", "4", "7"), ((4, 2), (7, 1))),
        ((4, 4, 7), ((4, 2), (7, 1))),  # a finding has numbers, a result texts
        (("4", "-1", "0", None, "x", [4]), ((4, 1),)),
        ((), ()),
    ],
)
def test_detection_has_the_number_of_located_cells_by_column(columns: Any, expected: Any) -> None:
    (found,) = Observation.from_api(record(**located(*columns)), is_finding=False).detections
    assert found.columns == expected
    seen = Observation.from_api(record(**located(*columns)), is_finding=False)
    assert Observation.from_json(json.loads(json.dumps(seen.to_json()))).detections[0].columns == expected


@pytest.mark.parametrize(
    "occurrences", [None, 3, [], {"cells": 3}, {"cells": [3]}, {"lineRanges": [{"start": "1"}]}, {"records": []}]
)
def test_detection_without_cells_counts_all_the_same(occurrences: Any) -> None:
    claim = located()
    claim["sensitiveData"][0]["detections"][0]["occurrences"] = occurrences
    (found,) = Observation.from_api(record(**claim), is_finding=False).detections
    assert (found, found.columns) == (Detection("NAME", 3, "PERSONAL_INFORMATION"), ())


def test_columns_make_no_difference_between_result_and_finding() -> None:
    few, many = (Observation.from_api(record(**located(*columns)), is_finding=False) for columns in ("4", "447"))
    assert few == many


@pytest.mark.parametrize("columns", [3, [3], [[1]], [[1, "2"]], [[1, 2, 3]], [[True, 2]], [[0, 2]], [[1, -2]]])
def test_columns_of_another_shape_are_no_observation(columns: Any) -> None:
    content = Observation.from_api(record(**located("4")), is_finding=False).to_json()
    content["detections"][0]["columns"] = columns
    with pytest.raises(ValueError, match="detections have an unexpected shape"):
        Observation.from_json(content)


@pytest.mark.parametrize("count", [0, -1, -(10**30), True, "3", 3.0, None])
def test_count_that_the_gate_does_not_write_is_no_observation(count: Any) -> None:
    """A sum of counts that a rule limits is never lowered by a damaged document."""
    content = Observation.from_api(record(**located("4")), is_finding=False).to_json()
    content["detections"][0]["count"] = count
    with pytest.raises(ValueError, match="detections have an unexpected shape"):
        Observation.from_json(content)
