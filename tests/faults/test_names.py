"""Names of calls: readable, and the same in every run."""

from __future__ import annotations

import pytest

from tests.faults.names import call_name

RUN = "manual__2026-01-02T03-04-05.6-00-00-1a2b3c4d"
BRONZE = "lake-bronze-123456789012-us-east-1"
ID = "76982e06-f8b8-4509-9ca3-65a99c8650fe"
S3 = {"authorization": "AWS4-HMAC-SHA256 Credential=x/20260102/us-east-1/s3/aws4_request"}


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("PUT", f"/{BRONZE}/synthea/{RUN}/sp%20ace%2Bplus.csv", "s3:PutObject bronze sp ace+plus.csv"),
        ("HEAD", f"/{BRONZE}/held/synthea/{RUN}/a.csv?versionId={ID}", "s3:HeadObject bronze held a.csv"),
        ("GET", f"/{BRONZE}/_runs/synthea/{RUN}/manifest.jsonl", "s3:GetObject bronze _runs manifest.jsonl"),
        ("PUT", f"/{BRONZE}/_runs/synthea/{RUN}/moves/hold-812.jsonl", "s3:PutObject bronze _runs moves/hold-*.jsonl"),
        ("PUT", f"/{BRONZE}/_runs/synthea/runs.json", "s3:PutObject bronze _runs/synthea/runs.json"),
        ("PUT", f"/lake-silver-1/_runs/synthea/{RUN}.json", "s3:PutObject lake-silver-1 _runs marker"),
        ("GET", f"/{BRONZE}?versions&prefix=synthea%2F{RUN}%2F", "s3:ListObjectVersions bronze"),
        ("GET", f"/{BRONZE}?versioning", "s3:GetBucketVersioning bronze"),
        (
            "PUT",
            f"/{BRONZE}/_content/ab/landed/synthea/{RUN}/a.csv.json",
            "s3:PutObject bronze _content/ab/landed/synthea/*/a.csv.json",
        ),
        ("PUT", f"/{BRONZE}/_ledger/synthea/9999999998-0000000001.json", "s3:PutObject bronze _ledger/synthea/line"),
        ("GET", f"/{BRONZE}?list-type=2&prefix=_ledger%2Fsynthea%2F", "s3:ListObjectsV2 bronze _ledger/synthea/"),
        ("POST", f"/{BRONZE}?delete", "s3:DeleteObjects bronze"),
        ("GET", f"/{BRONZE}/a.csv?tagging", "s3:GetObjectTagging bronze a.csv"),
        (
            "GET",
            f"/lake-macie-results-123456789012-us-east-1/macie/AWSLogs/1/Macie/us-east-1/{ID}/{ID}.jsonl.gz",
            "s3:GetObject macie-results results *.jsonl.gz",
        ),
    ],
)
def test_call_of_s3_is_named_by_operation_bucket_and_key(method: str, target: str, name: str) -> None:
    assert call_name(method, target, S3, b"") == name


def test_put_with_a_source_is_a_copy() -> None:
    headers = {**S3, "x-amz-copy-source": f"{BRONZE}/a.csv"}
    assert call_name("PUT", f"/{BRONZE}/held/synthea/{RUN}/a.csv", headers, b"") == "s3:CopyObject bronze held a.csv"


@pytest.mark.parametrize(
    ("service", "request_", "name"),
    [
        ("macie2", ("GET", f"/jobs/{ID}", {}, b""), "macie2:DescribeClassificationJob"),
        ("macie2", ("POST", "/custom-data-identifiers", {}, b'{"name": "P"}'), "macie2:CreateCustomDataIdentifier P"),
        (
            "ssm",
            ("POST", "/", {"x-amz-target": "AmazonSSM.GetParameter"}, b'{"Name": "/lake_gate/source"}'),
            "ssm:GetParameter source",
        ),
        (
            "sns",
            (
                "POST",
                "/",
                {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
                b"Action=Publish&TargetArn=arn%3Aaws%3Asns%3Aus-east-1%3A1%3Alake-low",
            ),
            "sns:Publish lake-low",
        ),
    ],
)
def test_call_of_another_service_is_named_by_its_protocol(
    service: str, request_: tuple[str, str, dict[str, str], bytes], name: str
) -> None:
    method, target, headers, body = request_
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential=x/20260102/us-east-1/{service}/aws4_request"}
    assert call_name(method, target, {**signed, **headers}, body) == name
