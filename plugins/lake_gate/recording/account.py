"""Writes down what was changed in the account of Macie, so that it can be told later who changed what, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lake_gate.base import RECORD, GateOperator, is_true
from lake_gate.documents import write_document
from lake_gate.names import loggable

if TYPE_CHECKING:
    from airflow.sdk import Context

COLUMNS = ("action", "kind", "name", "why")


class RecordAccountOperator(GateOperator):
    """Log what was changed as a table, and write the run's ``record.json``; returns its address.

    :param changes: for each step the changes that it took, None when it did not finish (templated). A change is a dict
        with ``kind``, ``name``, ``action``, ``why`` and ``id``.
    :param facts: what else the record is to say (templated).
    :param is_dry_run: whether the changes are only planned (templated).
    """

    template_fields: Sequence[str] = (*GateOperator.template_fields, "changes", "facts", "is_dry_run")

    def __init__(
        self,
        *,
        changes: Mapping[str, list[dict[str, Any]] | None],
        facts: Mapping[str, Any],
        is_dry_run: bool | str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.changes = changes
        self.facts = facts
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> str:
        """Log and write."""
        dag_run, run = context["dag_run"], self.run_of(context)
        changes = [change for of_step in self.changes.values() for change in of_step or ()]
        record = {
            "dag_id": dag_run.dag_id,
            "run_id": dag_run.run_id,
            "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
            "dry_run": is_true(self.is_dry_run),
            **self.facts,
            "changes": changes,
            "actions": dict(Counter(change["action"] for change in changes)),
            "not_finished": [name for name, of_step in self.changes.items() if of_step is None],
        }
        for line in table(record):
            self.log.info("%s", loggable(line))
        content = json.dumps(record, ensure_ascii=False, indent=2).encode()
        return write_document(self.s3, self.the_settings.bronze_bucket, run.document(RECORD), content)


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that show a record to people."""
    rows = [COLUMNS, *([str(change[column]) for column in COLUMNS] for change in record["changes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS) - 1)]
    yield "A dry run: this is planned, nothing was changed" if record["dry_run"] else "This was done"
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
    for name in record["not_finished"]:
        yield f"{name} did not finish: what it may have changed is in its log"
