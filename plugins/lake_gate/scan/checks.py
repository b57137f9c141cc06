"""The operators around a job: is the delivery whole, what need not be scanned again, what will it cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from lake_gate.base import FINDINGS, HISTORIES, RECORD, RESULTS, GateOperator
from lake_gate.delivery.manifest import LandedObject, dataset_of
from lake_gate.documents import write_document
from lake_gate.errors import CostLimitError, JobScopeError, TablesMissingError
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.judging.basis import choose_policy, iter_pinned, read_basis, read_job
from lake_gate.judging.binding import bind
from lake_gate.judging.decision import CLEARED
from lake_gate.judging.evidence import Evidence, Severity, gather
from lake_gate.judging.histories import read_histories
from lake_gate.judging.policy import Promotion
from lake_gate.recording.entries import iter_entries, read_record
from lake_gate.run import Run
from lake_gate.scan import scope, verdicts
from lake_gate.scan.cost import BYTES_PER_GB, estimate
from lake_gate.scan.verdict import Rules, Verdict, hash_of_policies, hashes_of
from lake_gate.scan.verdicts import REUSED

if TYPE_CHECKING:
    from airflow.sdk import Context

_IN_MEMORY_BYTES = 8 * 1024**2
_NO_LIMIT = {"", "None"}


class CheckExpectedOperator(GateOperator):
    """Check that a delivery has every table that the feed expects, before anything is scanned.

    Held objects that are processed again are no delivery, and not checked. Returns ``expected`` (how many) and
    ``missing_tables`` (their names).

    :param expect: ``{"tables": ["patients", …], "missing": "fail" or "warn"}``, see :class:`lake_gate.feed.Feed`.
    :param source: where the delivery came from (templated).
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, expect: Mapping[str, Any], source: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expect = expect
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Compare the manifest's datasets with those expected."""
        is_delivery = not self.source.startswith("held://")
        expected = list(dict.fromkeys(table.lower() for table in self.expect["tables"] if is_delivery))
        delivered = {dataset_of(landed.name) for landed in self.manifest(self.run_of(context))}
        missing = [table for table in expected if table not in delivered]
        if missing and self.expect["missing"] == "fail":
            raise TablesMissingError(self.feed, len(expected), missing)
        if missing:
            self.log.warning("The delivery lacks %d expected table(s): %s", len(missing), ", ".join(missing))
        return {"expected": len(expected), "missing_tables": missing}


