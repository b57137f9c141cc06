"""The destinations of discovery results and findings.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/classification-export-configuration.html and
https://docs.aws.amazon.com/macie/latest/APIReference/findings-publication-configuration.html
"""

from __future__ import annotations

import re

from moto.s3.models import s3_backends

from localaws.iam.by_services import may_put
from localaws.macie2.exceptions import AccessDeniedException, ValidationException
from localaws.macie2.jobs.classifier import Repository, by_macie
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented

_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/.+")


class Configurations(Area):
    """The repository of the discovery results, and which findings Security Hub gets."""

    _export_configuration: Request
    _security_hub_configuration: Request

    def forget(self) -> None:
        super().forget()
        self._export_configuration = {}
        self._security_hub_configuration = {"publishClassificationFindings": False, "publishPolicyFindings": True}

    def get_classification_export_configuration(self, request: Request) -> Answer:
        return {"configuration": self._export_configuration}

    @partly_implemented("the results of analyses before are not written, as those of the last 90 days are by Macie")
    def put_classification_export_configuration(self, request: Request) -> Answer:
        """Set the repository of the discovery results, or none when the destination is left out."""
        configuration: Request = request["configuration"]
        if destination := configuration.get("s3Destination"):
            if not _KMS_KEY_ARN.fullmatch(destination["kmsKeyArn"]):
                raise ValidationException("kmsKeyArn must be the ARN of a KMS key")
            if destination["bucketName"] not in s3_backends.bucket_accounts:
                raise ValidationException(f"The bucket {destination['bucketName']} does not exist")
            self._check_that_macie_may_write(destination)
        self._export_configuration = configuration
        return {"configuration": configuration}

    def _check_that_macie_may_write(self, destination: Request) -> None:
        """Refuse a repository that Macie may not write to: Macie tests this by writing an object.

        Source: https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
        """
        call = by_macie(
            self.account_id, f"arn:{self.partition}:macie2:{self.region_name}:{self.account_id}:export-configuration:*"
        )
        key = f"{destination.get('keyPrefix', '')}AWSLogs/{self.account_id}/Macie/macie-test-object"
        if not may_put(call, destination["bucketName"], key, destination["kmsKeyArn"]):
            raise AccessDeniedException("Macie may not write to the bucket, or use the KMS key")

    def get_findings_publication_configuration(self, request: Request) -> Answer:
        return {"securityHubConfiguration": self._security_hub_configuration}

    @partly_implemented("kept and returned, but findings are not published to Security Hub")
    def put_findings_publication_configuration(self, request: Request) -> Answer:
        """Set which findings Security Hub gets; without a configuration nothing changes."""
        self._security_hub_configuration = request.get("securityHubConfiguration", self._security_hub_configuration)
        return {}

    def repository(self) -> Repository | None:
        """Return the current repository, None when it is not configured or its bucket does not exist."""
        destination = self._export_configuration.get("s3Destination", {})
        owner = s3_backends.bucket_accounts.get(destination.get("bucketName"))
        if owner is None:
            return None
        return Repository(
            account_id=owner[1],
            bucket_name=destination["bucketName"],
            key_prefix=destination.get("keyPrefix", ""),
            kms_key_arn=destination["kmsKeyArn"],
        )
