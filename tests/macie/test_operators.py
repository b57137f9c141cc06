from __future__ import annotations

import gzip
import inspect
import json
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from macie import errors, operators, sensors
from macie.definitions import fingerprint
from macie.findings import MacieFindingsToS3Operator
from macie.hook import MacieHook
from macie.links import MacieClassificationJobLink
from macie.operators import (
    MacieCancelClassificationJobOperator,
    MacieCheckReadyOperator,
    MacieCreateClassificationJobOperator,
    MacieEnsureCustomDataIdentifiersOperator,
    MacieJobResultsToS3Operator,
)
from macie.reconcile import MacieReconcileSessionOperator
from macie.sensors import MacieClassificationJobSensor, MacieJobResultsSensor
from macie.tokens import MAX_TOKENS
from tests.macie.local_aws import PATIENT_ID, Aws
from tests.macie.scripted_aws import ACCOUNT, JOB_ID, REGION, ScriptedAws, job

CREATE = "POST /jobs"
JOB_REQUEST = {"name": "gate", "jobType": "ONE_TIME", "s3JobDefinition": {}}
CLASSES = [
    cls
    for module in (operators, sensors)
    for name, cls in inspect.getmembers(module, inspect.isclass)
    if cls.__module__ == module.__name__
]


@pytest.mark.parametrize("cls", CLASSES)
def test_no_argument_is_taken_for_the_name_of_a_file(cls: Any) -> None:
    assert not cls.template_ext


def test_the_location_of_the_results_is_returned_when_macie_is_ready(ready_aws: Aws) -> None:
    ready_aws.put_export_configuration(keyPrefix="macie")
    assert MacieCheckReadyOperator(task_id="check").execute({}) == {
        "account_id": ACCOUNT,
        "region": REGION,
        "results_bucket": "results",
        "results_prefix": "macie",
    }


class TestEnsureCustomDataIdentifiers:
    def test_each_file_of_the_folder_becomes_an_identifier(self, ready_aws: Aws, tmp_path: Path) -> None:
        (tmp_path / "patient.json").write_text(json.dumps(PATIENT_ID))
        (tmp_path / "other.json").write_text(json.dumps({"name": "Other", "regex": "x{3}"}))
        ids = MacieEnsureCustomDataIdentifiersOperator(task_id="ids", definitions_path=str(tmp_path)).execute({})
        for name, regex in {"Patient ID": PATIENT_ID["regex"], "Other": "x{3}"}.items():
            assert ready_aws.macie.get_custom_data_identifier(id=ids[name]["id"])["regex"] == regex
        assert ids["Patient ID"]["sha256"] == fingerprint(PATIENT_ID) != ids["Other"]["sha256"]

    def test_nothing_is_made_when_one_file_is_wrong(self, ready_aws: Aws, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps(PATIENT_ID))
        (tmp_path / "b.json").write_text('{"name": "B", "regexp": "x"}')
        with pytest.raises(errors.DefinitionError, match=r"b\.json.*regexp"):
            MacieEnsureCustomDataIdentifiersOperator(task_id="ids", definitions_path=str(tmp_path)).execute({})
        assert ready_aws.macie.list_custom_data_identifiers()["items"] == []


