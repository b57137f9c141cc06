"""Jobs outside the gate, like those from Macie's console, and automated discovery."""

from __future__ import annotations

from typing import Any

import boto3

from tests.localaws.waiting import until

ACCOUNT = "123456789012"


def scan(bucket: str, severity: str = "High", *, column: str = "PATIENT", name: str = "by hand", **more: Any) -> str:
    """Scan a bucket for what stands below a column, which is so severe; return the job's id at its findings.

    :param name: of the job, and the beginning of the name of what it looks for.
    """
    macie: Any = boto3.client("macie2")
    identifier = _identifier(macie, severity, column, name)
    job_id: str = macie.create_classification_job(
        name=name,
        jobType="ONE_TIME",
        managedDataIdentifierSelector="NONE",
        customDataIdentifierIds=[identifier],
        s3JobDefinition={"bucketDefinitions": [{"accountId": ACCOUNT, "buckets": [bucket]}], **more},
    )["jobId"]
    of_the_job = {"criterion": {"classificationDetails.jobId": {"eq": [job_id]}}}
    until(lambda: macie.list_findings(findingCriteria=of_the_job)["findingIds"], "findings of the job by hand")
    return job_id


def discover(bucket: str, severity: str = "High", *, column: str = "PATIENT") -> None:
    """Have automated discovery sample one bucket for what :func:`scan` looks for, and return at its findings in CSV.

    In bronze it may find something in a document of a run before: their ids look like what is looked for.
    """
    macie: Any = boto3.client("macie2")
    configuration = macie.get_automated_discovery_configuration()
    others = [known["Name"] for known in boto3.client("s3").list_buckets()["Buckets"] if known["Name"] != bucket]
    macie.update_classification_scope(
        id=configuration["classificationScopeId"],
        s3={"excludes": {"bucketNames": others, "operation": "REPLACE"}},
    )
    macie.update_sensitivity_inspection_template(
        id=configuration["sensitivityInspectionTemplateId"],
        includes={"customDataIdentifierIds": [_identifier(macie, severity, column, "discovery")]},
    )
    macie.update_automated_discovery_configuration(status="ENABLED")
    criterion = {
        "classificationDetails.originType": {"eq": ["AUTOMATED_SENSITIVE_DATA_DISCOVERY"]},
        "resourcesAffected.s3Object.extension": {"eq": ["csv"]},
    }
    in_csv = {"criterion": criterion}
    until(lambda: macie.list_findings(findingCriteria=in_csv)["findingIds"], "findings of automated discovery")


def _identifier(macie: Any, severity: str, column: str, name: str) -> str:
    identifier: str = macie.create_custom_data_identifier(
        name=f"{name}, {severity}",
        regex="[0-9a-f]{8}-[0-9a-f]{4}",
        keywords=[column],
        severityLevels=[{"occurrencesThreshold": 1, "severity": severity.upper()}],
    )["customDataIdentifierId"]
    return identifier
