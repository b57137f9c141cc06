"""Deliberate breakages of the safety code, each with the tests that must notice it.

A breakage is a text that stands once in a file, and what takes its place. Whoever changes that code changes the
breakage with it; ``test_catalogue.py`` says which ones no longer fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

GATE, MACIE, EVENTS = "plugins/lake_gate", "plugins/macie", "plugins/lake_gate/finding_events"
DECISION, COPYING = "tests/lake_gate/decision/test_decision.py", "tests/lake_gate/moving/test_copying.py"
TRANSFER = "tests/lake_gate/moving/test_transfer.py"
JUDGING, MOVING = "tests/lake_gate/decision/test_operators.py", "tests/lake_gate/moving/test_operators.py"
LANDING = "tests/lake_gate/delivery/test_landing.py"
REPORTS, MULTIPART = "tests/lake_gate/recording/test_operators.py", "tests/lake_gate/s3/test_multipart.py"
EVIDENCE, POLICY = "tests/lake_gate/model/test_evidence.py", "tests/lake_gate/decision/test_policy.py"
VERSIONS, PLAN = "tests/lake_gate/s3/test_versions.py", "tests/lake_gate/decision/test_plan.py"
STANDING = "tests/lake_gate/decision/test_standing.py"
RECORD = "tests/lake_gate/recording/test_record.py"
HOOK, TRIGGERS, SENSORS = (f"tests/macie/test_{name}.py" for name in ("hook", "triggers", "sensors"))


@dataclass(frozen=True)
class Mutant:
    """One breakage.

    :param path: the file, from the root of the repo.
    :param tests: files of which one test at least must fail.
    :param name: what is broken, as its author might have put it.
    :param old: what stands there, exactly once.
    :param new: what stands there then.
    :param is_endless: that the tests do not end is how the breakage shows.
    """

    path: str
    tests: tuple[str, ...]
    name: str
    old: str
    new: str
    is_endless: bool = False


_MASKING = {
    name: partial(Mutant, f"{GATE}/masking/{name}.py", (f"tests/lake_gate/masking/test_{name}.py",))
    for name in ("checks", "files", "keys", "masker", "methods", "plan", "records", "spec")
}
_feed = partial(Mutant, f"{GATE}/feed.py", ("tests/lake_gate/test_feed.py",))
_chain = partial(Mutant, f"{GATE}/ledger/chain.py", ("tests/lake_gate/ledger/test_chain.py",))
_book = partial(Mutant, f"{GATE}/ledger/book.py", ("tests/lake_gate/ledger/test_book.py",))
_audit = partial(Mutant, f"{GATE}/ledger/audit.py", ("tests/lake_gate/ledger/test_audit.py",))
_decision = partial(Mutant, f"{GATE}/decision/decision.py", (DECISION,))
_doubts = partial(Mutant, f"{GATE}/decision/doubts.py", (DECISION,))
_facts = partial(Mutant, f"{GATE}/decision/facts.py", (DECISION, "tests/lake_gate/decision/test_facts.py"))
_excusing = partial(Mutant, f"{GATE}/decision/exceptions.py", ("tests/lake_gate/decision/test_exceptions.py", DECISION))
_exception = partial(Mutant, f"{GATE}/model/exception.py", ("tests/lake_gate/model/test_exception.py",))
_exception_store = partial(Mutant, f"{GATE}/exceptions/store.py", ("tests/lake_gate/exceptions/test_store.py",))
_binding = partial(Mutant, f"{GATE}/decision/binding.py", ("tests/lake_gate/decision/test_binding.py", DECISION))
_histories = partial(Mutant, f"{GATE}/decision/histories.py", ("tests/lake_gate/decision/test_histories.py",))
_policy = partial(Mutant, f"{GATE}/decision/policy.py", (POLICY, DECISION))
_content_types = partial(
    Mutant, f"{GATE}/decision/content_types.py", ("tests/lake_gate/decision/test_content_types.py",)
)
_evidence = partial(Mutant, f"{GATE}/model/evidence.py", (EVIDENCE,))
_kept = partial(Mutant, f"{GATE}/model/kept.py", ("tests/lake_gate/model/test_kept.py",))
_verdict = partial(Mutant, f"{GATE}/decision/verdict.py", ("tests/lake_gate/decision/test_verdict.py", DECISION))
_basis = partial(Mutant, f"{GATE}/decision/basis.py", ("tests/lake_gate/decision/test_basis.py",))
_base = partial(Mutant, f"{GATE}/base.py", ("tests/lake_gate/test_base.py",))
_jsonl = partial(Mutant, f"{GATE}/model/jsonl.py", ("tests/lake_gate/model/test_jsonl.py",))
_documents = partial(Mutant, f"{GATE}/s3/documents.py", ("tests/lake_gate/s3/test_documents.py",))
_amendments = partial(Mutant, f"{GATE}/decision/amendments.py", ("tests/lake_gate/decision/test_amendments.py",))
_verdicts = partial(Mutant, f"{GATE}/decision/verdicts.py", ("tests/lake_gate/decision/test_verdicts.py",))
_policies = partial(Mutant, f"{GATE}/decision/policies.py", ("tests/lake_gate/decision/test_policies.py",))
_gather_histories = partial(Mutant, f"{GATE}/decision/histories.py", ("tests/lake_gate/decision/test_histories.py",))
_reuse = partial(Mutant, f"{GATE}/decision/reusing.py", ("tests/lake_gate/recording/test_remembering.py",))
_remember = partial(Mutant, f"{GATE}/recording/remembering.py", ("tests/lake_gate/recording/test_remembering.py",))
_people = partial(Mutant, f"{GATE}/model/people.py", ("tests/lake_gate/model/test_people.py",))
_reviewing = partial(Mutant, f"{GATE}/review/request.py", ("tests/lake_gate/review/test_request.py",))
_returning = partial(Mutant, f"{GATE}/review/returning.py", ("tests/lake_gate/review/test_returning.py",))
_sessions = partial(Mutant, f"{GATE}/review/sessions.py", ("tests/lake_gate/review/test_sessions.py",))
_purging = partial(Mutant, f"{GATE}/review/purging.py", ("tests/lake_gate/review/test_purging.py",))
_checking = partial(Mutant, f"{GATE}/review/checking.py", ("tests/lake_gate/review/test_checking.py",))
_answering = partial(Mutant, f"{GATE}/review/answering.py", ("tests/lake_gate/review/test_answering.py",))
_review_documents = partial(Mutant, f"{GATE}/review/documents.py", ("tests/lake_gate/review/test_documents.py",))
_review = partial(Mutant, f"{GATE}/review/operators.py", ("tests/lake_gate/review/test_operators.py",))
_showing = partial(Mutant, f"{GATE}/review/rendering.py", ("tests/lake_gate/review/test_rendering.py",))
_quarantine = partial(Mutant, f"{GATE}/held/quarantine.py", ("tests/lake_gate/held/test_quarantine.py",))
_requests = partial(Mutant, f"{GATE}/held/requests.py", ("tests/lake_gate/held/test_requests.py",))
_today = partial(Mutant, f"{GATE}/pages/today.py", ("tests/lake_gate/pages/test_today.py",))
_releasing = partial(Mutant, f"{GATE}/held/release.py", ("tests/lake_gate/held/test_release.py",))
_cost = partial(Mutant, f"{GATE}/scan/operators.py", ("tests/lake_gate/scan/test_operators.py",))
_scope = partial(Mutant, f"{GATE}/scan/scope.py", ("tests/lake_gate/scan/test_scope.py",))
_transfer = partial(Mutant, f"{GATE}/moving/transfer.py", (TRANSFER,))
_copying = partial(Mutant, f"{GATE}/moving/copying.py", (COPYING, TRANSFER))
_sealed = partial(Mutant, f"{GATE}/moving/sealed.py", ("tests/lake_gate/moving/test_sealed.py",))
_tags = partial(Mutant, f"{GATE}/moving/tags.py", ("tests/lake_gate/moving/test_tags.py", COPYING))
_taking_back = partial(Mutant, f"{GATE}/moving/taking_back.py", ("tests/lake_gate/moving/test_taking_back.py",))
_answers = partial(Mutant, f"{GATE}/s3/answers.py", ("tests/lake_gate/s3/test_answers.py",))
_multipart = partial(Mutant, f"{GATE}/s3/multipart.py", (MULTIPART, COPYING))
_versions = partial(Mutant, f"{GATE}/s3/versions.py", (VERSIONS, TRANSFER, COPYING))
_uploads = partial(Mutant, f"{GATE}/s3/uploads.py", (LANDING, "tests/lake_gate/s3/test_uploads.py"))
_rejudging = partial(Mutant, f"{EVENTS}/rejudging.py", ("tests/lake_gate/finding_events/test_rejudging.py",))
_joint = partial(Mutant, f"{GATE}/masking/joint.py", ("tests/lake_gate/masking/test_joint.py",))
_copies = partial(Mutant, f"{GATE}/masking/copies.py", ("tests/lake_gate/masking/test_copies.py",))
_masking = partial(Mutant, f"{GATE}/masking/operators.py", ("tests/lake_gate/masking/test_operators.py",))
_copies_in_silver = partial(
    Mutant, f"{EVENTS}/deciding/copies.py", ("tests/lake_gate/finding_events/deciding/test_copies.py",)
)
_landing = partial(Mutant, f"{GATE}/delivery/landing.py", (LANDING,))
_pinning = partial(Mutant, f"{GATE}/delivery/landing.py", ("tests/lake_gate/delivery/test_operators.py",))
_choosing = partial(Mutant, f"{GATE}/delivery/run_delivery.py", ("tests/lake_gate/delivery/test_operators.py",))
_pin = partial(Mutant, f"{GATE}/delivery/pin.py", ("tests/lake_gate/delivery/test_pin.py",))
_source = partial(Mutant, f"{GATE}/delivery/source.py", ("tests/lake_gate/delivery/test_source.py",))
_s3 = partial(Mutant, f"{GATE}/delivery/s3_source.py", ("tests/lake_gate/delivery/test_s3_source.py",))
_local = partial(Mutant, f"{GATE}/delivery/local_source.py", ("tests/lake_gate/delivery/test_local_source.py",))
_web = partial(Mutant, f"{GATE}/delivery/web_source.py", ("tests/lake_gate/delivery/test_web_source.py",))
_zip = partial(Mutant, f"{GATE}/delivery/zip_source.py", ("tests/lake_gate/delivery/test_zip_source.py",))
_header = partial(Mutant, f"{GATE}/delivery/header.py", ("tests/lake_gate/delivery/test_header.py",))
_judge = partial(Mutant, f"{GATE}/decision/judging.py", (JUDGING, MOVING))
_commit = partial(Mutant, f"{GATE}/decision/committing.py", (JUDGING, MOVING))
_move = partial(Mutant, f"{GATE}/moving/chunks.py", (MOVING, "tests/lake_gate/moving/test_taking_back.py"))
_held = partial(Mutant, f"{GATE}/delivery/held_objects.py", ("tests/lake_gate/delivery/test_held_objects.py",))
_reprocessing = partial(Mutant, f"{GATE}/delivery/held_source.py", ("tests/lake_gate/delivery/test_held_source.py",))
_release = partial(Mutant, f"{GATE}/held/operators.py", ("tests/lake_gate/held/test_operators.py",))
_templates = ("tests/test_templates.py",)
_names = partial(Mutant, f"{GATE}/model/names.py", ("tests/lake_gate/model/test_names.py",))
_receipts = partial(Mutant, f"{GATE}/notifications/receipts.py", ("tests/lake_gate/notifications/test_receipts.py",))
_failures = partial(Mutant, f"{GATE}/notifications/failure.py", ("tests/lake_gate/notifications/test_tries.py",))
_plan = partial(Mutant, f"{GATE}/decision/plan.py", (PLAN,))
_record = partial(Mutant, f"{GATE}/recording/record.py", (RECORD,))
_publishing = partial(Mutant, f"{GATE}/recording/publishing.py", (REPORTS,))
_reports = partial(Mutant, f"{GATE}/recording/run_record.py", (REPORTS,))
_marker = partial(Mutant, f"{GATE}/recording/marker.py", ("tests/lake_gate/recording/test_marker.py",))
_overlay = partial(Mutant, f"{GATE}/decision/overlay.py", ("tests/lake_gate/decision/test_overlay.py",))
_withdrawing = partial(Mutant, f"{EVENTS}/withdrawing.py", ("tests/lake_gate/finding_events/test_withdrawing.py",))
_moving = partial(Mutant, f"{EVENTS}/moving.py", ("tests/lake_gate/finding_events/test_moving.py",))
_EVENTS_TESTS = "tests/lake_gate/finding_events/test_"
_DECIDING, _DECIDING_TESTS = f"{EVENTS}/deciding", "tests/lake_gate/finding_events/deciding/test_"
_deciding = partial(Mutant, f"{_DECIDING}/findings.py", (f"{_DECIDING_TESTS}findings.py",))
_deciding_strays = partial(
    Mutant, f"{_DECIDING}/strays.py", (f"{_DECIDING_TESTS}strays.py", f"{_DECIDING_TESTS}findings.py")
)
_deciding_runs = partial(
    Mutant,
    f"{_DECIDING}/runs.py",
    tuple(f"{_DECIDING_TESTS}{name}.py" for name in ("runs", "finished_runs", "damaged_runs")),
)
_deciding_again = partial(Mutant, f"{_DECIDING}/finished_runs.py", (f"{_DECIDING_TESTS}finished_runs.py",))
_matching = partial(Mutant, f"{_DECIDING}/matching.py", (f"{_DECIDING_TESTS}matching.py",))
_carrying = partial(Mutant, f"{_DECIDING}/carrying.py", (f"{_DECIDING_TESTS}carrying.py",))
_finishing = partial(Mutant, f"{_DECIDING}/finished_runs.py", (f"{_EVENTS_TESTS}withdrawing.py",))
_runs = partial(Mutant, f"{EVENTS}/runs.py", (f"{_EVENTS_TESTS}runs.py",))
_rewriting = partial(Mutant, f"{GATE}/recording/rewriting.py", ("tests/lake_gate/recording/test_rewriting.py",))
_reconciling = partial(Mutant, f"{EVENTS}/reconciling.py", (f"{_EVENTS_TESTS}reconciling.py",))
_index = partial(Mutant, f"{EVENTS}/index.py", (f"{_EVENTS_TESTS}index.py",))
_deciding_restored = partial(Mutant, f"{_DECIDING}/findings.py", (f"{_EVENTS_TESTS}index.py",))
_places = partial(Mutant, f"{EVENTS}/places.py", (f"{_EVENTS_TESTS}places.py",))
_events = partial(Mutant, f"{EVENTS}/operators.py", (f"{_EVENTS_TESTS}operators.py", f"{_EVENTS_TESTS}withdrawing.py"))
_events_record = partial(Mutant, f"{EVENTS}/recording.py", (f"{_EVENTS_TESTS}recording.py",))
_events_reports = partial(Mutant, f"{EVENTS}/operators.py", (f"{_EVENTS_TESTS}operators_reports.py",))
_watermark = partial(Mutant, f"{EVENTS}/watermark.py", ("tests/lake_gate/finding_events/test_watermark.py",))
_hints = partial(Mutant, f"{EVENTS}/hints.py", ("tests/lake_gate/finding_events/test_hints.py",))
_hook = partial(Mutant, f"{MACIE}/hook.py", (HOOK,))
_jobs = partial(Mutant, f"{MACIE}/scheduled_jobs.py", ("tests/macie/test_scheduled_jobs.py",))
_rules = partial(Mutant, f"{MACIE}/suppression.py", ("tests/macie/test_suppression.py",))
_lists = partial(Mutant, f"{MACIE}/allow_lists.py", ("tests/macie/test_allow_lists.py",))
_suppression = partial(Mutant, f"{GATE}/recording/suppression.py", ("tests/lake_gate/recording/test_suppression.py",))
_triggers = partial(Mutant, f"{MACIE}/triggers.py", (TRIGGERS,))
_translation = partial(Mutant, f"{MACIE}/translation.py", ("tests/macie/test_translation.py",))
_records = partial(Mutant, f"{MACIE}/records.py", ("tests/macie/test_records.py",))
_stores = partial(Mutant, f"{MACIE}/operators.py", ("tests/macie/test_operators.py",))
_lists_findings = partial(Mutant, f"{MACIE}/findings.py", ("tests/macie/test_findings.py",))
_sensors = partial(Mutant, f"{MACIE}/sensors.py", (SENSORS,))


def _pages(module: str, name: str, old: str, new: str) -> Mutant:
    tests = f"tests/lake_gate/pages/test_{module}.py", "tests/lake_gate/pages/test_app.py"
    return Mutant(f"{GATE}/pages/{module}.py", tests[: 1 + (module == "rendering")], name, old, new)


MUTANTS = [
    # ---- no leak: what is decided
    _doubts("skipped is clean", 'if observation.status == "COMPLETE":', 'if observation.status in {"COMPLETE", "SKIPPED"}:'),
    _doubts("partly read is read", 'if observation.status == "COMPLETE":', 'if observation.status in {"COMPLETE", "PARTIAL"}:'),
    _doubts("any status will do", "return Reason.ANALYSIS_STATUS_UNKNOWN", "return None"),
    _doubts("any reason will do", "return Reason.ANALYSIS_REASON_UNKNOWN\n    return", "return None\n    return"),
    _binding("the ETag of a named version is ignored", "return observation.version_id == landed.version_id and observation.etag == landed.etag", "return observation.version_id == landed.version_id"),
    _binding("the version is ignored", "return observation.version_id == landed.version_id and observation.etag", "return observation.etag"),
    _binding("an inferred version may have another ETag", "return _has_etag_of(observation, landed) and observation.size_bytes", "return observation.size_bytes"),
    _binding("missing ETags are equal", "return bool(observation.etag) and observation.etag", "return observation.etag"),
    _binding("an inferred version may have another size", " and observation.size_bytes == landed.size_bytes", ""),
    _binding("an inferred version may be one of several", "self.versions == (version_id,) and", "version_id in self.versions and"),
    _binding("a delete marker is ignored", " and not self.markers", ""),
    _binding("suspended versioning is ignored", 'self.versioning == "Enabled" and ', ""),
    _binding("a finding that names a version that cannot be read is about another one", "return names_version(observation) and observation.version_id != landed.version_id", "return bool(observation.version_id) and observation.version_id != landed.version_id"),
    _binding("the landed version with another ETag is not suspected", "return observation.version_id == landed.version_id or _has_etag_of(observation, landed)", "return _has_etag_of(observation, landed)"),
    _kept("a version id in another spelling is none", "        value = _spelled(value, members)\n", ""),
    _kept("of two spellings the first counts", "            spelled[known] = _CONTRADICTION", "            pass"),
    _deciding_restored("pending bytes are not judged", ", read_pending(lake, pending)])", "])"),
    _publishing("an emptied list of objects makes an empty marker", 'if lines != written["totals"]["objects"]:', "if False:"),
    _binding("the id null is valid", 'frozenset({"", NULL_VERSION, UNKNOWN})', 'frozenset({"", UNKNOWN})'),
    _binding("an empty id is valid", 'frozenset({"", NULL_VERSION, UNKNOWN})', 'frozenset({NULL_VERSION, UNKNOWN})'),
    _binding("null names no version", "    if observation.version_id:\n        return observation.version_id ==", '    if observation.version_id not in {"", "null"}:\n        return observation.version_id =='),
    _binding("another version that Macie names is ignored", "history = None  # Macie", "pass  # Macie"),
    _evidence("a document may lower the sum of counts", "return type(content) is int and content > 0", "return type(content) is int"),
    _evidence("null names no version as it is read", '"/".join(sorted({*values} - {""}))', '"/".join(sorted({*values} - {"", "null"}))'),
    _evidence("the first spelling is read", "key.lower() == name and", "key.lower() == key == name and"),
    _doubts("suspected observations do not count", "return self.results + self.findings + self.suspected", "return self.results + self.findings"),
    _joint("a copy of an object that is not masked is promoted", "if original.outcome == Outcome.MASK and report and", "if report and"),
    _joint("a copy with other bytes than its report is promoted", 'and report.get("sha256") == decision.sha256:', "and True:"),
    _joint("masked is an answer about a copy", "_copy(held_if_masked(decision), ", "_copy(decision, "),
    _joint("an original is masked without a copy", "if masking is None or (masking.version_id,", "if masking is None:\n        return decision\n    if (masking.version_id,"),
    _joint("a table that the spec names is promoted as it is", "decision.outcome != Outcome.PROMOTE or dataset_of", "True or dataset_of"),
    _masking("the spec is not asked for tables without findings", "decisions=(masked_if_named(decided, spec) for decided in judged.decisions)", "decisions=judged.decisions"),
    _rejudging("what is found after masking is masked", "if decision.outcome == Outcome.MASK and not is_still_masked:", "if False:"),
    _rejudging("columns that are not masked are forgotten", "return is_elsewhere or sum(", "return sum("),
    _rejudging("more cells of a column that is not masked are known", "any(number > known_here[column] for", "any(not known_here[column] for"),
    _rejudging("copies stay when their run is all or nothing", "is_run_held = run.policy.promotion is Promotion.ALL_OR_NOTHING and", "is_run_held = False and"),
    _rejudging("findings without a column are forgotten", "return is_elsewhere or sum(cells[column] for column in masked) < count > counts[identifier]", "return is_elsewhere"),
    _rejudging("more in a copied column is taken for known", "sum(cells[column] for column in masked) <", "cells.total() <"),
    _rejudging("copies stay in silver although their run is held", "if decision.outcome == Outcome.MASK and run.has_copy_in_silver", "if False and run.has_copy_in_silver"),
    _rejudging("findings that say nothing are masked", "        and observation.detections\n", ""),
    Mutant(f"{GATE}/content.py", ("tests/lake_gate/test_content.py",), "the index by content forgets a further column", "_with_columns_of(unique[same], each) if same in unique else each", "unique.get(same, each)"),
    _joint("occurrences that nobody locates are forgotten", "        if not_located > located:\n", "        if False:\n"),
    _joint("a copy of an older version will do", "(masking.version_id, masking.sha256) != (decision.version_id, decision.sha256)", "False"),
    _joint("a held copy does not count if all or nothing", "        decision.outcome == Outcome.PROMOTE for decision in copies\n", "        True for decision in copies\n"),
    _copies("the latest version is masked instead of the landed one", ", VersionId=landed.version_id)", ")"),
    _copies("a copy of another key replaces nothing and is used", "    if put is None:\n        raise MaskedCopyStandsError(f\"s3://{landed.bucket}/{key}\")\n", "    put = put or (\"v\", \"e\")\n"),
    _copies("the bytes of copies are not in the index by content", "    add_landed(s3, landed.bucket, masked, copy)  # before", "    # before"),
    _masking("copies of different keys go together", "if len(rules) > 1 or self._others(masked, copies):", "if self._others(masked, copies):"),
    _masking("copies of an earlier try are forgotten", "if len(rules) > 1 or self._others(masked, copies):", "if len(rules) > 1:"),
    _masking("copies of another spec than the one in force are promoted", "        self._refuse_other_spec(run, masking.values())\n", ""),
    _masking("a new spec stops a run whose moves have begun", " and not (self.begun(run) or self.begun(run.masked)):\n            raise", ":\n            raise"),
    _copies("a full disk is a defect of the masking", "    with disk_full_as_gate_error(purpose), TemporaryFile()", "    with TemporaryFile()"),
    _masking("copies are made again after moves", "        if self.begun(run) or self.begun(run.masked):\n            self.log", "        if False:\n            self.log"),
    _copies_in_silver("files stay in silver although a copy of their run has left it", "rest = finished_runs.hold_promoted(lake, masked.original, _findings(of_copies))", "rest: list[Action] = []"),
    _copies_in_silver("a copy stays in silver without its original", 'if entry["outcome"] == Outcome.PROMOTE}', "if False}"),
    _copies_in_silver("a copy stays in silver if its documents are damaged", "AttributeError):\n        return None", "AttributeError):\n        return {}"),
    _copies_in_silver("damaged copies of one run stop all runs", "        return [_failed(lake, run.masked, result, error)]\n", "        raise\n"),
    Mutant(f"{GATE}/params.py", ("tests/lake_gate/test_params.py",), "a feed without a spec masks", "[0].masks and not feed.masking:", "[0].masks and False:"),
    _policy("rules that mask may come before rules that promote", "if then is Outcome.PROMOTE and first_mask:", "if False:"),
    _policy("a rule that does not override the threshold hides one that does", "is_reached and rule.then.is_permission", "False"),
    _policy("tokens are allowed in originals", "if self.masked_copies_only and not facts.is_masked_copy:", "if False:"),
    _decision("an object with unplaced observations is promoted", "if judgement.outcome.is_permission and self.bound.unplaced:", "if False:"),
    _gather_histories("histories are replaced after moves began", "if operator.begun(run):\n        operator.log.warning(\"Moves", "if False:\n        operator.log.warning(\"Moves"),
    _gather_histories("histories of keys in findings are not listed", "for name in (RESULTS, FINDINGS) for", "for name in (RESULTS,) for"),
    _histories("a damaged document stops the run", "except (DamagedDocumentError, ValueError):", "except RecursionError:"),
    _matching("a finding without a version is about nothing that was moved", "if may_be_about(finding, replace(", "if finding.version_id and may_be_about(finding, replace("),
    _doubts("no result is clean", "return _reason_without_result(bound)", "return None"),
    _doubts("a result for a file inside replaces that of its archive", 'if not any(not result.is_embedded for result in bound.results)', 'if not any(result for result in bound.results)'),
    _decision("an object that no rule allows is promoted", "_Judgement(Outcome.HOLD, Reason.NO_RULE", "_Judgement(Outcome.PROMOTE, Reason.NO_RULE"),
    _decision("a rule that holds promotes", "_Judgement(Outcome.HOLD, Reason.HELD_BY", "_Judgement(Outcome.PROMOTE, Reason.HELD_BY"),
    _decision("doubts are ignored", "if doubt := doubt_about(self.landed, self.job, bound) or doubt", "if doubt := None or doubt"),
    _doubts("a missing job is no doubt", "if job is None:\n        return", "if job is None:\n        return None\n        return"),
    _decision("a verdict on other bytes will do", "is_unread and verdict.applies_to(landed) and", "is_unread and"),
    _decision("a revoked verdict will do", " and not verdict.is_revoked\n", "\n"),
    _decision("a verdict replaces the result of the job", "is_unread = not bound.results and", "is_unread = True and"),
    _decision("a verdict replaces a result for another version", "not bound.results and not bound.has_others", "not bound.results"),
    _decision("a verdict overrules findings", "bound.with_evidence(used.evidence_about(landed))", "BoundEvidence.of(landed, used.evidence_about(landed), None)"),
    _verdict("any bytes will do", "mine = (self.sha256, ", "mine = (landed.sha256, "),
    _verdict("any kind of file will do", "mine = (self.sha256, self.size_bytes, self.dataset, self.extension)", "mine = (self.sha256, self.size_bytes, dataset_of(landed.name), extension_of(landed.name))"),
    _verdict("identifiers are not part of the rules", "facts = [_SCHEMA, asdict(self),", "facts = [_SCHEMA, {**asdict(self), 'identifiers': 0},"),
    _verdicts("no verdict is too old", "timedelta(0) <= age <= MOST_AGE", "timedelta(0) <= age"),
    _verdicts("verdicts come from the future", "timedelta(0) <= age <= MOST_AGE", "age <= MOST_AGE"),
    _verdicts("a run trusts itself", "verdict.record_uri == own_record_uri or ", ""),
    _verdicts("a void verdict is found", "return None if exceeds_evidence(read_found(s3, bronze, landed.sha256), verdict.evidence) else verdict", "return verdict"),
    _verdicts("a void verdict is reused", "is_revoked=exceeds_evidence(found.get(verdict.sha256, ()), verdict.evidence)", "is_revoked=False"),
    _verdict("the policy of a run is not part of the rules", 'for policy in (described, described.get("also")) if policy)', "for policy in (described,))"),
    _decision("findings in the same bytes are ignored", "if self.elsewhere:\n            judgement", "if False:\n            judgement"),
    _decision("findings in the same bytes loosen a decision", "if with_elsewhere.outcome.strictness > own.outcome.strictness:", "if with_elsewhere.outcome.strictness < own.outcome.strictness:"),
    _decision("findings elsewhere count as the finding of this job", "        everything = (*bound.everything, *elsewhere)\n", "        bound = bound.with_evidence(Evidence((), elsewhere))\n        everything = bound.everything\n"),
    _decision("unreadable findings elsewhere are ignored", "if doubt := doubt_about(self.landed, self.job, bound) or doubt_about_findings(elsewhere):", "if doubt := doubt_about(self.landed, self.job, bound):"),
    _decision("one policy that allows is enough", "        if None in rules:\n", "        if rules[0] is None:\n"),
    _decision("the rules of the run's own policy do not hold", "for rule in rules if rule and rule.then is Outcome.HOLD), None)", "for rule in rules[:1] if rule and rule.then is Outcome.HOLD), None)"),
    _policy("the run's own policy is ignored", "for policy in (self, *self.also)]", "for policy in (self,)]"),
    _policy("joined policies have the threshold of the first", "self.tightened(other.quarantine_threshold, other.promotion), also", "self, also"),
    _policies("the run's own policy takes the place of the feed's", "policy, also = policy.joined(other), {", "policy, also = other, {"),
    _policies("a run is judged again by its feed's policy alone", 'policy = policy.joined(_read_or_default(described["also"]["name"]))', "pass"),
    _basis("the latest evidence explains the decisions", 'version_id = pins[name] if pins else ""', 'version_id = ""'),
    _basis("evidence that came later was there", "    if pins is not None and name not in pins:\n        return\n", ""),
    _basis("a pinned version that is gone counts as empty", "missing_ok=not pins)", "missing_ok=True)"),
    _judge("findings of the job are not added to the index", "    _keep_found(operator, manifest, gathered, histories)\n", ""),
    _judge("the index by content is not read", "content.read_found(operator.s3, bronze, sha256), hashes)", "(), hashes)"),
    _judge("findings about another version are added to the landed bytes", "about_bytes = (*bound.own.results, *bound.own.findings, *bound.suspected)", "about_bytes = (*evidence.results, *evidence.findings)"),
    _judge("findings after moves began change decisions", "    if operator.begun(run):\n        known = basis.read_found", "    if False:\n        known = basis.read_found"),
    _commit("the plan does not pin the findings in the same bytes", "        if judged.found:\n            pins", "        if False:\n            pins"),
    _base("a dry run is what is asked for now", "return is_true(chosen) if pinned is None else", "return is_true(chosen) if True else"),
    _policies("any path is a policy", "if not _POLICY_NAME.fullmatch(name):", "if False:"),
    _jsonl("members of any type will do", "return type(value) is int if kind is float else isinstance(value, kind)", "return True"),
    _jsonl("a yes is a number", "if kind in {str, int, bool}:\n        return False", "if kind in {str, int, bool}:\n        return isinstance(value, kind)"),
    _jsonl("unknown members are no matter", "if unknown := sum(name not in kinds for name in content):", "if unknown := 0:"),
    _documents("any object is the document", "if problems := list(dict.fromkeys(iter_redacted_problems(shape, parsed))):", "if problems := []:"),
    Mutant(f"{GATE}/decision/decision.py", ("tests/lake_gate/decision/test_amendments.py",), "any outcome is an amendment's", "if decision.outcome not in _OUTCOMES:", "if False:"),
    _move("a chunk moves whatever its lines decide", "if decision.outcome != _decided(operator):", "if False:"),
    _jsonl("documents are nested as deeply as they like", " and _is_deep(parsed):", " and False:"),
    Mutant(f"{GATE}/recording/entries.py", ("tests/lake_gate/recording/test_entries.py",), "an entry is about whatever object comes next", ' or landed.name != entry["name"]:', ":"),
    _record("an entry need not say where its object is", 'if entry.get("now") is None or entry["outcome"] is None:', "if False:"),
    _remember("verdicts are made by rules of any shape", 'raise DamagedDocumentError(facts["record_uri"], str(problem)) from None', "raise"),
    _events_record("moves that no action asked for are no matter", "if next(done, None) is not None:", "if False:"),
    _record("any line is an entry", "if entry.outcome not in _OUTCOMES:", "if False:"),
    _reports("a run that has moved becomes a dry run", "if dry_run and operator.begun(run):", "if False:"),
    _publishing("a dry run has a marker", 'if written["dry_run"] or operator.is_dry(run, chosen=False):', 'if written["dry_run"]:'),
    _reports("a later look explains what was archived", "run, basis, FINDINGS)", "run, {}, FINDINGS)"),
    _release("a run that began as a dry run releases", 'or self.is_dry(run, chosen=False):', "or False:"),
    _remember("verdicts are made of a later look", "gather_pinned(operator.s3, bronze, run, basis)", "gather_pinned(operator.s3, bronze, run, {})"),
    _reuse("the policy of a run hides its feed's from the verdicts", "choose_policy(operator.feed_policy or operator.policy, operator.policy, *requested)\n    hashes", "choose_policy(operator.policy, operator.policy, *requested)\n    hashes"),
    _verdicts("a verdict need not match its key", " or not verdict.applies_to(landed) or verdict.rules != rules.fingerprint(landed)", ""),
    _verdicts("marks stay on", "if key != REUSED_TAG}", "}"),
    _remember("a reused verdict makes a new one", 'entry["reason"] in CLEARED', 'entry["reason"]'),
    _remember("a dry run is remembered", ' and not record["dry_run"]', ""),
    _remember("an unfinished run is remembered", 'record["accounted"] and not', "not"),
    _reuse("marks of a first try stay", "verdicts.unmark(operator.s3, _named(operator, run, before - names))", "pass"),
    _reuse("marks come before the document", "before - names))\n", "before - names))\n        verdicts.mark(operator.s3, _named(operator, run, names))\n"),
    _cost("no limit", " and cost.usd > float", " and 0 > float"),
    _cost("any scope can be estimated", "if not scope.is_confined(self.job_request, settings.bronze_bucket, run.prefix):", "if False:"),
    _scope("one prefix of many is enough", "is_key_prefix and all(value", "is_key_prefix and any(value"),
    _scope("any bucket is the run's", " != {bucket}:", " == set():"),
    _scope("allow lists are no matter", 'if spec.get("allowListIds"):', "if False:"),
    _scope("excludes are joined by OR", 'if _terms(_scoping(spec), "excludes"):', "if False:"),
    _doubts("how the job ended is ignored", 'if job.status != "COMPLETE":', "if False:"),
    _doubts("access errors are ignored", 'if job.last_run_error != "NONE":', "if False:"),
    _doubts("a sample is enough", "if job.sampling_percentage != 100:", "if False:"),
    _doubts("a missing finding is ignored", 'if any(observation.detections or observation.severity for observation in bound.everything):\n            return', 'if False:\n            return'),
    _doubts('evidence need not settle', 'if not job.settled:', 'if False:'),
    _doubts("an unknown severity is ignored", "return Reason.SEVERITY_UNKNOWN", "pass"),
    _doubts("unknown detections are ignored", "return Reason.DETECTIONS_UNKNOWN", "pass"),
    _policy("above, not from the threshold on", "self.severity.rank >= severity.rank", "self.severity.rank > severity.rank"),
    _policy("an override beats a stricter threshold", "self.without_overrides() if is_stricter else self", "self"),
    _policy("an override need not explain the severity", "rule.overrides_threshold and facts.is_severity_explained", "rule.overrides_threshold"),
    _facts("the type of a finding explains nothing", "return observation.finding_type in {None, expected}", "return True"),
    _policies("a policy that is gone leaves the overrides of the default one", "[0].without_overrides()", "[0]"),
    _policy("any rule overrides the threshold", "return not (rule and rule.overrides_threshold and", "return not (rule and"),
    _policy("the threshold of the other policy is ignored", "for policy in (self, *self.also))", "for policy in (self,))"),
    _policy("one group of a combination is enough", "if not all(any(facts.count(name) for name in group)", "if not any(any(facts.count(name) for name in group)"),
    _policy("the last identifier decides a combination", "if self.min_counts and not any(", "if self.min_counts and not all("),
    _policy("counts of a promotion are no limit", "if any(facts.count(name) > count", "if all(facts.count(name) > count"),
    _policy("an override may allow a category", 'and "categories" not in rule', ""),
    _doubts("any content type will do", "return Reason.CONTENT_TYPE_DIFFERS", "pass"),
    _content_types("an unknown content type fits", "return not content_type or", "return True or"),
    _decision("only results have a severity", "excused.remaining(everything))", "excused.remaining((*bound.results, *elsewhere)))"),
    _decision("only findings have a severity", "excused.remaining(everything))", "excused.remaining((*bound.findings, *elsewhere)))"),
    _facts('the smaller count stands', 'largest |= counts', 'largest = largest & counts or counts'),
    _judge("re-processing loosens all or nothing", "requested is Promotion.ALL_OR_NOTHING or all(", "True or all("),
    Mutant(f"{GATE}/runs_index.py", ("tests/lake_gate/test_runs_index.py",), "a damaged index fails the run", "except (ClientError, BotoCoreError, GateError) as error:\n        log.warning(\"The index", "except ZeroDivisionError as error:\n        log.warning(\"The index"),
    _excusing("an exception excuses other tables", "return exception.dataset == dataset_of(landed.name)", "return True"),
    _excusing("an exception excuses more than its most", " if each.count <= (exception.most or 0) else ()", ""),
    _excusing("an exception for a column excuses more than its most", "        if found.cells[position] <= (exception.most or 0)\n", ""),
    _excusing("an exception for a column excuses other columns", "if is_elsewhere or sum(", "if sum("),
    _excusing("occurrences that no result locates are in the excused column", "sum(found.proven[column] for column in by_column) < found.count", "False"),
    _excusing("findings prove in which column all occurrences are", "sum(found.proven[column]", "sum(found.cells[column]"),
    _excusing("an exception excuses other bytes", "exception.sha256 != landed.sha256 or not is_reviewed", "not is_reviewed"),
    _excusing("an exception excuses what was not reviewed", "exception.sha256 != landed.sha256 or not is_reviewed", "exception.sha256 != landed.sha256"),
    _excusing("an exception excuses more than was reviewed", "each.count <= exception.detections.get(identifier, 0)", "identifier in exception.detections"),
    _excusing("an exception of another feed counts", "if exception.feed == feed and", "if"),
    _excusing("an exception counts after its end", " and exception.is_valid_at(at)]", "]"),
    _excusing("what remains has no severity", "if remaining or not is_explained(observation):", "if not is_explained(observation):"),
    _excusing("a severity that the detections do not explain is excused", "if remaining or not is_explained(observation):", "if remaining:"),
    _excusing("detections of an unknown category are excused", "return len(self.categories) == 1 and UNKNOWN not in self.categories and", "return"),
    _excusing("counts of a file inside an archive are those of the object", " and not self.is_embedded\n", "\n"),
    _exception("an exception does not end", " and at[:_DAY] <= self.until", ""),
    _exception("an exception counts before it exists", "self.created_at[:_SECOND] <= at[:_SECOND] and ", ""),
    _exception("an exception is approved by the user who asked for it", 'if any(is_same_person(content["requested_by"], user) for user in content["approved_by"]):', "if False:"),
    _exception("a text in a document may go on after a line break", 'rf"^[^{_CONTROL}]*[^\\s{_CONTROL}][^{_CONTROL}]*{_END}"', 'rf"^[^{_CONTROL}]*[^\\s{_CONTROL}][^{_CONTROL}]*$"'),
    _exception_store("an exception that the file revokes is added", "        if exception.id in file.revoked:\n", "        if False:\n"),
    _exception_store("a damaged file lets exceptions be added", "    if file is None:\n        raise", "    if (file := file or ExceptionFile()) is None:\n        raise"),
    _exception_store("an exception is added beside another one of its id in the file", "if any(each.id == exception.id and each != exception for each in file.exceptions):", "if False:"),
    _exception_store("a damaged file revokes nothing", "    if file is None:  # it may", "    if (file := file or ExceptionFile()) is None:  # it may"),
    _places("a line of a ledger is a stray", 'rf"{LEDGERS}{_FEED}/', 'rf"no{LEDGERS}{_FEED}/'),
    _exception_store("a revoked exception counts", "if exception.id not in revoked and exception not in", "if exception not in"),
    _exception_store("a revoked exception counts again without the file", "revoked = file.revoked | recorded", "revoked = file.revoked"),
    _exception_store("a mistyped id is revoked in silence", "    read.problems += _revoked_problems(feed, file, keys, recorded)\n", ""),
    _exception_store("a revoked exception is added again", "        if exception.id in recorded:\n", "        if False:\n"),
    _exception_store("a revocation has no line if its try died", "and datetime.now(UTC) - listed[key] > _SETTLED_AFTER", ""),
    Mutant(f"{GATE}/decision/judging.py", (STANDING,), "a run does not record what was revoked", "    record_revocations(operator.s3, operator.lake_settings, run.feed)\n", ""),
    _exception_store("one of two exceptions with one id counts", "        if len(same) == 1:\n", "        if same:\n            read.exceptions.append(same[0])\n        elif False:\n"),
    _exception_store("an exception is at the key of another one", "if exception.key != key:", "if False:"),
    _exception_store("an exception replaces another one", "    if not is_this:\n", "    if False:\n"),
    Mutant(f"{GATE}/decision/judging.py", (STANDING,), "an exception for a masked copy counts without masking", "standing.exceptions if is_masking else without_masked(standing.exceptions)", "standing.exceptions"),
    Mutant(f"{GATE}/decision/judging.py", (STANDING,), "exceptions change once moves have begun", "        if known is not None:\n            return Standing(known)\n", ""),
    Mutant(f"{GATE}/masking/operators.py", ("tests/lake_gate/masking/test_operators.py",), "no exception lets a masked copy pass", "    makes_copies = True\n", ""),
    Mutant(f"{GATE}/decision/judging.py", ("tests/lake_gate/masking/test_operators.py",), "an exception for a masked copy counts for the copy", "operator.makes_copies and not run.is_masked", "operator.makes_copies"),
    _rejudging("later findings are excused by exceptions that have ended", "self.exceptions if has_later_findings else self.pinned", "self.pinned"),
    _rejudging("objects without later findings lose their exceptions", "self.exceptions if has_later_findings else self.pinned", "self.exceptions"),
    _rejudging("an exception for a masked copy counts for an object without one", "exceptions if self.outcome(name) == Outcome.MASK else without_masked(exceptions)", "exceptions"),
    Mutant(f"{GATE}/finding_events/runs.py", ("tests/lake_gate/finding_events/test_later_exceptions.py",), "later findings are not excused", "        exceptions=today,\n", ""),
    _remember("a promotion by a verdict and an exception is a new verdict", '    if entry["verdict"] is not None:\n        return False\n', ""),
    _decision("an exception for a masked copy promotes the object", "return replace(judgement, outcome=Outcome.MASK, reason=Reason.MASKED_BY_EXCEPTION)", "return judgement"),
    _decision("all or nothing is ignored", "policy.promotion is Promotion.ALL_OR_NOTHING and", "False and"),
    _policy("a run may loosen the threshold", "quarantine_threshold=min(", "quarantine_threshold=max("),
    _policy("any allowed detection allows all", "not all(self._names(detection)", "not any(self._names(detection)"),
    _policy("hold before quarantine is fine", "if then is Outcome.QUARANTINE and first_hold:", "if False:"),
    _policy("a custom identifier passes for a managed one", "if is_custom else self.managed", "if not is_custom else self.managed"),
    _evidence("what cannot be read is not there", "if not identifier or identifier == UNKNOWN or not category or number < 1:", "if False:"),
    _evidence('a claim without detections is clean', 'if not found and (has_type or', 'if not found and (False and'),
    _evidence("no status is complete", 'status.get("code") or "missing"', 'status.get("code") or "COMPLETE"'),
    _judge("strangers are ignored", "raise UnknownObjectsError(", "print("),
    _judge("the deadline counts as settled", '(xcom.parse(evidence) or {}).get("settled") is True', "True"),
    _hook("the first page of findings", "yield from findings", "yield from findings\n                    return"),
    _hook("the first file of results", "                yield from pool.map(read, keys)", "                yield next(pool.map(read, keys))\n                break"),
    _hook("findings that do not come are ignored", "raise errors.FindingsIncompleteError(", "print("),
    # ---- no leak, no loss: what is moved
    _copying('copies are not verified', 'if difference := self._difference(made):', 'if difference := "":'),
    _copying("the checksum is not compared", 'if head.get("ChecksumSHA256") != self.decision.checksum:', "if False:"),
    _copying('metadata may get lost', 'lost = _lost_property(source, made, tags) or', 'lost ='),
    _copying("the latest version is copied", 'version = {"Bucket": self.decision.bucket, "Key": self.decision.key, "VersionId": self.decision.version_id}', 'version = {"Bucket": self.decision.bucket, "Key": self.decision.key}'),
    _versions('the latest version is looked at', '{"VersionId": version_id} if version_id else {}', '{}'),
    _transfer("a delete hits the latest version", '{"Key": key, "VersionId": version_id} for', '{"Key": key} for'),
    _transfer("what was not copied is deleted, too", "to_delete = [n for n in copied if", "to_delete = [n for n, _ in enumerate(decisions) if"),
    _transfer("promoted objects leave bronze", " if decisions[n].outcome != Outcome.PROMOTE]", "]"),
    _transfer("nothing leaves bronze", "for n, error in zip(to_delete, try_delete(s3, [decisions[n] for n in to_delete]), strict=True):", "for n, error in ():"),
    _transfer("other people's versions are deleted", 'return head is None or head.get("ChecksumSHA256") == copied.checksum', 'return True'),
    _transfer("delete markers go though something is below", "if len(same) == len(others):", "if True:"),
    _copying('a copy is made again by every try', '            if target.copy:\n                return self._moved(target.copy, is_beside_others=target.has_others)\n            try:', '            try:'),
    _copying('copies do not ask whether the place is free', 'return {"IfNoneMatch": "*"}\n        latest', 'return {"StorageClass": "STANDARD"}\n        latest'),
    _copying("the object's own tags get lost", 'if source.get("TagCount"):', "if False:"),
    _transfer("errors of S3's delete are ignored", 'for refused in answer.get("Errors", ()):', "for refused in ():"),
    _transfer("an object whose source stays is moved", "outcomes[n] = error or outcomes[n]", "pass"),
    _transfer("a version that cannot be looked at stops all deletions", "failed[n] = from_aws_error(error)", "raise"),
    _multipart('uploads are left behind', '    except BaseException:\n        with suppress(', '    except BaseException:\n        raise\n        with suppress('),
    _multipart('large copies overwrite', 'MultipartUpload={"Parts": parts}, **condition))', 'MultipartUpload={"Parts": parts}))'),
    _multipart("leftovers stay", '                _abort(s3, bucket, key, upload["UploadId"])', '                print(s3, bucket, key, upload["UploadId"])'),
    _versions("the first page of versions", 'if page.get("NextKeyMarker", "") > last:', "if True:"),
    # ---- no loss: what is landed, planned, recorded
    _uploads("landing overwrites", ', IfNoneMatch="*"', ""),
    _landing("what a changed source left is forgotten", "    if others:\n        raise", "    if False:\n        raise"),
    _uploads("another content is taken for the same", 'if response.get("ChecksumSHA256") != checksum:', "if False:"),
    _landing("landing begins with what the disk cannot hold", "if file.size_bytes > max(disk.room, disk.most):", "if False:"),
    _landing("unversioned buckets are fine", "    if without:", "    if False:"),
    _landing("a run is green whatever its source holds by now", "    if changed or new or missing:", "    if False:"),
    _landing("other bytes of the same size are the same file", "return sha256.hexdigest() == landed.sha256", "return True"),
    _landing("an empty delivery stands for ever", "lambda current: current or jsonl.dump(landed)", "lambda current: jsonl.dump(landed) if current is None else current"),
    _landing("a part of a file is landed", "if size != file.size_bytes:", "if False:"),
    _landing("nobody knows which bytes were landed", "    add_landed(s3, bronze, run, landed)", "    pass"),
    _pin("a run id may be used for another source", "if other.source_sha256 != self.source_sha256:", "if False:"),
    _pin("a run may become a dry run", "if other.dry_run != self.dry_run:", "if False:"),
    _pin("two run ids share a folder", "if other.run_id != self.run_id:", "if False:"),
    _s3("an empty object beside the files is the delivery", "if single and _has_any(", "if False and _has_any("),
    _choosing("a feed's source that is not there is an empty delivery", "chosen is not None or DATE not in operator.source", "chosen is not None"),
    _choosing("blanks choose the source of the settings", 'return trim(str(params.get("source") or "")) or None', 'return str(params["source"]) if params.get("source") else None'),
    _choosing("a run id is checked once its source was opened", "    check_pin(operator.s3", "    0 and check_pin(operator.s3"),
    _pinning("a source that cannot be opened is pinned", "    place = f\"s3://{bronze}/{run.prefix}\"\n", "    place = f\"s3://{bronze}/{run.prefix}\"\n    before_landing()\n"),
    _pinning("a run is pinned by no try", "        if not is_held(source):\n            before_landing()", "        if False:\n            before_landing()"),
    _source("names of hidden files set off alarms", "loggable(names), len(left_out))", "names, len(left_out))"),
    _source("an address with a slip in it is shown", "return source if path and not _SECRETS_IN_A_PATH.search(path[\"path\"]) else _UNREADABLE", "return source"),
    _source("a password with a slash is shown", "    if not parts or not _is_valid(parts):", "    if not parts:"),
    _source("the signature of an address is shown", 'path = re.split(_PARAMETERS.pattern + "|=", parts["path"] or "", maxsplit=1)[0]', 'path = source.partition(parts["host"])[2]'),
    _source("parameters like those of a signature are not compared", "if name in names))", "if name))"),
    _source("two places of one host are one source", "{_scheme_and_host(parts)}{parts['path'] or ''}", "{_scheme_and_host(parts)}"),
    _source("a large file is taken for a marker", "and file.size_bytes <= _MAX_MARKER_BYTES", ""),
    _s3("content whose key ends like a folder is left out", 'elif item["Size"]:', "elif False:"),
    _s3("archived objects are landed until one fails", "    if archived:\n", "    if False:\n"),
    _local("links are followed", "_READ = os.O_RDONLY | os.O_NOFOLLOW", "_READ = os.O_RDONLY"),
    _local("folders may be links", "_PASS = getattr(os, \"O_PATH\", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW", "_PASS = getattr(os, \"O_PATH\", os.O_RDONLY) | os.O_DIRECTORY"),
    _web("a name is looked up again", "socket.create_connection((ip, _port(parts))", "socket.create_connection((_host(parts), _port(parts))"),
    _web("addresses that are not public are asked", "if not is_allowed and not _is_public(ip):", "if False:"),
    _web("credentials are served to who has allowed the host", "if ip.is_link_local or any(", "if not is_allowed and any("),
    _web("IPv4 addresses in others are not seen", "last if is_only_ipv4 or is_isatap else None", "None"),
    _web("addresses that IANA gives to no host are asked", "any(ip in network for network in _SPECIAL) or ", ""),
    _web("all of IPv6 is public", "(ip.version == 6 and ip not in _GLOBAL)", "False"),
    _web("redirects from https go anywhere", 'and urlsplit(target).scheme != "https"', "and False"),
    _web("a cut answer is whole", "    if response.length:", "    if False:"),
    _zip("a member may hold more than is listed", "    if not is_same:\n", "    if False:\n"),
    _zip("a member that is not listed is left out", 'if b"PK\\x03\\x04" in before + piece:', "if False:"),
    _zip("members are counted once they are in memory", "    if at < size:\n", "    if False:\n"),
    Mutant(f"{GATE}/delivery/unpacking.py", ("tests/lake_gate/delivery/test_unpacking.py",), "a zip that changes while it is landed is fine", "(self._crc, self._size) != (self._info.CRC, self._info.file_size)", "False"),
    _zip("a folder with content is left out", "if info.file_size)", "if False)"),
    _zip("a name with backslashes is not checked as it is landed", "check_name(source, _name(info))", 'check_name(source, info.orig_filename.replace("\\\\", "_"))'),
    _header("any word is a name", 'cell if _is_known(cell) else ""', "cell"),
    _header("words that are values are names", "return words[-1] in _ATTRIBUTES or not _VALUES.intersection(words)", "return True"),
    _header("the first of many equal values is a name", "any(column.recurs for column in columns) or ", ""),
    _header("values of one shape are a header", "return any(_shape(cell) == shape or not", "return any(not"),
    _header("rows above a header may have as many cells", "if len(row) >= width), 0)", "if at == 1), 0)"),
    _header("any first row is a header", " or 2 * known < len(first):", ":"),
    _move("a failing window ends the chunk", "return [from_aws_error(error)] * len(window)", "raise"),
    _commit('decisions may change after moves began', 'if not is_this and not operator.begun(run):', 'if not is_this:'),
    _move("a chunk that failed is done", "    if errors:\n        raise", "    if False:\n        raise"),
    _plan("a last chunk that is not full is dropped", "range(0, len(lines), objects)", "range(0, len(lines) - 1, objects)"),
    _record("everything is accounted for", '"accounted": totals.not_accounted == 0', '"accounted": True'),
    _record("decided is as good as moved", 'return bool(entry["outcome"] and entry["now"])', 'return bool(entry["outcome"])'),
    _reports('a record that does not account is fine', '    if totals.not_accounted:', '    if False:'),
    _marker("the marker lists everything", ' if item["outcome"] == Outcome.PROMOTE]', "]"),
    _marker("what was withdrawn may come back", "withdrawn = {**other.withdrawn, **self.withdrawn}", "withdrawn = self.withdrawn"),
    _overlay("an amendment that is added meanwhile is missed", "if amendments == before:", "if True:"),
    _withdrawing("the marker lists withdrawn objects", "_attempt(failures, lambda: rewrite_marker(self.s3, bronze, silver, run, amendments))", "pass"),
    _withdrawing("a document that cannot be written keeps an object in silver", "        failures.append(error)", "        raise"),
    _withdrawing("the record has the former places", "_attempt(failures, lambda: rewrite_record(self.s3, self.settings, run))", "pass"),
    _moving("one failing object keeps the others where they are", "        if len(decisions) == 1:\n", "        if True:\n"),
    _moving("an object that is still in silver is reported as moved", "if copies and buckets.silver not in {", "if copies and None not in {"),
    _events("one failing run stops its chunk", 'log.warning("Cannot withdraw from %s: %s", f"{feed}/{folder}" if feed else "strays", class_of(error))', 'log.warning("failed"); raise'),
    _events("a retryable error is not tried again", "if retryable and _has_tries_left(context):", "if False:"),
    _events("the last try raises, and nothing is recorded", "task_instance.try_number <= task_instance.max_tries", "True"),
    _events("a finding of another shape stops everything", "except ValueError:  # it names", "except ZeroDivisionError:  # it names"),
    _events_record("failed objects are not pending", "        self.pending += ids\n", ""),
    _events_reports("the last task is green although objects failed", "if count := totals", "if not (count := 0) and None and totals"),
    _carrying("findings are not kept by content", "carried.versions[sha256] = content.add_found(lake.s3, lake.bronze, sha256, by_content[sha256])", 'carried.versions[sha256] = ""'),
    _carrying("a finding stays where it was made", "for place in landed_at:", "for place in ():"),
    _deciding_restored("bytes whose runs are still open are settled", "for sha256, places in carried.places.items() if not places & open_keys", "for sha256, places in carried.places.items()"),
    Mutant(f"{EVENTS}/operators.py", (f"{_EVENTS_TESTS}index.py",), "bytes are settled while the index is incomplete", "        if is_index_complete:\n            versions", "        if True:\n            versions"),
    Mutant(f"{EVENTS}/operators.py", (f"{_EVENTS_TESTS}index.py",), "bytes that could not be moved are settled", " if sha256 not in totals.failed_bytes}", "}"),
    Mutant(f"{EVENTS}/withdrawing.py", (f"{_EVENTS_TESTS}withdrawing.py",), "a cleared run forgets its earlier moves", "for place in (*before, *moved)}", "for place in moved}"),
    _deciding_strays("one unreadable stray stops everything", "        result.actions.append(_decide(lake, found, result))\n    except Exception as error:", "        result.actions.append(_decide(lake, found, result))\n    except ZeroDivisionError as error:"),
    _deciding_strays("strays that stay are read", '    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:\n', "    describe(lake.s3, bucket, key, head)\n    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:\n"),
    _deciding_runs("one damaged run stops everything", "    except DamagedDocumentError as damage:\n        return", "    except ZeroDivisionError as damage:\n        return"),
    _deciding("every object at the key of a marker is one", "return written is not None and is_marker_of(lake.s3, lake.bronze, run, written)", "return written is not None"),
    _deciding_runs("findings that a run knows never lead to another decision", "if not is_left_to_run and not landing.is_dry and (landing.basis or not is_known):", "if not is_left_to_run and not landing.is_dry and not is_known:"),
    _deciding_again("copies in silver of held objects stay", "                add_copies_in_silver(lake, landed[name], everything[name], result)", "                pass"),
    _deciding_runs("copies in silver of a dry run stay", "    add_copies_in_silver(lake, landed, [*not_in_silver, *elsewhere], result)\n", ""),
    _finishing("a withdrawal that was begun is not finished", "        elif name in unfinished:\n", "        elif False:\n"),
    _runs("findings after the decisions are known", "findings = iter_pinned(s3, bronze, run, basis, FINDINGS)", "findings = iter_pinned(s3, bronze, run, {}, FINDINGS)"),
    _rewriting("a record that says dry is believed", '    moves = s3.list_objects_v2(Bucket=bronze, Prefix=run.document(MOVES), MaxKeys=1)\n    return not moves.get("Contents")', "    return True"),
    _rewriting("dry is what the record says", "begun if begun is not None else record or {}", "record or {}"),
    _reconciling("a marker that lags behind is fine", "return current is None or _without(", "return True or _without("),
    _reconciling("a list of objects that lags behind is fine", "    if not all(_is_same(entry, line) for entry, line in zip_longest(wanted, current)):", "    if not list(zip_longest(wanted, current)):"),
    _reconciling("sums that lag behind are fine", "return bool(_as_json(sums(totals, dry_run=dry_run)) == {name: record.get(name) for name in _NAMES})", "return True"),
    _reconciling("a marker may have other members", " or marker.to_bytes() != content:", ":"),
    _reconciling("a marker may list what its run has not promoted", " or any(promoted.get(item[\"key\"]) != item for item in marker.objects):", ":"),
    _reconciling("a marker may withdraw what its run has never had", "return marker.withdrawn.keys() <= versions and set(marker.withdrawn.values()) <= set(Reason)", "return True"),
    _index("one damaged run keeps all others out of the index", "    except (DamagedDocumentError, ValueError) as error:", "    except ZeroDivisionError as error:"),
    _index("a run that was not read is in the index", "            is_whole = False\n", ""),
    _index("the index has no later findings", "        if run.feed == FEED:", "        if False:"),
    _places("a key that begins like a document is one", "_IN_BRONZE.fullmatch(key) is not None", "_IN_BRONZE.match(key) is not None"),
    _moving("the copy in silver stays", "yield self.silver, silver_key(key)", "return"),
    _watermark("a watermark from the future hides all findings", "return watermark if watermark.updated_at_ms <= now_ms + LOOK_BACK_MS else", "return watermark if True else"),
    Mutant(f"{GATE}/content.py", ("tests/lake_gate/test_content.py",), "a damaged document hides a landing", 'for name in names if _landed_key(run, sha256, name) == key]', "for name in ()]"),
    _carrying("a damaged landing stops the other runs with the same bytes", "            return landed_at, error\n", "            return [], error\n"),
    _carrying("bytes of which not all places are known are settled", "        else:  # bytes of which not all places are known stay pending\n    ", "        if True:\n    "),
    _watermark("pending findings are forgotten", " | frozenset(left)\n", "\n"),
    _hints("findings of other accounts are accepted", 'payload.get("account") != account_id', "not account_id"),
    _publishing("somebody else's marker will do", "raise MarkerStandsError(", "print("),
    # ---- no loss: what is held, and released
    _held("older versions are held, too", ' if item["IsLatest"])', ")"),
    _reprocessing("the latest held version is landed", "Key=taken.key, VersionId=taken.version_id)", "Key=taken.key)"),
    _reprocessing("every try takes what is held now", "if not written:", "if True:"),
    _reprocessing("what is held no longer is waited for", "        if (taken.key, taken.version_id) in existing\n", ""),
    _reprocessing("two held objects share a name", "and item.name not in used:", ":"),
    _review_documents("a damaged outcome or list of a review is used", "parse_object(content, bronze, key, _SHAPES[name])", "parse_object(content, bronze, key, {})"),
    Mutant(f"{GATE}/review/request.py", ("tests/lake_gate/review/test_documents.py",), "a request with a time that is none is used", "if not all(map(_is_moment, (request.asked_at, request.deadline_at, request.ends_at))):", "if False:"),
    _reviewing("the asker approves", "    if is_same_person(request.asked_by, answer.by) or is_same_person(request.asked_by, answer.by_id):\n", "    if False:\n"),
    _reviewing("the asker approves with another spelling", "if is_same_person(request.asked_by, answer.by) or is_same_person(request.asked_by, answer.by_id):", "if request.asked_by in {answer.by, answer.by_id}:"),
    _people("letters in another case make another person", ".casefold())", ")"),
    _people("a letter whose capitals are several makes another person", 'return unicodedata.normalize("NFKC", seen).strip()', "return seen.strip()"),
    _people("characters that are not drawn make another person", '_UNSEEN.sub("", unicodedata.normalize("NFKC", name).casefold())', 'unicodedata.normalize("NFKC", name).casefold()'),
    _reviewing("the same person approves twice", "    if any(_is_by_same(earlier, answer) for earlier in approvals):\n", "    if False:\n"),
    _feed("one person purges", '_LEAST_APPROVALS = {"purge": 2}', "_LEAST_APPROVALS = {}"),
    _feed("a file is purged on the day of its quarantine", '"purge_after_days": {"type": "integer", "minimum": 1,', '"purge_after_days": {"type": "integer", "minimum": 0,'),
    _feed("one person releases files as they are", '{"release": 2,', '{"release": 1,'),
    _reviewing("fewer people than the request says approve", "if len(valid) >= request.needed:", "if len(valid) >= 1:"),
    _reviewing("an approval is good for ever", "return State.APPROVED if now <= request.ends_at else State.EXPIRED", "return State.APPROVED"),
    _reviewing("an answer counts for any content of its request", "    if answer.request_sha256 != request.sha256:\n", "    if False:\n"),
    _audit("a document of a review is written again", "if entry.versions > 1 and entry.key", "if entry.versions > 9 and entry.key"),
    _checking("a user opens any number of requests", ">= MOST_OPEN\n", "< 0\n"),
    _review("requests that are made at once are more than a user may have", "        self._withdraw_if_too_many(written)\n", ""),
    _checking("an exception excuses what was not found", "if tables := list(_tables_without(request)):", "if tables := []:"),
    _checking("a purge is asked before its retention", "if datetime.now(UTC).date() < day:", "if False:"),
    _reviewing("a user who is not a reviewer any more approves", "(is_new or answer.option == APPROVE) and request.reviewers_now and answer.by not in request.reviewers_now", "False"),
    _reviewing("a user who is not a reviewer any more refuses", "(is_new or answer.option == APPROVE) and", "answer.option == APPROVE and"),
    _reviewing("approvals that the feed asks for since do not count", "return max(self.approvals, self.approvals_now)", "return self.approvals"),
    _reviewing("an answer that did not count counts later", "    if answer.note:\n", "    if False:\n"),
    _reviewing("answers that do not count end a request", "if now > request.deadline_at else State.ASKED", "if now > request.deadline_at or len(list(answers)) > 9 else State.ASKED"),
    _reviewing("a user who is not a reviewer approves", "if request.reviewers and answer.by not in request.reviewers:", "if False:"),
    _reviewing("a late answer counts", "not answer.at or answer.at > request.deadline_at", "not answer.at"),
    _reviewing("an answer of no user counts", "    if not answer.by:\n", "    if False:\n"),
    _reviewing("a decided request is decided again", "    return len(valid) >= request.needed or any(answer.option == REFUSE for answer in valid)\n", "    return False\n"),
    _reviewing("a refusal is outvoted", "if any(answer.option == REFUSE for answer in valid):", "if False:"),
    _answering("several options count as the first", "len(chosen) == 1", "len(chosen) >= 1"),
    _answering("no answer in time is an answer", 'if event.get("timedout") is True or event.get("error_type") == "timeout":', "if False:"),
    _sessions("the session policy is left out", "DurationSeconds=SECONDS, Policy=policy", "DurationSeconds=SECONDS"),
    _sessions("the session is for every version of the key", '"Condition": {"StringEquals": {"s3:VersionId": file.version_id}},', ""),
    _sessions("a key is a pattern", "/{_literal(file.key)}", "/{file.key}"),
    _returning("other bytes are released", "!= (file.size_bytes, file.sha256):", "is None:"),
    _returning("bytes of another writer are released", "    if put is None:\n        raise", "    if put is None:\n        return Returned(file.name, key, '')\n        raise"),
    _returning("a seal is not looked at", "!= file.checksum:", "is False:"),
    _returning("copies of a request that failed stay held", 's3.delete_object(Bucket=bronze, Key=key, VersionId=version_id)', "pass"),
    _returning("the last copy is taken back", 'if is_safe and head.get("ChecksumSHA256")', 'if head.get("ChecksumSHA256")'),
    _returning("bytes of another writer are taken back", 'if is_safe and head.get("ChecksumSHA256") == file.checksum:', "if is_safe:"),
    _purging("versions that were not reviewed are purged", "is_same = sealed_checksum(s3, bucket, file.key, version_id) == file.checksum", "is_same = True"),
    _purging("a purge does not look at the reviewed version", "        check_in_quarantine(s3, bucket, request.id, file)\n", "        pass\n"),
    _purging("what a purge leaves is not noticed", "if versions.deleted]:", "if False]:"),
    _sessions("the purger's session reads", '    action: ClassVar[str] = "s3:DeleteObjectVersion"', '    action: ClassVar[str] = "s3:*"'),
    _review("a request fails after the first copy", "            check_in_quarantine(self.s3, settings.quarantine_bucket, request.id, file)\n", "            pass\n"),
    _review("an exception that cannot be added is noticed after the copies", "        check_addable(self.s3, settings.bronze_bucket, request.feed, exceptions)\n", ""),
    _review("a request that failed leaves its copies held", "        except _IMPOSSIBLE as error:\n            self._take_back(request)\n", "        except _IMPOSSIBLE as error:\n"),
    _review("a run is started that the documents do not say", 'if (returned or {}).get("reprocess") != reprocess:', "if False:"),
    _review("an exception that has ended keeps its request open", "_IMPOSSIBLE = (ReviewedFileChangedError, ReviewedFilePurgedError, ExceptionStandsError, ExceptionEndedError)", "_IMPOSSIBLE = (ReviewedFileChangedError, ReviewedFilePurgedError, ExceptionStandsError)"),
    _review("an exception of a request that failed is not told", '{"exceptions": ids} if ids else {}', "{}"),
    _review("a request that failed is green", "        if outcome.get(\"state\") == State.FAILED:\n", "        if False:\n"),
    _review("the rules of the feed's file since do not count", "return with_rules(request, feed.approvals_for(request.asked), feed.reviewers.get(request.asked, ()))", "return request"),
    _review("what was carried out is judged by later rules", "        if begun := self.begun_step(request):\n", "        if False:\n"),
    _review("a user who is not a reviewer any more ends a request", "counted(request, answers), answer, is_new=True)", "counted(request, answers), answer)"),
    _review("answers are not bound to what was asked", "replace(answer, request_sha256=request.sha256)", "replace(answer, request_sha256='')"),
    _review("a purge that has begun is closed as expired", "        name = PURGING if request.kind is Asked.PURGE else RETURNED\n", "        name = RETURNED\n"),
    _review("a version that was purged is not named", 'described(found, begun["files"])', 'begun["files"]'),
    _review("files are given back before enough people have approved", "if state is not State.APPROVED or", "if"),
    _review("a task that was marked as done gives files back", "        if state is State.ASKED:\n", "        if False:\n"),
    _review("a run that waits with the id of the re-scan is taken for it", "        pin_run(self.s3, bronze, Run(", "        __import__('lake_gate.delivery.pin').delivery.pin.check_pin(self.s3, bronze, Run("),
    _review("another run is taken for the re-scan", '        pin_run(self.s3, bronze, Run(request.feed, reprocess["run_id"]), reprocess["source"], is_dry_run=False)\n', ""),
    _review("the re-scan is skipped", '"source": source_of_review(request.id)}', '"source": None}'),
    _review("a cleared task gives files back again", "returned = begun or self._return(", "returned = self._return("),
    _review("an answer whose task died has no line", "        append_latest_answer(self.s3, self.lake_settings, request, answers)\n", ""),
    _review("a wait has no deadline", "max(left, timedelta(seconds=1))", "left"),
    _review("a run that no user has started asks", 'getattr(context["dag_run"], "triggering_user_name", None) or ""', 'getattr(context["dag_run"], "triggering_user_name", None) or "scheduled"'),
    _showing("a name is Markdown", "character.isalnum() or character in _SAFE", "True or character in _SAFE"),
    _showing("a name is a link", 'return _LINKED.sub(lambda found: "".join(map(_code, found.group())), "".join(map(_shown, cut)))', 'return "".join(map(_shown, cut))'),
    _reprocessing("any source takes the files of a review", " and not REVIEW_ID.fullmatch(item.run_folder)", ""),
    _reprocessing("a review takes what another has given back", "return item.run_folder == request_id", 'return item.run_folder.startswith("review-")'),
    _releasing("a held copy goes before its object is found", "        return False\n", "        pass\n"),
    _releasing("a held copy goes for other bytes", 'now["version_id"]) != landed.checksum:', 'now["version_id"]) is None:'),
    _releasing("any object at the place of a held copy is deleted", "return bool((size, checksum) == (landed.size_bytes, landed.checksum))", "return True"),
    _releasing("held copies that stay are not reported", "    if kept:\n", "    if False:\n"),
    _releasing("nothing held is ever released", "        delete_versions(\n            s3, [", "        list(\n            ["),
    _release("a dry run releases what is held", 'if record["dry_run"] or', "if"),
    # ---- data is never code, and names from outside stop nothing
    Mutant("dags/held_objects.py", _templates, "data reaches an operator by expand_kwargs", '.expand(about=overdue(list_held.output["overdue_feeds"]))', '.expand_kwargs(overdue(list_held.output["overdue_feeds"]))'),
    Mutant(f"{GATE}/held/operators.py", _templates, "a feed from a key is a template field", "    def __init__(self, *, about: str,", '    template_fields = (*GateOperator.template_fields, "about")\n\n    def __init__(self, *, about: str,'),
    Mutant(f"{GATE}/moving/operators.py", _templates, "a mapped chunk is a template field", "    def __init__(self, *, outcome: str,", '    template_fields = (*GateOperator.template_fields, "chunk")\n\n    def __init__(self, *, outcome: str,'),
    Mutant("dags/finding_events.py", _templates, "the name of a mapped task has any length", "['of'][:200]", "['of']"),
    _held("a feed of any shape is read from a key", "if len(parts) == 3 and _may_be_of_a_run(*parts):", "if len(parts) == 3:"),
    _held("held masked copies are of a feed of their own", "parts = path.removeprefix(MASKED_PREFIX).split", "parts = path.split"),
    _held("an object of no run is one of the feed", "if held and feed in {None, held.feed}:", "if held:"),
    _held("a tag is a reason whatever it says", "reason if reason in set(Reason) else UNKNOWN", "reason"),
    _reprocessing("one long name keeps a feed held", "if len(taken.name.encode()) <= most_bytes:", "if True:"),
    _reprocessing("a planted name takes that of a held object", "used = {item.key[prefix_length:] for item in held}", "used = {item.key[prefix_length:] for item in held if item.run_folder not in reprocessing}"),
    _names("a file may be named like an alarm", ".replace(ALARM, _NOT_ALARM)", ""),
    _names("a name may begin a line of a log", "c if c.isprintable() else", "c if True else"),
    Mutant(f"{GATE}/errors.py", ("tests/lake_gate/test_errors.py",), "an error's sentence is logged as it is", "return loggable(self.sentence.format(**facts, **self._sentence_facts()))", "return self.sentence.format(**facts, **self._sentence_facts())"),
    Mutant(f"{GATE}/moving/operators.py", (MOVING,), "the name of a mapped task has any length, and the move fails", 'map_index_name(f"{len(moved)} from {moved[0].name}")', 'f"{len(moved)} from {moved[0].name}"'),
    _receipts("a receipt's key has any length", "if _PLAIN.fullmatch(kind):", "if True:"),
    # ---- notifications
    _failures("a task that is tried again sends a message", "if not failure.is_final:", "if False:"),
    _failures("a task that failed finally sends no message", "== _FAILED_STATE:", '== "":'),
    _failures("the last try sends no message", "or try_number > max_tries", "or try_number > max_tries + 1"),
    # ---- the account
    _jobs("somebody else's job is cancelled", 'if account.is_managed(job) and job["tags"]', 'if job["tags"]'),
    _jobs("a retry pays for a second job", '"tags": tags}, *token_facts)', "\"tags\": tags}, __import__('uuid').uuid4().hex)"), Mutant(f"{MACIE}/hook.py", ("tests/macie/test_operators.py", "tests/macie/test_scheduled_jobs.py"), "a cancelled job is used", 'return status != "CANCELLED"', "return True"),
    _jobs("a job may leave out what is there", 'if request.get("initialRun") is not True:', "if False:"),
    _jobs("a dry run cancels", "    if not account.is_dry_run:\n        account.hook.cancel_job", "    if True:\n        account.hook.cancel_job"),
    _rules("an expired rule goes on hiding findings", 'if account.is_managed(found) and found["name"] not in wanted:', "if False:"),
    _rules("somebody else's rule is deleted", 'if account.is_managed(found) and found["name"] not in wanted:', 'if found["name"] not in wanted:'),
    _rules("a rule widened by hand stays wide", "if _criteria(rule) != _criteria(found):", "if False:"),
    _lists("somebody else's list is taken for ours", "[found for found in described if account.is_managed(found)]", "described"),
    _suppression("a rule counts on its last day", "return rule.expires_on <= today", "return rule.expires_on < today"),
    _suppression("what no rule explains is not counted", "attribution.unexplained += not explaining", "attribution.unexplained += 0"),
    _suppression("a rule may archive everything", '"additionalProperties": _CONDITION, "minProperties": 1}', '"additionalProperties": _CONDITION}'),
    # ---- no value leaves the objects
    _kept("columns are called by the first row", '{"row": _position, "column": _position}', '{"row": _position, "column": _position, "columnName": _name}'),
    _kept("references of cells are kept", '{"row": _position, "column": _position}', '{"row": _position, "column": _position, "cellReference": _name}'),
    _kept("paths into JSON are kept", '{"recordIndex": _position}', '{"recordIndex": _position, "jsonPath": _name}'),
    _kept("positions may be text", "    return value if is_number or (isinstance(value, str) and _DIGITS.fullmatch(value)) else None", "    return value"),
    _kept("files in an archive are named", '{"fileSize": _count, "fileLastModified": _time}', '{"fileSize": _count, "filePath": _name}'),
    _kept("any text is one of Macie's words", "return value if isinstance(value, str) and shape.fullmatch(value) else UNKNOWN", "return value"),
    _kept("a path is kept whatever the key", 'if found.get("path") != f"{bucket}/{key}":', "if False:"),
    _kept("a word that is not one vanishes", "shape.fullmatch(value) else UNKNOWN", "shape.fullmatch(value) else None"),
    _kept("a count that is not one vanishes", "return UNKNOWN if kept is None else kept", "return kept"),
    _kept("a severity without a word vanishes", ', always={"description": UNKNOWN})', ")"),
    _kept("a file in an archive is the archive", 'always={"filePath": UNKNOWN}', "always={}"),
    _kept("what is not a list was not there", "return [{}] if value else None", "return None"),
    _kept("what is not an object was not there", 'unreadable={"totalCount": UNKNOWN}', "unreadable={}"),
    _stores("results are stored as Macie wrote them", "packed.writelines(to_line(record, self.transform)", "packed.writelines(to_line(record, None)"),
    _stores("findings of a job are stored as Macie wrote them", "file.write(to_line(finding, self.transform))", "file.write(to_line(finding, None))"),
    _lists_findings("findings are stored as Macie wrote them", "file.write(to_line(finding, self.transform))", "file.write(to_line(finding, None))"),
    Mutant("dags/synthea_gate.py", ("tests/test_dags.py",), "a run keeps whole records", "            transform=without_values,\n", ""),
    Mutant("dags/finding_events.py", ("tests/test_dags.py",), "finding_events keeps whole records", "        transform=without_values,\n", ""),
    _records("a damaged line is left out", "                    raise DiscoveryResultUnreadableError(uri, number)\n                yield", "                    continue\n                yield"),
    _records("a result that is cut off ends there", "            line = None\n", '            line = b""\n'),
    _translation("expired credentials that were refreshed end a wait", "        if not _is_of_credentials(error):\n            raise\n", "        raise\n"),
    _translation("the text of botocore's errors is told", 'type(error).__name__, "no response from AWS")', "type(error).__name__, str(error))"),
    # ---- no endless wait
    _triggers("clients are made once", "            except MacieUnavailableError as error:\n                unexpected = 0\n", "            except MacieUnavailableError as error:\n                raise\n"),
    _triggers("clients keep their credentials", "for hook in self._hooks()]", "for hook in self.__dict__.setdefault('_made', self._hooks())]"),
    _triggers("errors are not translated", "                with translated_errors():\n", "                if True:\n"),
    _triggers("an unexpected error is told by its text", "            return to_event(TriggerFailedError(self.job_id, type(error).__name__))", "            raise"),
    _triggers("unexpected errors go on for ever", "if unexpected == MOST_UNEXPECTED:", "if False:"),
    _triggers("a failed poll changes nothing", "    def _miss(self) -> None:\n        self._seen = None\n", "    def _miss(self) -> None:\n        pass\n"),
    _translation("expired credentials are a refusal", "(*_RETRYABLE_CODES, *_CREDENTIAL_CODES)", "_RETRYABLE_CODES"),
    _triggers("there is no deadline", "async with asyncio.timeout(seconds):", "async with asyncio.timeout(None):", is_endless=True),
    _triggers('a pause has no end', 'return now - self._paused_since >= self.pause_seconds', 'return False', is_endless=True),
    _triggers("polls do not back off", "self._next_delay = min(delay * BACKOFF,", "self._next_delay = min(delay,"),
    _sensors("an unknown status is success", "raise errors.JobStatusUnknownError(self.job_id, str(status))", "return {}"),
    _sensors("the deadline is success", "raise errors.JobDeadlineError(", "print("),
    _evidence("an empty part hides behind a legible one", "or (claimed and not found):", "or False:"),
    _evidence("a larger total is no matter", "or total > sum(each.count for each in found)", ""),
    _evidence("a severity without a word is none", "or (UNKNOWN if severity else None)", "or None"),
    _doubts("one finding inside an archive will do", "if not any(not finding.is_embedded for finding in bound.findings):", "if not bound.findings:"),
    _facts("an identifier that a record lists twice counts once", "counts[detection.category, detection.identifier] += detection.count", "counts[detection.category, detection.identifier] = detection.count"),
    _sealed("what is isolated is not verified", 'if made.get("ChecksumSHA256") != self.decision.checksum:', "if False:"),
    _sealed("what is isolated may lie there in the clear", 'if not made.get("ServerSideEncryption"):', "if False:"),
    _sealed("a copy in quarantine that nobody verified counts", "if _seal_of(self.s3, self.bucket, self.key, version_id, found) == self.decision.checksum:", 'if found.get("run") == self.run.folder:'),
    _sealed("what a crash has left in quarantine is taken for another writer's", 'elif found.get("run") != run_tag_value(self.run):', "elif True:"),
    _sealed("what a crash has left in quarantine stays there", "        if not sealed_checksum(s3, bucket, key, version_id):\n", "        if False:\n"),
    _sealed("a copy that was sealed meanwhile is removed", "        if not sealed_checksum(s3, bucket, key, version_id):\n", "        if True:\n"),
    _sealed("two attempts leave two sealed copies", "if not seal or seal == sealed_checksum(s3, bucket, key, counting[key]):", "if not seal:"),
    _sealed("sealed copies of other bytes are removed", "if not seal or seal == sealed_checksum(s3, bucket, key, counting[key]):", "if True:"),
    _sealed("versions of other runs are removed", "if version_id not in counting[key] and _is_of(s3, bucket, key, version_id, run):", "if version_id not in counting[key]:"),
    _sealed("the version that counts is removed", "if version_id not in counting[key] and _is_of", "if _is_of"),
    _sealed("unverified versions go though none that counts is there", "if not counting[key].issubset(history.versions):", "if False:"),
    _move("unverified versions are removed before it is settled which counts", "try_all(operator.s3, window, run, buckets, keep_unsealed=True)", "try_all(operator.s3, window, run, buckets)"),
    _sealed("no room is kept for the seal", "reserved_tags: ClassVar[int] = 1", "reserved_tags: ClassVar[int] = 0"),
    _sealed("nobody asks whether the place in quarantine is free", 'else {"IfNoneMatch": "*"}', "else {}"),
    _sealed("other tags get lost with the seal", "sealed = {**tags, **self.own_tags}", "sealed = {}"),
    _sealed("a tag of the object passes for the seal", "if name != SEAL_TAG}", "}"),
    _sealed("any object passes for a seal", ' if not item["Size"])', ")"),
    _sealed("tags in quarantine may have other values", "if self.own_tags and (lost := self._lost_tags(version_id, sealed)):", "if False:"),
    _copying("a retry takes what the first try refused", "source is None or not (_lost_property(source, head, tags) or self._lost_tags(version_id, tags))", "True"),
    _copying("a copy found with other values of tags counts", " or self._lost_tags(version_id, tags))\n", ")\n"),
    _copying("the values of tags are not compared", "(self._lost_tags(version_id, tags) if self.own_tags else", "(\"\" if self.own_tags else"),
    _copying("what was at the place is taken for the source", "if not self._source_exists():", "if True:"),
    _tags("the gate's tags displace the object's own", "return {**own, **{name: gates[name] for name in free[: max(0, room - len(own))]}}", "return dict(list({**gates, **own}.items())[:room])"),
    _tags("own tags with names of the gate's get lost", 'tags.get("reason") in _REASONS', "True"),
    _taking_back("copies that came late stay", "errors += [error for error in outcomes if isinstance(error, Exception)", "pass; errors += [error for error in () if isinstance(error, Exception)"),
    _move("the amendments are read once", "    amended = _amendments(operator, run)\n", "    amended = before\n"),
    _move("a copy that completes after the withdrawal stays", "errors = take_back(operator.s3, withdrawn, run, buckets)", "errors: list[Exception] = []"),
    _move("a withdrawal during a move is an error", "for decision in decisions if decision.name not in amended]", "for decision in decisions if decision.name in outcomes]"),
    _taking_back("an amendment that is not stricter takes copies back", "if is_stricter(amendment.decision.outcome, than=d.outcome)]", "]"),
    _taking_back("other bytes are taken back", "if buckets.checksum_at(s3, bucket, key, version_id) == decision.checksum:", "if True:"),
    _answers("a write in flight is an object that is there", 'in {"412", "PreconditionFailed"}', 'in {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}'),
    _answers("conflicts are tried again for ever", "for seconds in CONFLICT_WAITS_SECONDS:", "for seconds in iter(lambda: 0, 1):"),
    _copying("a copy with the right bytes is deleted", "if difference := self._difference(made):", "if difference := self._difference(made) or _lost_property(source, made, tags):"),
    _copying("what came meanwhile is overwritten", 'return {"IfMatch": latest["ETag"]} if latest["VersionId"] in self.history.versions else None', 'return {"StorageClass": "STANDARD"}'),
    _multipart("other keys' uploads are aborted", 'if upload["Key"] == key:', "if True:"),
    _move("a move looks at the plan once", "if decisions != _planned(operator, run):", "if False:"),
    _commit("decide ignores moves that have begun", 'if any(begun["decisions"] != planned["decisions"]', 'if False and any(begun["decisions"] != planned["decisions"]'),
    _commit("the plan changes after moves began", "if not (operator.begun(run) and read", "if not (False and read"),
    Mutant(f"{GATE}/recording/entries.py", (REPORTS,), "a marker needs no record that accounts", 'if not record["accounted"]:', "if False:"),
    Mutant(f"{GATE}/recording/entries.py", ("tests/lake_gate/held/test_operators.py",), "held objects are deleted although the record does not account for all", 'if not record["accounted"]:', "if not True:"),
    _triggers("silence of AWS counts as a pause", "self._paused_since = now if self._paused_since is None else self._paused_since", "self._paused_since = 0.0"),
    _MASKING["checks"]("a masked cell may have any form", 'if not all(map(has_form, set(masked) - {""})):', "if False:"),
    _MASKING["checks"]("cells that are not masked may differ", "if columns[position] != copied[self._target_of[position]]:", "if False:"),
    _MASKING["checks"]("a masked value may stand in another column in another spelling", "return any(value == other and value in asked for value, other in pairs)", "return False"),
    _MASKING["checks"]("a masked value may stand in another column", "        self._search_masked(columns, values)\n", ""),
    _MASKING["checks"]("a masked copy may have fewer rows", "if len(rows) != len(copied):", "if not copied:"),
    _MASKING["checks"]("a masked copy may have more rows", "if copy.read(1):", "if False:"),
    _MASKING["checks"]("two values may have one token", "        if self.collisions:", "        if False:"),
    _MASKING["checks"]("originals with the form of tokens are not searched", "        if self._looking_like_tokens:", "        if False:"),
    _MASKING["checks"]("dates of a patient may be shifted by various days", "or remembered.setdefault(patient, days) != days", ""),
    _MASKING["checks"]("a date may stay as it is", "if not 0 < abs(days) <= MOST_DAYS or", "if"),
    _MASKING["plan"]("a column of a named dataset needs no rule", "return None if self._dataset else _NOT_NAMED", "return _NOT_NAMED"),
    _MASKING["plan"]("a rule for one of several identifiers is enough", "if len(given) == len(rules) else None", "if given else None"),
    _MASKING["plan"]("the loosest rule for a column applies", "return max(given, key", "return min(given, key"),
    _MASKING["plan"]("a detection without a column needs no masking", "if found.column is None and found.index is None:\n            raise", "if found.column is None and found.index is None:\n            return []\n            raise"),
    _MASKING["plan"]("a cell of the first row is the label of its column", "if self._has_header and (header or name in rules) else", "if True else"),
    _MASKING["masker"]("days of a patient follow from the token", 'keys.of(f"{column.rule.namespace}/days")', "keys.of(column.rule.namespace)"),
    _MASKING["files"]("what is masked need not be what was landed", "if (original.sha256, original.size_bytes) != (landed.sha256, landed.size_bytes):", "if False:"),
    _MASKING["files"]("keys may be of another version than the spec", "if spec.key_version != keys.version:", "if False:"),
    _MASKING["files"]("small groups are not held", "smallest < spec.min_k", "smallest < 0"),
    _MASKING["keys"]("a new key version has the old keys", 'f"lake-gate/masking/{self.version}/{purpose}"', 'f"lake-gate/masking/1/{purpose}"'),
    _MASKING["keys"]("all namespaces have the same key", 'self._derive(f"namespace/{namespace}")', 'self._derive("namespace/")'),
    _MASKING["methods"]("sparsely populated areas keep their digits", 'return "000" if digits in SPARSE_ZIP3 else digits', "return digits"),
    _MASKING["methods"]("birth years of people over 89 stay", "return str(max(int(match[1]), oldest_year))", "return match[1]"),
    _MASKING["methods"]("a place without a state stays", 'return match[1] if match else ""', "return match[1] if match else value"),
    _MASKING["spec"]("the oldest year may be long ago", 'if this_year - content["oldest_year"] > _MOST_YEARS:', "if False:"),
    _MASKING["records"]("a record may have any length", "if not end and len(text) > _MOST_CHARACTERS:", "if False:"),
    Mutant("include/job_specs/synthea_daily.json", ("tests/lake_gate/scan/test_job_spec.py",), "the daily job leaves out what is not csv", '"buckets": ["${silver_bucket}"]}]', '"buckets": ["${silver_bucket}"]}], "scoping": {"includes": {"and": [{"simpleScopeTerm": {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}}]}}'),
    Mutant("ship/environments.py", ("tests/ship/test_environments.py",), "roles with a longer name may deploy, too", 'f"{role}/*/{name}"', 'f"{role}/*{name}"'),
    Mutant("ship/environments.py", ("tests/ship/test_environments.py",), "whoever deploys is the deployer, whatever the file says", '"DeployerArns": ",".join(principals_of(caller_arn)), **self.parameters', '**self.parameters, "DeployerArns": ",".join(principals_of(caller_arn))'),
    # ---- what waits: told of, and never decided by its telling
    _quarantine("originals of masked copies wait for an answer", ' and tags.get("decision") != Outcome.MASK:', ":"),
    _quarantine("a key of any shape names a feed in quarantine", "    except ValueError:\n        return UNKNOWN, UNKNOWN\n    return run.feed, run.folder", "    except ValueError:\n        pass\n    return parts[0], parts[-1]"),
    _quarantine("tags of any number of files are read each day", "islice(remaining, MOST_TAGGED)", "remaining"),
    _requests("a refusal answers what becomes of a file", 'state if state in ANSWERS else ""', "state"),
    _requests("a damaged request is not told", "        if request is None:\n            reviews.waiting.append", "        if False:\n            reviews.waiting.append"),
    _today("today's decision rests on evidence of a later try", "evidence = gather_about(s3, bronze, run, {(landed.bucket, landed.key)}, basis)", "evidence = gather_about(s3, bronze, run, {(landed.bucket, landed.key)}, {})"),
    _today("today's decision forgets what was found elsewhere", "verdicts, {landed.sha256: found})", "verdicts, {})"),
    _today("today's decision applies exceptions for masked copies to files", "standing.exceptions if feed.masking else without_masked(standing.exceptions)", "standing.exceptions"),
    Mutant(f"{GATE}/display/policies.py", ("tests/lake_gate/display/test_policies.py", "tests/lake_gate/pages/test_today.py"), "texts of the file of exceptions are on pages", "*map(_without_content, problems[:MOST_PROBLEMS])", "*problems[:MOST_PROBLEMS]"),
    _pages("reviews", "a page reads any number of requests", "reverse=True)[:MOST_READ]", "reverse=True)"),
    _today("a page reads evidence of any size", "sizes.get(document, 0) > most", "False"),
    _pages("access", "the page shows DAGs that are not feeds", "return feed if {TAG, feed} <= tags else None", "return feed"),
    _pages("access", "the page ignores what Airflow allows", 'Depends(requires_access_dag("GET", DagAccessEntity.RUN))', "Depends(lambda: None)"),
    _pages("access", "the overview shows all feeds to everyone", ' and _may(request, user, "GET", dag_id)', ""),
    Mutant(f"{GATE}/display/environment.py", ("tests/lake_gate/display/test_environment.py", "tests/lake_gate/pages/test_app.py"), "names are HTML", "autoescape=select_autoescape(default=True, default_for_string=True)", "autoescape=False"),
    Mutant(f"{GATE}/pages/app.py", ("tests/lake_gate/pages/test_app.py",), "a report is shown as a page of Airflow's origin", """{"Content-Disposition": f'attachment; filename="{name}"'}""", "{}"),
    Mutant(f"{GATE}/reports/rendering.py", ("tests/lake_gate/reports/test_rendering.py",), "direction marks stay in reports", "found.finalize = _visible", "found.finalize = None"),
    Mutant(f"{GATE}/reports/writing.py", ("tests/lake_gate/reports/test_writing.py",), "the text of an error of a report is logged", "            class_of(error),", "            error,"),
    Mutant(f"{GATE}/feed_reports/proof.py", ("tests/lake_gate/feed_reports/test_proof.py",), "coverage is what the decisions say", "_is_analysed(own) or", "True or"),
    Mutant(f"{GATE}/feed_reports/proof.py", ("tests/lake_gate/feed_reports/test_proof.py",), "a sampled job proves all", '("COMPLETE", "NONE", 100)', '("COMPLETE", "NONE", job.sampling_percentage)'),
    Mutant(f"{GATE}/recording/rewriting.py", ("tests/lake_gate/reports/test_writing.py",), "an amendment leaves the report as it was", "        write_run_report(s3, settings, run)", "        pass"),
    _pages("rendering", "caches keep pages", '"private, no-store"', '"public, max-age=60"'),
    _pages("files", "cells of the CSV are formulas", "if cell.startswith(_FORMULA) else cell", "if not cell else cell"),
    _pages("lake", "amendments of any size are kept in memory", 'for item in page.get("Contents", ())) > MOST_KEPT_BYTES:', 'for item in page.get("Contents", ())) < 0:'),
    _pages("lake", "a record of any size is kept in memory", "shape, most_bytes=MOST_OBJECT_BYTES) or {}", "shape) or {}"),
    Mutant("plugins/macie_gate_plugin.py", ("tests/test_macie_gate_plugin.py",), "an Airflow without a login serves any name", '"allowed_hosts": list(filter(None, hosts))', '"allowed_hosts": ["*"]'),
    _pages("places", "names are commands of the shell", "return shlex.quote(text)", "return text"),
    Mutant(f"{GATE}/pages/app.py", ("tests/lake_gate/pages/test_app.py",), "the text of an error is on the page", "return render_state(request, states.FAILED)", "return render_state(request, states.of_settings(str(error)))"),
    _chain("the hash of the line before is not compared", "and line.previous != expected", "and False"),
    _chain("missing lines are not reported", "[] if sequence == before + 1 else", "[] if True else"),
    _chain("a rewritten chain has the head that was kept", "and found[head.sequence] != head.hash", "and False"),
    _chain("the last lines may be gone", "if head.sequence > last:", "if False:"),
    _chain("a line may be written in another way", "if line.to_bytes() != content:", "if False:"),
    _chain("a line may have the number of another", "line.sequence != sequence", "False"),
    _book("a line may be written over that of another writer", "if write_version(s3, bucket, key, line.to_bytes())[1]:", 'if s3.put_object(Bucket=bucket, Key=key, Body=line.to_bytes(), ContentType="application/json"):'),
    _book("a head that cannot be read stops the message", "except Exception as error:\n            log", "except KeyError as error:\n            log"),
    _audit("the hash of a document is not compared", "if content and content.sha256 == named.sha256:", "if content:"),
    _audit("the documents of a record are not checked", "and content and named.is_record:", "and content and False:"),
    _audit("documents of lines that are gone count as checked", "        if lost:\n", "        if False:\n"),
    _audit("a document without a line is fine", "if _is_before(entry.modified_at, self._first_at):", "if True:"),
    _audit("a line names any address", 'and match[4] == self.feed and ".." not in line.uri', ""),
    Mutant(f"{GATE}/ledger/stores.py", ("tests/lake_gate/ledger/test_stores.py",), "a folder is left", "path.resolve().is_relative_to(self.root.resolve()) and path.is_file()", "path.is_file()"),
    Mutant(f"{GATE}/recording/documents.py", ("tests/lake_gate/recording/test_documents.py",), "a record has no line", "    append_document(s3, settings, run.feed, kind, key, version_id, content)\n", ""),
    Mutant("infra/storage.yaml", ("tests/infra/test_ledger.py",), "the gate may overwrite a line in bronze", 'Resource: !Sub "${BronzeBucket.Arn}/_ledger/*"\n            Condition:', 'Resource: !Sub "${BronzeBucket.Arn}/_ledgers/*"\n            Condition:'),
]  # fmt: skip
