"""Takes back what a run has done with objects that are decided more strictly now.

The order is what makes it safe, and each step may be done again. The amendment is written first: from then on no task
of the run touches the object, and whoever writes the marker or the record looks for it. Then no marker lists the object
any more. Then it is moved. At last the record says where it is. A marker or a record that cannot be written keeps no
object in silver: the move is made all the same, and the failure is named.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake_gate.decision.amendments import Amendment, merged
from lake_gate.errors import class_of
from lake_gate.finding_events.action import Action, Done
from lake_gate.finding_events.moving import RunPlaces, StrayPlaces, failure, move_each
from lake_gate.finding_events.reconciling import rewrite_marker, rewrite_record
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, Run
from lake_gate.s3.documents import load_items, load_lines, update_document
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

    def from_run(self, run: Run, actions: Sequence[Action]) -> list[Done]:
        """Take objects back from a run; return what has come of each.

        :raises Exception: when no amendment can be written: then nothing was touched.
        """
        amendments = self._amend(run, actions)
        bronze, silver = self.settings.bronze_bucket, self.settings.silver_bucket
        failures: list[Exception] = []
        _attempt(failures, lambda: rewrite_marker(self.s3, bronze, silver, run, amendments))
        decisions, where = [action.stricter_decision for action in actions], RunPlaces.of(self.settings)
        done = move_each(self.s3, decisions, run, where)
        _attempt(failures, lambda: self._keep_moved(run, [one.moved for one in done if one.moved]))
        _attempt(failures, lambda: rewrite_record(self.s3, bronze, run))
        return [_with_failure(one, failures) for one in done]

    def strays(self, actions: Sequence[Action]) -> list[Done]:
        """Take objects away that no run has landed; the same."""
        where = StrayPlaces.of(self.settings)
        return move_each(self.s3, [action.stricter_decision for action in actions], self.events, where)

    def _keep_moved(self, run: Run, moved: Sequence[Moved]) -> None:
        """Write where the objects are; the places of those that an earlier try has moved stay."""

        def with_those_before(there: bytes | None) -> bytes:
            before = load_lines(Moved, there or b"", self.settings.bronze_bucket, key)
            places = {one.name: one for one in (*before, *moved)}
            return jsonl.dump(places[name] for name in sorted(places))

        key = self._document_in(run) + MOVED
        update_document(self.s3, self.settings.bronze_bucket, key, with_those_before)

    def _document_in(self, run: Run) -> str:
        """Return the beginning of the keys of what this run of ``finding_events`` writes down in another one."""
        return run.document(AMENDMENTS + self.events.folder)

    def _amend(self, run: Run, actions: Sequence[Action]) -> list[Amendment]:
        """Write the amendments, and return those that are new; what a try before this one has amended stays amended."""
        amendments = [
            Amendment(
                action.stricter_decision,
                list(action.findings),
                self.at,
                self.events.run_id,
                action.silver_version_id,
            )
            for action in actions
        ]

        def with_those_before(there: bytes | None) -> bytes:
            before = load_items(Amendment.from_json, there or b"", self.settings.bronze_bucket, key)
            return jsonl.dump(merged(before, amendments))

        key = self._document_in(run) + ".jsonl"
        update_document(self.s3, self.settings.bronze_bucket, key, with_those_before)
        return amendments


def _attempt(failures: list[Exception], write: Callable[[], object]) -> None:
    """Make one of the writes; a failure is kept, so that what comes after it is done all the same."""
    try:
        write()
    except Exception as error:
        log.warning("A document of the run could not be written: %s", class_of(error))
        failures.append(error)


def _with_failure(done: Done, failures: Sequence[Exception]) -> Done:
    return failure(failures[0], done.moved) if failures and not done.failed else done
