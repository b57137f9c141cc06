"""The decision: every row of docs/decisions.md, and properties that hold for all evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_gate.decision.binding import History, bind
from lake_gate.decision.decision import Decision, decide, unknown_objects
from lake_gate.decision.doubts import KNOWN_REASONS
from lake_gate.decision.policy import Outcome, Policy, Promotion, Rule
from lake_gate.decision.reason import Reason
from lake_gate.decision.verdict import Rules, Verdict
from lake_gate.model.evidence import (
    CUSTOM_IDENTIFIER,
    MOST_FINDINGS,
    Detection,
    Evidence,
    Job,
    Observation,
    Severity,
)
from lake_gate.model.exception import PolicyException
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import UNKNOWN
from tests.builders import landed
from tests.examples import examples
from tests.lake_gate.exceptions.samples import OF_OBJECT, OF_TABLE

DOCUMENT = Path(__file__).parents[3] / "docs" / "decisions.md"
LANDED = landed("a.csv")
PLACE = (LANDED.bucket, LANDED.key)
DONE = Job("job", "COMPLETE", "NONE", 100, settled=True)
PASSPORTS = (Detection("USA_PASSPORT_NUMBER", 3, "PERSONAL_INFORMATION"),)
UNSAID = (Detection(UNKNOWN, 1, UNKNOWN),)
PERSONAL = "SensitiveData:S3Object/Personal"


def seen(**changes: Any) -> Observation:
    """Return a discovery result of a complete analysis of the landed version that found nothing."""
    return replace(Observation(*PLACE, LANDED.version_id, LANDED.etag, "COMPLETE", None, None, ()), **changes)


def result(severity: str | None, **changes: Any) -> Observation:
    return seen(**{"severity": severity, "detections": PASSPORTS, "finding_type": PERSONAL, **changes})


def found(severity: str | None, **changes: Any) -> Observation:
    return result(severity, **{"finding_id": "f1", **changes})


def verdict(results: Sequence[Observation] = (), findings: Sequence[Observation] = (), **changes: Any) -> Verdict:
    """Return a verdict on the bytes of the landed object, from another run and place."""
    elsewhere: dict[str, Any] = {"bucket": "old", "key": "old", "version_id": "old", "etag": "old"}
    evidence = Evidence(*(tuple(replace(seen, **elsewhere) for seen in part) for part in (results, findings)))
    cleared = {"run_id": "r0", "record_uri": "s3://r0", "job_id": "j0", "cleared_at": "2026-01-01T00:00:00+00:00"}
    return replace(Verdict.on(LANDED, evidence, Rules({}, "", "", "High"), cleared), **changes)


@dataclass(frozen=True)
class Case:
    """Input of a row of the document; each element of ``evidence`` is decided separately."""

    evidence: Sequence[Evidence] = ()
    job: Job | None = DONE
    policy: Policy = field(default_factory=Policy)
    verdict: Verdict | None = None
    history: History | None = None
    landed: LandedObject = LANDED
    elsewhere: Sequence[Observation] = ()
    exceptions: Sequence[PolicyException] = ()


def case(
    results: Sequence[Observation] = (),
    findings: Sequence[Observation] = (),
    job: Job | None = DONE,
    policy: Policy | None = None,
    verdict: Verdict | None = None,
    **more: Any,
) -> Case:
    return Case([Evidence(tuple(results), tuple(findings))], job, policy or Policy(), verdict, **more)


def known(severity: str | None, **changes: Any) -> Observation:
    """Return an observation on the landed bytes from the index by content: it has no place."""
    return found(severity, **{"bucket": "", "key": "", "version_id": "", "etag": "", **changes})


def each(*results: Observation) -> Case:
    return Case([Evidence((observation,)) for observation in results])


def rules(*of: Rule, **changes: Any) -> Policy:
    return Policy(rules=of, **changes)


QUARANTINE_PASSPORTS = rules(
    Rule("passports", Outcome.QUARANTINE, managed_identifiers=frozenset({"USA_PASSPORT_NUMBER"})),
    Rule("rest", Outcome.PROMOTE),
)
HOLD_A = rules(Rule("a", Outcome.HOLD, datasets=("a",)), Rule("rest", Outcome.PROMOTE))
HOLD_PASSPORTS = rules(
    Rule("passports", Outcome.HOLD, managed_identifiers=frozenset({"USA_PASSPORT_NUMBER"})),
    Rule("rest", Outcome.PROMOTE),
)
ALLOW_PASSPORTS = rules(
    Rule(
        "passports",
        Outcome.PROMOTE,
        managed_identifiers=frozenset({"USA_PASSPORT_NUMBER"}),
        max_counts={"USA_PASSPORT_NUMBER": 3},
        overrides_threshold=True,
    ),
    Rule("rest", Outcome.PROMOTE),
)
MASK_PASSPORTS = rules(
    Rule("clean", Outcome.PROMOTE, max_count=0),
    Rule("passports", Outcome.MASK, managed_identifiers=frozenset({"USA_PASSPORT_NUMBER"}), overrides_threshold=True),
    Rule("names", Outcome.HOLD, managed_identifiers=frozenset({"NAME"})),
)
MASK_BELOW = rules(Rule("all", Outcome.MASK))
LOW_ONLY = rules(Rule("low", Outcome.PROMOTE, max_severity=Severity.LOW))
MEDIUM = ([result("Medium")], [found("Medium")])
MORE = (replace(PASSPORTS[0], count=4),)
SKIPPED = {"status": "SKIPPED", "status_reason": "INVALID_ENCRYPTION"}
PARTIAL = {"status": "PARTIAL", "status_reason": "TIME_CUT_OFF_REACHED"}

ONLY = History("Enabled", ("v1",), ())
TWO = History("Enabled", ("v2", "v1"), ())
NO_VERSION = {"version_id": "", "size_bytes": LANDED.size_bytes}
"""Changes for a result or finding that names no version."""


def unnamed(history: History | None = ONLY, landed: LandedObject = LANDED, **changes: Any) -> Case:
    """Return a clean result that names no version; it is inferable except for the changes."""
    return case([seen(**{**NO_VERSION, **changes})], history=history, landed=landed)


WAS_CLEAN, WAS_MEDIUM = verdict([seen()]), verdict(*MEDIUM)
REVOKED = replace(WAS_CLEAN, is_revoked=True)
NAMES = (Detection("NAME", 1, "PERSONAL_INFORMATION"),)
UNREADABLE = known(UNKNOWN, detections=UNSAID, finding_type=UNKNOWN)
"""Observation that replaces an unreadable document of the index by content, see lake_gate.content."""

EXCUSED = replace(OF_TABLE, dataset="a", identifier="USA_PASSPORT_NUMBER", most=3)
OF_BYTES = replace(OF_OBJECT, sha256=LANDED.sha256, detections={"USA_PASSPORT_NUMBER": 3})
IN_COLUMN = replace(EXCUSED, column="NUMBER")
MASKED_ONLY = replace(EXCUSED, release="masked")
TABLE = replace(LANDED, header=("Id", "NUMBER", "NOTES"))


def cells(*columns: tuple[int, int]) -> tuple[Detection, ...]:
    """Return three occurrences, with the number of those that Macie has located in each column."""
    return (replace(PASSPORTS[0], columns=columns),)


def located(*columns: tuple[int, int], of_finding: tuple[tuple[int, int], ...] = ((2, 2),)) -> Case:
    """Return a High result with occurrences in these columns, and an exception for the second column."""
    evidence = [result("High", detections=cells(*columns))], [found("High", detections=cells(*of_finding))]
    return case(*evidence, landed=TABLE, exceptions=[IN_COLUMN])


TYPES = ["application/gzip", "application/octet-stream", "text/html", "text/csvx", "application/json"]
OWN_TYPES = ["text/csv", "text/plain", "Text/CSV; charset=utf-8", "application/csv", "text/tab-separated-values", None]
HIGH = ([result("High")], [found("High")])
WITH_A_NAME = (*PASSPORTS, *NAMES)
CASES = {
    "complete, but the content type is not one of the file's extension": each(
        *(seen(content_type=name) for name in TYPES)
    ),
    "complete, but the content type is unreadable": case([seen(content_type=UNKNOWN)]),
    "the content type of the finding is not one of the file's extension": case(
        [result("Low", content_type="text/csv")], [found("Low", content_type="application/gzip")]
    ),
    "complete, nothing found, and a content type of the file's extension": each(
        *(seen(content_type=name) for name in OWN_TYPES)
    ),
    "complete, nothing found, and another content type in a file inside an archive": case(
        [seen(), seen(content_type="application/pdf", is_embedded=True)]
    ),
    "complete, nothing found, and an extension without known content types": case(
        [seen(content_type="application/x-new")], landed=landed("a.hl7", key=LANDED.key)
    ),
    "High, a rule overrides the threshold for its identifier, and something else was found, too": case(
        [result("High", detections=WITH_A_NAME)], [found("High")], policy=ALLOW_PASSPORTS
    ),
    "High, a rule overrides the threshold up to a count, and more was found": case(
        [result("High")], [found("High", detections=MORE)], policy=ALLOW_PASSPORTS
    ),
    "High, a rule overrides the threshold, and one of the findings has no detections": case(
        [result("High")], [found("High", detections=())], policy=ALLOW_PASSPORTS
    ),
    "High, a rule overrides the threshold, and the type of a finding says more than its detections": Case(
        [
            Evidence((result("High"),), (found("High", finding_type=f"SensitiveData:S3Object/{kind}"),))
            for kind in ("Credentials", "Financial", "CustomIdentifier", "Multiple", "New")
        ],
        policy=ALLOW_PASSPORTS,
    ),
    "High, a rule overrides the threshold, and the form asks for a stricter one": case(
        *HIGH, policy=ALLOW_PASSPORTS.tightened(Severity.MEDIUM, Promotion.EACH_BY_ITSELF)
    ),
    "High, a rule overrides the threshold, and the run's own policy has no such rule": case(
        *HIGH, policy=ALLOW_PASSPORTS.joined(Policy())
    ),
    "High, a rule overrides the threshold, and something else is elsewhere in the same bytes": case(
        *HIGH, policy=ALLOW_PASSPORTS, elsewhere=[known("Low", detections=NAMES)]
    ),
    "High, a rule overrides the threshold, and the finding is missing": case([result("High")], policy=ALLOW_PASSPORTS),
    "High, and a rule overrides the threshold for all that was found": case(*HIGH, policy=ALLOW_PASSPORTS),
    "High, and a rule overrides the threshold for all that was found, behind one that does not": case(
        *HIGH, policy=replace(ALLOW_PASSPORTS, rules=(Rule("all", Outcome.PROMOTE), *ALLOW_PASSPORTS.rules))
    ),
    "result and finding are High": case([result("High")], [found("High")]),
    "the result is High, its finding is missing": case([result("High")]),
    "the finding is High, its result is missing": case([], [found("High")]),
    "the finding is High, its result is Low": case([result("Low")], [found("High")]),
    "the result is High, its finding is Low": case([result("High")], [found("Low")]),
    "clean, and a High finding names this version and another ETag": case([seen()], [found("High", etag="e2")]),
    "clean, and a High finding names this version and no ETag": case([seen()], [found("High", etag="")]),
    "clean, and a High finding names the version `null` and this ETag": case(
        [seen()], [found("High", version_id="null")]
    ),
    "clean, and a High finding names an unreadable version and this ETag": case(
        [seen()], [found("High", version_id=UNKNOWN)]
    ),
    "two findings, one of them High": case([result("Low")], [found("Low"), found("High", finding_id="f2")]),
    "partly read, and High in what was read": case([result("High", **PARTIAL)]),
    "High in a file inside an archive": case([seen(), result("High", is_embedded=True)]),
    "High, and a suppression rule has archived the finding": case([result("High")], [found("High", is_archived=True)]),
    "High, and the job was cancelled": case([result("High")], [found("High")], replace(DONE, status="CANCELLED")),
    "Medium, and the threshold is Medium": case(*MEDIUM, policy=Policy(quarantine_threshold=Severity.MEDIUM)),
    "Medium, and a rule of the policy quarantines its identifier": case(*MEDIUM, policy=QUARANTINE_PASSPORTS),
    "partly read, and a rule of the policy quarantines its identifier": case(
        [result("Medium", **PARTIAL)], policy=QUARANTINE_PASSPORTS
    ),
    "a verdict, and a finding of another job is High": case([], [found("High")], verdict=WAS_CLEAN),
    "a verdict on a Medium object, and the threshold is now Medium": case(
        policy=Policy(quarantine_threshold=Severity.MEDIUM), verdict=WAS_MEDIUM
    ),
    "a verdict, but the job has read the object: High": case([result("High")], [found("High")], verdict=WAS_CLEAN),
    "no evidence, and no job": case(job=None),
    "a result, but no job": case([seen()], job=None),
    "no evidence, and a verdict on other bytes": case(verdict=replace(WAS_CLEAN, sha256="11" * 32)),
    "no evidence, and a verdict on the same bytes in a file of another dataset": case(
        verdict=replace(WAS_CLEAN, dataset="b")
    ),
    "no evidence, and a revoked verdict": case(verdict=REVOKED),
    "a Low finding, and a revoked verdict": case([], [found("Low")], verdict=REVOKED),
    "a verdict, and the job skipped the object": case([seen(**SKIPPED)], verdict=WAS_CLEAN),
    "a verdict, and a result for another version": case([seen(version_id="v2")], verdict=WAS_CLEAN),
    "a verdict whose own result is missing": case(verdict=verdict()),
    "a verdict on a Medium object, and a rule of the policy now holds its dataset": case(
        policy=HOLD_A, verdict=WAS_MEDIUM
    ),
    "a verdict on a clean object": case(verdict=WAS_CLEAN),
    "a verdict on a Medium object": case(verdict=WAS_MEDIUM),
    "a verdict, and no job": case(job=None, verdict=WAS_CLEAN),
    "a verdict, and results of other files were still changing at the deadline": case(
        job=replace(DONE, settled=False), verdict=WAS_CLEAN
    ),
    "a verdict, and a finding of another job is Low": case([], [found("Low")], verdict=WAS_CLEAN),
    "a verdict, but the job has read the object: clean": case([seen()], verdict=WAS_MEDIUM),
    "a revoked verdict, but the job has read the object: clean": case([seen()], verdict=REVOKED),
    "the job was cancelled": case([seen()], job=replace(DONE, status="CANCELLED")),
    "the job is idle": case([seen()], job=replace(DONE, status="IDLE")),
    "the job could not reach a bucket (`lastRunErrorStatus` ERROR)": case(
        [seen()], job=replace(DONE, last_run_error="ERROR")
    ),
    "the job does not say whether it had access errors": case([seen()], job=replace(DONE, last_run_error="missing")),
    "the job read a sample of 99 percent": case([seen()], job=replace(DONE, sampling_percentage=99)),
    "no evidence": case(),
    "a result for another version": case([seen(version_id="v2")]),
    "a result for this version with another ETag": case([seen(etag="e2")]),
    "a result that names no version, and no history was listed": unnamed(None),
    "a result that names no version, and the history shows two versions": unnamed(TWO),
    "a result that names no version, and the history no longer shows the landed one": unnamed(
        replace(ONLY, versions=())
    ),
    "a result that names no version, and the history shows a delete marker": unnamed(replace(ONLY, markers=("m",))),
    "a result that names no version, and versioning is suspended": unnamed(replace(ONLY, versioning="Suspended")),
    "a result that names no version, and versioning was never enabled": unnamed(replace(ONLY, versioning="")),
    "a result that names no version and no ETag": unnamed(etag=""),
    "a result that names no version, and another ETag": unnamed(etag="e2"),
    "a result that names no version and no size": unnamed(size_bytes=None),
    "a result that names no version, and another size": unnamed(size_bytes=LANDED.size_bytes + 1),
    "a result that names no version, and the landed id is `null`": unnamed(
        replace(ONLY, versions=("null",)), replace(LANDED, version_id="null")
    ),
    "a result that names no version, and the landed id is empty": unnamed(
        replace(ONLY, versions=("",)), replace(LANDED, version_id="")
    ),
    "an inferable result that names no version, and another result that names another version": case(
        [seen(**NO_VERSION), seen(version_id="v2")], history=ONLY
    ),
    "a result that names the version `null`": unnamed(version_id="null"),
    "clean, and a High finding names an unreadable version and another ETag": case(
        [seen()], [found("High", version_id=UNKNOWN, etag="e2")], history=ONLY
    ),
    "a result that names another version, and the history shows only the landed one": unnamed(version_id="v2"),
    "High, no version named, and another ETag": case([result("High", **NO_VERSION, etag="e2")], history=ONLY),
    "High, no version named, and no ETag": case([], [found("High", **NO_VERSION, etag="")], history=ONLY),
    "clean, and a High finding names no version and another ETag": case(
        [seen()], [found("High", **NO_VERSION, etag="e2")], history=TWO
    ),
    "clean, and a High result names no version and no ETag": case(
        [seen(), result("High", **NO_VERSION, etag="")], history=TWO
    ),
    "a Low finding names the version, its result does not; the history shows two versions": case(
        [result("Low", **NO_VERSION)], [found("Low")], history=TWO
    ),
    "a Low result names the version, its finding does not; the history shows two versions": case(
        [result("Low")], [found("Low", **NO_VERSION)], history=TWO
    ),
    "a verdict, and a result that names no version; the history shows two versions": case(
        [seen(**NO_VERSION)], verdict=WAS_CLEAN, history=TWO
    ),
    "High, no version named, and inferable": case(
        [result("High", **NO_VERSION)], [found("High", **NO_VERSION)], history=ONLY
    ),
    "High, no version named, and the history shows two versions": case(
        [result("High", **NO_VERSION)], [found("High", **NO_VERSION)], history=TWO
    ),
    "High, no version named, and no history was listed": case([], [found("High", **NO_VERSION)]),
    "clean, and a High finding names no version; the history shows two versions": case(
        [seen()], [found("High", **NO_VERSION)], history=TWO
    ),
    "clean, and a High finding names no version; inferable": case(
        [seen()], [found("High", **NO_VERSION)], history=ONLY
    ),
    "clean, no version named, and inferable": unnamed(),
    "Medium, no version named in result and finding, and inferable": case(
        [result("Medium", **NO_VERSION)], [found("Medium", **NO_VERSION)], history=ONLY
    ),
    "Medium, the result names no version and is inferable, the finding names the version": case(
        [result("Medium", **NO_VERSION)], [found("Medium")], history=ONLY
    ),
    "Medium, the result names the version, the finding does not and is inferable": case(
        [result("Medium")], [found("Medium", **NO_VERSION)], history=ONLY
    ),
    "clean, and a clean result that names no version and another ETag": case(
        [seen(), seen(**NO_VERSION, etag="e2")], history=TWO
    ),
    "High, in another version": case([result("High", version_id="v2")]),
    "a Low finding, and no result": case([], [found("Low")]),
    "a result for a file inside an archive, but none for the archive": case([seen(is_embedded=True)]),
    "skipped, for each documented reason": each(
        *(seen(status="SKIPPED", status_reason=reason) for reason in (None, *sorted(KNOWN_REASONS)))
    ),
    "partly read, for each documented reason": each(
        *(seen(status="PARTIAL", status_reason=reason) for reason in (None, *sorted(KNOWN_REASONS)))
    ),
    "partly read, and Low in what was read": case([result("Low", **PARTIAL)], [found("Low")]),
    "one of two results is skipped": case([seen(), seen(**SKIPPED)]),
    "a file inside an archive was skipped": case([seen(), seen(is_embedded=True, **SKIPPED)]),
    "an unknown status": case([seen(status="GUESSED")]),
    "no status": case([seen(status="missing")]),
    "skipped, for an unknown reason": case([seen(status="SKIPPED", status_reason="MERCURY_IN_RETROGRADE")]),
    "complete, but with a reason code": case([seen(status_reason="TIME_CUT_OFF_REACHED")]),
    "an unknown severity": case([result("Worst")], [found("Worst")]),
    "something was found, without a severity": case([result(None)], [found(None)]),
    "something was found, without identifier or count": case(
        [result("Low", detections=UNSAID)], [found("Low", detections=UNSAID)]
    ),
    "the result is Low, its finding is missing": case([result("Low")]),
    "the result is Low, its finding is missing, and the job has 100,000 findings or more": case(
        [result("Low")], job=replace(DONE, findings=MOST_FINDINGS)
    ),
    "the archive's result is Low, its finding is missing, and there is one for a file inside": case(
        [result("Low")], [found("Low", is_embedded=True)]
    ),
    "nothing was found, but results were still changing at the deadline": case(
        [seen()], job=replace(DONE, settled=False)
    ),
    "Medium, and a rule of the policy holds its dataset": case(*MEDIUM, policy=HOLD_A),
    "Medium, and no rule of the policy matches": case(*MEDIUM, policy=LOW_ONLY),
    "nothing was found, and the policy has no rules": case([seen()], policy=rules()),
    "nothing was found, and High elsewhere in the same bytes": case([seen()], elsewhere=[known("High")]),
    "Medium, and a rule of the policy quarantines a detection elsewhere in the same bytes": case(
        [result("Medium", detections=NAMES)],
        [found("Medium", detections=NAMES)],
        policy=QUARANTINE_PASSPORTS,
        elsewhere=[known("Low")],
    ),
    "nothing was found, Medium elsewhere in the same bytes, and the threshold is Medium": case(
        [seen()], policy=Policy(quarantine_threshold=Severity.MEDIUM), elsewhere=[known("Medium")]
    ),
    "High, and High elsewhere in the same bytes": case([result("High")], [found("High")], elsewhere=[known("High")]),
    "no evidence, and High elsewhere in the same bytes": case(elsewhere=[known("High")]),
    "a verdict, and High elsewhere in the same bytes": case(verdict=WAS_CLEAN, elsewhere=[known("High")]),
    "a revoked verdict, and High elsewhere in the same bytes": case(verdict=REVOKED, elsewhere=[known("High")]),
    "Medium, and a rule of the run's own policy quarantines its identifier": case(
        *MEDIUM, policy=Policy().joined(QUARANTINE_PASSPORTS)
    ),
    "Medium, and the threshold of the run's own policy is Medium": case(
        *MEDIUM, policy=Policy().joined(Policy(quarantine_threshold=Severity.MEDIUM))
    ),
    "nothing was found, and an unknown severity elsewhere in the same bytes": case(
        [seen()], elsewhere=[known("Worst")]
    ),
    "nothing was found, and a detection without identifier elsewhere in the same bytes": case(
        [seen()], elsewhere=[known("Low", detections=UNSAID)]
    ),
    "nothing was found, and `found.json` of the same bytes cannot be read": case([seen()], elsewhere=[UNREADABLE]),
    "the result is Low, its finding is missing, and Low elsewhere in the same bytes": case(
        [result("Low")], elsewhere=[known("Low")]
    ),
    "no evidence, and Low elsewhere in the same bytes": case(elsewhere=[known("Low")]),
    "a verdict, and an unknown severity elsewhere in the same bytes": case(
        verdict=WAS_CLEAN, elsewhere=[known("Worst")]
    ),
    "nothing was found, and no rule of the policy allows a detection elsewhere in the same bytes": case(
        [seen()], policy=LOW_ONLY, elsewhere=[known("Medium")]
    ),
    "nothing was found, and a rule of the policy holds a detection elsewhere in the same bytes": case(
        [seen()], policy=HOLD_PASSPORTS, elsewhere=[known("Low")]
    ),
    "Medium, and no rule of the run's own policy matches": case(*MEDIUM, policy=Policy().joined(LOW_ONLY)),
    "Medium, and no rule of the feed's policy matches, but one of the run's own promotes": case(
        *MEDIUM, policy=LOW_ONLY.joined(Policy())
    ),
    "Medium, and a rule of the run's own policy holds its dataset": case(*MEDIUM, policy=Policy().joined(HOLD_A)),
    "nothing was found, and Medium elsewhere in the same bytes": case([seen()], elsewhere=[known("Medium")]),
    "result and finding count differently, and Low elsewhere in the same bytes": case(
        [result("Low")], [found("Low", detections=MORE)], elsewhere=[known("Low")]
    ),
    "a verdict, and elsewhere in the same bytes only findings that its evidence has": case(
        verdict=WAS_MEDIUM, elsewhere=[known("Medium")]
    ),
    "Medium, and a rule of the policy masks all that was found": case(*MEDIUM, policy=MASK_PASSPORTS),
    "High, and a rule of the policy masks all that was found and overrides the threshold": case(
        *HIGH, policy=MASK_PASSPORTS
    ),
    "Medium, a rule of the policy masks it, and one of the run's own promotes": case(
        *MEDIUM, policy=MASK_PASSPORTS.joined(Policy())
    ),
    "nothing was found, and a rule of the policy masks a detection elsewhere in the same bytes": case(
        [seen()], policy=MASK_PASSPORTS, elsewhere=[known("Low")]
    ),
    "High, a rule of the policy masks it, and another identifier is not masked": case(
        [result("High", detections=WITH_A_NAME)], [found("High", detections=WITH_A_NAME)], policy=MASK_PASSPORTS
    ),
    "Medium, a rule of the policy masks it, and another rule holds another identifier": case(
        [result("Medium", detections=WITH_A_NAME)], [found("Medium", detections=WITH_A_NAME)], policy=MASK_PASSPORTS
    ),
    "Medium, a rule of the policy masks it, and one of the run's own holds its dataset": case(
        *MEDIUM, policy=MASK_PASSPORTS.joined(HOLD_A)
    ),
    "partly read, and a rule of the policy masks what was found": case(
        [result("Medium", **PARTIAL)], [found("Medium")], policy=MASK_PASSPORTS
    ),
    "Medium, a rule of the policy masks it, and a High finding names no version; the history shows two versions": case(
        [result("Medium")], [found("Medium"), found("High", **NO_VERSION, etag="e2")], history=TWO, policy=MASK_BELOW
    ),
    "complete, nothing found": case([seen()]),
    "Low, result and finding": case([result("Low")], [found("Low")]),
    "Medium, result and finding": case(*MEDIUM),
    "Medium, the finding listed twice": case([result("Medium")], [found("Medium"), found("Medium")]),
    "Medium, and a suppression rule has archived the finding": case(
        [result("Medium")], [found("Medium", is_archived=True)]
    ),
    "Medium, and results of other files were still changing at the deadline": case(
        *MEDIUM, job=replace(DONE, settled=False)
    ),
    "Medium, and another version was analysed as well": case(
        [result("Medium"), seen(version_id="v2")], [found("Medium")]
    ),
    "result and finding count differently": case([result("Low")], [found("Low", detections=MORE)]),
    "the result is Low, its finding is Medium": case([result("Low")], [found("Medium")]),
    "the result is clean, its finding is Low": case([seen()], [found("Low")]),
    "High, an exception excuses its identifier, and another identifier was found, too": case(
        [result("High", detections=WITH_A_NAME)], [found("High", detections=WITH_A_NAME)], exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier, and a finding has another identifier": case(
        [result("High")], [found("High", detections=WITH_A_NAME)], exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier, and there are more occurrences than it allows": case(
        [result("High")], [found("High", detections=MORE)], exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier, and there are more elsewhere in the same bytes": case(
        *HIGH, exceptions=[EXCUSED], elsewhere=[known("High", detections=MORE)]
    ),
    "High, and an exception excuses its identifier in another table": case(
        *HIGH, exceptions=[replace(EXCUSED, dataset="b")]
    ),
    "High, and an exception excuses another identifier": case(*HIGH, exceptions=[replace(EXCUSED, identifier="NAME")]),
    "High, an exception excuses its identifier, and one of the findings has no detections": case(
        [result("High")], [found("High", detections=())], exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier, and the type of a finding says more than its detections": case(
        [result("High")], [found("High", finding_type="SensitiveData:S3Object/Multiple")], exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier in a column, and a cell in another column was found": located(
        (2, 2), (3, 1)
    ),
    "High, an exception excuses its identifier in a column, and only a finding locates a cell in another one": located(
        (2, 3), of_finding=((3, 1),)
    ),
    "High, an exception excuses its identifier in a column, and no result locates all occurrences": located(
        (2, 2), of_finding=((2, 3),)
    ),
    "High, an exception excuses its identifier in a column, and the names of the columns are not known": replace(
        located((2, 3)), landed=LANDED
    ),
    "High, an exception excuses its identifier in a column, and two columns have its name": replace(
        located((2, 3)), landed=replace(LANDED, header=("Id", "NUMBER", "Number"))
    ),
    "High in a file inside an archive, and an exception excuses its identifier": Case(
        [Evidence((seen(), result("High", detections=cells((2, 3)), is_embedded=True)), (found("High"),))],
        landed=TABLE,
        exceptions=[EXCUSED, IN_COLUMN, OF_BYTES],
    ),
    "High, and an exception excuses other bytes": case(*HIGH, exceptions=[replace(OF_BYTES, sha256="b" * 64)]),
    "High, an exception excuses these bytes, and there are more occurrences than were reviewed": case(
        [result("High")], [found("High", detections=MORE)], exceptions=[OF_BYTES]
    ),
    "High, an exception excuses these bytes, and an identifier was not reviewed": case(
        [result("High", detections=WITH_A_NAME)], [found("High", detections=WITH_A_NAME)], exceptions=[OF_BYTES]
    ),
    "High, an exception excuses one of its identifiers in these bytes, and both were reviewed": case(
        [result("High", detections=WITH_A_NAME)],
        [found("High", detections=WITH_A_NAME)],
        exceptions=[replace(OF_BYTES, detections={"USA_PASSPORT_NUMBER": 3, "NAME": 1}, identifier="NAME")],
    ),
    "High, an exception excuses all that was found, and the job was cancelled": case(
        *HIGH, job=replace(DONE, status="CANCELLED"), exceptions=[EXCUSED]
    ),
    "High, an exception excuses all that was found, and the finding is missing": case(
        [result("High")], exceptions=[EXCUSED]
    ),
    "High, an exception excuses all that was found, and the result is missing": case(
        [], [found("High")], exceptions=[EXCUSED]
    ),
    "partly read, and an exception excuses what was found": case(
        [result("High", **PARTIAL)], [found("High")], exceptions=[EXCUSED]
    ),
    "High, an exception excuses all that was found, and another record has an unknown severity": case(
        *HIGH, exceptions=[EXCUSED], elsewhere=[known("Worst")]
    ),
    "High, an exception excuses all that was found, and a finding names no version, with more": case(
        [result("High")],
        [found("High"), found("High", **NO_VERSION, etag="e2", detections=MORE)],
        history=TWO,
        exceptions=[EXCUSED],
    ),
    "High, an exception excuses all that was found, and no rule of the policy allows the table": case(
        *HIGH, policy=rules(Rule("b", Outcome.PROMOTE, datasets=("b",))), exceptions=[EXCUSED]
    ),
    "High, an exception excuses its identifier, and a rule of the policy holds what remains": case(
        [result("High"), result("Low", detections=NAMES)],
        [found("High")],
        policy=rules(Rule("n", Outcome.HOLD, managed_identifiers=frozenset({"NAME"})), Rule("rest", Outcome.PROMOTE)),
        exceptions=[EXCUSED],
    ),
    "High, and an exception excuses all that was found for a masked copy": case(*HIGH, exceptions=[MASKED_ONLY]),
    "High, an exception excuses its identifier, and a rule of the policy masks what remains": case(
        [result("High"), result("Low", detections=NAMES)],
        [found("High")],
        policy=rules(Rule("clean", Outcome.PROMOTE, max_count=0), Rule("names", Outcome.MASK)),
        exceptions=[EXCUSED],
    ),
    "High, and an exception excuses all that was found": case(*HIGH, exceptions=[EXCUSED]),
    "High, and exceptions excuse all that was found, one of them only for a masked copy": case(
        *HIGH, exceptions=[replace(MASKED_ONLY, id="masked-only"), EXCUSED]
    ),
    "High, and an exception excuses its identifier in the column in which all occurrences are": located((2, 3)),
    "High, and two exceptions excuse its identifier in the columns in which all occurrences are": replace(
        located((2, 2), (3, 1)), exceptions=[IN_COLUMN, replace(IN_COLUMN, id="notes", column="NOTES", most=1)]
    ),
    "High, and an exception excuses all that was reviewed in these bytes": case(*HIGH, exceptions=[OF_BYTES]),
    "High, an exception excuses its identifier, and the policy allows what remains": case(
        [result("High"), result("Low", detections=NAMES)], [found("High")], exceptions=[EXCUSED]
    ),
    "Medium, a rule of the policy quarantines its identifier, and an exception excuses it": case(
        *MEDIUM, policy=QUARANTINE_PASSPORTS, exceptions=[EXCUSED]
    ),
    "nothing was found, and an exception excuses what is High elsewhere in the same bytes": case(
        [seen()], elsewhere=[known("High")], exceptions=[EXCUSED]
    ),
    "a verdict on a High object, and an exception excuses all that was found": case(
        verdict=verdict(*HIGH), exceptions=[EXCUSED]
    ),
    "Medium, and an exception excuses it, although the policy allows it": case(*MEDIUM, exceptions=[EXCUSED]),
}
OF_MASKING = {
    "Medium, a rule of the policy masks it, and the masking spec has no rule for one of its columns",
    "Medium, a rule of the policy masks it, and a row cannot be parsed",
    "Medium, a rule of the policy masks it, and its masked copy fails a check",
    "Medium, a rule of the policy masks it, and its masked copy has a group of rows smaller than `min_k`",
    "a masked copy, and a rule of the policy masks what was found in it",
    "nothing was found, and the masking spec names its dataset",
    "nothing was found, the masking spec names its dataset, and there is no masked copy of these bytes",
    "Medium, a rule of the policy masks it, and there is no masked copy of these bytes",
    "High, an exception excuses all that was found for a masked copy, and there is no masked copy of these bytes",
}
"""Rows about masked copies: ``tests/lake_gate/masking/test_joint.py`` has them."""
AFTER_THE_RUN = {
    "Medium, a rule of the policy masks it, and Macie finds more in a column that is not masked, after the run",
}
"""Rows about later findings: ``tests/lake_gate/finding_events/test_rejudging.py`` has them."""
OF_THE_RUN = {
    "nothing was found, but the run is all or nothing and another file may not be promoted",
    "nothing was found, but the run is all or nothing and High elsewhere in the bytes of another file",
}
"""Rows that need a second file; they have a test of their own."""
ROWS = re.findall(r"^\| (.+) \| (promote|mask|quarantine|hold) \| `(\w+)` \|$", DOCUMENT.read_text(), re.MULTILINE)


def decide_one(
    evidence: Evidence,
    job: Job | None = DONE,
    policy: Policy | None = None,
    verdict: Verdict | None = None,
    elsewhere: Sequence[Observation] = (),
    *,
    history: History | None = None,
    landed: LandedObject = LANDED,
    exceptions: Sequence[PolicyException] = (),
) -> Decision:
    verdicts = {landed.name: verdict} if verdict else {}
    histories = {landed.key: history} if history else {}
    found = {landed.sha256: elsewhere}
    gathered, more = {PLACE: evidence}, {"histories": histories, "exceptions": exceptions}
    (decision,) = decide([landed], job, gathered, policy or Policy(), verdicts, found, **more)  # type: ignore[arg-type]
    return decision


@pytest.mark.parametrize(
    ("what", "outcome", "reason"), [row for row in ROWS if row[0] not in OF_THE_RUN | OF_MASKING | AFTER_THE_RUN]
)
def test_decision_follows_the_document(what: str, outcome: str, reason: str) -> None:
    shown = CASES[what]
    assert shown.evidence
    for evidence in shown.evidence:
        decision = decide_one(
            *(evidence, shown.job, shown.policy, shown.verdict, shown.elsewhere),
            history=shown.history,
            landed=shown.landed,
            exceptions=shown.exceptions,
        )
        assert (decision.outcome, decision.reason) == (outcome, reason)


def test_document_has_a_row_for_every_case_and_every_reason() -> None:
    assert {what for what, _, _ in ROWS} == CASES.keys() | OF_THE_RUN | OF_MASKING | AFTER_THE_RUN
    assert {reason for _, _, reason in ROWS} == {reason.value for reason in Reason}


@pytest.mark.parametrize(("threshold", "quarantined"), [("High", 1), ("Medium", 2), ("Low", 3)])
def test_everything_from_the_threshold_on_is_quarantined(threshold: str, quarantined: int) -> None:
    policy = Policy(quarantine_threshold=Severity(threshold))
    evidence = [Evidence((result(severity),), (found(severity),)) for severity in ("High", "Medium", "Low")]
    outcomes = [decide_one(gathered, policy=policy).outcome for gathered in evidence]
    assert outcomes == ["quarantine"] * quarantined + ["promote"] * (3 - quarantined)


def test_decision_carries_names_and_counts_for_the_report() -> None:
    twice = (found("Medium", is_archived=True), found("Medium", is_archived=True))
    decision = decide_one(Evidence((result("Medium", detections=MORE),), twice))
    assert (decision.findings, decision.archived_findings) == ({"Medium": 1}, 1)
    assert decision.detections == {"USA_PASSPORT_NUMBER": 4}


def test_counts_of_an_identifier_that_a_record_lists_twice_are_added_up() -> None:
    twice = (*PASSPORTS, *MORE)
    decision = decide_one(Evidence((result("Medium", detections=twice),), (found("Medium", detections=twice),)))
    assert decision.detections == {"USA_PASSPORT_NUMBER": 7}


def test_archive_has_the_counts_of_its_own_record() -> None:
    inner = result("Low", is_embedded=True, detections=(replace(PASSPORTS[0], count=1),))
    decision = decide_one(Evidence((result("Low"), inner, inner), (found("Low"),)))
    assert (decision.outcome, decision.reason) == ("promote", "findings_below_threshold")
    assert decision.detections == {"USA_PASSPORT_NUMBER": 3}


def test_reason_of_macie_is_kept_when_an_object_was_skipped() -> None:
    assert decide_one(Evidence((seen(**SKIPPED),))).status_reason == "INVALID_ENCRYPTION"


def test_decision_counts_suspected_findings() -> None:
    decision = decide_one(Evidence((seen(),), (found("High", **NO_VERSION),)), history=TWO)
    assert (decision.severity, decision.findings, decision.is_version_inferred) == ("High", {"High": 1}, False)


def test_decision_says_that_its_version_was_inferred() -> None:
    assert decide_one(CASES["clean, no version named, and inferable"].evidence[0], history=ONLY).is_version_inferred
    assert not decide_one(CASES["complete, nothing found"].evidence[0], history=ONLY).is_version_inferred


def test_rule_that_decided_is_named() -> None:
    assert decide_one(CASES["Medium, result and finding"].evidence[0], policy=QUARANTINE_PASSPORTS).rule == "passports"


def test_decision_names_the_verdict_that_it_rests_on_and_its_findings() -> None:
    decision = decide_one(Evidence(), verdict=WAS_MEDIUM)
    assert decision.verdict == {"run_id": "r0", "record_uri": "s3://r0", "cleared_at": "2026-01-01T00:00:00+00:00"}
    assert (decision.severity, decision.findings) == ("Medium", {"Medium": 1})
    assert decision.detections == {"USA_PASSPORT_NUMBER": 3}


def test_decision_names_no_verdict_when_the_job_has_read_the_object() -> None:
    assert decide_one(Evidence((seen(),)), verdict=WAS_MEDIUM).verdict is None


def test_reused_object_is_held_with_its_run_when_another_may_not_be_promoted() -> None:
    both = [LANDED, landed("b.csv")]
    decisions = decide(both, DONE, {}, Policy(promotion=Promotion.ALL_OR_NOTHING), {LANDED.name: WAS_CLEAN})
    assert [d.reason for d in decisions] == [Reason.RUN_NOT_PROMOTABLE, Reason.NOT_ANALYSED]


def test_nothing_is_promoted_when_all_or_nothing_and_one_object_may_not_be() -> None:
    good, bad = LANDED, landed("b.csv")
    evidence = {PLACE: Evidence((seen(),)), ("bronze", bad.key): Evidence((result("High", key=bad.key),))}
    decisions = decide([good, bad], DONE, evidence, Policy(promotion=Promotion.ALL_OR_NOTHING))
    assert [(d.outcome, d.reason) for d in decisions] == [
        (Outcome.HOLD, Reason.RUN_NOT_PROMOTABLE),
        (Outcome.QUARANTINE, Reason.AT_OR_ABOVE_THRESHOLD),
    ]


def test_all_or_nothing_holds_all_when_high_was_found_elsewhere_in_the_bytes_of_one() -> None:
    other = landed("b.csv", sha256="11" * 32)
    evidence = {PLACE: Evidence((seen(),)), ("bronze", other.key): Evidence((seen(key=other.key),))}
    policy = Policy(promotion=Promotion.ALL_OR_NOTHING)
    decisions = decide([LANDED, other], DONE, evidence, policy, {}, {other.sha256: [known("High")]})
    assert [d.reason for d in decisions] == [Reason.RUN_NOT_PROMOTABLE, Reason.FOUND_IN_SAME_BYTES]


def test_decision_has_the_detections_from_elsewhere_and_counts_only_its_own_findings() -> None:
    decision = decide_one(Evidence((seen(),)), elsewhere=[known("Medium", detections=MORE)])
    assert (decision.severity, decision.detections, decision.findings) == ("Medium", {"USA_PASSPORT_NUMBER": 4}, {})


@pytest.mark.parametrize("shown", [shown for shown in CASES.values() if not shown.elsewhere])
def test_decision_stays_the_same_when_its_own_evidence_is_known_of_the_bytes(shown: Case) -> None:
    """A run that is decided again makes the same decisions, although its findings are in the index by content."""
    for evidence in shown.evidence:
        bound = bind(shown.landed, evidence, shown.history)
        kept = [
            replace(
                observation, bucket="", key="", version_id="", etag="", finding_id=observation.finding_id or UNKNOWN
            )
            for observation in (*bound.own.results, *bound.own.findings, *bound.suspected)
            if observation.severity or observation.detections
        ]
        facts: dict[str, Any] = {"history": shown.history, "landed": shown.landed, "exceptions": shown.exceptions}
        before = decide_one(evidence, shown.job, shown.policy, shown.verdict, **facts)
        assert decide_one(evidence, shown.job, shown.policy, shown.verdict, kept, **facts) == before


def test_everything_is_promoted_when_all_or_nothing_and_all_may_be() -> None:
    decision = decide_one(Evidence((seen(),)), policy=Policy(promotion=Promotion.ALL_OR_NOTHING))
    assert decision.outcome == "promote"


def test_objects_that_were_never_landed_are_named() -> None:
    clean = Evidence((seen(),))
    assert unknown_objects([LANDED], {PLACE: clean, ("bronze", "x"): clean}) == [("bronze", "x")]


CUSTOM = Detection("Patient ID", 2, CUSTOM_IDENTIFIER)
DETECTIONS = (*PASSPORTS, *MORE, CUSTOM, Detection("NAME", 200, "PERSONAL_INFORMATION"), *UNSAID)
observations = st.builds(
    Observation,
    bucket=st.just(PLACE[0]),
    key=st.just(PLACE[1]),
    version_id=st.sampled_from(["v1", "v1", "v2", ""]),
    etag=st.sampled_from(["e1", "e1", "e2"]),
    status=st.sampled_from(["COMPLETE", "COMPLETE", "PARTIAL", "SKIPPED", "missing", "NEW"]),
    status_reason=st.sampled_from([None, None, "TIME_CUT_OFF_REACHED", "NEW"]),
    severity=st.sampled_from([None, "Low", "Medium", "High", "Worst"]),
    detections=st.lists(st.sampled_from(DETECTIONS), max_size=3).map(tuple),
    finding_type=st.sampled_from([None, PERSONAL, "SensitiveData:S3Object/Multiple"]),
    finding_id=st.none(),
    is_archived=st.booleans(),
    is_embedded=st.booleans(),
    size_bytes=st.sampled_from([LANDED.size_bytes, LANDED.size_bytes, 999, None]),
)
histories = st.none() | st.builds(
    History,
    versioning=st.sampled_from(["Enabled", "Enabled", "Enabled", "Suspended", ""]),
    versions=st.sampled_from([("v1",), ("v1",), ("v1",), ("v2", "v1"), ("v2",), ("null", "v1"), ()]),
    markers=st.sampled_from([(), (), (), ("m",)]),
)
evidences = st.builds(
    Evidence,
    results=st.lists(observations, max_size=3).map(tuple),
    findings=st.lists(observations.map(lambda o: replace(o, finding_id="f")), max_size=3).map(tuple),
)
jobs = st.builds(
    Job,
    job_id=st.just("job"),
    status=st.sampled_from(["COMPLETE", "COMPLETE", "CANCELLED", "PAUSED", "NEW"]),
    last_run_error=st.sampled_from(["NONE", "NONE", "ERROR"]),
    sampling_percentage=st.sampled_from([100, 100, 50]),
    settled=st.booleans(),
    findings=st.sampled_from([0, MOST_FINDINGS]),
)


def some(*values: str, at_least: int = 0) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), min_size=at_least, max_size=2)


conditions = {
    "finding_types": some(PERSONAL, "SensitiveData:S3Object/Multiple"),
    "categories": some("PERSONAL_INFORMATION", "CREDENTIALS"),
    "managed_identifiers": some("NAME", "USA_PASSPORT_NUMBER"),
    "custom_identifiers": some("Patient ID", "US Passport"),
    "datasets": st.sampled_from([(), ("a",), ("b",), ("*",)]),
}
severities = st.none() | st.sampled_from(list(Severity))
counts = st.dictionaries(st.sampled_from(["NAME", "USA_*"]), st.integers(1, 5), max_size=2)
groups = some("NAME", "USA_PASSPORT_NUMBER", "Patient ID", at_least=1)
catching = {
    "min_severity": severities,
    "min_count": st.none() | st.integers(1, 5),
    "min_counts": counts,
    "combination": st.just(()) | st.tuples(groups, groups),
    **conditions,
}
allowing = {"max_severity": severities, "max_count": st.none() | st.integers(0, 5), "max_counts": counts, **conditions}
quarantining = st.builds(Rule, name=st.just("q"), then=st.just(Outcome.QUARANTINE), **catching)
holding = st.builds(Rule, name=st.just("h"), then=st.just(Outcome.HOLD), **catching)
promoting = st.builds(Rule, name=st.just("p"), then=st.just(Outcome.PROMOTE), **allowing)
masking = st.builds(Rule, name=st.just("m"), then=st.just(Outcome.MASK), **allowing)
named = {
    "managed_identifiers": some("NAME", "USA_PASSPORT_NUMBER", "*", at_least=1),
    "max_counts": counts,
    "overrides_threshold": st.just(True),
}
overriding = st.builds(Rule, name=st.just("o"), then=st.just(Outcome.PROMOTE), **named)
masking_above = st.builds(Rule, name=st.just("n"), then=st.just(Outcome.MASK), **named)


def single_policies_of(
    promoting: st.SearchStrategy[Rule], masking: st.SearchStrategy[Rule] = masking
) -> st.SearchStrategy[Policy]:
    first, last = st.lists(quarantining | promoting, max_size=3), st.lists(holding | promoting, max_size=3)
    masked = st.lists(holding | masking, max_size=3)
    return st.builds(
        Policy,
        quarantine_threshold=st.sampled_from(list(Severity)),
        promotion=st.sampled_from(list(Promotion)),
        rules=st.tuples(first, last, masked).map(lambda parts: tuple(rule for part in parts for rule in part)),
    )


def with_joined(single: st.SearchStrategy[Policy]) -> st.SearchStrategy[Policy]:
    return single | st.builds(Policy.joined, single, single)


single_policies = single_policies_of(promoting | overriding, masking | masking_above)
policies = with_joined(single_policies)
threshold_policies = with_joined(single_policies_of(promoting))
"""Policies in which no rule overrides the threshold."""
elsewheres = st.lists(
    observations.map(lambda o: replace(o, bucket="", key="", version_id="", etag="", finding_id="f")), max_size=3
)
verdicts = st.none() | st.builds(
    lambda known, is_revoked: verdict(known.results, known.findings, is_revoked=is_revoked), evidences, st.booleans()
)
STRICTNESS = {Outcome.PROMOTE: 0, Outcome.MASK: 1, Outcome.HOLD: 2, Outcome.QUARANTINE: 3}


@given(st.lists(st.tuples(st.integers(0, 20), evidences), max_size=4), jobs, policies)
def test_every_landed_object_has_one_decision_whatever_the_evidence(
    gathered: list[tuple[int, Evidence]], job: Job, policy: Policy
) -> None:
    manifest = [landed(f"{number}.csv") for number in range(6)]
    evidence = {("bronze", f"synthea/1/{number}.csv"): observed for number, observed in gathered}
    decisions = list(decide(manifest, job, evidence, policy))
    assert [d.name for d in decisions] == [item.name for item in manifest]
    assert {d.outcome for d in decisions} <= set(Outcome)
    if policy.promotion is Promotion.ALL_OR_NOTHING:
        allowed = [d.outcome in {Outcome.PROMOTE, Outcome.MASK} for d in decisions]
        assert all(allowed) or Outcome.PROMOTE not in {d.outcome for d in decisions}


def is_about(o: Observation, history: History | None) -> bool:
    """Whether the observation counts for the landed version; written independently of the code, from the docs."""
    if o.version_id:
        return (o.version_id, o.etag) == ("v1", "e1")
    return history == ONLY and (o.etag, o.size_bytes) == ("e1", LANDED.size_bytes)


@settings(max_examples=examples(500), deadline=None)
@given(evidences, jobs, threshold_policies, verdicts, histories)
def test_promotion_always_rests_on_a_complete_result_for_that_version_or_a_verdict_of_such(
    evidence: Evidence, job: Job, policy: Policy, verdict: Verdict | None, history: History | None
) -> None:
    decision = decide_one(evidence, job, policy, verdict, history=history)
    assert (decision.reason == Reason.VERDICT_REUSED) <= (decision.verdict is not None)
    if decision.reason == Reason.VERDICT_REUSED:
        assert verdict
        assert not verdict.is_revoked
        assert any(o.status == "COMPLETE" and not o.is_embedded for o in verdict.evidence.results)
        everything = (*verdict.evidence.results, *verdict.evidence.findings, *evidence.findings)
        own = [o for o in everything if o.bucket == "old" or is_about(o, history)]
        assert all(o.status == "COMPLETE" and o.severity != "High" for o in own)
    elif decision.outcome == Outcome.PROMOTE:
        own = [o for o in evidence.results if is_about(o, history)]
        assert any(o.status == "COMPLETE" and not o.is_embedded for o in own)
        assert all(o.status == "COMPLETE" and o.severity != "High" for o in own)
        assert (job.status, job.last_run_error, job.sampling_percentage) == ("COMPLETE", "NONE", 100)


@settings(max_examples=examples(500), deadline=None)
@given(evidences, jobs, with_joined(single_policies_of(overriding)), histories, elsewheres)
def test_what_reaches_the_threshold_is_promoted_only_if_an_overriding_rule_names_all_of_it(
    evidence: Evidence, job: Job, policy: Policy, history: History | None, elsewhere: list[Observation]
) -> None:
    decision = decide_one(evidence, job, policy, None, elsewhere, history=history)
    if decision.outcome == Outcome.PROMOTE and decision.reason == Reason.ALLOWED_BY_RULE:
        assert decision.detections
        assert decision.severity is not None
        for joined in (policy, *policy.also):
            named = {name for rule in joined.rules if rule.overrides_threshold for name in rule.managed_identifiers}
            below = Severity(decision.severity).rank < joined.quarantine_threshold.rank
            assert below or "*" in named or decision.detections.keys() <= named


@given(evidences, jobs, policies, verdicts)
def test_verdict_does_not_change_decisions_on_objects_that_the_job_has_read(
    evidence: Evidence, job: Job, policy: Policy, verdict: Verdict | None
) -> None:
    if evidence.results:
        assert decide_one(evidence, job, policy, verdict) == decide_one(evidence, job, policy)


RANKS = {None: 0, "Low": 1, "Medium": 2, "High": 3, "Worst": 4}


def worsened(observation: Observation, severity: Severity, more: int) -> Observation:
    """Return the observation with a higher severity and larger counts; unreadable values stay unreadable."""
    if observation.severity is None and (observation.detections or observation.finding_id):
        return observation
    if (observation.severity or observation.finding_type) and not observation.detections:
        # A detection would explain what nothing explains.
        known = observation.severity or severity
        return replace(observation, severity=max(known, severity, key=list(RANKS).index))
    rank = RANKS[observation.severity]
    categories = {detection.category for detection in observation.detections}
    # Only a detection of another category could explain a type that the detections contradict.
    category = categories.pop() if observation.finding_type and len(categories) == 1 else "PERSONAL_INFORMATION"
    counts = (replace(detection, count=detection.count + more) for detection in observation.detections)
    return replace(
        observation,
        severity=severity.value if severity.rank > rank else observation.severity,
        detections=(*counts, Detection("USA_PASSPORT_NUMBER", 1 + more, category)),
    )


@given(evidences, jobs, threshold_policies, verdicts, histories)
def test_high_without_a_version_is_never_promoted(
    evidence: Evidence, job: Job, policy: Policy, verdict: Verdict | None, history: History | None
) -> None:
    everything = (*evidence.results, *evidence.findings)
    if any(o.severity == "High" and not o.version_id for o in everything):
        assert decide_one(evidence, job, policy, verdict, history=history).outcome != Outcome.PROMOTE
    if any(o.severity == "High" and not o.version_id and o.etag == "e1" for o in everything):
        assert decide_one(evidence, job, policy, verdict, history=history).outcome == Outcome.QUARANTINE


@given(evidences, jobs, policies, verdicts, histories)
def test_decision_that_rests_on_an_inferred_version_says_so(
    evidence: Evidence, job: Job, policy: Policy, verdict: Verdict | None, history: History | None
) -> None:
    decision = decide_one(evidence, job, policy, verdict, history=history)
    if decision.is_version_inferred:
        assert history == ONLY
        assert any(not o.version_id for o in (*evidence.results, *evidence.findings))
    elif decision.outcome == Outcome.PROMOTE and decision.reason != Reason.VERDICT_REUSED:
        assert any((o.version_id, o.etag, o.status) == ("v1", "e1", "COMPLETE") for o in evidence.results)


def is_looser(after: Decision, before: Decision) -> bool:
    return STRICTNESS[Outcome(after.outcome)] < STRICTNESS[Outcome(before.outcome)]


@settings(max_examples=examples(500), deadline=None)
@given(evidences, jobs, policies, verdicts, histories, elsewheres, st.sampled_from(list(Severity)), st.integers(0, 5))
def test_stricter_evidence_never_loosens_a_decision(
    evidence: Evidence,
    job: Job,
    policy: Policy,
    verdict: Verdict | None,
    history: History | None,
    elsewhere: list[Observation],
    severity: Severity,
    more: int,
) -> None:
    worse = Evidence(
        *(tuple(worsened(o, severity, more) for o in part) for part in (evidence.results, evidence.findings))
    )
    before = decide_one(evidence, job, policy, verdict, elsewhere, history=history)
    assert not is_looser(decide_one(worse, job, policy, verdict, elsewhere, history=history), before)
    worse_elsewhere = [worsened(observation, severity, more) for observation in elsewhere]
    assert not is_looser(decide_one(evidence, job, policy, verdict, worse_elsewhere, history=history), before)


@settings(max_examples=examples(500), deadline=None)
@given(evidences, jobs, policies, verdicts, elsewheres, elsewheres)
def test_findings_in_the_same_bytes_never_loosen_a_decision_or_make_up_for_missing_evidence(
    evidence: Evidence,
    job: Job,
    policy: Policy,
    verdict: Verdict | None,
    elsewhere: list[Observation],
    more: list[Observation],
) -> None:
    alone, before, after = (
        decide_one(evidence, job, policy, verdict, known) for known in ((), elsewhere, elsewhere + more)
    )
    assert not is_looser(before, alone)
    assert not is_looser(after, before)
    if Outcome(after.outcome) is Outcome(alone.outcome) is not Outcome.PROMOTE:
        assert (after.reason, after.rule) == (alone.reason, alone.rule)


@given(evidences, jobs, single_policies, single_policies, verdicts, elsewheres)
def test_joined_policies_come_to_the_stricter_outcome_of_both(
    evidence: Evidence,
    job: Job,
    of_feed: Policy,
    of_run: Policy,
    verdict: Verdict | None,
    elsewhere: list[Observation],
) -> None:
    tightened = of_feed.tightened(of_run.quarantine_threshold, of_run.promotion)
    joined, *each = (
        decide_one(evidence, job, policy, verdict, elsewhere) for policy in (of_feed.joined(of_run), tightened, of_run)
    )
    assert STRICTNESS[Outcome(joined.outcome)] == max(STRICTNESS[Outcome(decision.outcome)] for decision in each)


@given(evidences, jobs, policies, verdicts, histories)
def test_stricter_policy_never_loosens_a_decision(
    evidence: Evidence, job: Job, policy: Policy, verdict: Verdict | None, history: History | None
) -> None:
    before = decide_one(evidence, job, policy, verdict, history=history)
    after = decide_one(
        evidence, job, policy.tightened(Severity.LOW, Promotion.ALL_OR_NOTHING), verdict, history=history
    )
    assert STRICTNESS[Outcome(after.outcome)] >= STRICTNESS[Outcome(before.outcome)]


@given(evidences, jobs, policies, st.randoms())
def test_order_of_the_evidence_does_not_matter(evidence: Evidence, job: Job, policy: Policy, random: Any) -> None:
    results, findings = list(evidence.results), list(evidence.findings)
    random.shuffle(results)
    random.shuffle(findings)
    shuffled = decide_one(Evidence(tuple(results), tuple(findings)), job, policy)
    before = decide_one(evidence, job, policy)
    assert (shuffled.outcome, shuffled.findings) == (before.outcome, before.findings)
    assert shuffled.detections == before.detections
