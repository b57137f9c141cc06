"""Operators that write the run record, the marker in silver, the verdicts, and the record of account changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lake_gate import xcom
from lake_gate.base import GateOperator, is_true, run_facts
from lake_gate.model.names import loggable

if TYPE_CHECKING:
    from airflow.sdk import Context


class RecordOperator(GateOperator):
    """Write the run record and its report; fail if the record does not account for every landed object.

    Pushes ``uri`` of the record and its ``totals``.

    :param facts: further facts of the record (templated): ``source``, the rules ``identifiers`` and ``job_spec`` with
        their hashes, ``delivery`` (missing tables), ``cost`` (estimate for the scan) and ``scan`` (its ``seconds``).
        All but ``source`` may be JSON.
    :param is_dry_run: whether nothing was to be moved (templated); the value that was recorded when the run began takes
        precedence. A run that has begun to move is never recorded as a dry run.
    """

    template_fields = (*GateOperator.template_fields, "facts", "is_dry_run")

    def __init__(self, *, facts: dict[str, Any], is_dry_run: str | bool, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Join manifest, decisions, moves and amendments."""
        from lake_gate.recording.run_record import record_run

        return record_run(self, context)


class PublishOperator(GateOperator):
    """Write the run's marker into silver as the last step: it lists the versions that readers may trust.

    A run without a marker is not finished, and its copies must not be read yet. A dry run has no marker. Objects that
    ``finding_events`` has withdrawn since the decision are not among them. With an outlet of
    :func:`lake_gate.assets.changes`, the assets of silver and quarantine get an event if the run has moved objects
    there. Returns the marker's URI, None for a dry run.
    """

    def step(self, context: Context) -> str | None:
        """Write the marker; an existing one is only changed by withdrawals."""
        from lake_gate.recording.publishing import publish

        return publish(self, context)


class RememberVerdictsOperator(GateOperator):
    """Keep the evidence about promoted and masked objects as verdicts, by SHA-256, for later runs.

    Only objects that the job of this run has analysed get a verdict. A reused verdict is not written again, so that it
    does not outlive its scan. Returns the number of verdicts.

    :param enabled: whether verdicts are kept at all.
    """

    def __init__(self, *, enabled: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled

    def step(self, context: Context) -> int:
        """Read the record and its evidence, and write the verdicts."""
        from lake_gate.recording.remembering import remember

        return remember(self, self.run_of(context))


class RecordAccountOperator(GateOperator):
    """Log the changes in the Macie account as a table, and write the run's ``record.json``; returns its URI.

    :param changes: changes by the step that made them, None if it did not finish (templated). A change is a dict
        with ``kind``, ``name``, ``action``, ``why`` and ``id``.
    :param facts: further members of the record (templated). Values here and in ``changes`` may be JSON.
    :param is_dry_run: whether the changes are only planned (templated).
    """

    template_fields: Sequence[str] = (*GateOperator.template_fields, "changes", "facts", "is_dry_run")

    def __init__(
        self,
        *,
        changes: Mapping[str, list[dict[str, Any]] | str | None],
        facts: Mapping[str, Any],
        is_dry_run: bool | str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.changes = changes
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> str:
        """Log the table, and write the record."""
        from lake_gate.ledger.chain import Kind
        from lake_gate.recording.account import render_table
        from lake_gate.recording.documents import write_recorded

        run = self.run_of(context)
        by_step = {name: xcom.parse(changes) for name, changes in self.changes.items()}
        changes = [change for of_step in by_step.values() for change in of_step or ()]
        record = {
            **run_facts(context),
            "dry_run": is_true(self.is_dry_run),
            **{name: xcom.parse(fact) for name, fact in self.facts.items()},
            "changes": changes,
            "actions": dict(Counter(change["action"] for change in changes)),
            "not_finished": [name for name, of_step in by_step.items() if of_step is None],
        }
        for line in render_table(record):
            self.log.info("%s", loggable(line))
        content = json.dumps(record, ensure_ascii=False, indent=2).encode()
        return write_recorded(self.s3, self.lake_settings, run, content, Kind.ACCOUNT)
