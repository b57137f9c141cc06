"""Every request of the service arrives, whatever is in its path."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import error_of, start


def test_a_percent_encoded_arn_arrives_when_it_is_part_of_the_path(macie: Any, s3: Any) -> None:
    arn = macie.describe_classification_job(jobId=start(macie, tags={"team": "lake"}))["jobArn"]
    assert macie.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "lake"}


def test_the_operation_is_named_when_it_does_not_exist_here(macie: Any) -> None:
    code, status, message = error_of(macie.update_automated_discovery_configuration, status="DISABLED")
    assert (code, status) == ("NotImplementedException", 501)
    assert "is not implemented by the local AWS" in message
    assert "UpdateAutomatedDiscoveryConfiguration" in message
