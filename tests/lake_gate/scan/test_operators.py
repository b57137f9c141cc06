"""Estimate of what a job will cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lake_gate.errors import CostLimitError, JobScopeError
from lake_gate.model import jsonl
from lake_gate.model.run import MANIFEST, Run
from lake_gate.scan.operators import EstimateCostOperator
from tests.builders import landed as made_up
from tests.lake import Lake
from tests.lake_gate.steps import step, write


def asked(lake: Lake, run_id: str = "1", **scoping: Any) -> dict[str, Any]:
    term = {"comparator": "STARTS_WITH", "key": "OBJECT_KEY", "values": [Run("synthea", run_id).prefix]}
    csv = {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}
    terms = [{"simpleScopeTerm": term}, {"simpleScopeTerm": csv}]
    return {
        "s3JobDefinition": {
            "bucketDefinitions": [{"accountId": "1", "buckets": [lake.bronze]}],
            "scoping": {"includes": {"and": terms}, **scoping},
        }
    }


def estimate(
    lake: Lake, request: dict[str, Any], limit: str | float | None = None, run_id: str = "1"
) -> dict[str, Any]:
    cost: dict[str, Any] = step(lake, EstimateCostOperator, run_id=run_id, job_request=request, max_scan_usd=limit)
    return cost


def of_gigabytes(lake: Lake, **gigabytes: int) -> None:
    """Write a manifest of objects without content in S3."""
    manifest = [made_up(name.replace("_", "."), size_bytes=n * 10**9) for name, n in sorted(gigabytes.items())]
    write(lake, MANIFEST, jsonl.dump(manifest))


def test_cost_is_that_of_the_bytes_in_scope(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=2, b_csv=3, c_pdf=100)
    cost = estimate(lake, asked(lake))
    assert cost == {"objects": 2, "size_bytes": 5 * 10**9, "usd": 5.0, "maybe_compressed": 0}


def test_price_is_a_setting(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=2)
    cheap = replace(lake, settings=replace(lake.settings, scan_usd_per_gb=0.5))
    assert estimate(cheap, asked(lake))["usd"] == 1


@pytest.mark.parametrize("limit", ["None", "", None, "5.0", 5, "5.01", "1e9"])
def test_run_goes_on_up_to_the_limit(lake: Lake, limit: Any) -> None:
    of_gigabytes(lake, a_csv=5)
    assert estimate(lake, asked(lake), limit)["usd"] == 5


@pytest.mark.parametrize("limit", ["4.99", 4.99, "0", 0])
def test_run_stops_above_the_limit_and_says_what_it_would_have_cost(lake: Lake, limit: Any) -> None:
    of_gigabytes(lake, a_csv=5)
    with pytest.raises(CostLimitError, match=r"1 object\(s\), 5000000000 bytes.*5\.00 USD.*max_scan_usd.*new run"):
        estimate(lake, asked(lake), limit)


def test_estimate_says_how_many_objects_may_hold_more_than_they_have(lake: Lake) -> None:
    manifest = [made_up("a.csv.gz"), made_up("b.csv")]
    write(lake, MANIFEST, jsonl.dump(manifest))
    request = asked(lake)
    request["s3JobDefinition"]["scoping"]["includes"]["and"].pop()  # the extension
    assert estimate(lake, request)["maybe_compressed"] == 1


def test_job_that_would_read_more_than_the_run_is_not_estimated_but_refused(lake: Lake) -> None:
    of_gigabytes(lake, a_csv=1)
    with pytest.raises(JobScopeError, match=r"OBJECT_KEY STARTS_WITH \$\{prefix\}"):
        estimate(lake, asked(lake, "2"))
