"""Put this S3 in the place of moto's own, in process and for the server."""

from __future__ import annotations

import moto.s3.responses
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, s3_backends

from localaws.s3.backend import S3Backend
from localaws.s3.responses import S3Response


def install() -> None:
    """Make moto serve S3 from here; calling it again changes nothing.

    moto creates its routes from the name in its module when it starts to mock or to serve, and backends from a class
    that it stores; existing backends keep their buckets and change their class.
    """
    moto.s3.responses.S3Response = S3Response  # type: ignore[misc]
    # moto reads a bucket's policy without its conditions: "Deny, but for this role" would refuse all callers.
    # localaws.iam decides instead, with the conditions.
    FakeBucket.get_permission = _says_nothing  # type: ignore[assignment, method-assign]
    s3_backends.backend = S3Backend
    for account in s3_backends.values():
        account.backend = S3Backend
        for existing in account.values():
            existing.__class__ = S3Backend


def _says_nothing(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL
