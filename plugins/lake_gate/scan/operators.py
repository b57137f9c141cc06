"""Operator that estimates the cost of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lake_gate.base import GateOperator
from lake_gate.errors import CostLimitError, JobScopeError
from lake_gate.model.run import REUSED
from lake_gate.model.words import counted, usd

if TYPE_CHECKING:
    from airflow.sdk import Context

_NO_LIMIT = {"", "None"}


class EstimateCostOperator(GateOperator):
    """Estimate the cost of the job, and stop the run if it is above the limit.

    Returns ``objects``, ``size_bytes``, ``usd`` and ``maybe_compressed``, see :class:`lake_gate.scan.cost.Estimate`.

    :param job_request: arguments of CreateClassificationJob (templated).
    :param max_scan_usd: limit of the cost (templated); empty or None: no limit.
    """

    template_fields = (*GateOperator.template_fields, "job_request", "max_scan_usd")

    def __init__(self, *, job_request: Mapping[str, Any], max_scan_usd: str | float | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_request = job_request
        self.max_scan_usd = max_scan_usd

    def step(self, context: Context) -> dict[str, Any]:
        """Sum up the objects in scope."""
        from lake_gate.scan import scope
        from lake_gate.scan.cost import BYTES_PER_GB, estimate

        run, settings = self.run_of(context), self.lake_settings
        if not scope.is_confined(self.job_request, settings.bronze_bucket, run.prefix):
            raise JobScopeError(f"s3://{settings.bronze_bucket}/{run.prefix}")
        reused = {line["name"] for line in self.iter_document(run, REUSED, missing_ok=True)}
        to_scan = (landed for landed in self.manifest(run) if landed.name not in reused)
        read = (landed for landed in to_scan if scope.may_read(self.job_request, landed))
        cost = estimate(read, settings.scan_usd_per_gb)
        self.log.info(
            "The job will read %s, %.3f GB, for about %s",
            *(counted(cost.objects, "file"), cost.size_bytes / BYTES_PER_GB, usd(cost.usd)),
        )
        if cost.maybe_compressed:
            self.log.warning(
                "%d of them may be compressed: Macie bills the uncompressed bytes, so the scan may cost more",
                cost.maybe_compressed,
            )
        if str(self.max_scan_usd) not in _NO_LIMIT and cost.usd > float(str(self.max_scan_usd)):
            raise CostLimitError(cost.objects, cost.size_bytes, cost.usd, float(str(self.max_scan_usd)))
        return {**asdict(cost), "usd": round(cost.usd, 4)}
