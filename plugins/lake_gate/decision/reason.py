"""Reasons of decisions, each with a sentence for people; pure. ``docs/decisions.md`` says when each applies."""

from __future__ import annotations

from enum import StrEnum

from lake_gate.model.names import UNKNOWN


class Reason(StrEnum):
    """Reason of a decision.

    :ivar text: the reason in words, as notifications and pages show it.
    """

    text: str

    def __new__(cls, value: str, text: str) -> Reason:
        """Create a member whose value is the name of the reason."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    CLEAN = "clean", "Macie found nothing"
    BELOW_THRESHOLD = "findings_below_threshold", "findings below the threshold, allowed by the policy"
    ALLOWED_BY_RULE = "allowed_by_rule", "a rule of the policy allows these findings"
    ALLOWED_BY_EXCEPTION = "allowed_by_exception", "the policy allows what remains without the excused detections"
    COUNTS_DIFFER = "counts_differ", "result and finding count differently, both below the threshold"
    SEVERITIES_DIFFER = "severities_differ", "result and finding have different severities, both below the threshold"
    VERDICT_REUSED = "verdict_reused", "the same bytes were cleared by an earlier run"
    MASKED_BY_RULE = "masked_by_rule", "a rule of the policy lets only a masked copy go to silver"
    MASKED_BY_SPEC = "masked_by_spec", "the masking spec names its table, so only a masked copy goes to silver"
    MASKED_BY_EXCEPTION = "masked_by_exception", "an exception lets only a masked copy go to silver"
    AT_OR_ABOVE_THRESHOLD = "findings_at_or_above_threshold", "findings at or above the threshold"
    QUARANTINED_BY_RULE = "quarantined_by_rule", "a rule of the policy quarantines these findings"
    FOUND_IN_SAME_BYTES = "found_in_same_bytes", "Macie found something in the same bytes elsewhere"
    FOUND_AFTER_MASKING = "found_after_masking", "Macie found more in it after it was masked"
    HELD_BY_RULE = "held_by_rule", "a rule of the policy holds it"
    NO_RULE_ALLOWS = "no_rule_allows", "no rule of the policy allows it"
    NOT_ANALYSED = "not_analysed", "Macie did not analyse it"
    OTHER_VERSION_ANALYSED = "other_version_analysed", "Macie analysed another version of it"
    VERSION_NOT_NAMED = "version_not_named", "Macie did not say which version it analysed"
    RESULT_MISSING = "result_missing", "there is a finding, but no discovery result"
    VERDICT_REVOKED = "verdict_revoked", "more was found in these bytes than the earlier run knew"
    ANALYSIS_SKIPPED = "analysis_skipped", "Macie skipped it"
    ANALYSIS_PARTIAL = "analysis_partial", "Macie analysed only a part of it"
    ANALYSIS_STATUS_UNKNOWN = "analysis_status_unknown", "Macie reported an unknown status"
    ANALYSIS_REASON_UNKNOWN = "analysis_reason_unknown", "Macie reported an unknown reason code"
    CONTENT_TYPE_DIFFERS = "content_type_differs", "its content is not of the type that its name says"
    SEVERITY_UNKNOWN = "severity_unknown", "Macie reported an unknown severity"
    DETECTIONS_UNKNOWN = "detections_unknown", "Macie did not say what it found, or how often"
    FINDING_MISSING = "finding_missing", "the result reports sensitive data, but its finding is missing"
    FINDINGS_CAPPED = "findings_capped", "the job has more findings than Macie lists"
    EVIDENCE_NOT_SETTLED = "evidence_not_settled", "Macie's results were still changing at the deadline"
    JOB_NOT_COMPLETE = "job_not_complete", "the job did not complete"
    JOB_HAD_ACCESS_ERRORS = "job_had_access_errors", "the job could not access a bucket"
    JOB_SAMPLED = "job_sampled", "the job analysed only a sample"
    NO_MASKING_RULE = "no_masking_rule", "the masking spec has no rule for a column"
    NOT_MASKABLE = "not_maskable", "a row cannot be parsed, so that it cannot be masked"
    MASKING_CHECK_FAILED = "masking_check_failed", "its masked copy failed a check"
    REIDENTIFICATION_RISK = "reidentification_risk", "its masked copy has groups of rows that are too small"
    MASKED_NOT_CLEAN = "masked_not_clean", "the policy does not allow what Macie found in the masked copy"
    RUN_NOT_PROMOTABLE = "run_not_promotable", "the run is all or nothing, and another file of it may not be promoted"


CLEARED = frozenset(
    {
        *(Reason.CLEAN, Reason.BELOW_THRESHOLD, Reason.ALLOWED_BY_RULE, Reason.ALLOWED_BY_EXCEPTION),
        *(Reason.COUNTS_DIFFER, Reason.SEVERITIES_DIFFER),
    }
)
"""Reasons of promotions by the policy: on evidence of the object's own run, unless the decision names a verdict."""

_NEVER_HELD = {
    *CLEARED,
    *(Reason.VERDICT_REUSED, Reason.AT_OR_ABOVE_THRESHOLD, Reason.QUARANTINED_BY_RULE),
    Reason.FOUND_AFTER_MASKING,
    Reason.MASKED_NOT_CLEAN,  # of a masked copy: only originals are re-processed
}
REASONS = [*sorted(reason.value for reason in Reason if reason not in _NEVER_HELD), UNKNOWN]
"""Reasons that objects may be held for."""
