"""Automated discovery: enabled and disabled, its daily samples and their findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.localaws.conftest import ACCOUNT, KMS_KEY, await_findings, error_of, read_results
from tests.localaws.macie2.conftest import MEMBER, SSN, described_bucket
from tests.localaws.waiting import until

DAY_SECONDS = 24 * 3600
ORIGIN = "AUTOMATED_SENSITIVE_DATA_DISCOVERY"


def test_it_is_disabled_at_first_and_dated_when_it_changes(macie: Any) -> None:
    first = macie.get_automated_discovery_configuration()
    assert (first["status"], "firstEnabledAt" in first) == ("DISABLED", False)
    macie.update_automated_discovery_configuration(status="ENABLED", autoEnableOrganizationMembers="NEW")
    enabled = macie.get_automated_discovery_configuration()
    assert (enabled["status"], enabled["autoEnableOrganizationMembers"]) == ("ENABLED", "NEW")
    assert enabled["firstEnabledAt"] == enabled["lastUpdatedAt"]
    macie.update_automated_discovery_configuration(status="DISABLED")
    disabled = macie.get_automated_discovery_configuration()
    assert (disabled["status"], disabled["firstEnabledAt"]) == ("DISABLED", enabled["firstEnabledAt"])
    assert disabled["disabledAt"] == disabled["lastUpdatedAt"]


def test_a_dial_enables_it_with_macie_as_in_new_accounts(disabled_macie: Any, turn: Callable[..., None]) -> None:
    turn(automated_discovery=True)
    disabled_macie.enable_macie()
    assert disabled_macie.get_automated_discovery_configuration()["status"] == "ENABLED"


def test_a_finding_names_no_job_and_its_origin(discovered: Any) -> None:
    [found] = await_findings(discovered, 1)
    details = found["classificationDetails"]
    assert found["resourcesAffected"]["s3Object"]["key"] == "people/ssn.csv"
    assert (found["type"], details["originType"]) == ("SensitiveData:S3Object/Personal", ORIGIN)
    assert not {"jobId", "jobArn"} & details.keys()
    origin = {"criterion": {"classificationDetails.originType": {"eq": [ORIGIN]}}}
    assert discovered.list_findings(findingCriteria=origin)["findingIds"] == [found["id"]]


@pytest.mark.usefixtures("repository")
def test_every_object_of_a_sample_has_a_result(discovered: Any, s3: Any) -> None:
    [found] = await_findings(discovered, 1)
    results = read_results(s3)
    assert {"clean.csv", "people/ssn.csv"} <= results.keys()
    details = results["people/ssn.csv"]["classificationDetails"]
    assert (details["originType"], "jobId" in details) == (ORIGIN, False)
    assert details["detailedResultsLocation"] == found["classificationDetails"]["detailedResultsLocation"]


def test_each_day_samples_what_is_new(discovered: Any, s3: Any, turn: Callable[..., None]) -> None:
    s3.put_object(Bucket="bronze", Key="later.csv", Body=SSN)
    turn(clock_ahead_seconds=DAY_SECONDS)
    keys = [found["resourcesAffected"]["s3Object"]["key"] for found in await_findings(discovered, 2)]
    assert keys == ["later.csv", "people/ssn.csv"]
    s3.put_object(Bucket="bronze", Key="later.csv", Body=SSN + b"078-05-1120\n")
    turn(clock_ahead_seconds=9 * DAY_SECONDS)
    assert len(await_findings(discovered, 3)) == 3


def test_the_template_selects_the_identifiers_and_the_scope_the_buckets(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    for bucket in ("bronze", "results"):
        s3.put_object(Bucket=bucket, Key="codes.csv", Body=b"code\nAB-12\n")
    custom = macie.create_custom_data_identifier(name="Code", regex="[A-Z]{2}-[0-9]{2}")["customDataIdentifierId"]
    configuration = macie.get_automated_discovery_configuration()
    macie.update_sensitivity_inspection_template(
        id=configuration["sensitivityInspectionTemplateId"], includes={"customDataIdentifierIds": [custom]}
    )
    macie.update_classification_scope(
        id=configuration["classificationScopeId"],
        s3={"excludes": {"bucketNames": ["results"], "operation": "ADD"}},
    )
    macie.update_automated_discovery_configuration(status="ENABLED")
    [found] = await_findings(macie, 1)
    assert (found["type"], found["resourcesAffected"]["s3Bucket"]["name"]) == (
        "SensitiveData:S3Object/CustomIdentifier",
        "bronze",
    )
    [detection] = macie.list_resource_profile_detections(resourceArn="arn:aws:s3:::bronze")["detections"]
    assert (detection["name"], detection["type"], detection["arn"].rpartition("/")[2]) == ("Code", "CUSTOM", custom)
    status = {name: described_bucket(macie, name) for name in ("bronze", "results")}
    assert status["bronze"]["automatedDiscoveryMonitoringStatus"] == "MONITORED"
    assert status["results"]["automatedDiscoveryMonitoringStatus"] == "NOT_MONITORED"
    assert "lastAutomatedDiscoveryTime" not in status["results"]


def test_statistics_and_searches_follow(discovered: Any) -> None:
    found = described_bucket(discovered)
    assert (found["sensitivityScore"], found["automatedDiscoveryMonitoringStatus"]) == (75, "MONITORED")
    assert found["lastAutomatedDiscoveryTime"] == discovered.get_resource_profile(
        resourceArn=found["bucketArn"]
    )["profileUpdatedAt"]  # fmt: skip
    groups = discovered.get_bucket_statistics()["bucketStatisticsBySensitivity"]
    assert {name: group["totalCount"] for name, group in groups.items()} == {
        "classificationError": 0,
        "notClassified": 0,
        "notSensitive": 1,
        "sensitive": 1,
    }
    monitored = {"key": "AUTOMATED_DISCOVERY_MONITORING_STATUS", "comparator": "EQ", "values": ["MONITORED"]}
    resources = discovered.search_resources(bucketCriteria={"includes": {"and": [{"simpleCriterion": monitored}]}})
    scores = {
        resource["matchingBucket"]["bucketName"]: resource["matchingBucket"]["sensitivityScore"]
        for resource in resources["matchingResources"]
    }
    assert scores == {"bronze": 75, "results": 1}
    discovered.update_automated_discovery_configuration(status="DISABLED")
    assert described_bucket(discovered)["automatedDiscoveryMonitoringStatus"] == "NOT_MONITORED"


def test_samples_can_be_revealed(macie: Any, s3: Any, repository: None, discovered: Any) -> None:
    [found] = await_findings(discovered, 1)
    discovered.update_reveal_configuration(configuration={"status": "ENABLED", "kmsKeyId": KMS_KEY})
    assert discovered.get_sensitive_data_occurrences_availability(findingId=found["id"])["code"] == "AVAILABLE"


def test_no_day_follows_when_it_or_macie_is_disabled(discovered: Any, s3: Any, turn: Callable[..., None]) -> None:
    s3.put_object(Bucket="bronze", Key="later.csv", Body=SSN)
    discovered.update_automated_discovery_configuration(status="DISABLED")
    turn(clock_ahead_seconds=2 * DAY_SECONDS)
    discovered.update_automated_discovery_configuration(status="ENABLED")
    assert len(await_findings(discovered, 2)) == 2
    discovered.disable_macie()
    discovered.enable_macie()
    assert discovered.get_automated_discovery_configuration()["status"] == "DISABLED"
    assert discovered.list_resource_profile_artifacts(resourceArn="arn:aws:s3:::bronze")["artifacts"] == []


def test_an_administrator_enables_it_for_its_members(
    macie: Any, member: Any, client: Callable[..., Any], other_account: Callable[[str], dict[str, str]]
) -> None:
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    macie.create_member(account={"accountId": MEMBER, "email": "a@example.org"})
    theirs = client("s3", **other_account(MEMBER))
    theirs.create_bucket(Bucket="theirs")
    theirs.put_object(Bucket="theirs", Key="ssn.csv", Body=SSN)
    conflict = error_of(macie.batch_update_automated_discovery_accounts, accounts=[])
    assert conflict[:2] == ("ConflictException", 409)
    macie.update_automated_discovery_configuration(status="ENABLED")
    [found] = await_findings(macie, 1)
    assert found["resourcesAffected"]["s3Bucket"]["name"] == "theirs"
    assert macie.list_automated_discovery_accounts()["items"] == [
        {"accountId": account, "status": "ENABLED"} for account in (ACCOUNT, MEMBER)
    ]
    updates = [{"accountId": account, "status": "DISABLED"} for account in (MEMBER, "999999999999")]
    errors = macie.batch_update_automated_discovery_accounts(accounts=updates)["errors"]
    assert errors == [{"accountId": "999999999999", "errorCode": "ACCOUNT_NOT_FOUND"}]
    assert member.list_automated_discovery_accounts()["items"] == [{"accountId": MEMBER, "status": "DISABLED"}]
    refused = error_of(member.update_automated_discovery_configuration, status="ENABLED")
    assert refused[:2] == ("AccessDeniedException", 403)
    arn = "arn:aws:s3:::theirs"
    assert member.get_resource_profile(resourceArn=arn)["statistics"]["totalDetections"] == 1
    refused = error_of(member.update_resource_profile, resourceArn=arn, sensitivityScoreOverride=100)
    assert refused[:2] == ("AccessDeniedException", 403)
    member.update_macie_session(status="PAUSED")
    [error] = macie.batch_update_automated_discovery_accounts(accounts=updates[:1])["errors"]
    assert error["errorCode"] == "ACCOUNT_PAUSED"


def test_a_bucket_that_cannot_be_listed_has_the_score_of_an_error(macie: Any, s3: Any) -> None:
    denied = '{"Statement": {"Action": "s3:*", "Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::bronze"}}'
    s3.put_bucket_policy(Bucket="bronze", Policy=denied)
    macie.update_automated_discovery_configuration(status="ENABLED")
    until(lambda: described_bucket(macie).get("sensitivityScore") == -1, "the bucket to be sampled")