class TestCreateClassificationJob:
    def create(self, request: dict[str, Any], context: Any) -> str:
        return MacieCreateClassificationJobOperator(task_id="classify", job_request=request).execute(context)

    def test_a_retry_finds_the_job_of_the_first_try(self, ready_aws: Aws, context: Any) -> None:
        request = ready_aws.job_request()
        assert self.create(request, context) == self.create(request, context)

    def test_another_run_and_another_request_make_other_jobs(self, ready_aws: Aws, context: Any) -> None:
        jobs = [self.create(ready_aws.job_request(), context), self.create(ready_aws.job_request(name="x"), context)]
        context["ti"].run_id = "manual__2"
        assert len({*jobs, self.create(ready_aws.job_request(), context)}) == 3

    def test_a_cleared_run_gets_a_new_job_whenever_its_job_was_cancelled(self, ready_aws: Aws, context: Any) -> None:
        ready_aws.turn(job_held=True)
        jobs = []
        for _ in range(3):
            jobs.append(self.create(ready_aws.job_request(), context))
            assert self.create(ready_aws.job_request(), context) == jobs[-1]
            ready_aws.macie.update_classification_job(jobId=jobs[-1], jobStatus="CANCELLED")
        assert len(set(jobs)) == 3

    def test_the_task_fails_when_every_job_is_cancelled(self, scripted_aws: ScriptedAws, context: Any) -> None:
        scripted_aws.script(CREATE, {"jobId": JOB_ID})
        scripted_aws.script(f"GET /jobs/{JOB_ID}", job("CANCELLED"))
        with pytest.raises(errors.JobTokensExhaustedError, match=f"{MAX_TOKENS} cancelled ones, the last {JOB_ID}"):
            self.create({"name": "gate", "jobType": "ONE_TIME", "s3JobDefinition": {}}, context)
        assert len({body["clientToken"] for body in scripted_aws.bodies(CREATE)}) == MAX_TOKENS

    def test_the_link_to_the_job_is_kept(self, ready_aws: Aws, context: Any) -> None:
        job_id = self.create(ready_aws.job_request(), context)
        link = {"region_name": REGION, "aws_domain": "aws.amazon.com", "job_id": job_id}
        context["ti"].xcom_push.assert_called_once_with(key=MacieClassificationJobLink.key, value=link)

    def test_a_wrong_request_is_not_retried(self, ready_aws: Aws, context: Any) -> None:
        with pytest.raises(errors.MacieRequestRefusedError, match=r"CreateClassificationJob.*samplingPercentage"):
            self.create(ready_aws.job_request(samplingPercentage=101), context)


class TestCancelClassificationJob:
    def cancel(self, job_id: str | None) -> bool:
        return MacieCancelClassificationJobOperator(task_id="cancel", job_id=job_id).execute({})

    @pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "USER_PAUSED", "IDLE"])
    def test_a_job_that_could_go_on_is_cancelled(self, ready_aws: Aws, state: str) -> None:
        ready_aws.turn(job_held=True, job_status={"*": "PAUSED"} if state == "PAUSED" else {})
        scheduled = {"jobType": "SCHEDULED", "scheduleFrequency": {"dailySchedule": {}}}
        job_id = ready_aws.create_job(**(scheduled if state == "IDLE" else {}))
        if state == "USER_PAUSED":
            ready_aws.macie.update_classification_job(jobId=job_id, jobStatus="USER_PAUSED")
        assert ready_aws.status(job_id) == state
        assert self.cancel(job_id)
        assert ready_aws.status(job_id) == "CANCELLED"

    def test_a_complete_job_stays_complete(self, ready_aws: Aws) -> None:
        job_id = ready_aws.run_job()
        assert not self.cancel(job_id)
        assert ready_aws.status(job_id) == "COMPLETE"

    def test_a_cancelled_job_is_not_an_error(self, ready_aws: Aws) -> None:
        ready_aws.turn(job_held=True)
        job_id = ready_aws.create_job()
        assert [self.cancel(job_id), self.cancel(job_id)] == [True, False]

    @pytest.mark.parametrize("job_id", [None, "None", ""])
    def test_no_request_is_sent_when_no_job_was_created(self, scripted_aws: ScriptedAws, job_id: str | None) -> None:
        assert not self.cancel(job_id)
        assert scripted_aws.requests == []


def key_of(record: Any) -> dict[str, str]:
    """Return the key only: a transform whose output no other has."""
    return {"key": record["resourcesAffected"]["s3Object"]["key"]}


