"""Every request of the service arrives, whatever is in its path."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import error_of, start


def test_a_percent_encoded_arn_arrives_when_it_is_part_of_the_path(macie: Any, s3: Any) -> None:
    arn = macie.describe_classification_job(jobId=start(macie, tags={"team": "lake"}))["jobArn"]
    assert macie.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "lake"}


def test_request_of_an_operation_that_does_not_exist_here_is_named(macie: Any) -> None:
    macie.meta.events.register("before-call.macie2.GetMacieSession", to_an_unknown_path)
    code, status, message = error_of(macie.get_macie_session)
    assert (code, status) == ("NotImplementedException", 501)
    assert "is not implemented by the local AWS: GET /unknown" in message


def to_an_unknown_path(params: dict[str, Any], **_: Any) -> None:
    params["url"] = params["url"].replace("/macie", "/unknown")
