"""Airflow's API server with the Gate page, in this process, and a lake with documents of runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lake_gate.model import jsonl
from lake_gate.model.run import COLUMNS, OBJECTS, RECORD, RUN, Run, index_of
from tests.lake import Lake

FEEDS = {"synthea_gate": ("lake-gate", "macie", "synthea"), "clinic_gate": ("lake-gate", "macie", "clinic")}
OTHERS = {"etl": ("team",), "held_objects": ("lake-gate",), "fake_gate": ("lake-gate",)}


@pytest.fixture(scope="session")
def api_server(airflow_database: None) -> Any:
    """Airflow's own application, with its plugins and its authorisation."""
    import os

    os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = "of-these-tests-alone" * 4
    from airflow.api_fastapi.app import create_app
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session() as session:
        session.merge(DagBundleModel(name="pages"))
        session.flush()
        for dag_id, tags in {**FEEDS, **OTHERS}.items():
            session.merge(
                DagModel(  # type: ignore[no-untyped-call]
                    dag_id=dag_id, bundle_name="pages", is_stale=False, fileloc="x"
                )
            )
            session.flush()
            for tag in tags:
                session.merge(DagTag(name=tag, dag_id=dag_id))
    return create_app("core")


def token_of(name: str, role: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token: str = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role))
    return token


@dataclass
class Browser:
    """A client with a cookie of Airflow, or without one."""

    app: Any
    token: str = ""

    def get(self, path: str, **query: str) -> Any:
        return asyncio.run(self._get(path, query))

    async def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        cookies = {"_token": self.token} if self.token else {}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://airflow", cookies=cookies, follow_redirects=True
        ) as client:
            return await client.get(path, params=query or None)

    def text(self, path: str, **query: str) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture
def viewer(api_server: Any, forget: None) -> Browser:
    return Browser(api_server, token_of("ann", "VIEWER"))


@pytest.fixture
def user(api_server: Any, forget: None) -> Browser:
    return Browser(api_server, token_of("eve", "USER"))


@pytest.fixture
def stranger(api_server: Any, forget: None) -> Browser:
    return Browser(api_server)


@pytest.fixture
def forget() -> Iterator[None]:
    """Let the page read the settings of this test's lake."""
    from lake_gate.pages import lake

    lake._opened.cache_clear()
    yield
    lake._opened.cache_clear()


def entry(name: str = "patients.csv", outcome: str = "quarantine", **more: Any) -> dict[str, Any]:
    """A line of ``objects.jsonl``, as ``record`` writes it."""
    bucket = {"quarantine": "lake-quarantine-123456789012-us-east-1", "promote": "lake-silver-123456789012-us-east-1"}
    place = {"bucket": bucket.get(outcome, "lake-bronze-123456789012-us-east-1"), "version_id": "v1"}
    key = f"synthea/1/{name}"
    return {
        "name": name,
        "landed": {"bucket": "lake-bronze-123456789012-us-east-1", "key": key, "version_id": "v0", "etag": "e"},
        "size_bytes": 1_234_567,
        "sha256": "ab" * 32,
        "outcome": outcome,
        "reason": {"quarantine": "quarantined_by_rule", "promote": "clean", "hold": "not_analysed"}[outcome],
        "rule": "identity-documents" if outcome == "quarantine" else None,
        "status_reason": None,
        "severity": "High" if outcome == "quarantine" else None,
        "findings": {"High": 1} if outcome == "quarantine" else {},
        "archived_findings": 0,
        "detections": {"USA_SOCIAL_SECURITY_NUMBER": 1163} if outcome == "quarantine" else {},
        "verdict": None,
        "is_version_inferred": False,
        "now": {**place, "key": f"held/{key}" if outcome == "hold" else key, "is_beside_others": False},
        "rows": 1163,
        "columns": 25,
        "finding_ids": ["0f1e2d3c"] if outcome == "quarantine" else [],
        "identifier_severities": {"USA_SOCIAL_SECURITY_NUMBER": "High"} if outcome == "quarantine" else {},
        "before": None,
        **more,
    }


