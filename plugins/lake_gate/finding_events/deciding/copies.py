"""Masked copies: whether a finding in silver is about one, and their withdrawal together with their originals."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from lake_gate.decision.basis import read_basis
from lake_gate.decision.decision import Decision, landed_version
from lake_gate.decision.overlay import read_amendments
from lake_gate.decision.policy import Outcome
from lake_gate.errors import DamagedDocumentError, class_of
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding import finished_runs
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.result import Result
from lake_gate.finding_events.runs import iter_landed
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, MASKED_PREFIX, Run
from lake_gate.recording.entries import iter_run_entries
from lake_gate.s3.versions import head_version


def is_copy(lake: Lake, run: Run, key: str, known: dict[Run, frozenset[str] | None]) -> bool:
    """Whether the run has made a masked copy for this key of silver; True if its list of copies is damaged.

    :param known: keys of the copies of runs that were read before, None for a damaged list; completed here.
    """
    if run not in known:
        try:
            known[run] = frozenset(landed.key for landed in iter_landed(lake.s3, lake.bronze, run.masked))
        except DamagedDocumentError:
            known[run] = None
    keys = known[run]
    return keys is None or MASKED_PREFIX + key in keys


def withdraw(lake: Lake, run: Run, result: Result, of_copies: Result | None) -> list[Action]:
    """Return the actions that withdraw promoted copies whose originals are decided about more strictly, now or before.

    An error becomes an action of its own, and does not affect other runs.

    :param result: of deciding about the run.
    :param of_copies: of deciding about its masked run; copies that it moves are left out.
    """
    try:
        return _withdraw(lake, run, result, of_copies)
    except Exception as error:
        return [_failed(lake, run.masked, result, error)]


def hold_rest(lake: Lake, masked: Run, of_copies: Result, of_run: Result) -> list[Action]:
    """Return the actions that withdraw the promoted objects of an all-or-nothing run with one of its masked copies.

    An error becomes an action of its own, and does not affect other runs.

    :param of_copies: of deciding about the masked run.
    :param of_run: of deciding about the run; objects that it moves are left out.
    """
    try:
        if not masked.is_masked or not _findings(of_copies):
            return []
        is_moving = any(action.status == Status.MOVE and action.was == Outcome.PROMOTE for action in of_copies.actions)
        if not is_moving and not read_amendments(lake.s3, lake.bronze, masked).made:
            return []
        rest = finished_runs.hold_promoted(lake, masked.original, _findings(of_copies))
        return [action for action in rest if action.stricter_decision.name not in _moved(of_run)]
    except Exception as error:
        return [_failed(lake, masked.original, of_copies, error)]


def _failed(lake: Lake, run: Run, result: Result, error: Exception) -> Action:
    place: dict[str, Any] = {"feed": run.feed, "folder": run.folder}
    damaged = error.document if isinstance(error, DamagedDocumentError) else ""
    failed = Action(lake.bronze, run.prefix, "", {}, Status.FAILED, class_of(error), **place, damaged=damaged)
    return replace(failed, because=_findings(result))


def _withdraw(lake: Lake, run: Run, result: Result, of_copies: Result | None) -> list[Action]:
    if run.is_masked or head_version(lake.s3, lake.bronze, run.masked.document(MANIFEST)) is None:
        return []
    of_originals = _stricter(lake, run, result)
    moved = _moved(of_copies) if of_copies else set()
    masked = run.masked
    promoted = _promoted(lake, masked)
    return [
        _withdrawal(of_originals[landed.name], landed, promoted[landed.name] if promoted else None, masked)
        for landed in iter_landed(lake.s3, lake.bronze, masked)
        if landed.name in of_originals.keys() - moved and (promoted is None or landed.name in promoted)
    ]


def _promoted(lake: Lake, masked: Run) -> dict[str, dict[str, str] | None] | None:
    """Return the places of the promoted copies by name; None if documents are damaged, so that any may be promoted."""
    try:
        amendments = read_amendments(lake.s3, lake.bronze, masked)
        basis = read_basis(lake.s3, lake.bronze, masked)
        entries = iter_run_entries(lake.s3, lake.bronze, masked, basis, amendments, dry_run=False)
        return {entry["name"]: entry["now"] for entry in entries if entry["outcome"] == Outcome.PROMOTE}
    except (DamagedDocumentError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _moved(result: Result) -> set[str]:
    return {action.stricter_decision.name for action in result.actions if action.decision}


def _findings(result: Result) -> list[str]:
    return sorted({finding_id for action in result.actions for finding_id in (*action.findings, *action.because)})


def _stricter(lake: Lake, run: Run, result: Result) -> dict[str, tuple[Decision, list[str]]]:
    """Return the stricter decisions about originals, with the findings behind them, by name."""
    if not (found := _findings(result)):
        return {}
    made = read_amendments(lake.s3, lake.bronze, run).made
    before = {name: (amendment.decision, found) for name, amendment in made.items()}
    moving = (action for action in result.actions if action.status == Status.MOVE and action.feed)
    return before | {action.stricter_decision.name: (action.stricter_decision, found) for action in moving}


def _withdrawal(
    of_original: tuple[Decision, list[str]], landed: LandedObject, now: dict[str, str] | None, masked: Run
) -> Action:
    decision, because = of_original
    about_copy = replace(decision, **landed_version(landed))
    return Action(
        *(landed.bucket, landed.key, landed.version_id, {}, Status.MOVE, decision.reason),
        feed=masked.feed,
        folder=masked.folder,
        was=Outcome.PROMOTE,
        decision=asdict(about_copy),
        silver_version_id=now["version_id"] if now else "",
        because=because,
    )
