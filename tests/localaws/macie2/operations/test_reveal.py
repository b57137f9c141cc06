"""Samples of the sensitive data that findings are about."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from localaws.macie2.operations import reveal
from tests.localaws.conftest import ACCOUNT, KMS_KEY, await_findings, error_of, run_job

SSN = "\n".join(["name,ssn", *(f"a,123-45-67{number:02}" for number in range(12)), "b,ABC-1234", ""]).encode()
UNAVAILABLE = ("UnprocessableEntityException", 422)


@pytest.fixture
def revealing(macie: Any) -> Any:
    """Macie that may reveal samples."""
    macie.update_reveal_configuration(configuration={"kmsKeyId": KMS_KEY, "status": "ENABLED"})
    return macie


@pytest.fixture
def finding(revealing: Any, s3: Any, repository: None) -> dict[str, Any]:
    """A finding about twelve numbers and one code of the custom identifier ``code``."""
    return _find(revealing, s3, "people.csv", SSN)


def _find(macie: Any, s3: Any, key: str, body: bytes, **changes: Any) -> dict[str, Any]:
    s3.put_object(Bucket="bronze", Key=key, Body=body)
    created = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    run_job(macie, customDataIdentifierIds=[created["customDataIdentifierId"]], **changes)
    return await_findings(macie, 1)[0]


def _availability(macie: Any, finding: dict[str, Any]) -> Any:
    answer = macie.get_sensitive_data_occurrences_availability(findingId=finding["id"])
    return answer["code"] if answer["code"] == "AVAILABLE" else answer["reasons"]


def test_the_first_call_begins_and_the_next_has_the_samples(revealing: Any, finding: dict[str, Any]) -> None:
    first = revealing.get_sensitive_data_occurrences(findingId=finding["id"])
    second = revealing.get_sensitive_data_occurrences(findingId=finding["id"])
    assert (first["status"], second["status"]) == ("PROCESSING", "SUCCESS")
    assert "sensitiveDataOccurrences" not in first
    samples = {kind: [item["value"] for item in some] for kind, some in second["sensitiveDataOccurrences"].items()}
    assert samples == {
        "USA_SOCIAL_SECURITY_NUMBER": [f"123-45-67{number:02}" for number in range(10)],
        "code": ["ABC-1234"],
    }


def test_the_waiter_of_boto3_ends_when_the_samples_are_there(revealing: Any, finding: dict[str, Any]) -> None:
    waiter = revealing.get_waiter("finding_revealed")
    waiter.wait(findingId=finding["id"], WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    assert _availability(revealing, finding) == "AVAILABLE"


def test_samples_are_of_the_version_that_was_analysed(revealing: Any, finding: dict[str, Any], s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="people.csv", Body=b"ssn\n987-65-4320\n")
    revealing.get_sensitive_data_occurrences(findingId=finding["id"])
    found = revealing.get_sensitive_data_occurrences(findingId=finding["id"])["sensitiveDataOccurrences"]
    assert found["USA_SOCIAL_SECURITY_NUMBER"][0] == {"value": "123-45-6700"}


def test_allowed_texts_are_left_out_of_samples(revealing: Any, s3: Any, repository: None) -> None:
    allowed = revealing.create_allow_list(name="n", criteria={"regex": "123-45-67[0-9]{2}"})["id"]
    found = _find(revealing, s3, "people.csv", SSN, allowListIds=[allowed])
    revealing.get_sensitive_data_occurrences(findingId=found["id"])
    samples = revealing.get_sensitive_data_occurrences(findingId=found["id"])["sensitiveDataOccurrences"]
    assert samples.keys() == {"code"}


def test_nothing_is_revealed_unless_it_is_enabled(macie: Any, s3: Any, repository: None) -> None:
    found = _find(macie, s3, "people.csv", SSN)
    for call in (macie.get_sensitive_data_occurrences, macie.get_sensitive_data_occurrences_availability):
        assert error_of(call, findingId=found["id"])[:2] == ("AccessDeniedException", 403)
        assert error_of(call, findingId="unknown")[:2] == ("ResourceNotFoundException", 404)


def _only_finding(macie: Any) -> dict[str, Any]:
    [found] = macie.get_findings(findingIds=macie.list_findings()["findingIds"])["findings"]
    return dict(found)


def _refused(macie: Any, finding: dict[str, Any], reason: str) -> None:
    assert _availability(macie, finding) == [reason]
    code, status, message = error_of(macie.get_sensitive_data_occurrences, findingId=finding["id"])
    assert (code, status) == UNAVAILABLE
    assert reason in message


def test_a_policy_finding_has_no_samples(revealing: Any) -> None:
    revealing.create_sample_findings(findingTypes=["Policy:IAMUser/S3BucketPublic"])
    _refused(revealing, _only_finding(revealing), "UNSUPPORTED_FINDING_TYPE")


def test_a_sample_finding_has_no_samples(revealing: Any) -> None:
    revealing.create_sample_findings(findingTypes=["SensitiveData:S3Object/Personal"])
    _refused(revealing, _only_finding(revealing), "INVALID_CLASSIFICATION_RESULT")


def test_a_finding_has_no_samples_without_a_discovery_result(revealing: Any, s3: Any) -> None:
    _refused(revealing, _find(revealing, s3, "people.csv", SSN), "INVALID_CLASSIFICATION_RESULT")


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b"not JSON"), gzip.compress(b"")], ids=["text", "text in gzip", "nothing"]
)
def test_a_finding_has_no_samples_when_the_discovery_result_is_illegible(
    revealing: Any, finding: dict[str, Any], s3: Any, body: bytes
) -> None:
    bucket, _, key = finding["classificationDetails"]["detailedResultsLocation"].removeprefix("s3://").partition("/")
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    _refused(revealing, finding, "INVALID_CLASSIFICATION_RESULT")


def test_a_finding_has_no_samples_when_the_object_is_gone(revealing: Any, finding: dict[str, Any], s3: Any) -> None:
    version = finding["resourcesAffected"]["s3Object"]["versionId"]
    s3.delete_object(Bucket="bronze", Key="people.csv", VersionId=version)
    _refused(revealing, finding, "OBJECT_UNAVAILABLE")


def test_a_finding_has_no_samples_when_an_unversioned_object_was_changed(
    revealing: Any, s3: Any, repository: None
) -> None:
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="people.csv", Body=SSN)
    definition = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["plain"]}]}
    run_job(revealing, s3JobDefinition=definition)
    [found] = await_findings(revealing, 1)
    assert _availability(revealing, found) == "AVAILABLE"
    s3.put_object(Bucket="plain", Key="people.csv", Body=b"other")
    _refused(revealing, found, "OBJECT_UNAVAILABLE")


def test_other_formats_have_no_samples(revealing: Any, s3: Any, repository: None) -> None:
    found = _find(revealing, s3, "people.html", b"<p>SSN 123-45-6789</p>")
    _refused(revealing, found, "UNSUPPORTED_OBJECT_TYPE")


def test_large_objects_have_no_samples(
    revealing: Any, finding: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reveal.LARGEST_BYTES, "text/csv", len(SSN) - 1)
    _refused(revealing, finding, "OBJECT_EXCEEDS_SIZE_QUOTA")


def test_samples_can_be_retrieved_so_often_a_day(
    revealing: Any, finding: dict[str, Any], monkeypatch: pytest.MonkeyPatch, turn: Any
) -> None:
    monkeypatch.setattr(reveal, "MOST_PER_DAY", 2)
    ask = revealing.get_sensitive_data_occurrences
    assert [ask(findingId=finding["id"])["status"] for _ in range(4)] == ["PROCESSING", "SUCCESS"] * 2
    assert error_of(ask, findingId=finding["id"])[:2] == ("ServiceQuotaExceededException", 402)
    turn(clock_ahead_seconds=24 * 60 * 60)
    assert ask(findingId=finding["id"])["status"] == "PROCESSING"


def _configuration(macie: Any) -> tuple[Any, Any]:
    response = macie.get_reveal_configuration()
    return response["configuration"], response["retrievalConfiguration"]


def test_revealing_is_enabled_with_a_key_and_disabled(macie: Any) -> None:
    callers = {"retrievalMode": "CALLER_CREDENTIALS"}
    assert _configuration(macie) == ({"status": "DISABLED"}, callers)
    refused = error_of(macie.update_reveal_configuration, configuration={"status": "ENABLED"})
    assert refused[:2] == ("ValidationException", 400)
    enabled = {"kmsKeyId": KMS_KEY, "status": "ENABLED"}
    macie.update_reveal_configuration(configuration=enabled)
    assert _configuration(macie) == (enabled, callers)
    macie.update_reveal_configuration(configuration={"status": "ENABLED"})
    assert _configuration(macie) == (enabled, callers)
    macie.update_reveal_configuration(configuration={"status": "DISABLED"})
    assert _configuration(macie) == ({"status": "DISABLED"}, callers)


def test_a_role_to_assume_has_an_external_id(macie: Any) -> None:
    enabled = {"kmsKeyId": KMS_KEY, "status": "ENABLED"}
    update = macie.update_reveal_configuration
    for wrong in ({"retrievalMode": "ASSUME_ROLE"}, {"retrievalMode": "CALLER_CREDENTIALS", "roleName": "r"}):
        assert error_of(update, configuration=enabled, retrievalConfiguration=wrong)[1] == 400
    update(configuration=enabled, retrievalConfiguration={"retrievalMode": "ASSUME_ROLE", "roleName": "reader"})
    _, retrieval = _configuration(macie)
    assert (retrieval["roleName"], bool(retrieval["externalId"])) == ("reader", True)
