"""Access to the local AWS over HTTP, as any client has it."""

from __future__ import annotations

import json
import time
import urllib.request
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3

from tests.macie.scripted_aws import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_macie2 import Macie2Client
    from mypy_boto3_s3 import S3Client

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
PATIENT_ID: dict[str, Any] = {"name": "Patient ID", "regex": "[0-9a-f]{8}-[0-9a-f]{4}", "keywords": ["patient"]}


class Aws:
    """Clients and dials of the local AWS, and test data to put into it."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    @cached_property
    def macie(self) -> Macie2Client:
        return boto3.client("macie2", region_name=REGION, endpoint_url=self.endpoint_url)

    @cached_property
    def s3(self) -> S3Client:
        return boto3.client("s3", region_name=REGION, endpoint_url=self.endpoint_url)

    def call(self, method: str, path: str, body: Any = None) -> None:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.endpoint_url + path, data, method=method)
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def turn(self, **dials: Any) -> None:
        self.call("PUT", "/localaws/macie2/dials", dials)

    def put_export_configuration(self, **more: str) -> None:
        destination: Any = {"bucketName": "results", "kmsKeyArn": KEY_ARN, **more}
        self.macie.put_classification_export_configuration(configuration={"s3Destination": destination})

    def put_patients(self, count: int) -> None:
        """Put objects into the bronze bucket that cause one finding each."""
        for number in range(count):
            body = "PATIENT,CODE\n" + f"{number:08x}-00ff,1\n" * 2
            self.s3.put_object(Bucket="bronze", Key=f"run/{number:03}.csv", Body=body.encode())

    def job_request(self, **more: Any) -> dict[str, Any]:
        definition = {"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": ["bronze"]}]}
        request = {"name": "gate", "jobType": "ONE_TIME", "s3JobDefinition": definition}
        return {**request, "managedDataIdentifierSelector": "INCLUDE", "managedDataIdentifierIds": ["NAME"], **more}

    def patient_identifier(self) -> dict[str, Any]:
        """Return the arguments of a job that looks for patient ids and nothing else."""
        made = self.macie.create_custom_data_identifier(**PATIENT_ID)["customDataIdentifierId"]
        nothing: dict[str, Any] = {"managedDataIdentifierSelector": "NONE", "managedDataIdentifierIds": []}
        return {"customDataIdentifierIds": [made], **nothing}

    def create_job(self, **more: Any) -> str:
        return self.macie.create_classification_job(**self.job_request(**more))["jobId"]

    def status(self, job_id: str) -> str:
        return self.macie.describe_classification_job(jobId=job_id)["jobStatus"]

    def run_job(self, **more: Any) -> str:
        """Create a job and return its id when it is COMPLETE and its findings can be listed."""
        job_id = self.create_job(**more)
        while (status := self.status(job_id)) == "RUNNING":
            time.sleep(0.01)
        assert status == "COMPLETE"
        return job_id
