"""Basis of the decisions: the plan, and the versions of the evidence that it pins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake_gate.decision.basis import iter_pinned, pin, read_basis, read_found, read_job
from lake_gate.decision.policy import Promotion
from lake_gate.errors import DamagedDocumentError
from lake_gate.model.evidence import Observation, Severity
from lake_gate.model.run import Run
from tests.lake import Lake

RUN = Run("synthea", "1")
HIGH = Observation("", "", "", "", "COMPLETE", None, "High", (), None, "f")
ASKED = (Severity.HIGH, Promotion.EACH_BY_ITSELF)


def write(lake: Lake, name: str, content: bytes) -> str:
    version: str = lake.s3.put_object(Bucket=lake.bronze, Key=RUN.document(name), Body=content)["VersionId"]
    return version


def lines(lake: Lake, basis: dict[str, Any], name: str = "findings.jsonl") -> list[dict[str, Any]]:
    return list(iter_pinned(lake.s3, lake.bronze, RUN, basis, name))


def test_pins_are_the_latest_versions_of_existing_documents(lake: Lake) -> None:
    write(lake, "findings.jsonl", b"")
    latest = write(lake, "findings.jsonl", b"")
    assert pin(lake.s3, lake.bronze, RUN) == {"findings.jsonl": latest}


def test_pinned_version_is_read_although_there_is_a_later_one(lake: Lake) -> None:
    basis = {"evidence": {"findings.jsonl": write(lake, "findings.jsonl", b'{"id": "1"}')}}
    write(lake, "findings.jsonl", b'{"id": "1"}\n{"id": "2"}')
    assert lines(lake, basis) == [{"id": "1"}]


def test_document_that_did_not_exist_when_the_run_decided_has_no_lines(lake: Lake) -> None:
    write(lake, "findings.jsonl", b'{"id": "1"}')
    assert lines(lake, {"evidence": {}}) == []


@pytest.mark.parametrize("basis", [{}, {"decisions": "v"}])
def test_plan_that_pins_nothing_means_the_latest_version(lake: Lake, basis: dict[str, Any]) -> None:
    assert lines(lake, basis) == []
    write(lake, "findings.jsonl", b'{"id": "1"}')
    assert lines(lake, basis) == [{"id": "1"}]


def test_pinned_version_that_is_gone_is_an_error_and_not_nothing(lake: Lake) -> None:
    version = write(lake, "findings.jsonl", b"")
    pins = {"findings.jsonl": version, "found.jsonl": version, "job.json": version}
    lake.s3.delete_object(Bucket=lake.bronze, Key=RUN.document("findings.jsonl"), VersionId=version)
    for read in (lines, lambda *_: read_found(*place(lake), {"evidence": pins})):
        with pytest.raises(DamagedDocumentError, match="is gone"):
            read(lake, {"evidence": pins})
    with pytest.raises(DamagedDocumentError, match=r"job\.json .*is gone"):
        read_job(*place(lake), {"evidence": pins})


def place(lake: Lake) -> tuple[Any, str, Run]:
    return lake.s3, lake.bronze, RUN


def test_found_document_is_read_in_the_pinned_version(lake: Lake) -> None:
    line = json.dumps({"sha256": "00", "found": [HIGH.to_json()]}).encode()
    basis = {"evidence": {"found.jsonl": write(lake, "found.jsonl", line)}}
    write(lake, "found.jsonl", b"")
    assert read_found(*place(lake), basis) == {"00": (HIGH,)}
    assert read_found(*place(lake), {"evidence": {}}) == {}
    assert read_found(*place(lake), {}) is None


@pytest.mark.parametrize("line", [b"[]", b'{"sha256": 1, "found": []}', b'{"sha256": "0", "found": [{}]}'])
def test_damaged_line_of_the_found_document_is_named(lake: Lake, line: bytes) -> None:
    with pytest.raises(DamagedDocumentError, match=r"found\.jsonl .*line 1: not"):
        read_found(*place(lake), {"evidence": {"found.jsonl": write(lake, "found.jsonl", line)}})


def test_job_is_read_in_the_pinned_version(lake: Lake) -> None:
    pins = {"job.json": write(lake, "job.json", b'{"jobId": "1"}')}
    write(lake, "job.json", b'{"jobId": "2"}')
    assert [(read_job(*place(lake), basis) or {})["jobId"] for basis in ({"evidence": pins}, {})] == ["1", "2"]
    assert read_job(*place(lake), {"evidence": {}}) is None


@pytest.mark.parametrize(
    "plan",
    [
        *({}, {"decisions": 1}, {"decisions": "v", "chunks": {"delete": []}}),
        *({"decisions": "v", "chunks": {"promote": [[0]]}}, {"decisions": "v", "chunks": {"promote": [[0, -1]]}}),
        *({"decisions": "v", "policy": []}, {"decisions": "v", "evidence": {"findings.jsonl": ""}}),
    ],
)
def test_document_that_is_not_a_plan_is_named_and_not_used(lake: Lake, plan: dict[str, Any]) -> None:
    assert read_basis(*place(lake)) == {}
    write(lake, "plan.json", json.dumps(plan).encode())
    with pytest.raises(DamagedDocumentError, match=r"_runs/synthea/1/plan\.json"):
        read_basis(*place(lake))
