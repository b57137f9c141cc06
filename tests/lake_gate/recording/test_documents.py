"""Hashes of the documents that a record rests on, and the record's line."""

from __future__ import annotations

import hashlib
from typing import Any

import boto3

from lake_gate.ledger.book import read_head
from lake_gate.ledger.chain import Kind
from lake_gate.model.run import DECISIONS, FINDINGS, MANIFEST, MASKED, PLAN, RECORD, RESULTS, RUN
from lake_gate.model.run import Run as GateRun
from lake_gate.recording.documents import describe_run, write_recorded
from tests.lake import Lake

OF = GateRun("synthea", "1")


def put(lake: Lake, name: str, content: bytes, run: GateRun = OF) -> str:
    return lake.put(lake.bronze, run.document(name), content).version_id


def described(version_id: str, content: bytes) -> dict[str, str]:
    return {"version_id": version_id, "sha256": hashlib.sha256(content).hexdigest()}


def test_what_decided_is_described_as_it_was_pinned(lake: Lake) -> None:
    versions = {name: put(lake, name, name.encode()) for name in (RUN, MANIFEST, DECISIONS, FINDINGS, PLAN)}
    for name in (DECISIONS, FINDINGS, RESULTS):
        put(lake, name, b"later")
    basis = {"decisions": versions[DECISIONS], "evidence": {FINDINGS: versions[FINDINGS]}}
    assert describe_run(lake.s3, lake.bronze, OF, basis) == {
        name: described(version_id, name.encode()) for name, version_id in versions.items()
    }


def test_run_that_has_not_decided_has_no_plan_and_no_decisions(lake: Lake) -> None:
    version_id = put(lake, MANIFEST, b"")
    put(lake, PLAN, b"left")
    assert describe_run(lake.s3, lake.bronze, OF, {}) == {MANIFEST: described(version_id, b"")}


def test_masked_run_has_the_reports_on_its_copies(lake: Lake) -> None:
    version_id = put(lake, MASKED, b"{}", OF.masked)
    assert describe_run(lake.s3, lake.bronze, OF.masked, {}) == {MASKED: described(version_id, b"{}")}


def test_document_without_a_hash_in_s3_or_in_parts_is_read(lake: Lake) -> None:
    s3: Any = boto3.client("s3")
    key = OF.document(MANIFEST)
    plain = s3.put_object(Bucket=lake.bronze, Key=key, Body=b"plain", ChecksumAlgorithm="CRC32")["VersionId"]
    assert describe_run(lake.s3, lake.bronze, OF, {}) == {MANIFEST: described(plain, b"plain")}
    place = {"Bucket": lake.bronze, "Key": key}
    upload = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"parts", ChecksumAlgorithm="SHA256")
    sent = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]}
    parts = s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=sent)["VersionId"]
    assert describe_run(lake.s3, lake.bronze, OF, {}) == {MANIFEST: described(parts, b"parts")}


def test_each_version_of_a_record_gets_a_line(lake: Lake) -> None:
    uri = write_recorded(lake.s3, lake.settings, OF, b"{}")
    assert uri == f"s3://{lake.bronze}/{OF.document(RECORD)}"
    assert write_recorded(lake.s3, lake.settings, OF, b"{}", Kind.ACCOUNT) == uri
    head = read_head(lake.s3, lake.bronze, "synthea")
    assert head
    assert (head.sequence, head.kind, head.uri) == (2, "account", uri)
    assert head.version_id == lake.versions(lake.bronze, OF.document(RECORD))[0]
