"""Takes back what a run has done with objects that are decided more strictly now.

The order is what makes it safe, and each step may be done again. The amendment is written first: from then on no task
of the run touches the object, and whoever writes the marker or the record looks for it. Then no marker lists the object
any more. Then it is moved. At last the record says where it is.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake_gate import jsonl
from lake_gate.base import PLAN, RECORD
from lake_gate.content import add_found
from lake_gate.documents import read_document_or_none, write_document
from lake_gate.finding_events.action import Action
from lake_gate.finding_events.moving import FromAnywhere, FromThere, move_all
from lake_gate.judging.evidence import Observation
from lake_gate.moving.transfer import THREADS
from lake_gate.recording.amendments import AMENDMENTS, MOVED, Amendment, Amendments, merged
from lake_gate.recording.entries import write_objects
from lake_gate.recording.marker import Marker
from lake_gate.recording.overlay import read_amendments, update_document, write_amended
from lake_gate.recording.record import Moved, Totals
from lake_gate.run import Run
from lake_gate.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """One run of ``finding_events`` at work.

    :param events: that run.
    :param at: when it began, in UTC.
    """

    s3: S3Client
    settings: Settings
    events: Run
    at: str

    def from_run(self, run: Run, actions: Sequence[Action]) -> list[Moved | None]:
        """Take objects back from a run; return where each is now, None for those that are nowhere any more."""
        self._amend(run, actions)
        self._rewrite_marker(run)
        self._revoke_verdicts(actions)
        where = FromAnywhere.of(self.settings)
        moved = move_all(self.s3, [action.the_decision for action in actions], run, where)
        content = jsonl.dump(one for one in moved if one)
        write_document(self.s3, self.settings.bronze_bucket, self._document_in(run) + MOVED, content)
        self._rewrite_record(run)
        return moved

    def strays(self, actions: Sequence[Action]) -> list[Moved | None]:
        """Take objects away that no run has landed; the same."""
        self._revoke_verdicts(actions)
        where = FromThere.of(self.settings)
        return move_all(self.s3, [action.the_decision for action in actions], self.events, where)

    def _document_in(self, run: Run) -> str:
        """Return the beginning of the keys of what this run of ``finding_events`` writes down in another one."""
        return run.document(AMENDMENTS + self.events.folder)

    def _amend(self, run: Run, actions: Sequence[Action]) -> None:
        """Write the amendments; what a try before this one has amended stays amended."""
        amendments = [
            Amendment(action.the_decision, list(action.findings), self.at, self.events.run_id, action.silver_version_id)
            for action in actions
        ]

        def with_those_before(there: bytes | None) -> bytes:
            before = (Amendment.from_json(json.loads(line)) for line in (there or b"").split(b"\n") if line)
            return jsonl.dump(merged(before, amendments))

        key = self._document_in(run) + ".jsonl"
        update_document(self.s3, self.settings.bronze_bucket, key, with_those_before)

    def _rewrite_marker(self, run: Run) -> None:
        """Let the run's marker list nothing that is withdrawn; it is there only when the run was published."""
        silver = self.settings.silver_bucket
        if read_document_or_none(self.s3, silver, run.marker) is None:
            return  # who publishes it looks for amendments after that
        withdrawals = read_amendments(self.s3, self.settings.bronze_bucket, run).withdrawals()

        def without(there: bytes | None) -> bytes:
            if (marker := Marker.parse(there or b"")) is None:  # nobody can trust it; what matters is the move
                log.warning("s3://%s/%s is no marker: somebody else has written it", silver, run.marker)
                return there or b""
            return marker.without(withdrawals).to_bytes()

        update_document(self.s3, silver, run.marker, without)

    def _revoke_verdicts(self, actions: Sequence[Action]) -> None:
        """Let no run clear the same bytes by what was said of them before."""

        def void(action: Action) -> None:
            decision = action.the_decision
            found = Observation("", "", "", "", "COMPLETE", None, decision.severity, ())
            add_found(self.s3, self.settings.bronze_bucket, decision.sha256, [found])

        with ThreadPoolExecutor(THREADS) as pool:  # in what is only held with its run, nothing was found
            list(pool.map(void, (action for action in actions if action.findings)))

    def _rewrite_record(self, run: Run) -> None:
        """Let the run's record say where everything is; one that is not there yet will say so by itself."""
        bronze = self.settings.bronze_bucket
        if (content := read_document_or_none(self.s3, bronze, run.document(RECORD))) is None:
            return
        before = json.loads(content)
        basis = json.loads(read_document_or_none(self.s3, bronze, run.document(PLAN)) or b"{}")

        def write(amendments: Amendments) -> None:
            totals = Totals()
            uri = write_objects(self.s3, bronze, run, basis, amendments, totals, dry_run=before["dry_run"])
            said = {"totals": totals.to_json(), "accounted": totals.not_accounted == 0, "objects_uri": uri}
            record = json.dumps({**before, **said}, indent=1, ensure_ascii=False).encode()
            write_document(self.s3, bronze, run.document(RECORD), record)

        write_amended(self.s3, bronze, run, write)