class TestJobResultsToS3:
    def store(self, job_id: str, prefix: str = "run/", **more: Any) -> dict[str, int | None]:
        return MacieJobResultsToS3Operator(
            task_id="store", job_id=job_id, bucket="evidence", prefix=prefix, **more
        ).execute({})

    def read(self, aws: Aws, key: str) -> bytes:
        return aws.s3.get_object(Bucket="evidence", Key=key)["Body"].read()

    def test_findings_and_results_of_every_object_are_stored(self, ready_aws: Aws) -> None:
        ready_aws.put_patients(3)
        ready_aws.s3.put_object(Bucket="bronze", Key="run/clean.csv", Body=b"CODE\n1\n")
        ready_aws.s3.put_object(Bucket="bronze", Key="run/cold.csv", Body=b"PATIENT\n", StorageClass="GLACIER")
        job_id = ready_aws.run_job(**ready_aws.patient_identifier())
        assert self.store(job_id) == {"findings": 3, "results": 5, "seconds": ANY}
        findings = [json.loads(line) for line in self.read(ready_aws, "run/findings.jsonl").splitlines()]
        results = [
            json.loads(line)
            for line in gzip.decompress(self.read(ready_aws, "run/results.jsonl.gz")).removesuffix(b"\n").split(b"\n")
        ]
        patients = {f"run/00{number}.csv" for number in range(3)}
        assert {finding["resourcesAffected"]["s3Object"]["key"] for finding in findings} == patients
        assert {result["resourcesAffected"]["s3Object"]["key"] for result in results} == {
            *patients, "run/clean.csv", "run/cold.csv",
        }  # fmt: skip
        assert json.loads(self.read(ready_aws, "run/job.json"))["jobId"] == job_id

    def test_results_are_the_bytes_that_macie_wrote(self, ready_aws: Aws) -> None:
        ready_aws.put_patients(2)
        job_id = ready_aws.run_job(**ready_aws.patient_identifier())
        self.store(job_id)
        listed = ready_aws.s3.list_objects_v2(Bucket="results")["Contents"]
        written = [ready_aws.s3.get_object(Bucket="results", Key=item["Key"])["Body"].read() for item in listed]
        stored = self.read(ready_aws, "run/results.jsonl.gz")
        assert len(written) == 2
        assert all(member in stored for member in written)

    def test_a_transform_selects_the_stored_part_of_each_record(self, ready_aws: Aws) -> None:
        ready_aws.put_patients(3)
        ready_aws.s3.put_object(Bucket="bronze", Key="run/clean.csv", Body=b"CODE\n1\n")
        job_id = ready_aws.run_job(**ready_aws.patient_identifier())
        assert self.store(job_id, transform=key_of) == {"findings": 3, "results": 4, "seconds": ANY}
        patients = [{"key": f"run/00{number}.csv"} for number in range(3)]
        results = gzip.decompress(self.read(ready_aws, "run/results.jsonl.gz"))
        assert [json.loads(line) for line in self.read(ready_aws, "run/findings.jsonl").splitlines()] == patients
        assert sorted(json.loads(line)["key"] for line in results.splitlines()) == [
            *("run/000.csv", "run/001.csv", "run/002.csv", "run/clean.csv")
        ]

    @pytest.mark.parametrize(
        ("times", "seconds"),
        [
            (["2999-01-01T00:00:00Z", "2999-01-01T00:01:30Z", "2999-01-01T00:00:10Z"], 90),
            (["a value", None, 3], None),
            (["2000-01-01T00:00:00Z"], 0),  # clocks differ
            ([], None),
        ],
    )
    def test_scan_lasts_until_the_latest_result(
        self, ready_aws: Aws, monkeypatch: pytest.MonkeyPatch, times: list[Any], seconds: int | None
    ) -> None:
        job_id = ready_aws.run_job()
        monkeypatch.setattr(MacieHook, "get_job_document", lambda *_: b'{"createdAt": "2999-01-01T00:00:00.000Z"}')
        records = [{"createdAt": time} for time in times]
        monkeypatch.setattr(MacieHook, "iter_discovery_results", lambda *_: iter([iter(records)]))
        assert self.store(job_id, transform=lambda record: record)["seconds"] == seconds

    def test_a_result_is_counted_once_whatever_the_number_of_its_records(self, ready_aws: Aws) -> None:
        job_id = ready_aws.run_job()
        _, prefix = MacieHook().get_results_location(job_id)
        ready_aws.s3.put_object(Bucket="results", Key=f"{prefix}a.jsonl.gz", Body=gzip.compress(b"{}\n\n{}\n{}"))
        assert self.store(job_id, transform=lambda _: {"a": 1}) == {"findings": 0, "results": 1, "seconds": ANY}
        assert gzip.decompress(self.read(ready_aws, "run/results.jsonl.gz")) == b'{"a":1}\n' * 3

    def test_a_damaged_result_is_named_and_nothing_is_stored(self, ready_aws: Aws) -> None:
        job_id = ready_aws.run_job()
        _, prefix = MacieHook().get_results_location(job_id)
        ready_aws.s3.put_object(Bucket="results", Key=f"{prefix}a.jsonl.gz", Body=gzip.compress(b"{}\nSSN 1-2-3"))
        with pytest.raises(errors.DiscoveryResultUnreadableError) as caught:
            self.store(job_id, transform=dict)
        assert caught.value.args == (f"s3://results/{prefix}a.jsonl.gz", 2)
        assert "Contents" not in ready_aws.s3.list_objects_v2(Bucket="evidence")

    @pytest.mark.parametrize("transform", [None, lambda record: {"id": record["id"]}], ids=["whole", "transformed"])
    def test_a_retry_stores_the_same_again(self, ready_aws: Aws, transform: Any) -> None:
        ready_aws.put_patients(2)
        job_id = ready_aws.run_job(**ready_aws.patient_identifier())
        keys = ["run/findings.jsonl", "run/job.json", "run/results.jsonl.gz"]
        first = self.store(job_id, transform=transform), [self.read(ready_aws, key) for key in keys]
        assert (self.store(job_id, transform=transform), [self.read(ready_aws, key) for key in keys]) == first
        listed = ready_aws.s3.list_objects_v2(Bucket="evidence")["Contents"]
        assert [item["Key"] for item in listed] == keys

    @pytest.mark.parametrize("transform", [None, dict])
    def test_documents_of_a_job_that_found_no_object_can_be_read(self, ready_aws: Aws, transform: Any) -> None:
        assert self.store(ready_aws.run_job(), prefix="", transform=transform) == {
            "findings": 0,
            "results": 0,
            "seconds": ANY,
        }
        assert gzip.decompress(self.read(ready_aws, "results.jsonl.gz")) == b""
        assert self.read(ready_aws, "findings.jsonl") == b""

    def test_a_bucket_that_does_not_exist_is_not_retried(self, ready_aws: Aws) -> None:
        job_id = ready_aws.run_job()
        ready_aws.s3.delete_bucket(Bucket="evidence")
        with pytest.raises(errors.MacieRequestRefusedError, match="NoSuchBucket"):
            self.store(job_id)


