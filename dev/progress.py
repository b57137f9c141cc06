"""Progress of a run: one line when a task starts, waits or ends, with the number of files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import boto3

from lake_gate.model.run import Run
from lake_gate.s3.documents import iter_json_lines

_ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}
_QUIET = {"skipped", "removed", "upstream_failed"}


class Progress:
    """Prints the changes of a run's task instances between two calls."""

    def __init__(self, run: Run, bronze: str, out: TextIO) -> None:
        self.run = run
        self.bronze = bronze
        self._out = out
        self._s3 = boto3.client("s3")
        self._began = time.monotonic()
        self._shown: dict[str, str] = {}

    def show(self, states: Mapping[tuple[str, int], str]) -> None:
        """Print the tasks whose state has changed since the last call.

        :param states: state of each task instance by task id and map index.
        """
        tasks: dict[str, list[str]] = {}
        for (task_id, _), state in states.items():
            tasks.setdefault(task_id, []).append(state)
        for task_id, instances in tasks.items():
            overall = _overall(instances)
            if overall and self._shown.get(task_id) != overall:
                self._shown[task_id] = overall
                self._print(task_id, overall)

    def _print(self, task_id: str, state: str) -> None:
        if state in _QUIET or (state == "running" and task_id.startswith(("read_", "has_", "plan_", "render_"))):
            return
        detail = self._detail(task_id) if state == "success" else ""
        line = f"  {time.monotonic() - self._began:6.1f} s  {task_id:20} {_WORDS.get(state, state):8} {detail}"
        print(line.rstrip(), file=self._out, flush=True)

    def _detail(self, task_id: str) -> str:
        match task_id:
            case "land":
                return f"{self._count('manifest.jsonl')} files"
            case "gather_evidence":
                return f"{self._count('results.jsonl.gz')} results, {self._count('findings.jsonl')} findings"
            case "decide":
                outcomes = Counter(decision["outcome"] for decision in self._read("decisions.jsonl"))
                return ", ".join(f"{count} to {outcome}" for outcome, count in sorted(outcomes.items()))
        return ""

    def _count(self, name: str) -> int:
        return sum(1 for _ in self._read(name))

    def _read(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the lines of one of the run's documents, none if it does not exist."""
        return iter_json_lines(self._s3, self.bronze, self.run.document(name), missing_ok=True)


_WORDS = {"success": "done", "deferred": "waiting", "up_for_retry": "retry", "failed": "FAILED", "running": "..."}


def _overall(states: list[str]) -> str | None:
    """Return the combined state of a task's mapped instances, or None before it has started."""
    for state in ("failed", "up_for_retry", "running", "deferred"):
        if state in states:
            return state
    if all(state in _ENDED for state in states):
        return "success" if "success" in states else states[0]
    return None
