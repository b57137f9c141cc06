"""Operators that make masked copies, and decide about originals and copies together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from lake_gate import xcom
from lake_gate.base import GateOperator
from lake_gate.decision.operators import DecideOperator
from lake_gate.errors import MaskingChangedError
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import map_index_name
from lake_gate.model.run import MANIFEST, MASKED, MASKING, TO_MASK, Run
from lake_gate.s3.documents import iter_items, write_document, write_lines

if TYPE_CHECKING:
    from airflow.sdk import Context

    from lake_gate.decision.judging import Judged
    from lake_gate.decision.plan import Chunks
    from lake_gate.masking.copies import Made
    from lake_gate.masking.joint import Masking

CHUNK_OBJECTS = 4
"""Objects that one mapped task masks: it reads and writes each of their cells, and workers share the chunks."""


class _DecideWithSpecOperator(DecideOperator):
    """Base of the operators that decide about the landed objects by policy and masking spec.

    :param spec: name of a file in ``include/masking``.
    """

    makes_copies = True

    def __init__(self, *, spec: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec

    def _judge_landed(self, run: Run) -> Judged:
        from lake_gate.decision.judging import judge
        from lake_gate.masking.joint import masked_if_named
        from lake_gate.masking.specs import read_spec

        judged, spec = judge(self, run, self.evidence), read_spec(self.spec)
        return replace(judged, decisions=(masked_if_named(decided, spec) for decided in judged.decisions))


class ChooseOperator(_DecideWithSpecOperator):
    """Decide on the scan of the landed objects, and list those that are to be masked; decisions are made later.

    Returns the chunks of ``to_mask.jsonl`` in the masked run, as ``[start, size]`` in bytes; none once moves have
    begun: the copies are made then.
    """

    def step(self, context: Context) -> list[list[Any]]:  # type: ignore[override]
        """Write the list."""
        from lake_gate.decision.plan import MOST_CHUNKS, split
        from lake_gate.decision.policy import Outcome
        from lake_gate.masking.copies import ToMask
        from lake_gate.masking.joint import found_in

        run = self.run_of(context)
        if self.begun(run) or self.begun(run.masked):
            self.log.warning("Moves have begun: the masked copies are kept")
            return []
        judged = self._judge_landed(run)
        names = {decided.name for decided in judged.decisions if decided.outcome == Outcome.MASK}
        lines = [
            jsonl.dump_line(ToMask(landed, found_in(landed, judged.observations_about(landed))))
            for landed in judged.manifest
            if landed.name in names
        ]
        write_document(self.s3, self.lake_settings.bronze_bucket, run.masked.document(TO_MASK), b"".join(lines))
        self.log.info("%d object(s) are to be masked", len(lines))
        return split(lines, max(CHUNK_OBJECTS, -(-len(lines) // MOST_CHUNKS)))


class MaskFilesOperator(GateOperator):
    """Make the masked copies of one chunk of objects, and write what became of each.

    An object that cannot be masked does not keep back the others: it is held with the reason. Returns the number of
    copies.

    :param spec: name of a file in ``include/masking``.
    :param chunk: ``[start, size]`` in bytes of ``to_mask.jsonl`` (mapped, not templated).
    """

    def __init__(self, *, spec: str, chunk: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.chunk = chunk

    def step(self, context: Context) -> int:
        """Mask one object after the other, so that memory and disk hold one."""
        from lake_gate.masking.copies import ToMask, make_copy
        from lake_gate.masking.keys import kms_keys
        from lake_gate.masking.specs import read_spec

        bronze, masked = self.lake_settings.bronze_bucket, self.run_of(context).masked
        spec, (start, size) = read_spec(self.spec), self.chunk
        kms: Any = AwsGenericHook(aws_conn_id=self.aws_conn_id, client_type="kms").conn
        keys = kms_keys(kms, self.lake_settings.require("masking_key").masking_key, spec.key_version)
        objects = iter_items(self.s3, bronze, masked.document(TO_MASK), ToMask.from_json, start=start, size=size)
        made = [make_copy(self.s3, masked, to_mask, spec, keys) for to_mask in objects]
        for item in made:
            if item.masking.problem:
                self.log.warning("%s", item.masking.problem)
        write_lines(self.s3, bronze, masked.document(f"{MASKING}{start}.jsonl"), map(jsonl.dump_line, made))
        shown = map_index_name(f"{len(made)} from {made[0].masking.name}") if made else "nothing"
        cast("dict[str, Any]", context)["masked"] = shown
        return sum(item.copy is not None for item in made)


class ListMaskedOperator(GateOperator):
    """Write ``masked.jsonl``, and the manifest of the masked copies, which the second job scans.

    Pushes ``copies`` (their number), ``prefix`` (where they are) and ``documents`` (the prefix of the documents about
    them).

    :param chunks: result of :class:`ChooseOperator` (templated).
    """

    template_fields = (*GateOperator.template_fields, "chunks")

    def __init__(self, *, chunks: list[list[int]] | str, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.chunks = chunks

    def step(self, context: Context) -> dict[str, Any]:
        """Join the documents of the chunks.

        :raises MaskingChangedError: when the copies were made with different keys or specs, or when an earlier try has
            made others.
        """
        run = self.run_of(context)
        masked = run.masked
        is_kept = self.begun(run) or self.begun(masked)
        copies = sum(1 for _ in self.manifest(masked)) if is_kept else self._write(masked)
        return {"copies": copies, "prefix": masked.prefix, "documents": masked.documents}

    def _write(self, masked: Run) -> int:
        bronze = self.lake_settings.bronze_bucket
        made = sorted(self._made(masked), key=lambda item: item.masking.name)
        copies = [item.copy for item in made if item.copy]
        reports = [item.masking.report for item in made if item.masking.report]
        rules = {tuple(report[name] for name in ("spec", "spec_sha256", "key_fingerprint")) for report in reports}
        if len(rules) > 1 or self._others(masked, copies):
            raise MaskingChangedError(f"s3://{bronze}/{masked.prefix}")
        write_lines(self.s3, bronze, masked.document(MASKED), (jsonl.dump_line(item.masking) for item in made))
        write_document(self.s3, bronze, masked.document(MANIFEST), jsonl.dump(copies))
        self.log.info("%d masked copies; %d object(s) cannot be masked", len(copies), len(made) - len(copies))
        return len(copies)

    def _made(self, masked: Run) -> Iterator[Made]:
        from lake_gate.masking.copies import Made

        for start, _ in xcom.parse(self.chunks):
            key = masked.document(f"{MASKING}{start}.jsonl")
            yield from iter_items(self.s3, self.lake_settings.bronze_bucket, key, Made.from_json)

    def _others(self, masked: Run, copies: list[LandedObject]) -> bool:
        """Whether an earlier try has made a copy that is not in the manifest: the job would read it as well."""
        known = {(copy.key, copy.version_id) for copy in copies}
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.lake_settings.bronze_bucket, Prefix=masked.prefix
        )
        return any((v["Key"], v["VersionId"]) not in known for page in pages for v in page.get("Versions", ()))


class DecideTogetherOperator(_DecideWithSpecOperator):
    """Decide about every landed object and every masked copy, see :class:`DecideOperator`.

    Returns the chunks of both. Raises :class:`MaskingChangedError` if the spec is another one than the copies were made
    with, because a rule that was added since is not applied in them; not once moves have begun.

    :param copies_evidence: like ``evidence``, of the job that has read the copies (templated).
    """

    template_fields = (*DecideOperator.template_fields, "copies_evidence")

    def __init__(self, *, copies_evidence: dict[str, Any] | str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.copies_evidence = copies_evidence

    def step(self, context: Context) -> Chunks:
        """Write the decisions about the copies first: those about the originals name them."""
        from lake_gate.decision.committing import commit
        from lake_gate.decision.judging import judge
        from lake_gate.decision.plan import together
        from lake_gate.masking.joint import Masking, decide_together, found_in, hash_of

        run = self.run_of(context)
        masked, bronze = run.masked, self.lake_settings.bronze_bucket
        lines = iter_items(self.s3, bronze, masked.document(MASKED), Masking.from_json, missing_ok=True)
        masking = {line.name: line for line in lines}
        self._refuse_other_spec(run, masking.values())
        judged = self._judge_landed(run)
        # Of what was found since, the masking did not know the column: such an object is held.
        known = {
            landed.name: masking[landed.name]
            for landed in judged.manifest
            if landed.name in masking
            and masking[landed.name].found == hash_of(found_in(landed, judged.observations_about(landed)))
        }
        has_copies = any(line.report for line in masking.values())
        of_copies = judge(self, masked, self.copies_evidence) if has_copies else None
        copies = of_copies.decisions if of_copies else ()
        originals, decided_copies = decide_together(judged.decisions, copies, known, judged.policy.promotion)
        chunks_of_copies = commit(self, masked, of_copies, decided_copies) if of_copies else {}
        chunks = commit(self, run, judged, originals, has_copies=has_copies)
        return together(chunks, chunks_of_copies)

    def _refuse_other_spec(self, run: Run, masking: Iterable[Masking]) -> None:
        from lake_gate.masking.specs import read_spec

        sha256 = read_spec(self.spec).sha256
        is_other = any(line.report and line.report.get("spec_sha256") != sha256 for line in masking)
        if is_other and not (self.begun(run) or self.begun(run.masked)):
            raise MaskingChangedError(f"s3://{self.lake_settings.bronze_bucket}/{run.masked.prefix}")