@pytest.mark.parametrize(
    "operator",
    [
        MacieCheckReadyOperator(task_id="a"),
        MacieEnsureCustomDataIdentifiersOperator(task_id="b", definitions_path="include/identifiers"),
        MacieCreateClassificationJobOperator(task_id="c", job_request=JOB_REQUEST),
        MacieCancelClassificationJobOperator(task_id="d", job_id=JOB_ID),
        MacieJobResultsToS3Operator(task_id="e", job_id=JOB_ID, bucket="b", prefix="p"),
        MacieFindingsToS3Operator(task_id="f", affected_buckets=["b"], since_ms=0, ids_key="i", bucket="b", key="k"),
        MacieReconcileSessionOperator(task_id="g", managed_by="m"),
        MacieClassificationJobSensor(task_id="h", job_id=JOB_ID),
        MacieJobResultsSensor(task_id="i", job_id=JOB_ID),
    ],
    ids=lambda operator: type(operator).__name__,
)
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/gate"])
def test_missing_credentials_are_retryable_and_reported_without_addresses(
    scripted_aws: ScriptedAws,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    operator: Any,
    role: str,
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws", "extra": {"role_arn": role}}))
    operator.__dict__.pop("hook", None)
    with pytest.raises(errors.MacieUnavailableError, match="no valid credentials") as caught:
        operator.execute(context)
    assert caught.value.args[1] == "NoCredentialsError"
    assert scripted_aws.requests == []
