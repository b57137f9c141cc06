"""The plain AWS CLI, a client that shares no code with us: what people type in a demonstration works as in AWS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localaws.server import LocalAws
from tests.lake import Lake
from tests.localaws.conftest import ACCOUNT, await_job

AWS = Path(__file__).parents[2] / ".venv" / "awscli" / "bin" / "aws"

IDENTIFIERS = {
    "Patient ID": ("[a-z,0-9]{8}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{12}", "PATIENT"),
    "US Driver License": (r"[S]{1}\d{8}", "DRIVERS"),
    "US Passport": (r"[X]{1}\d{8}[X]{1}", "PASSPORT"),
}
PATIENTS = """\
Id,BIRTHDATE,SSN,DRIVERS,PASSPORT,FIRST,LAST
1d604da9-9a81-4ba9-80c2-de3375d59b40,1989-05-25,999-76-6866,S99984236,X19277260X,Ada,Example
034e9e3b-2def-4559-bb2a-7850888ae060,1983-11-14,999-73-5361,S99962402,X88275464X,Ben,Example
"""


@dataclass(frozen=True)
class Cli:
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )

    def __call__(self, *arguments: str) -> Any:
        """Run a command that must succeed; returns what it prints, as JSON."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"aws {' '.join(arguments)}\n{done.stderr}"
        return json.loads(done.stdout or "null")


@pytest.fixture
def cli(aws: LocalAws, tmp_path: Path) -> Cli:
    """The AWS CLI with nothing in its environment but credentials, a Region and the endpoint."""
    if not AWS.exists():
        pytest.fail(f"The AWS CLI is not at {AWS}: run `make setup`", pytrace=False)
    return Cli(
        {
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
    )


def job_of(bucket: str, identifier_ids: Sequence[str]) -> dict[str, Any]:
    """The body of a job as demonstrations write it, also with members that only a SCHEDULED job needs."""
    return {
        "customDataIdentifierIds": list(identifier_ids),
        "description": "Scans the lake for sensitive data",
        "initialRun": True,
        "jobType": "ONE_TIME",
        "s3JobDefinition": {
            "bucketDefinitions": [{"accountId": ACCOUNT, "buckets": [bucket]}],
            "scoping": {
                "includes": {
                    "and": [{"simpleScopeTerm": {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}}]
                }
            },
        },
        "samplingPercentage": 100,
        "tags": {"Project": "Amazon Macie Demo"},
    }


@pytest.mark.slow
def test_sensitive_data_is_found_when_the_demonstration_is_typed(
    cli: Cli, client: Callable[..., Any], turn: Callable[..., None], tmp_path: Path
) -> None:
    turn(findings_lag_seconds=0)
    client("s3").create_bucket(Bucket="bronze")
    patients, notes, body = tmp_path / "patients.csv", tmp_path / "notes.txt", tmp_path / "job.json"
    patients.write_text(PATIENTS)
    notes.write_text(PATIENTS)

    cli("macie2", "enable-macie")
    session = cli("macie2", "get-macie-session")
    assert (session["status"], session["findingPublishingFrequency"]) == ("ENABLED", "FIFTEEN_MINUTES")

    made = [
        cli(*("macie2", "create-custom-data-identifier"), "--name", name, "--regex", regex, "--keywords", keyword)
        for name, (regex, keyword) in IDENTIFIERS.items()
    ]
    ids = cli("macie2", "list-custom-data-identifiers", "--query", "items[*].id")
    assert sorted(ids) == sorted(item["customDataIdentifierId"] for item in made)

    for file in (patients, notes):
        uploaded = cli.run("s3", "cp", str(file), f"s3://bronze/synthea/{file.name}")
        assert uploaded.returncode == 0, uploaded.stderr

    body.write_text(json.dumps(job_of("bronze", ids)))
    job = cli("macie2", "create-classification-job", "--name", "demo", "--cli-input-json", body.as_uri())
    ended = await_job(client("macie2"), job["jobId"])
    assert (ended["jobStatus"], ended["name"]) == ("COMPLETE", "demo")
    assert ended["tags"] == {"Project": "Amazon Macie Demo"}

    criteria = {"criterion": {"classificationDetails.jobId": {"eq": [job["jobId"]]}}}
    listed = cli("macie2", "list-findings", "--finding-criteria", json.dumps(criteria))
    (finding,) = cli("macie2", "get-findings", "--finding-ids", *listed["findingIds"])["findings"]
    assert finding["resourcesAffected"]["s3Object"]["key"] == "synthea/patients.csv"
    assert finding["severity"]["description"] == "Medium"  # Macie's severity of a custom identifier that names none
    found = finding["classificationDetails"]["result"]["customDataIdentifiers"]["detections"]
    assert {item["name"]: item["count"] for item in found} == {"US Driver License": 2, "US Passport": 2}


def test_settings_of_the_lake_are_listed_when_they_are_asked_for_by_path(cli: Cli, lake: Lake) -> None:
    found = cli("ssm", "get-parameters-by-path", "--path", "/lake_gate", "--query", "Parameters[*].[Name, Value]")
    assert ["/lake_gate/bronze_bucket", lake.bronze] in found
    assert {name for name, _ in found} >= {"/lake_gate/silver_bucket", "/lake_gate/high_topic_arn"}


def test_error_names_the_operation_when_a_command_fails(cli: Cli, macie: Any) -> None:
    done = cli.run("macie2", "describe-classification-job", "--job-id", "0" * 32)
    assert done.returncode != 0
    assert "(ResourceNotFoundException)" in done.stderr
    assert "when calling the DescribeClassificationJob operation" in done.stderr
