from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest

from macie import errors
from macie.hook import FINDINGS_PER_CALL, MacieHook
from tests.macie.local_aws import Aws
from tests.macie.scripted_aws import ACCOUNT, JOB_ID, REGION, ScriptedAws, job

DESCRIBE, UPDATE = f"GET /jobs/{JOB_ID}", f"PATCH /jobs/{JOB_ID}"
ONE_ATTEMPT = {"retries": {"total_max_attempts": 1, "mode": "standard"}}


@pytest.fixture
def hook() -> MacieHook:
    return MacieHook(config=ONE_ATTEMPT)


class TestReadiness:
    def test_macie_is_ready_when_it_is_enabled_and_has_a_repository(self, ready_aws: Aws, hook: MacieHook) -> None:
        assert hook.check_ready()["bucketName"] == "results"

    def test_the_error_names_the_command_to_enable_macie_when_it_never_was(self, aws: Aws, hook: MacieHook) -> None:
        with pytest.raises(errors.MacieNotEnabledError, match=f"found DISABLED.*enable-macie --region {REGION}"):
            hook.check_ready()

    def test_the_error_names_the_command_to_resume_macie_when_it_is_suspended(
        self, ready_aws: Aws, hook: MacieHook
    ) -> None:
        ready_aws.macie.update_macie_session(status="PAUSED")
        with pytest.raises(errors.MacieNotEnabledError, match=r"found PAUSED.*--status ENABLED"):
            hook.check_ready()

    def test_the_error_names_the_command_to_set_a_repository_when_there_is_none(
        self, aws: Aws, hook: MacieHook
    ) -> None:
        aws.macie.enable_macie()
        with pytest.raises(errors.ResultsRepositoryMissingError, match="put-classification-export-configuration"):
            hook.check_ready()

    def test_another_refusal_is_not_taken_for_macie_being_disabled(
        self, scripted_aws: ScriptedAws, hook: MacieHook
    ) -> None:
        scripted_aws.script("GET /macie", (403, "AccessDeniedException", "not authorized"))
        with pytest.raises(errors.MacieRequestRefusedError, match="not authorized"):
            hook.get_session_status()


class TestJobs:
    def test_the_same_token_finds_the_same_job(self, ready_aws: Aws, hook: MacieHook) -> None:
        request = ready_aws.job_request()
        first = hook.create_classification_job(request, "token")
        assert hook.create_classification_job(request, "token") == first
        assert hook.create_classification_job(request, "token-2") != first

    def test_a_request_that_botocore_refuses_is_not_retried(self, ready_aws: Aws, hook: MacieHook) -> None:
        with pytest.raises(errors.MacieRequestRefusedError, match=r"ParamValidation.*jobTyp"):
            hook.create_classification_job({**ready_aws.job_request(), "jobTyp": "ONE_TIME"}, "token")

    def test_the_document_of_a_job_is_what_macie_sent(self, scripted_aws: ScriptedAws, hook: MacieHook) -> None:
        sent = job("COMPLETE", createdAt="2026-11-23T12:00:00.000Z", customDataIdentifierIds=None, brandNewField=[1])
        scripted_aws.script(DESCRIBE, sent)
        assert json.loads(hook.get_job_document(JOB_ID)) == sent

    def test_a_job_that_does_not_exist_is_an_error(self, ready_aws: Aws, hook: MacieHook) -> None:
        with pytest.raises(errors.MacieRequestRefusedError, match="ResourceNotFoundException"):
            hook.describe_job(JOB_ID)

    def test_a_running_job_is_cancelled(self, ready_aws: Aws, hook: MacieHook) -> None:
        ready_aws.turn(job_held=True)
        job_id = ready_aws.create_job()
        assert hook.cancel_job(job_id)
        assert ready_aws.status(job_id) == "CANCELLED"

    def test_a_job_that_ended_between_look_and_cancel_is_not_an_error(
        self, scripted_aws: ScriptedAws, hook: MacieHook
    ) -> None:
        scripted_aws.script(DESCRIBE, job("RUNNING"), job("COMPLETE"))
        scripted_aws.script(UPDATE, (400, "ValidationException", "cannot update"))
        assert not hook.cancel_job(JOB_ID)

    def test_a_refused_cancellation_of_a_job_that_goes_on_is_an_error(
        self, scripted_aws: ScriptedAws, hook: MacieHook
    ) -> None:
        scripted_aws.script(DESCRIBE, job("RUNNING"))
        scripted_aws.script(UPDATE, (403, "AccessDeniedException", "not authorized"))
        with pytest.raises(errors.MacieRequestRefusedError, match=r"UpdateClassificationJob.*not authorized"):
            hook.cancel_job(JOB_ID)


