"""The sensitivity profiles of buckets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import error_of
from tests.localaws.macie2.conftest import SSN, described_bucket, pages

BRONZE = "arn:aws:s3:::bronze"
NOWHERE = "arn:aws:s3:::nowhere"
FOUND = {"id": "USA_SOCIAL_SECURITY_NUMBER", "type": "MANAGED"}


def test_a_profile_tells_what_was_analysed_and_found(discovered: Any) -> None:
    profile = discovered.get_resource_profile(resourceArn=BRONZE)
    assert (profile["sensitivityScore"], profile["sensitivityScoreOverridden"]) == (75, False)
    assert profile["statistics"]["totalItemsClassified"] == 2
    assert profile["statistics"]["totalDetections"] == 1
    [clean, sensitive] = discovered.list_resource_profile_artifacts(resourceArn=BRONZE)["artifacts"]
    assert clean == {"arn": f"{BRONZE}/clean.csv", "classificationResultStatus": "COMPLETE", "sensitive": False}
    assert (sensitive["arn"], sensitive["sensitive"]) == (f"{BRONZE}/people/ssn.csv", True)
    [detection] = discovered.list_resource_profile_detections(resourceArn=BRONZE)["detections"]
    assert detection == {**FOUND, "count": 1, "name": FOUND["id"], "suppressed": False}


def test_a_score_is_overridden_until_it_is_calculated_again(discovered: Any) -> None:
    discovered.update_resource_profile(resourceArn=BRONZE, sensitivityScoreOverride=100)
    profile = discovered.get_resource_profile(resourceArn=BRONZE)
    assert (profile["sensitivityScore"], profile["sensitivityScoreOverridden"]) == (100, True)
    assert described_bucket(discovered)["sensitivityScore"] == 100
    refused = error_of(discovered.update_resource_profile, resourceArn=BRONZE, sensitivityScoreOverride=7)
    assert refused[:2] == ("ValidationException", 400)
    discovered.update_resource_profile(resourceArn=BRONZE)
    assert discovered.get_resource_profile(resourceArn=BRONZE)["sensitivityScore"] == 75


def test_suppressed_detections_do_not_count_for_the_score(discovered: Any) -> None:
    discovered.update_resource_profile_detections(resourceArn=BRONZE, suppressDataIdentifiers=[FOUND])
    [detection] = discovered.list_resource_profile_detections(resourceArn=BRONZE)["detections"]
    profile = discovered.get_resource_profile(resourceArn=BRONZE)
    assert (detection["suppressed"], profile["statistics"]["totalDetectionsSuppressed"]) == (True, 1)
    assert profile["sensitivityScore"] == 1
    discovered.update_resource_profile_detections(resourceArn=BRONZE, suppressDataIdentifiers=[])
    assert discovered.get_resource_profile(resourceArn=BRONZE)["sensitivityScore"] == 75
    unknown = [{"id": "NAME", "type": "MANAGED"}]
    refused = error_of(
        discovered.update_resource_profile_detections, resourceArn=BRONZE, suppressDataIdentifiers=unknown
    )
    assert refused[:2] == ("ValidationException", 400)


def test_detections_come_in_pages(macie: Any, s3: Any, discovered: Any) -> None:
    assert len(pages(discovered, "list_resource_profile_artifacts", "artifacts", resourceArn=BRONZE)) == 1
    first = discovered.list_resource_profile_detections(resourceArn=BRONZE, maxResults=1)
    assert (len(first["detections"]), "nextToken" in first) == (1, False)
    assert error_of(discovered.list_resource_profile_detections, resourceArn=BRONZE, nextToken="?")[1] == 400


def test_a_bucket_that_was_not_sampled_has_an_empty_profile(macie: Any, s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="ssn.csv", Body=SSN)
    profile = macie.get_resource_profile(resourceArn=BRONZE)
    assert (profile["sensitivityScore"], profile["statistics"]["totalItemsClassified"]) == (50, 0)
    assert macie.list_resource_profile_artifacts(resourceArn=BRONZE)["artifacts"] == []


@pytest.mark.parametrize(
    "operation",
    [
        *("get_resource_profile", "update_resource_profile", "list_resource_profile_artifacts"),
        *("list_resource_profile_detections", "update_resource_profile_detections"),
    ],
)
def test_the_profile_of_an_unknown_bucket_is_not_found(macie: Any, s3: Any, operation: str) -> None:
    assert error_of(getattr(macie, operation), resourceArn=NOWHERE)[:2] == ("ResourceNotFoundException", 404)
