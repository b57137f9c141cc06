"""The buckets and the time with which a run of ``finding_events`` decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lake_gate.finding_events.moving import RunPlaces
from lake_gate.model.run import Run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RUN_DEADLINE = timedelta(hours=24)
"""How long a run of the gate may take, see ``dagrun_timeout`` of its DAGs; later, a run without a record is dead."""
THREADS = 8


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake at one point in time.

    :param now: aware, UTC.
    """

    s3: S3Client
    bronze: str
    silver: str
    now: datetime
    run_deadline: timedelta = RUN_DEADLINE

    def places_of(self, run: Run) -> RunPlaces:
        """Where copies of a run's objects may be; quarantine is not searched."""
        return RunPlaces(self.bronze, self.silver, "", run)