def column(name: str = "patients.csv", title: str | None = "SSN", index: int | None = 4, **more: Any) -> dict[str, Any]:
    """A line of ``columns.jsonl``, as ``decide`` writes it."""
    return {
        "name": name,
        "column": title,
        "index": index,
        "identifier": "USA_SOCIAL_SECURITY_NUMBER",
        "category": "PERSONAL_INFORMATION",
        "severity": "High",
        "cells": 1000,
        "is_capped": True,
        "count": 1163,
        "decided": True,
        "first_seen": None,
        **more,
    }


def row(run_id: str = "1", **more: Any) -> dict[str, Any]:
    """A row of the index of runs."""
    return {
        "run_id": run_id,
        "folder": Run("synthea", run_id).folder,
        "state": "recorded",
        "started_at": "2026-11-28T02:00:00+00:00",
        "updated_at": "2026-11-28T02:05:00+00:00",
        "is_dry_run": False,
        "source": "s3://deliveries/",
        "started_by": "scheduled",
        "airflow_url": None,
        "objects": 1,
        "size_bytes": 1_234_567,
        "outcomes": {"quarantine": 1},
        "severity": "High",
        "usd": 0.5,
        "scanned_bytes": 1_234_567,
        "failed_task": None,
        "reason": None,
        "messages": ["9c1f"],
        **more,
    }


BEGAN = "2026-11-28T02:00:00+00:00"
POLICY = {
    "name": "default",
    "sha256": "cd" * 32,
    "quarantine_threshold": "High",
    "promotion": "each by itself",
    "content": {
        "description": "High findings are quarantined",
        "rules": [{"name": "identity-documents", "then": "quarantine", "description": "Numbers of people"}],
    },
}


@dataclass
class Written:
    """Documents of runs of the feed ``synthea`` in the lake."""

    lake: Lake
    rows: list[dict[str, Any]] = field(default_factory=list)

    def put(self, key: str, content: bytes) -> None:
        self.lake.s3.put_object(Bucket=self.lake.bronze, Key=key, Body=content)

    def index(self, *rows: dict[str, Any], feed: str = "synthea") -> None:
        document = {"schema": "lake-gate/runs/1", "feed": feed, "runs": list(rows)}
        self.put(index_of(feed), json.dumps(document).encode())

    def run(
        self,
        *entries: dict[str, Any],
        run_id: str = "1",
        columns: list[dict[str, Any]] | None = None,
        dry_run: bool = False,
        **more: Any,
    ) -> Run:
        """Write the documents of a run that is recorded."""
        run = Run("synthea", run_id)
        outcomes: dict[str, int] = {}
        reasons: dict[str, int] = {}
        for item in entries:
            outcomes[item["outcome"]] = outcomes.get(item["outcome"], 0) + 1
            reasons[item["reason"]] = reasons.get(item["reason"], 0) + 1
        totals = {
            "objects": len(entries),
            "size_bytes": sum(item["size_bytes"] for item in entries),
            "outcomes": outcomes,
            "reasons": reasons,
            "severities": {},
            "not_accounted": 0,
            "first_not_accounted": [],
        }
        record = {
            "run": {
                "feed": "synthea",
                "run_id": run_id,
                "source": "s3://deliveries/",
                "started_at": BEGAN,
                "recorded_at": "2026-11-28T02:05:00+00:00",
            },
            "rules": {"policy": POLICY},
            "job": {"job_id": "j-1", "settled": True},
            "dry_run": dry_run,
            "accounted": True,
            "cost": {"objects": 1, "size_bytes": 1, "usd": 0.5},
            "totals": totals,
            **more,
        }
        self.put(
            run.document(RUN),
            json.dumps(
                {"run_id": run_id, "source": "s3://deliveries/", "began_at": BEGAN, "dry_run": dry_run}
            ).encode(),
        )
        self.put(run.document(OBJECTS), b"".join(map(jsonl.to_line, entries)))
        self.put(run.document(RECORD), json.dumps(record).encode())
        if columns is not None:
            self.put(run.document(COLUMNS), b"".join(map(jsonl.to_line, columns)))
        return run


@pytest.fixture
def written(lake: Lake) -> Written:
    return Written(lake)


type Write = Callable[..., Run]
