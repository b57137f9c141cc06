"""Pin of a run, written once when it begins: run id, source, and whether it is a dry run.

A run id may be used again (the run was deleted in Airflow and triggered again, or two ids lead to the same folder). It
is refused if the pin differs, because the existing records, decisions and moves belong to a different run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lake_gate.delivery.source import fingerprint, redact
from lake_gate.errors import DamagedDocumentError, RunPinnedError
from lake_gate.model.run import RUN, Run
from lake_gate.s3.documents import read_document_or_none, write_document_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SCHEMA = "lake-gate/run/1"


@dataclass(frozen=True, slots=True)
class RunPin:
    """Facts that identify a run.

    :param source: without user, password and signature.
    :param source_sha256: hash that differs for different sources, see :func:`lake_gate.delivery.source.fingerprint`.
    :param began_at: ISO 8601, UTC.
    """

    run_id: str
    source: str
    source_sha256: str
    dry_run: bool
    began_at: str

    def differences(self, other: RunPin) -> list[str]:
        """Describe the facts in which the other pin differs."""
        differences = []
        if other.run_id != self.run_id:
            differences.append(f"the run id was {self.run_id!r} and is {other.run_id!r}")
        if other.source_sha256 != self.source_sha256:
            differences.append(f"the source was {self.source!r} and is {other.source!r} ({_HINT})")
        if other.dry_run != self.dry_run:
            differences.append("it was a dry run and is not" if self.dry_run else "it was not a dry run and is")
        return differences


_HINT = "users, passwords, signatures and their dates are not compared"


def check_pin(s3: S3Client, bronze: str, run: Run, source: str, *, is_dry_run: bool) -> None:
    """Compare a run with its pin, if there is one, before its source is opened.

    :raises RunPinnedError, DamagedDocumentError: as :func:`pin_run` does.
    """
    if (content := read_document_or_none(s3, bronze, run.document(RUN))) is not None:
        _compared(bronze, run, content, _wanted(run, source, is_dry_run=is_dry_run))


def pin_run(s3: S3Client, bronze: str, run: Run, source: str, *, is_dry_run: bool) -> RunPin:
    """Write the pin of a run before it lands anything, or compare the run with its pin.

    Call it when the source is open: a source that cannot be used may be corrected, so it must not be pinned.

    :raises RunPinnedError: when the pin in the run's folder differs.
    :raises DamagedDocumentError: when the document does not have the shape that the gate writes.
    """
    wanted = _wanted(run, source, is_dry_run=is_dry_run)
    content = json.dumps({"schema": _SCHEMA, **asdict(wanted)}, ensure_ascii=False).encode()
    return _compared(bronze, run, write_document_once(s3, bronze, run.document(RUN), content), wanted)


def _wanted(run: Run, source: str, *, is_dry_run: bool) -> RunPin:
    began_at = datetime.now(UTC).isoformat(timespec="seconds")
    return RunPin(run.run_id, redact(source), fingerprint(source), is_dry_run, began_at)


def _compared(bronze: str, run: Run, content: bytes, wanted: RunPin) -> RunPin:
    uri, pinned = f"s3://{bronze}/{run.document(RUN)}", _load(content)
    if pinned is None:
        raise DamagedDocumentError(uri, "it is not a valid pin of a run")
    if differences := pinned.differences(wanted):
        raise RunPinnedError(uri, differences)
    return pinned


def _load(content: bytes) -> RunPin | None:
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or document.pop("schema", None) != _SCHEMA:
            return None
        pin = RunPin(**document)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (pin.run_id, pin.source, pin.source_sha256, pin.began_at)
    return pin if isinstance(pin.dry_run, bool) and all(isinstance(text, str) for text in texts) else None