class TestResults:
    def test_findings_of_all_pages_come_in_the_order_of_their_making(self, ready_aws: Aws, hook: MacieHook) -> None:
        ready_aws.put_patients(FINDINGS_PER_CALL + 3)
        patients = ready_aws.patient_identifier()
        job_id, other = ready_aws.run_job(**patients), ready_aws.run_job(**patients)
        found = list(hook.iter_findings(job_id))
        assert {finding["classificationDetails"]["jobId"] for finding in found} == {job_id} != {other}
        assert len({finding["resourcesAffected"]["s3Object"]["key"] for finding in found}) == FINDINGS_PER_CALL + 3
        assert [finding["createdAt"] for finding in found] == sorted(finding["createdAt"] for finding in found)

    def test_a_finding_is_what_macie_sent(self, scripted_aws: ScriptedAws, hook: MacieHook) -> None:
        finding = {"id": "a", "createdAt": "2026-11-23T12:00:00.250Z", "brandNewField": 1, "policyDetails": None}
        scripted_aws.script("POST /findings", {"findingIds": ["a"]})
        scripted_aws.script("POST /findings/describe", {"findings": [finding]})
        assert list(hook.iter_findings(JOB_ID)) == [finding]

    def test_a_listed_finding_that_is_not_returned_is_an_error(
        self, scripted_aws: ScriptedAws, hook: MacieHook
    ) -> None:
        scripted_aws.script("POST /findings", {"findingIds": ["a", "b"]})
        scripted_aws.script("POST /findings/describe", {"findings": [{"id": "a"}]})
        with pytest.raises(errors.FindingsIncompleteError, match=f"Expected 2 findings .*{JOB_ID}.*returned 1"):
            list(hook.iter_findings(JOB_ID))

    @pytest.mark.parametrize(("key_prefix", "start"), [("", ""), ("macie", "macie/"), ("a/b/", "a/b/")])
    def test_results_are_below_the_documented_prefix(
        self, ready_aws: Aws, hook: MacieHook, key_prefix: str, start: str
    ) -> None:
        ready_aws.put_export_configuration(keyPrefix=key_prefix)
        job_id = ready_aws.run_job()
        prefix = f"{start}AWSLogs/{ACCOUNT}/Macie/{REGION}/{job_id}/"
        assert hook.get_results_location(job_id) == ("results", prefix)

    def test_results_are_found_and_copied_in_the_order_of_their_keys(self, ready_aws: Aws, hook: MacieHook) -> None:
        job_id = ready_aws.run_job()
        _, prefix = hook.get_results_location(job_id)
        for name in ("b.jsonl.gz", "a/2.jsonl.gz", "a/1.jsonl.gz", "check"):
            ready_aws.s3.put_object(Bucket="results", Key=prefix + name, Body=gzip.compress(name.encode()))
        ready_aws.s3.put_object(Bucket="results", Key="AWSLogs/other.jsonl.gz", Body=b"of another job")
        keys = [key.removeprefix(prefix) for key in hook.iter_discovery_result_keys(job_id)]
        assert keys == ["a/1.jsonl.gz", "a/2.jsonl.gz", "b.jsonl.gz"]
        file = io.BytesIO()
        assert hook.copy_discovery_results(job_id, file) == 3
        # None of these files ends with a newline; two records on one line could not be read.
        assert gzip.decompress(file.getvalue()) == b"a/1.jsonl.gz\na/2.jsonl.gz\nb.jsonl.gz\n"

    def test_a_repository_that_is_gone_is_an_error(self, ready_aws: Aws, hook: MacieHook) -> None:
        job_id = ready_aws.run_job()
        ready_aws.s3.delete_bucket(Bucket="results")
        with pytest.raises(errors.MacieRequestRefusedError, match="NoSuchBucket"):
            list(hook.iter_discovery_result_keys(job_id))


@pytest.mark.parametrize(
    ("config", "mode"), [(None, "adaptive"), (ONE_ATTEMPT, "standard"), ({"read_timeout": 5}, "adaptive")]
)
def test_retries_are_adaptive_unless_the_caller_sets_another_mode(config: dict[str, Any] | None, mode: str) -> None:
    merged: Any = MacieHook(config=config).config
    assert merged.retries["mode"] == mode
