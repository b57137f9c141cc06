"""Where findings go; where discovery results go is in :mod:`tests.localaws.macie2.test_models`."""

from __future__ import annotations

from typing import Any

from tests.localaws.conftest import error_of


def test_security_hub_gets_policy_findings_until_something_else_is_said(macie: Any) -> None:
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
