"""The sensitivity profile of a bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localaws.macie2.clock import now
from localaws.macie2.detection.result import Detection, ScanResult
from localaws.macie2.discovery.profile import Profile
from localaws.macie2.findings.documents import Analysis
from localaws.macie2.identifiers.model import Category, Severity
from localaws.macie2.storage.s3 import S3Object
from tests.localaws.macie2.jobs.test_scope import OBJECT

NAME, CODE = ("MANAGED", "NAME"), ("CUSTOM", "code")


def analysis(stored: S3Object, counts: dict[tuple[str, str], int] | None = None, **result: Any) -> Analysis:
    """The analysis of an object in which each identifier was found so often."""
    detections = tuple(
        Detection(identifier, Category.PERSONAL_INFORMATION if kind == "MANAGED" else None, count, Severity.LOW, ())
        for (kind, identifier), count in (counts or {}).items()
    )
    scanned = ScanResult("COMPLETE", None, "text/csv", 10, detections)
    return Analysis("1", "us-east-1", "aws", None, None, {}, stored, replace(scanned, **result), None)


def profile_of(*analyses: Analysis) -> Profile:
    made = Profile()
    for each in analyses:
        made.add(each, now())
    return made


def named(key: str) -> S3Object:
    return replace(OBJECT, key=key)


CLEAN, SENSITIVE = analysis(named("clean.csv")), analysis(named("names.csv"), {NAME: 3, CODE: 2})
SKIPPED = analysis(named("lost.csv"), status="SKIPPED", reason="INVALID_KMS_KEY", size_classified_bytes=0)
FULL = {"objectCount": 4, "classifiableObjectCount": 4}


@pytest.mark.parametrize(
    ("profile", "bucket", "score"),
    [
        (Profile(), {"objectCount": 0, "classifiableObjectCount": 0}, 1),
        (Profile(), FULL, 50),
        (Profile(), {"errorCode": "ACCESS_DENIED"}, None),
        (Profile(is_denied=True), {"errorCode": "ACCESS_DENIED"}, -1),
        (profile_of(SKIPPED), FULL, 50),
        (profile_of(CLEAN), FULL, 37),
        (profile_of(CLEAN), {"objectCount": 9, "classifiableObjectCount": 1}, 1),
        (profile_of(CLEAN, SENSITIVE), FULL, 75),
        (profile_of(SENSITIVE), FULL, 99),
        (replace(profile_of(SENSITIVE), suppressed=frozenset({NAME})), FULL, 99),
        (replace(profile_of(SENSITIVE), suppressed=frozenset({NAME, CODE})), FULL, 37),
        (Profile(is_overridden=True), FULL, 100),
    ],
    ids=[
        *("empty", "not analysed", "hidden", "denied", "skipped", "a clean object", "all clean", "half sensitive"),
        *("all sensitive", "suppressed in part", "suppressed", "overridden"),
    ],
)
def test_the_score_is_in_the_range_of_what_was_found(profile: Profile, bucket: Any, score: int | None) -> None:
    assert profile.score(bucket) == score


def test_the_statistics_count_objects_bytes_and_occurrences() -> None:
    profile = replace(profile_of(CLEAN, SENSITIVE, SKIPPED), suppressed=frozenset({CODE}))
    assert profile.statistics() == {
        "totalBytesClassified": 20,
        "totalDetections": 5,
        "totalDetectionsSuppressed": 2,
        "totalItemsClassified": 2,
        "totalItemsSensitive": 1,
        "totalItemsSkipped": 1,
        "totalItemsSkippedInvalidEncryption": 0,
        "totalItemsSkippedInvalidKms": 1,
        "totalItemsSkippedPermissionDenied": 0,
    }


def test_a_later_version_replaces_the_earlier_one_and_objects_that_are_gone_are_forgotten() -> None:
    profile = profile_of(SENSITIVE, analysis(named("names.csv"), {NAME: 1}), CLEAN)
    assert profile.counts() == {NAME: 1}
    profile.keep({"clean.csv"})
    assert (list(profile.objects), profile.counts()) == (["clean.csv"], {})
