"""Tags of jobs and of custom data identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import error_of, start


def _arn_of(kind: str, macie: Any) -> str:
    if kind == "job":
        return macie.describe_classification_job(jobId=start(macie, tags={"a": "1"}))["jobArn"]
    created = macie.create_custom_data_identifier(name="n", regex="abc", tags={"a": "1"})
    return macie.get_custom_data_identifier(id=created["customDataIdentifierId"])["arn"]


@pytest.mark.parametrize("kind", ["job", "identifier"])
def test_tags_are_added_changed_and_removed(macie: Any, s3: Any, kind: str) -> None:
    arn = _arn_of(kind, macie)
    macie.tag_resource(resourceArn=arn, tags={"a": "2", "b": "3"})
    assert macie.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b": "3"}
    macie.untag_resource(resourceArn=arn, tagKeys=["a", "unknown"])
    assert macie.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3"}


@pytest.mark.parametrize(
    "tags",
    [{str(number): "" for number in range(51)}, {"k" * 129: ""}, {"": ""}, {"k": "v" * 257}, {"aws:k": "v"}],
    ids=["too many", "long key", "empty key", "long value", "reserved key"],
)
def test_tags_are_refused_when_they_break_the_rules(macie: Any, tags: dict[str, str]) -> None:
    code, status, _ = error_of(macie.create_custom_data_identifier, name="n", regex="abc", tags=tags)
    assert (code, status) == ("ValidationException", 400)
