"""Histories of keys without a version: which are listed, when they are written, and how they are read."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lake_gate.decision.binding import History
from lake_gate.decision.histories import read_histories
from lake_gate.decision.operators import GatherHistoriesOperator
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST
from tests.lake import Lake
from tests.lake_gate.steps import CONTEXT, DESCRIBED, RUN, decide, gate, move, write

DOCUMENT = RUN.document("histories.jsonl")


def result_of(landed: LandedObject, **s3_object: Any) -> dict[str, Any]:
    facts = {"key": landed.key, "eTag": landed.etag, "size": str(landed.size_bytes), **s3_object}
    return {
        "classificationDetails": {"result": {"status": {"code": "COMPLETE"}}},
        "resourcesAffected": {"s3Bucket": {"name": landed.bucket}, "s3Object": facts},
    }


def gathered(lake: Lake, results: list[dict[str, Any]], findings: list[dict[str, Any]] | None = None) -> None:
    write(lake, "results.jsonl.gz", gzip.compress(b"".join(map(jsonl.to_line, results))))
    write(lake, "findings.jsonl", b"".join(map(jsonl.to_line, findings or [])))
    write(lake, "job.json", json.dumps(DESCRIBED).encode())


def landed(lake: Lake, *names: str) -> list[LandedObject]:
    objects = [lake.put(lake.bronze, RUN.prefix + name, name.encode()) for name in names]
    write(lake, MANIFEST, jsonl.dump(objects))
    return objects


def look(lake: Lake) -> int:
    count: int = gate(lake, GatherHistoriesOperator).step(CONTEXT)
    return count


def test_every_key_for_which_a_result_or_a_finding_names_no_version_is_listed(lake: Lake) -> None:
    a, b, c = landed(lake, "a.csv", "b.csv", "c.csv")
    newer = lake.put(lake.bronze, b.key, b"newer")
    named = {"versionId": a.version_id}
    gathered(lake, [result_of(a, **named), result_of(b)], [{"id": "f", **result_of(c, versionId="")}])
    assert look(lake) == 2
    assert read_histories(lake.s3, lake.bronze, RUN) == {
        b.key: History("Enabled", (newer.version_id, b.version_id), ()),
        c.key: History("Enabled", (c.version_id,), ()),
    }


def test_delete_markers_and_suspended_versioning_are_written_down(lake: Lake) -> None:
    (a,) = landed(lake, "a.csv")
    marker = lake.s3.delete_object(Bucket=lake.bronze, Key=a.key)["VersionId"]
    gathered(lake, [result_of(a)])
    lake.s3.put_bucket_versioning(Bucket=lake.bronze, VersioningConfiguration={"Status": "Suspended"})
    look(lake)
    assert read_histories(lake.s3, lake.bronze, RUN)[a.key] == History("Suspended", (a.version_id,), (marker,))


def test_document_is_empty_when_macie_names_all_versions(lake: Lake) -> None:
    (a,) = landed(lake, "a.csv")
    gathered(lake, [result_of(a, versionId=a.version_id)])
    assert look(lake) == 0
    assert lake.read(lake.bronze, DOCUMENT) == b""
    assert read_histories(lake.s3, lake.bronze, RUN) == {}


def test_other_keys_and_records_that_name_no_object_are_skipped(lake: Lake) -> None:
    (a,) = landed(lake, "a.csv")
    elsewhere = lake.put(lake.silver, a.key, b"x")
    other = lake.put(lake.bronze, "synthea/2/a.csv", b"x")
    gathered(lake, [result_of(elsewhere), result_of(other), {"id": "r"}])
    assert look(lake) == 0


def test_histories_are_replaced_until_moves_have_begun(lake: Lake) -> None:
    (a,) = landed(lake, "a.csv")
    gathered(lake, [result_of(a)])
    look(lake)
    pinned = lake.versions(lake.bronze, DOCUMENT)[0]
    newer = lake.put(lake.bronze, a.key, b"newer")
    look(lake)
    assert read_histories(lake.s3, lake.bronze, RUN)[a.key].versions == (newer.version_id, a.version_id)
    assert read_histories(lake.s3, lake.bronze, RUN, pinned)[a.key].versions == (a.version_id,)


def test_histories_are_kept_once_moves_have_begun(lake: Lake) -> None:
    a, b = landed(lake, "a.csv", "b.csv")
    gathered(lake, [result_of(a), result_of(b, etag="another")])
    look(lake)
    before = read_histories(lake.s3, lake.bronze, RUN)
    chunks = decide(lake)
    for outcome in ("promote", "hold"):
        move(lake, outcome, chunks[outcome][0])
    assert lake.versions(lake.bronze, b.key) == []
    assert look(lake) == 2
    assert read_histories(lake.s3, lake.bronze, RUN) == before
    assert decide(lake) == chunks


@pytest.mark.parametrize("content", [None, b"{", b"[1]\n", b'{"key": "a"}\n', b'{"key": 1}\n', b"\xff\n"])
def test_nothing_is_inferred_from_a_document_that_is_missing_or_damaged(lake: Lake, content: bytes | None) -> None:
    (a,) = landed(lake, "a.csv")
    gathered(lake, [result_of(a)])
    if content is not None:
        write(lake, "histories.jsonl", content)
    assert read_histories(lake.s3, lake.bronze, RUN) == {}
    assert {outcome for outcome, chunks in decide(lake).items() if chunks} == {"hold"}
