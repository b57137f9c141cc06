"""Where findings go; where discovery results go is in :mod:`tests.localaws.macie2.test_models`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.localaws.conftest import KMS_KEY, error_of


def test_security_hub_gets_policy_findings_by_default(macie: Any) -> None:
    def configuration() -> Any:
        return macie.get_findings_publication_configuration()["securityHubConfiguration"]

    assert configuration() == {"publishClassificationFindings": False, "publishPolicyFindings": True}
    wanted = {"publishClassificationFindings": True, "publishPolicyFindings": False}
    macie.put_findings_publication_configuration(securityHubConfiguration=wanted)
    assert configuration() == wanted
    macie.put_findings_publication_configuration()
    assert configuration() == wanted


def test_the_key_of_the_repository_is_named_by_its_arn(macie: Any, s3: Any) -> None:
    destination = {"bucketName": "results", "kmsKeyArn": "key"}
    refused = error_of(macie.put_classification_export_configuration, configuration={"s3Destination": destination})
    assert refused[:2] == ("ValidationException", 400)


def test_there_is_no_export_configuration_at_first_and_later_the_one_that_was_put(macie: Any, s3: Any) -> None:
    assert macie.get_classification_export_configuration()["configuration"] == {}
    wanted = {"s3Destination": {"bucketName": "results", "keyPrefix": "macie", "kmsKeyArn": KMS_KEY}}
    assert macie.put_classification_export_configuration(configuration=wanted)["configuration"] == wanted
    assert macie.get_classification_export_configuration()["configuration"] == wanted


@pytest.mark.parametrize("changes", [{"bucketName": "missing"}, {"kmsKeyArn": "alias/lake"}], ids=str)
def test_an_export_configuration_is_refused_when_results_could_not_be_written(
    macie: Any, s3: Any, changes: dict[str, str]
) -> None:
    wanted = {"s3Destination": {"bucketName": "results", "kmsKeyArn": KMS_KEY, **changes}}
    call = macie.put_classification_export_configuration
    assert error_of(call, configuration=wanted)[:2] == ("ValidationException", 400)
