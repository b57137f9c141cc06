"""Checks after a smoke test: places of the files, and that none of their values is stored anywhere else."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake_gate.model.evidence import Observation
from lake_gate.model.run import FINDINGS, HELD_PREFIX, RESULTS, Run
from lake_gate.s3.documents import iter_json_lines, read_document_or_none
from lake_gate.settings import Settings
from ship.changes import Show
from ship.smoke.differences import differences, found_by_local_macie, found_by_real_macie
from ship.smoke.files import EXPECTED, SmokeFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PLACES = {"promote": "silver", "quarantine": "quarantine", "hold": "held"}


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks of the objects and documents of a run."""

    s3: S3Client
    settings: Settings
    run: Run
    files: SmokeFiles
    show: Show

    def problems(self) -> Iterator[str]:
        """Yield the problems, and show for each file how Macie's findings differ from those of the local Macie."""
        bronze, run = self.settings.bronze_bucket, self.run
        if (content := read_document_or_none(self.s3, bronze, run.document("record.json"))) is None:
            yield "the run wrote no record"
            return
        if not json.loads(content)["accounted"]:
            yield "the record does not account for every file"
        entries = {entry["name"]: entry for entry in iter_json_lines(self.s3, bronze, run.document("objects.jsonl"))}
        if entries.keys() != self.files.contents.keys():
            yield f"the record has {sorted(entries)}, the delivery had {sorted(self.files.contents)}"
        names_at = {place: self._names(*where) for place, where in places(self.settings, run).items()}
        for name, entry in entries.items():
            yield from self._problems_of(name, entry, {place for place, names in names_at.items() if name in names})
            self._show_differences(name, entry)
        for kind, name, is_finding in (("result", RESULTS, False), ("finding", FINDINGS, True)):
            self.show(versions_named(kind, self._observations(name, is_finding=is_finding)))
        yield from self._leaks()

    def _problems_of(self, name: str, entry: dict[str, Any], found: set[str]) -> Iterator[str]:
        outcome = entry["outcome"]
        if outcome != EXPECTED.get(name):
            yield f"{name}: expected {EXPECTED.get(name)}, the decision is {outcome} ({entry['reason']})"
        # Bronze keeps promoted objects.
        due = {_PLACES.get(outcome, "nowhere"), *(["bronze"] if outcome == "promote" else [])}
        if found != due:
            yield f"{name}: {outcome}, but found in {', '.join(sorted(found)) or 'no bucket'}"

    def _show_differences(self, name: str, entry: dict[str, Any]) -> None:
        content = self.files.contents.get(name, b"")
        lines = list(differences(found_by_real_macie(entry), found_by_local_macie(name, content)))
        self.show(f"{name}: {entry['outcome']} ({entry['reason']})")
        for line in lines or ["the same findings as the local Macie's"]:
            self.show(f"    {line}")

    def _observations(self, name: str, *, is_finding: bool) -> list[Observation]:
        bronze, key = self.settings.bronze_bucket, self.run.document(name)
        if not self._keys(bronze, key):
            return []
        return [Observation.from_api(record, is_finding=is_finding) for record in iter_json_lines(self.s3, bronze, key)]

    def _leaks(self) -> Iterator[str]:
        """Search all documents of the run for the files' values."""
        bronze = self.settings.bronze_bucket
        for key in self._keys(bronze, self.run.documents):
            content = self.s3.get_object(Bucket=bronze, Key=key)["Body"].read()
            text = (gzip.decompress(content) if key.endswith(".gz") else content).decode(errors="replace")
            if count := sum(value in text for value in self.files.values):
                yield f"LEAK: s3://{bronze}/{key} contains {count} values of the files"

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _names(self, bucket: str, prefix: str) -> set[str]:
        return {key.removeprefix(prefix) for key in self._keys(bucket, prefix)}


def versions_named(kind: str, seen: Sequence[Observation]) -> str:
    """Return a line on whether Macie's results, or its findings, name the version of the object.

    :param kind: ``result`` or ``finding``.
    """
    named = sum(1 for observation in seen if observation.version_id)
    counts = f"Macie's {kind}s: {named} with the version of their object, {len(seen) - named} without"
    if not seen:
        return f"{counts}: not enough data"
    if named == len(seen):
        return f"{counts}: the gate uses the version"
    return f"{counts}: the gate infers the version if S3 has a single one, otherwise it holds (docs/decisions.md)"


def places(settings: Settings, run: Run) -> dict[str, tuple[str, str]]:
    """Return bucket and prefix of each place where an object of the run may be."""
    return {
        "bronze": (settings.bronze_bucket, run.prefix),
        "held": (settings.bronze_bucket, HELD_PREFIX + run.prefix),
        "silver": (settings.silver_bucket, run.prefix),
        "quarantine": (settings.quarantine_bucket, run.prefix),
    }
