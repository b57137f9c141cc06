"""Doubts: reasons for which the evidence about an object does not suffice for a promotion. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lake_gate.decision import content_types
from lake_gate.decision.binding import History, bind
from lake_gate.decision.facts import has_unknown_severity
from lake_gate.decision.reason import Reason
from lake_gate.model.evidence import Evidence, Job, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import UNKNOWN
from lake_gate.scan.scope import extension_of


@dataclass(frozen=True, slots=True)
class BoundEvidence:
    """Evidence about the landed version of an object.

    :param results: discovery results, including those of files inside an archive.
    :param suspected: observations that are not bound to the version but have its id or ETag: their findings count, but
        they are not evidence for a promotion.
    :param unplaced: observations with neither a usable version id nor the landed ETag.
    :param has_others: there are observations about another version, other bytes, or without a version.
    """

    results: tuple[Observation, ...]
    findings: tuple[Observation, ...]
    suspected: tuple[Observation, ...]
    unplaced: tuple[Observation, ...]
    has_others: bool
    is_inferred: bool

    @classmethod
    def of(cls, landed: LandedObject, evidence: Evidence, history: History | None) -> BoundEvidence:
        bound = bind(landed, evidence, history)
        own, unbound = (bound.own.results, bound.own.findings), (bound.suspected, bound.unplaced)
        return cls(*own, *unbound, bound.has_others, bound.is_inferred)

    def with_evidence(self, evidence: Evidence) -> BoundEvidence:
        """Return this evidence extended by further evidence about the same version."""
        results, findings = self.results + evidence.results, self.findings + evidence.findings
        return replace(self, results=results, findings=findings)

    @property
    def everything(self) -> tuple[Observation, ...]:
        return self.results + self.findings + self.suspected

    @property
    def all_findings(self) -> tuple[Observation, ...]:
        return self.findings + tuple(
            observation for observation in self.suspected if observation.finding_id is not None
        )

    @property
    def worst_case(self) -> BoundEvidence:
        """The evidence if all unplaced observations were about this version."""
        return replace(self, suspected=self.suspected + self.unplaced, unplaced=())

    @property
    def about_object(self) -> tuple[Observation, ...]:
        """Observations about the object itself: the record of an archive sums up those of the files inside."""
        return tuple(observation for observation in self.everything if not observation.is_embedded)


def doubt_about(landed: LandedObject, job: Job | None, bound: BoundEvidence) -> Reason | None:
    """Return the reason why the evidence does not suffice for a promotion; None if it does."""
    if job is None:
        return Reason.JOB_NOT_COMPLETE if bound.results else _reason_without_result(bound)
    return _doubt_about_job(job) or _doubt_about_object(landed, job, bound)


def _doubt_about_job(job: Job) -> Reason | None:
    if job.status != "COMPLETE":
        return Reason.JOB_NOT_COMPLETE
    if job.last_run_error != "NONE":
        return Reason.JOB_HAD_ACCESS_ERRORS
    if job.sampling_percentage != 100:
        return Reason.JOB_SAMPLED
    return None


def _doubt_about_object(landed: LandedObject, job: Job, bound: BoundEvidence) -> Reason | None:
    if not any(not result.is_embedded for result in bound.results):
        return _reason_without_result(bound)
    for observation in bound.everything:
        if doubt := _doubt_about_status(observation):
            return doubt
    extension = extension_of(landed.name)
    if not all(content_types.fits(extension, observation.content_type) for observation in bound.about_object):
        return Reason.CONTENT_TYPE_DIFFERS
    if doubt := doubt_about_findings(bound.everything):
        return doubt
    # Macie writes one finding per object and job, so nothing is missing if it exists. A finding about a file inside an
    # archive is not the finding about the archive.
    if not any(not finding.is_embedded for finding in bound.findings):
        if any(observation.detections or observation.severity for observation in bound.everything):
            return Reason.FINDINGS_CAPPED if job.is_capped else Reason.FINDING_MISSING
        if not job.settled:
            return Reason.EVIDENCE_NOT_SETTLED
    return None


def doubt_about_findings(observations: Sequence[Observation]) -> Reason | None:
    if any(has_unknown_severity(observation) for observation in observations):
        return Reason.SEVERITY_UNKNOWN
    if any(detection.category == UNKNOWN for observation in observations for detection in observation.detections):
        return Reason.DETECTIONS_UNKNOWN
    return None


def _reason_without_result(bound: BoundEvidence) -> Reason:
    if bound.results or bound.findings:
        return Reason.RESULT_MISSING
    if any(not observation.version_id for observation in (*bound.suspected, *bound.unplaced)):
        return Reason.VERSION_NOT_NAMED
    return Reason.OTHER_VERSION_ANALYSED if bound.has_others else Reason.NOT_ANALYSED


_DOUBTFUL_STATUS = {"SKIPPED": Reason.ANALYSIS_SKIPPED, "PARTIAL": Reason.ANALYSIS_PARTIAL}
KNOWN_REASONS = frozenset(
    {
        *("ARCHIVE_CONTAINS_UNPROCESSED_FILES", "ARCHIVE_EXCEEDS_SIZE_LIMIT", "ARCHIVE_NESTING_LEVEL_OVER_LIMIT"),
        *("ARCHIVE_TOTAL_BYTES_EXTRACTED_OVER_LIMIT", "ARCHIVE_TOTAL_DOCUMENTS_PROCESSED_OVER_LIMIT"),
        *("FILE_EXCEEDS_SIZE_LIMIT", "INVALID_ENCRYPTION", "INVALID_KMS_KEY", "INVALID_OBJECT_STATE"),
        *("JSON_NESTING_LEVEL_OVER_LIMIT", "MALFORMED_FILE", "MALFORMED_OR_FILE_SIZE_EXCEEDS_LIMIT"),
        *("NO_SUCH_BUCKET_AVAILABLE", "OBJECT_VERSION_MISMATCH", "OOXML_UNCOMPRESSED_RATIO_EXCEEDS_LIMIT"),
        *("OOXML_UNCOMPRESSED_SIZE_EXCEEDS_LIMIT", "PERMISSION_DENIED", "SOURCE_OBJECT_NO_LONGER_AVAILABLE"),
        *("TIME_CUT_OFF_REACHED", "UNABLE_TO_PARSE_FILE", "UNSUPPORTED_FILE_TYPE_EXCEPTION"),
    }
)
"""Macie's reasons for skipping an object or parts of it. Source: shape ClassificationResultStatus of the API."""


def _doubt_about_status(observation: Observation) -> Reason | None:
    if observation.status == "COMPLETE":
        return Reason.ANALYSIS_REASON_UNKNOWN if observation.status_reason else None
    if observation.status not in _DOUBTFUL_STATUS:
        return Reason.ANALYSIS_STATUS_UNKNOWN
    if observation.status_reason and observation.status_reason not in KNOWN_REASONS:
        return Reason.ANALYSIS_REASON_UNKNOWN
    return _DOUBTFUL_STATUS[observation.status]
