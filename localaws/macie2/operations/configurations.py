"""Where discovery results and findings go.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/classification-export-configuration.html
"""

from __future__ import annotations

import re

from moto.s3.models import s3_backends

from localaws.macie2.exceptions import ValidationException
from localaws.macie2.operations.area import Answer, Area, Request
from localaws.macie2.run import Repository

_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/.+")


class Configurations(Area):
    """The repository of the discovery results."""

    _export_configuration: Request

    def forget(self) -> None:
        super().forget()
        self._export_configuration = {}

    def get_classification_export_configuration(self, request: Request) -> Answer:
        return {"configuration": self._export_configuration}

    def put_classification_export_configuration(self, request: Request) -> Answer:
        """Set the repository of the discovery results, or none when the destination is left out."""
        configuration: Request = request["configuration"]
        if destination := configuration.get("s3Destination"):
            if not _KMS_KEY_ARN.fullmatch(destination["kmsKeyArn"]):
                raise ValidationException("kmsKeyArn must be the ARN of a KMS key")
            if destination["bucketName"] not in s3_backends.bucket_accounts:
                raise ValidationException(f"The bucket {destination['bucketName']} does not exist")
        self._export_configuration = configuration
        return {"configuration": configuration}

    def repository(self) -> Repository | None:
        """Return where discovery results go now, None when nothing is configured or the bucket is gone."""
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
