"""The backend stands in for moto's own, in process too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localaws.macie2.dials import Settings, dials
from localaws.macie2.install import install
from localaws.macie2.models import macie2_backends
from tests.localaws.conftest import await_findings, error_of, job_request, run_job
from tests.localaws.model_check import check_answers


@pytest.fixture(autouse=True)
def in_process() -> Iterator[None]:
    install()
    install()
    with mock_aws():
        yield


def _clients() -> tuple[Any, Any]:
    macie = boto3.client("macie2", "us-east-1")
    check_answers(macie)
    return macie, boto3.client("s3", "us-east-1")


def test_a_job_finds_what_is_in_the_objects_when_it_runs_in_process() -> None:
    dials.set(findings_lag_seconds=0)
    macie, s3 = _clients()
    macie.enable_macie()
    s3.create_bucket(Bucket="bronze")
    s3.put_object(Bucket="bronze", Key="a.csv", Body=b"code\nABC-1234\n")
    identifier = macie.create_custom_data_identifier(name="code", regex="[A-Z]{3}-[0-9]{4}")
    run_job(macie, customDataIdentifierIds=[identifier["customDataIdentifierId"]])
    [finding] = await_findings(macie, 1)
    assert finding["type"] == "SensitiveData:S3Object/CustomIdentifier"


def test_everything_is_forgotten_when_moto_is_reset() -> None:
    macie, _ = _clients()
    macie.enable_macie()
    dials.set(job_held=True)
    backend = macie2_backends["123456789012"]["us-east-1"]
    running = backend.jobs[backend.create_classification_job(job_request())["jobId"]]
    with mock_aws():
        pass
    assert not running.is_discarded, "an inner mock does not reset"
    macie2_backends.reset()
    assert running.is_discarded
    assert dials.current == Settings()
    assert error_of(macie.list_findings)[0] == "AccessDeniedException"
