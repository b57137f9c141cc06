"""Operator that stores the findings about some buckets since a time, of all jobs."""

# ruff: noqa: ARG002 - Airflow passes the context to every operator

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from macie.hook import MacieHook
from macie.records import to_line

if TYPE_CHECKING:
    from airflow.sdk import Context

    from macie.records import Transform

MEMORY_PER_DOCUMENT_BYTES = 8 * 1024 * 1024


class MacieFindingsToS3Operator(AwsBaseOperator[MacieHook]):
    """
    Store sensitive data findings about objects in some buckets: one element of GetFindings' response per line.

    Stores the findings that were updated at a time or later, and those of given ids; each once. Includes findings of
    all jobs, also of those created in the console and of automated discovery, and archived (suppressed) findings.
    Policy findings, samples, and ids that Macie does not know, or no longer knows, are left out. A retry overwrites
    the document.

    :param affected_buckets: names of the buckets (templated)
    :param since_ms: milliseconds since 1970 (templated)
    :param ids_key: key of a document with one finding id per line, in ``bucket`` (templated)
    :param bucket: bucket to write to (templated)
    :param key: key to write to (templated)
    :param transform: returns the part of a finding to store, because findings hold text of the object; None: all of it
    :return: ``{"findings": n, "unknown": n}``; ``unknown`` are the given ids that Macie does not know
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("affected_buckets", "since_ms", "ids_key", "bucket", "key")

    def __init__(
        self,
        *,
        affected_buckets: list[str],
        since_ms: int | str,
        ids_key: str,
        bucket: str,
        key: str,
        transform: Transform | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.affected_buckets = affected_buckets
        self.since_ms = since_ms
        self.ids_key = ids_key
        self.bucket = bucket
        self.key = key
        self.transform = transform

    def execute(self, context: Context) -> dict[str, int]:
        """List the updated findings, get those of the given ids, write both."""
        wanted = self.hook.read_lines(self.bucket, self.ids_key)
        stored: set[str] = set()
        known: set[str] = set()
        with cast("IO[bytes]", SpooledTemporaryFile(MEMORY_PER_DOCUMENT_BYTES)) as file:
            for finding in self._iter_findings(wanted, known):
                if finding["id"] not in stored and self._is_about_data(finding):
                    stored.add(finding["id"])
                    file.write(to_line(finding, self.transform))
            self.hook.upload(file, self.bucket, self.key)
        unknown = len(set(wanted) - known)
        self.log.info("Wrote %d findings to s3://%s/%s", len(stored), self.bucket, self.key)
        return {"findings": len(stored), "unknown": unknown}

    def _iter_findings(self, wanted: list[str], known: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the listed findings, then those of the given ids that were not listed."""
        for finding in self.hook.iter_findings_since(self.affected_buckets, int(self.since_ms)):
            known.add(finding["id"])
            yield finding
        for finding in self.hook.iter_findings_by_id(
            finding_id for finding_id in dict.fromkeys(wanted) if finding_id not in known
        ):
            known.add(finding["id"])
            yield finding

    def _is_about_data(self, finding: Mapping[str, Any]) -> bool:
        bucket = ((finding.get("resourcesAffected") or {}).get("s3Bucket") or {}).get("name")
        is_data = finding.get("category") == "CLASSIFICATION" and not finding.get("sample")
        return is_data and bucket in self.affected_buckets
