"""Withdraw objects from a run that are decided about more strictly now.

The order makes it safe, and each step is idempotent. The amendment is written first: from then on no task of the run
touches the object, and the tasks that write marker and record read the amendment. Then the object is removed from the
marker, and moved. The record is rewritten last. When marker or record cannot be written, the object is moved
nevertheless, and the failure is reported.
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
from lake_gate.finding_events.reconciling import rewrite_marker
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model import jsonl
from lake_gate.model.manifest import Moved
from lake_gate.model.run import AMENDMENTS, MOVED, Run
from lake_gate.recording.rewriting import rewrite_record
from lake_gate.s3.documents import load_items, load_lines, update_version
from lake_gate.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """The withdrawals of one run of ``finding_events``.

    :param events: the run of ``finding_events``.
    :param at: when the withdrawals began, as an ISO time in UTC.
    """

    s3: S3Client
    settings: Settings
    events: Run
    at: str

    def withdraw(self, run: Run, actions: Sequence[Action]) -> list[Done]:
        """Withdraw objects from a run; return the result of each, in the order given.

        :raises Exception: when the amendments cannot be written; nothing was touched then.
        """
        amendments, write_line = self._amend(run, actions)
        bronze, silver = self.settings.bronze_bucket, self.settings.silver_bucket
        failures: list[Exception] = []
        _attempt(failures, lambda: rewrite_marker(self.s3, bronze, silver, run, amendments))
        decisions = [action.stricter_decision for action in actions]
        done = move_each(self.s3, decisions, run, RunPlaces.of(self.settings, run))
        _attempt(failures, write_line)  # after the move: no error of the ledger delays it
        _attempt(failures, lambda: self._write_moved(run, [result.moved for result in done if result.moved]))
        _attempt(failures, lambda: rewrite_record(self.s3, self.settings, run))
        return [_with_failure(result, failures) for result in done]

    def move_strays(self, actions: Sequence[Action]) -> list[Done]:
        """Move objects that no run has landed; return the result of each, in the order given."""
        decisions = [action.stricter_decision for action in actions]
        return move_each(self.s3, decisions, self.events, StrayPlaces.of(self.settings, self.events))

    def _write_moved(self, run: Run, moved: Sequence[Moved]) -> None:
        """Write where the objects are; the places of objects that an earlier try has moved stay."""

        def merge(current: bytes | None) -> bytes:
            before = load_lines(Moved, current or b"", self.settings.bronze_bucket, key)
            places = {place.name: place for place in (*before, *moved)}
            return jsonl.dump(places[name] for name in sorted(places))

        key = self._prefix_in(run) + MOVED
        content, version_id = update_version(self.s3, self.settings.bronze_bucket, key, merge)
        self._append(run, key, version_id, content)

    def _prefix_in(self, run: Run) -> str:
        """Return the prefix of the documents that this run of ``finding_events`` writes into another run."""
        return run.document(AMENDMENTS + self.events.folder)

    def _append(self, run: Run, key: str, version_id: str, content: bytes) -> None:
        append_document(self.s3, self.settings, run.feed, Kind.AMENDMENT, key, version_id, content)

    def _amend(self, run: Run, actions: Sequence[Action]) -> tuple[list[Amendment], Callable[[], None]]:
        """Write the amendments; those that an earlier try has written stay.

        :return: the amendments, and a function that appends their line to the ledger.
        """
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

        def merge(current: bytes | None) -> bytes:
            before = load_items(Amendment.from_json, current or b"", self.settings.bronze_bucket, key)
            return jsonl.dump(merged(before, amendments))

        key = self._prefix_in(run) + ".jsonl"
        content, version_id = update_version(self.s3, self.settings.bronze_bucket, key, merge)
        return amendments, lambda: self._append(run, key, version_id, content)


def _attempt(failures: list[Exception], write: Callable[[], object]) -> None:
    """Write a document; collect an error instead of raising it, so that the next steps are done."""
    try:
        write()
    except Exception as error:
        log.warning("Cannot write a document of the run: %s", class_of(error))
        failures.append(error)


def _with_failure(done: Done, failures: Sequence[Exception]) -> Done:
    return failure(failures[0], done.moved) if failures and not done.failed else done
