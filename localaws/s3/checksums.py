"""Checksums of parts and objects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from moto.s3.exceptions import InvalidPart, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart
from moto.s3.utils import compute_checksum

#: The ones that are always computed as S3 does; moto takes CRC32 for the others when a library is missing.
VERIFIABLE = frozenset({"CRC32", "SHA1", "SHA256"})


def checksum_of(key: FakeKey) -> dict[str, Any]:
    """Return the members ``ChecksumSHA256`` (or another) and ``ChecksumType``, none without a checksum."""
    if not key.checksum_algorithm or not key.checksum_value:
        return {}
    is_composite = key.checksum_type == "COMPOSITE"
    value = f"{key.checksum_value}-{key.checksum_parts}" if is_composite else key.checksum_value
    return {f"Checksum{key.checksum_algorithm}": value, "ChecksumType": key.checksum_type}


def keep_checksum(part: FakeKey, upload: FakeMultipart, algorithm: str = "", checksum: str | None = None) -> None:
    """Keep the checksum that the upload was created with; S3 computes it when the part came without."""
    wanted = upload.metadata.get("x-amz-checksum-algorithm")
    if wanted:
        part.checksum_algorithm = wanted
        part.checksum_value = checksum if algorithm == wanted else compute_checksum(part.value, wanted).decode()


def check_checksums(upload: FakeMultipart, body: bytes) -> None:
    """Compare the parts of a CompleteMultipartUpload with the uploaded ones.

    :raises InvalidPart: when a part has another checksum.
    :raises S3ClientError: ``InvalidRequest`` when it is left out although the upload's checksum is made of them.
    """
    algorithm = upload.metadata.get("x-amz-checksum-algorithm")
    if not algorithm:
        return
    is_composite = upload.metadata.get("x-amz-checksum-type", "COMPOSITE") == "COMPOSITE" and algorithm != "CRC64NVME"
    for part in ElementTree.fromstring(body).iterfind("{*}Part"):  # noqa: S314 - of a test's own client
        number, sent = int(part.findtext("{*}PartNumber", "0")), part.findtext(f"{{*}}Checksum{algorithm}")
        uploaded = upload.parts.get(number)
        if sent is not None and (uploaded is None or uploaded.checksum_value != sent):
            raise InvalidPart
        if sent is None and is_composite:
            raise S3ClientError(
                "InvalidRequest",
                f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
                f"checksum for each part. It was missing for part {number} in the request.",
            )
