"""The report of the matrix: a table of calls and faults. No dates: the same results give the same text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tests.faults.scenario import FAULTS, Outcome

_HEAD = """# What faults do to a run

`make faults` writes this: one run of the gate for every AWS call that a run makes and every fault that can happen to
it, through a proxy in front of the local AWS. Afterwards a checker that shares no code with the gate looks at every
version in every bucket ([`tests/faults/checker.py`](../../tests/faults/checker.py)): no leak, no loss, nothing doubled,
the record and silver's marker say what is there.

| fault | what happens to the call |
|---|---|
| `error_before` | answered with HTTP 500, without any effect |
| `error_after` | takes effect and is answered with HTTP 500, however often the client repeats it |
| `throttle` | refused as too many (`SlowDown`, `ThrottlingException`), however often it is repeated |
| `timeout` | takes effect, and no answer ever comes |
| `killed_before`, `killed_after` | the process of the run is killed (SIGKILL) before or after the call takes effect |
| `outage` | this call fails with HTTP 500, in every try, until the run has failed and the operator looks at it |
| `overwrite` | another writer overwrites a landed object with other bytes just before the call |

| outcome | meaning |
|---|---|
| absorbed | the run went on, no task noticed |
| retried | the task failed, and its retry went on |
| continued | the run was continued after the kill: the task was tried again, or its wait taken up |
| cleared | the run failed, and the operator cleared the failed tasks, as the docs say |
| new run | the run could not be continued, and the operator started a new one, as the docs say |
| promoted, quarantined, held | what became of the overwritten object, in the bytes that were landed |
"""


def report(calls: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Return the report as Markdown.

    :param calls: of a run without faults, in their order.
    """
    by_place = {(outcome.call, outcome.fault): outcome for outcome in outcomes}
    failed = [one for call in calls for fault in FAULTS if (one := by_place.get((call, fault))) and one.problems]
    totals = Counter(_short(outcome) for outcome in outcomes)
    lines = [_HEAD, "## Totals", ""]
    lines += [f"{len(outcomes)} scenarios at {len(calls)} calls: {len(failed)} broke a promise.", ""]
    lines += ["| outcome | scenarios |", "|---|---|"]
    lines += [f"| {short} | {count} |" for short, count in sorted(totals.items(), key=lambda item: (-item[1], item[0]))]
    if failed:
        lines += ["", "## Failed", ""]
        lines += [f"- {_cell(str(outcome))}" for outcome in failed]
    lines += ["", "## Call by call", ""]
    for task, of_task in _by_task(calls):
        rows = [(call, [by_place.get((call, fault)) for fault in FAULTS]) for call in of_task]
        rows = [(call, cells) for call, cells in rows if any(cells)]
        if rows:
            lines += [f"### `{task}`", "", f"| call | {' | '.join(FAULTS)} |", f"|---|{'---|' * len(FAULTS)}"]
            lines += [f"| `{_name(call)}` | {' | '.join(map(_short, cells))} |" for call, cells in rows]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _by_task(calls: Sequence[str]) -> list[tuple[str, list[str]]]:
    tasks: dict[str, list[str]] = {}
    for call in calls:
        tasks.setdefault(call.partition(" ")[0], []).append(call)
    return list(tasks.items())


def _name(call: str) -> str:
    return _cell(call.partition(" ")[2])


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


_WORDS = {
    "run continued after kill": "continued",
    "task retried": "retried",
    "cleared by the operator": "cleared",
    "new run": "new run",
    "promoted as it was landed": "promoted",
    "quarantined as it was landed": "quarantined",
    "held": "held",
}


def _short(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    if outcome.problems:
        return "**FAILED**"
    words = [short for long, short in _WORDS.items() if long in outcome.how]
    return ", ".join(words) or outcome.how
