"""Takes back copies that were completed after a later finding had withdrawn their objects.

``finding_events`` amends a run first, and looks for copies afterwards; a task of the run copies first, and looks for
amendments afterwards. One of the two sees the other, whenever the copy completes.
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
from lake_gate.model.run import HELD_PREFIX, Run
from lake_gate.moving.transfer import Buckets, try_all
from lake_gate.s3 import multipart
from lake_gate.s3.versions import list_histories

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class _FromCopies(Buckets):
    """The buckets of the lake, for objects that are where a decision before has put them."""

    def place(self, decision: Decision) -> tuple[str, str]:
        key = decision.key.removeprefix(HELD_PREFIX) if decision.bucket == self.bronze else decision.key
        return Buckets.place(self, replace(decision, key=key))


def take_back(
    s3: S3Client, amended: Sequence[tuple[Decision, Amendment]], run: Run, buckets: Buckets
) -> list[Exception]:
    """Move copies from where decisions have put them to where the stricter amendments send them.

    The bytes are never lost: a copy goes once a verified one is at the amendment's place, made now or by
    ``finding_events``. Uploads under way at the first place are aborted.

    :param amended: decisions of one outcome, as they were before, each with its amendment.
    :return: why copies could not be taken back; those of all others are gone.
    """
    stricter = [(d, to) for d, to in amended if is_stricter(to.decision.outcome, than=d.outcome)]
    errors: list[Exception] = []
    with _collecting(errors):
        multipart.abort_uploads_under_way(s3, (buckets.place(d) for d, _ in stricter if d.part_bytes))
    with _collecting(errors):
        copies = _copies(s3, stricter, buckets)
        for outcome in (Outcome.QUARANTINE, Outcome.HOLD):
            moving = [copy for copy in copies if copy.outcome == outcome]
            # What lies unverified in quarantine may be a copy that finding_events is about to seal.
            outcomes = try_all(s3, moving, run, _from_copies(buckets), keep_unsealed=True)
            errors += [one for one in outcomes if isinstance(one, Exception) and not _is_taken(one)]
    return errors


@contextmanager
def _collecting(errors: list[Exception]) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        errors.append(from_aws_error(error))


def _is_taken(error: Exception) -> bool:
    """Whether ``finding_events`` has taken the copy since it was listed."""
    return isinstance(error, SourceVersionGoneError)


def _copies(s3: S3Client, amended: Sequence[tuple[Decision, Amendment]], buckets: Buckets) -> list[Decision]:
    """Return what the amendments decide about each copy that is there."""
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
                break  # all versions with its bytes go with it
    return found


def _from_copies(buckets: Buckets) -> Buckets:
    return _FromCopies(buckets.bronze, buckets.silver, buckets.quarantine)
