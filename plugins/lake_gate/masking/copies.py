"""Make the masked copy of one landed object: read the landed version, mask it, upload the copy once."""

from __future__ import annotations

import base64
import hashlib
from contextlib import closing
from dataclasses import dataclass
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from lake_gate.content import add_landed
from lake_gate.decision.reason import Reason
from lake_gate.delivery.disk import disk_full_as_gate_error
from lake_gate.errors import (
    MaskCheckError,
    MaskedCopyStandsError,
    MaskingError,
    NoMaskingRuleError,
    RiskTooHighError,
    UnparsableRowError,
)
from lake_gate.masking.files import mask_file
from lake_gate.masking.joint import Masking, hash_of
from lake_gate.masking.keys import Keys
from lake_gate.masking.report import Found, MaskReport
from lake_gate.masking.spec import MaskingSpec, Method
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import loggable
from lake_gate.model.run import Run
from lake_gate.s3 import multipart
from lake_gate.s3.uploads import put_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK_BYTES = 1024**2
_REASONS: dict[type[MaskingError], Reason] = {
    NoMaskingRuleError: Reason.NO_MASKING_RULE,
    UnparsableRowError: Reason.NOT_MASKABLE,
    MaskCheckError: Reason.MASKING_CHECK_FAILED,
    RiskTooHighError: Reason.REIDENTIFICATION_RISK,
}


@dataclass(frozen=True, slots=True)
class ToMask:
    """Line of ``to_mask.jsonl``: an object to be masked, with the columns in which Macie found something."""

    landed: LandedObject
    found: list[Found]

    @classmethod
    def from_json(cls, line: Any) -> ToMask:
        """Parse a line of ``to_mask.jsonl``.

        :raises ValueError: when it is not such a line; the text contains nothing of the content.
        """
        if not isinstance(line, dict) or not isinstance(line.get("found"), list):
            raise ValueError("not an object to mask")  # noqa: TRY004 - one error for all damage
        found = [jsonl.from_dict(Found, item) for item in line["found"]]
        return cls(jsonl.from_dict(LandedObject, line.get("landed")), found)


@dataclass(frozen=True, slots=True)
class Made:
    """Line of a document below ``masking/``.

    :param copy: the masked copy as the manifest of the masked run lists it; None without a copy.
    """

    masking: Masking
    copy: LandedObject | None

    @classmethod
    def from_json(cls, line: Any) -> Made:
        """Parse a line of a document below ``masking/``.

        :raises ValueError: when it is not such a line; the text contains nothing of the content.
        """
        if not isinstance(line, dict):
            raise ValueError("not a masked copy")  # noqa: TRY004 - one error for all damage
        copy = line.get("copy")
        return cls(Masking.from_json(line.get("masking")), jsonl.from_dict(LandedObject, copy) if copy else None)


def make_copy(s3: S3Client, masked: Run, to_mask: ToMask, spec: MaskingSpec, keys: Keys) -> Made:
    """Mask an object and upload the copy below the prefix of the masked run, or return why there is none.

    :raises MaskedCopyStandsError: when an earlier try has uploaded other bytes.
    :raises DiskFullError: when original and copy do not fit on the worker's disk now.
    """
    landed, found = to_mask.landed, hash_of(to_mask.found)
    original = landed.name, landed.version_id, landed.sha256
    purpose = f"{loggable(landed.name)} and its masked copy"
    with disk_full_as_gate_error(purpose), TemporaryFile() as source, TemporaryFile() as target:
        _download(s3, landed, source)
        try:
            report = mask_file(source, target, landed=landed, spec=spec, found=to_mask.found, keys=keys)
        except MaskingError as error:
            reason = next(reason for kind, reason in _REASONS.items() if isinstance(error, kind))
            return Made(Masking(*original, None, reason, str(error), found), None)
        copy = _upload(s3, masked, landed, target, report)
    add_landed(s3, landed.bucket, masked, copy)  # before the manifest, see lake_gate.content
    return Made(Masking(*original, report.to_json(), None, found=found), copy)


def _download(s3: S3Client, landed: LandedObject, into: IO[bytes]) -> None:
    """Read exactly the landed version; the masking compares its SHA-256."""
    body: Any = s3.get_object(Bucket=landed.bucket, Key=landed.key, VersionId=landed.version_id)["Body"]
    with closing(body):
        copyfileobj(body, into, _CHUNK_BYTES)
    into.seek(0)


def _upload(s3: S3Client, masked: Run, landed: LandedObject, copy: IO[bytes], report: MaskReport) -> LandedObject:
    digest, size_bytes = _hashed(copy)
    if (digest.hex(), size_bytes) != (report.sha256, report.size_bytes):
        raise MaskCheckError(landed.name, "it changed after it was checked")
    part_bytes = multipart.part_bytes_of(size_bytes)
    checksum = multipart.checksum_of(copy, part_bytes) if part_bytes else base64.b64encode(digest).decode()
    key = masked.prefix + landed.name
    put = put_once(s3, landed.bucket, key, copy, checksum, part_bytes)
    if put is None:
        raise MaskedCopyStandsError(f"s3://{landed.bucket}/{key}")
    header = tuple(name for name in landed.header if report.methods.get(name) != Method.DROP)
    return LandedObject(
        *(landed.name, landed.bucket, key, *put, size_bytes, report.sha256, checksum, part_bytes),
        header=header if len(header) == report.columns else (),
        rows=report.rows,
        columns=report.columns,
    )


def _hashed(file: IO[bytes]) -> tuple[bytes, int]:
    sha256 = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        sha256.update(chunk)
    return sha256.digest(), file.tell()
