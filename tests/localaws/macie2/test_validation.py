"""Requests are held against the model, also those that botocore would not send."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from localaws.macie2.exceptions import ValidationException
from localaws.macie2.validation import from_text, validated

MODEL = botocore.session.get_session().get_service_model("macie2")


@pytest.mark.parametrize(
    ("operation", "sent", "complaint"),
    [
        ("CreateClassificationJob", {"name": "n"}, "'jobType' must not be null"),
        ("CreateClassificationJob", {"samplingPercentage": "half"}, "'samplingPercentage' must be of type integer"),
        ("CreateClassificationJob", {"samplingPercentage": True}, "'samplingPercentage' must be of type integer"),
        ("CreateClassificationJob", {"jobType": "SOMETIMES"}, "'jobType' must be one of: ONE_TIME, SCHEDULED"),
        (
            "CreateClassificationJob",
            {"customDataIdentifierIds": [1]},
            r"'customDataIdentifierIds\[0\]' must be of type",
        ),
        ("CreateClassificationJob", {"tags": {"a": 1}}, "'tags.a' must be of type string"),
        ("PutClassificationExportConfiguration", {"configuration": {"s3Destination": {}}}, "s3Destination.bucketName"),
        ("ListMembers", {"maxResults": 26}, "'maxResults' must have a value of max 25"),
        ("ListMembers", {"maxResults": 0}, "'maxResults' must have a value of min 1"),
        ("UpdateClassificationJob", {"jobId": "1", "jobStatus": "DONE"}, "'jobStatus' must be one of"),
    ],
)
def test_a_request_is_refused_when_the_model_does_not_allow_it(
    operation: str, sent: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationException) as raised:
        validated(MODEL.operation_model(operation), sent)
    assert re.search(complaint, raised.value.message)


def test_nulls_and_unknown_members_are_dropped() -> None:
    sent = {"maxResults": None, "nextToken": "t", "colour": "blue"}
    assert validated(MODEL.operation_model("ListFindings"), sent) == {"nextToken": "t"}


@pytest.mark.parametrize(
    ("member", "values", "expected"),
    [
        ("ListMembers.maxResults", ["7"], 7),
        ("ListMembers.maxResults", ["many"], "many"),
        ("UntagResource.tagKeys", ["a", "b"], ["a", "b"]),
        ("ListMembers.nextToken", ["t"], "t"),
    ],
)
def test_text_of_a_query_string_gets_the_type_of_the_model(member: str, values: list[str], expected: Any) -> None:
    operation, name = member.split(".")
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    assert from_text(shape.members[name], values) == expected
