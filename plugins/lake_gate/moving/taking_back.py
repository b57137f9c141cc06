"""Take back copies that were completed after a later finding had withdrawn their objects.

``finding_events`` first writes its amendment and then lists copies; a task of the run first copies and then reads the
amendments. So at least one of the two sees the other, whenever the copy completes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.decision.amendments import Amendment, is_stricter
from lake_gate.decision.decision import Decision
from lake_gate.decision.policy import Outcome
from lake_gate.errors import SourceVersionGoneError, from_aws_error
from lake_gate.model.run import Run
from lake_gate.moving.transfer import Buckets, try_all
from lake_gate.s3 import multipart
from lake_gate.s3.versions import list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class _FromCopies(Buckets):
    """The buckets of the lake, for objects of a run that were already moved by an earlier decision."""

    run: Run

    def place(self, decision: Decision) -> tuple[str, str]:
        return Buckets.place(self, replace(decision, key=self.run.prefix + decision.name))


def take_back(
    s3: S3Client, amended: Sequence[tuple[Decision, Amendment]], run: Run, buckets: Buckets
) -> list[Exception]:
    """Move copies from the places of their decisions to the places of stricter amendments.

    No bytes are lost: a copy is deleted once a verified one exists at the amendment's place, made here or by
    ``finding_events``. Uploads in progress at the decision's place are aborted.

    :param amended: decisions of one outcome, each with its amendment.
    :return: errors of the copies that could not be taken back; all others were.
    """
    stricter = [(d, amendment) for d, amendment in amended if is_stricter(amendment.decision.outcome, than=d.outcome)]
    errors: list[Exception] = []
    with _collecting(errors):
        multipart.abort_uploads_under_way(s3, (buckets.place(d) for d, _ in stricter if d.part_bytes))
    with _collecting(errors):
        copies = _copies(s3, stricter, buckets)
        for outcome in (Outcome.QUARANTINE, Outcome.HOLD):
            moving = [copy for copy in copies if copy.outcome == outcome]
            # An unverified version in quarantine may be a copy that finding_events is about to seal.
            from_copies = _FromCopies(buckets.bronze, buckets.silver, buckets.quarantine, run)
            outcomes = try_all(s3, moving, run, from_copies, keep_unsealed=True)
            errors += [error for error in outcomes if isinstance(error, Exception) and not _is_taken(error)]
    return errors


@contextmanager
def _collecting(errors: list[Exception]) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        errors.append(from_aws_error(error))


def _is_taken(error: Exception) -> bool:
    """Whether ``finding_events`` has moved the copy since it was listed."""
    return isinstance(error, SourceVersionGoneError)


def _copies(s3: S3Client, amended: Sequence[tuple[Decision, Amendment]], buckets: Buckets) -> list[Decision]:
    """Return the decisions of the amendments about the copies that exist."""
    if not amended:
        return []
    places = [buckets.place(decision) for decision, _ in amended]
    histories = list_histories(s3, places[0][0], [key for _, key in places])
    found: list[Decision] = []
    for (decision, amendment), (bucket, key) in zip(amended, places, strict=True):
        for version_id in histories[key].versions if key in histories else ():
            if buckets.checksum_at(s3, bucket, key, version_id) == decision.checksum:
                copy = replace(decision, bucket=bucket, key=key, version_id=version_id)
                found.append(replace(copy, outcome=amendment.decision.outcome, reason=amendment.decision.reason))
                break  # deleting it deletes all versions with its bytes
    return found