class ReuseVerdictsOperator(GateOperator):
    """Find the landed objects whose bytes an earlier run has cleared by the same rules, and mark them for the job.

    ``reused.jsonl`` beside the manifest says which, and on which verdicts; ``decide`` reads it. The tag only spares
    their scan: without it they are scanned, and then the evidence decides. Returns how many there are.

    :param enabled: False: every object is scanned.
    :param identifiers: ``{name: {"sha256": …}}`` of the custom data identifiers (templated).
    :param job_spec: name of the job spec.
    :param policy: name of the policy that the run asks for (templated).
    :param feed_policy: name of the feed's own, which counts, too, where it is another one; None: it has none.
    :param quarantine_threshold: what the run asks for (templated); counts where stricter than the policy.
    """

    template_fields = (*GateOperator.template_fields, "identifiers", "policy", "quarantine_threshold")

    def __init__(
        self,
        *,
        enabled: bool,
        identifiers: Mapping[str, Mapping[str, str]],
        job_spec: str,
        policy: str,
        quarantine_threshold: str,
        feed_policy: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled
        self.identifiers = identifiers
        self.job_spec = job_spec
        self.policy = policy
        self.quarantine_threshold = quarantine_threshold
        self.feed_policy = feed_policy

    def step(self, context: Context) -> int:
        """Look for verdicts anew in every try: what was one may be none any more."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        before = {name for name, _ in verdicts.iter_reused(self.s3, bronze, run)}
        names: set[str] = set()
        with cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY_BYTES)) as file:
            for landed, verdict in self._find(run):
                names.add(landed.name)
                file.write(json.dumps({"name": landed.name, **verdict.to_json()}).encode() + b"\n")
            file.seek(0)
            # In this order no object is ever left out that the document does not name.
            verdicts.unmark(self.s3, self._named(run, before - names))
            if before or names:
                write_document(self.s3, bronze, run.document(REUSED), file)
        verdicts.mark(self.s3, self._named(run, names))
        self.log.info("Verdicts of earlier runs speak for %d object(s)", len(names))
        return len(names)

    def _named(self, run: Run, names: set[str]) -> Iterator[LandedObject]:
        return (landed for landed in self.manifest(run) if landed.name in names)

    def _find(self, run: Run) -> Iterable[tuple[LandedObject, Verdict]]:
        if not self.enabled:
            return ()
        spec = read_job_spec(self.job_spec)
        if why := scope.why_all_are_read(spec):
            self.log.warning("No verdict is reused: %s", why)
            return ()
        asked = Severity(self.quarantine_threshold), Promotion.EACH_BY_ITSELF
        policy, of_policy = choose_policy(self.feed_policy or self.policy, self.policy, *asked)
        hashes = hashes_of(self.identifiers), fingerprint(spec), hash_of_policies(of_policy)
        rules = Rules(*hashes, policy.quarantine_threshold)
        bronze = self.the_settings.bronze_bucket
        return verdicts.find(self.s3, bronze, self.manifest(run), rules, _record_uri(bronze, run))


class EstimateCostOperator(GateOperator):
    """Say what the job will read and what that costs, and stop the run when it is too much.

    Returns ``objects``, ``size_bytes``, ``usd`` and ``maybe_compressed``, see :class:`lake_gate.scan.cost.Estimate`.

    :param job_request: arguments of CreateClassificationJob (templated).
    :param max_scan_usd: most that the scan may cost (templated); empty or None: anything.
    """

    template_fields = (*GateOperator.template_fields, "job_request", "max_scan_usd")

    def __init__(self, *, job_request: Mapping[str, Any], max_scan_usd: str | float | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_request = job_request
        self.max_scan_usd = max_scan_usd

    def step(self, context: Context) -> dict[str, Any]:
        """Sum up what is in scope."""
        run, settings = self.run_of(context), self.the_settings
        if not scope.is_confined(self.job_request, settings.bronze_bucket, run.prefix):
            raise JobScopeError(f"s3://{settings.bronze_bucket}/{run.prefix}")
        reused = {name for name, _ in verdicts.iter_reused(self.s3, settings.bronze_bucket, run)}
        read = (one for one in self.manifest(run) if one.name not in reused and scope.may_read(self.job_request, one))
        cost = estimate(read, settings.scan_usd_per_gb)
        self.log.info(
            "The job will read %d object(s), %.3f GB, for about %.2f USD",
            *(cost.objects, cost.size_bytes / BYTES_PER_GB, cost.usd),
        )
        if cost.maybe_compressed:
            self.log.warning(
                "%d of them may be compressed: Macie bills what is inside, so it may cost more", cost.maybe_compressed
            )
        if str(self.max_scan_usd) not in _NO_LIMIT and cost.usd > float(str(self.max_scan_usd)):
            raise CostLimitError(cost.objects, cost.size_bytes, cost.usd, float(str(self.max_scan_usd)))
        return {**asdict(cost), "usd": round(cost.usd, 4)}


class RememberVerdictsOperator(GateOperator):
    """Keep the evidence on what this run has promoted, under its SHA-256, for runs to come.

    Only objects that a job of this run has analysed: a reused verdict makes no new one, so that none outlives its
    scan. Returns how many were kept.

    :param enabled: False: none.
    """

    def __init__(self, *, enabled: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enabled = enabled

    def step(self, context: Context) -> int:
        """Read the record and what it rests on."""
        run, bronze = self.run_of(context), self.the_settings.bronze_bucket
        record = read_record(self.s3, bronze, run, "rules")
        basis = read_basis(self.s3, bronze, run)
        job = read_job(self.s3, bronze, run, basis)
        is_final = record["accounted"] and not record["dry_run"]
        if not (self.enabled and is_final and job and job.get("createdAt")):
            return 0
        facts = {
            "run_id": run.run_id,
            "record_uri": _record_uri(bronze, run),
            "job_id": job["jobId"],
            "cleared_at": datetime.fromisoformat(job["createdAt"]).astimezone(UTC).isoformat(),
        }
        kept = verdicts.remember(self.s3, bronze, self._verdicts(run, basis, Rules.from_record(record["rules"]), facts))
        self.log.info("Kept %d verdict(s)", kept)
        return kept

    def _verdicts(self, run: Run, basis: Mapping[str, Any], rules: Rules, facts: dict[str, str]) -> Iterator[Verdict]:
        bronze = self.the_settings.bronze_bucket
        gathered = gather(*(iter_pinned(self.s3, bronze, run, basis, name) for name in (RESULTS, FINDINGS)))
        histories = read_histories(self.s3, bronze, run, basis.get("evidence", {}).get(HISTORIES, ""))
        for landed, entry in zip(self.manifest(run), iter_entries(self.s3, bronze, run), strict=True):
            if entry["name"] == landed.name and entry["reason"] in CLEARED:
                said = gathered.get((landed.bucket, landed.key), Evidence())
                yield Verdict.on(landed, bind(landed, said, histories.get(landed.key)).own, rules, facts)


def _record_uri(bronze: str, run: Run) -> str:
    return f"s3://{bronze}/{run.document(RECORD)}"
