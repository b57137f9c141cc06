"""Decide about every object that findings are about.

Each run and each stray is decided about in isolation: an error becomes an action of its own, with the class of the
error, and does not affect other objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from botocore.exceptions import ClientError

from lake_gate.decision.binding import NULL_VERSION, names_version
from lake_gate.finding_events.action import Action, Status
from lake_gate.finding_events.deciding import copies
from lake_gate.finding_events.deciding.carrying import Carried, carry, not_decided, read_pending
from lake_gate.finding_events.deciding.lake import Lake
from lake_gate.finding_events.deciding.result import FindingsByKey, Result, action_about
from lake_gate.finding_events.deciding.runs import decide_run
from lake_gate.finding_events.deciding.strays import decide_strays
from lake_gate.finding_events.places import is_document, key_in, landed_key, marked_by, run_of
from lake_gate.finding_events.reconciling import is_marker_of
from lake_gate.model.evidence import Observation
from lake_gate.model.run import MASKED_PREFIX, Run
from lake_gate.s3.documents import read_object_version
from lake_gate.s3.versions import head_version


def decide_all(
    lake: Lake, findings: Iterable[Observation], pending: Iterable[str] = (), settled: dict[str, str] | None = None
) -> Iterator[Action]:
    """Yield one action for every object that findings are about, run by run.

    :param pending: SHA-256 of bytes whose known findings count as new, wherever runs have landed them.
    :param settled: filled with the bytes that were decided about in every run, by SHA-256: version id of the document
        by which this call has made them pending; empty when it has not.
    """
    routed = _routed(lake, findings)
    by_run, strays = routed.by_run, routed.strays
    yield from routed.documents
    of_runs = {run: decide_run(lake, run, by_key, {}) for run, by_key in by_run.items()}
    of_strays = decide_strays(lake, [*strays, *(stray for result in of_runs.values() for stray in result.strays)], ())
    carried = carry(lake, [*of_runs.values(), *of_strays.values(), read_pending(lake, pending)])
    yield from carried.failed
    for run, by_key in carried.by_run.items():
        actions = of_runs.get(run, Result()).actions
        if new := not_decided(lake, run, by_key, actions):
            of_runs[run] = decide_run(lake, run, by_run.get(run, {}), new)
            of_strays |= decide_strays(lake, of_runs[run].strays, of_strays.keys())
    for run, result in list(of_runs.items()):
        if rest := copies.hold_rest(lake, run, result, of_runs.get(run.original, Result())):
            of_runs.setdefault(run.original, Result()).actions += rest
        if of_copies := copies.withdraw(lake, run, result, of_runs.get(run.masked)):
            of_runs.setdefault(run.masked, Result()).actions += of_copies
    if settled is not None:
        settled |= _settled(carried, of_runs)
    for result in (*of_runs.values(), *of_strays.values()):
        yield from result.actions


@dataclass(slots=True)
class _Routed:
    """Findings by the run that may have landed the object, and by its landed key; those about other objects."""

    by_run: defaultdict[Run, FindingsByKey] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    strays: list[Observation] = field(default_factory=list)
    documents: list[Action] = field(default_factory=list)


def _routed(lake: Lake, findings: Iterable[Observation]) -> _Routed:
    routed = _Routed()
    known_copies: dict[Run, frozenset[str] | None] = {}
    for finding in (_with_readable_version(lake, finding) for finding in findings):
        key = landed_key(finding.key, in_bronze=finding.bucket == lake.bronze)
        run = run_of(key)
        if _is_document(lake, finding):
            routed.documents.append(action_about([finding], Status.LEFT, "document_of_the_gate"))
            continue
        if run and finding.bucket == lake.silver and copies.is_copy(lake, run, key, known_copies):
            run, key = run.masked, MASKED_PREFIX + key
        if run:
            routed.by_run[run][key].append(finding)
        else:
            routed.strays.append(finding)
    return routed


def _settled(carried: Carried, of_runs: Mapping[Run, Result]) -> dict[str, str]:
    """Return the bytes that were decided about in every run, with the version ids of what made them pending."""
    open_keys = {
        (run, key_in(run, action.key, in_bronze=True))
        for run, result in of_runs.items()
        for action in result.actions
        if action.status in {Status.PENDING, Status.FAILED}
    }
    return {sha256: carried.versions[sha256] for sha256, places in carried.places.items() if not places & open_keys}


def _with_readable_version(lake: Lake, finding: Observation) -> Observation:
    """Return the finding without its version id when no version has that id: it may be about any version then."""
    if not finding.version_id or names_version(finding):
        return finding
    try:
        exists = finding.version_id == NULL_VERSION and head_version(lake.s3, finding.bucket, finding.key, NULL_VERSION)
    except ClientError:  # raised again, and handled, where the object is decided about
        return finding
    return finding if exists else replace(finding, version_id="")


def _is_document(lake: Lake, finding: Observation) -> bool:
    """Whether the gate itself has written the object; a marker also by its content: others may write to silver."""
    if finding.bucket == lake.bronze:
        return is_document(finding.key)
    if (run := marked_by(finding.key)) is None:
        return False
    try:
        written = read_object_version(lake.s3, finding.bucket, finding.key, finding.version_id)
        return written is not None and is_marker_of(lake.s3, lake.bronze, run, written)
    except Exception:  # the object is decided about as a stray, which reports the error
        return False
