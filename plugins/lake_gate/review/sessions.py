"""Sessions of the releaser and the purger role: each reads, or deletes, one version in quarantine, for fifteen minutes.

The gate's role cannot read there. It assumes these roles with a session policy, which only narrows what the role may
do. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from lake_gate.errors import ReviewError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lake_gate.review.request import ReviewedFile

SECONDS = 900
"""The shortest session. Source, also of the length of a policy:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
MOST_POLICY_CHARACTERS = 2048
_PATTERNS = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Releaser:
    """The releaser role: it reads.

    :param s3: client of the gate, whose Region and configuration the sessions have.
    """

    s3: S3Client
    role_arn: str
    bucket: str
    request_id: str
    aws_conn_id: str | None = "aws_default"
    action: ClassVar[str] = "s3:GetObjectVersion"
    more: ClassVar[tuple[dict[str, str], ...]] = ({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"},)
    """Further statements of a session; the key of KMS is the one that the role's own policy names."""

    def policy_for(self, file: ReviewedFile) -> str:
        """Return the policy of the session for this version.

        :raises ReviewError: when the key is too long for it.
        """
        statement = session_statement(self.role_arn.split(":")[1], self.bucket, file, self.action)
        content = {"Version": "2012-10-17", "Statement": [statement, *self.more]}
        policy = json.dumps(content, separators=(",", ":"))
        if len(policy) > MOST_POLICY_CHARACTERS:
            raise ReviewError(self.request_id, "the key of a file is too long for the policy of a session")
        return policy

    def client_for(self, file: ReviewedFile) -> S3Client:
        """Return a client for exactly this version.

        :raises ReviewError: when the key is too long for a session policy.
        """
        policy = self.policy_for(file)
        sts: Any = AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="sts").conn
        made = sts.assume_role(
            RoleArn=self.role_arn, RoleSessionName=self.request_id, DurationSeconds=SECONDS, Policy=policy
        )["Credentials"]
        session = boto3.session.Session(
            aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"],
            aws_session_token=made["SessionToken"],
        )
        meta: Any = self.s3.meta
        return session.client("s3", region_name=meta.region_name, endpoint_url=meta.endpoint_url, config=meta.config)


@dataclass(frozen=True, slots=True)
class Purger(Releaser):
    """The purger role: it deletes. A delete marker is a version, too."""

    action: ClassVar[str] = "s3:DeleteObjectVersion"
    more: ClassVar[tuple[dict[str, str], ...]] = ()

    def delete(self, file: ReviewedFile) -> None:
        """Delete this version permanently, unless it is gone."""
        self.client_for(file).delete_object(Bucket=self.bucket, Key=file.key, VersionId=file.version_id)


def session_statement(partition: str, bucket: str, file: ReviewedFile, action: str) -> dict[str, Any]:
    """Return the statement of a session policy that allows an action on one version."""
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": f"arn:{partition}:s3:::{bucket}/{_literal(file.key)}",
        "Condition": {"StringEquals": {"s3:VersionId": file.version_id}},
    }


def _literal(key: str) -> str:
    """Return a key as a part of an ARN: without patterns and variables of policies.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html ("Special characters")
    """
    return _PATTERNS.sub(lambda found: f"${{{found.group()}}}", key)
