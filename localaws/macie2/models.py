"""What one account's Macie in one Region knows: moto's members and invitations, and everything about jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.utils import get_service_model
from moto.macie2.models import MacieBackend as MotoMacieBackend
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from localaws.macie2 import criteria, custom_data_identifiers, moods, run
from localaws.macie2.custom_data_identifiers import StoredIdentifier
from localaws.macie2.dials import changed, dials
from localaws.macie2.exceptions import (
    AccessDeniedException,
    ConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from localaws.macie2.identifiers import CATALOGUE, count_matches
from localaws.macie2.job_request import check_job_request
from localaws.macie2.jobs import Job, JobStatus, now, select_jobs
from localaws.macie2.paging import page, shuffled, shuffled_page
from localaws.macie2.storage import Storage
from localaws.macie2.tags import check_tags

_MOST_FINDINGS = 50
_KMS_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/.+")

type Page = dict[str, Any]


class MacieBackend(MotoMacieBackend):
    """Macie of one account in one Region; not enabled at first, unlike moto's."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.custom_data_identifiers: dict[str, StoredIdentifier] = {}
        self.jobs: dict[str, Job] = {}
        self.findings: dict[str, Mapping[str, Any]] = {}
        self.export_configuration: Mapping[str, Any] = {}
        self._client_tokens: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        self._forget()

    def reset(self) -> None:
        """Stop the jobs and start anew, with the dials where they were when the process started."""
        self._discard_jobs()
        dials.reset()
        super().reset()

    # ---- session

    def assert_enabled(self) -> None:
        if self.macie_session is None:
            raise AccessDeniedException("Macie is not enabled")

    def enable_macie(self, finding_publishing_frequency: str = "FIFTEEN_MINUTES", status: str = "ENABLED") -> None:
        if self.macie_session is not None:
            raise ConflictException("Macie has already been enabled")
        super().enable_macie(finding_publishing_frequency, status)
        assert self.macie_session is not None  # noqa: S101 - narrows for mypy
        self.macie_session |= {"createdAt": now(), "updatedAt": now()}

    def update_macie_session(self, request: Mapping[str, Any]) -> None:
        """Change the session; suspending Macie cancels all jobs."""
        assert self.macie_session is not None  # noqa: S101 - narrows for mypy
        self.macie_session |= {**request, "updatedAt": now()}
        if request.get("status") == "PAUSED":
            for job in list(self.jobs.values()):
                job.cancel()

    def disable_macie(self) -> None:
        """Delete everything of this account in this Region."""
        self._discard_jobs()
        super().disable_macie()
        self._forget()

    # ---- custom data identifiers

    def create_custom_data_identifier(self, request: Mapping[str, Any]) -> StoredIdentifier:
        custom_data_identifiers.check_create_request(request)
        with changed:
            if known := self._made_before("custom-data-identifier", request):
                return self.custom_data_identifiers[known]
            identifier_id = str(mock_random.uuid4())
            arn = self._arn("custom-data-identifier", identifier_id)
            stored = StoredIdentifier(identifier_id, arn, now(), request, tags=dict(request.get("tags", {})))
            self.custom_data_identifiers[identifier_id] = stored
            self._remember("custom-data-identifier", request, identifier_id)
            return stored

    def get_custom_data_identifier(self, identifier_id: str) -> StoredIdentifier:
        """Return an identifier, also a deleted one."""
        return _existing(self.custom_data_identifiers, identifier_id)

    def batch_get_custom_data_identifiers(self, ids: list[str]) -> Page:
        found = [self.custom_data_identifiers[one] for one in ids if one in self.custom_data_identifiers]
        return {
            "customDataIdentifiers": [{**one.summary(), "deleted": one.is_deleted} for one in found],
            "notFoundIdentifierIds": [one for one in ids if one not in self.custom_data_identifiers],
        }

    def list_custom_data_identifiers(self, max_results: int | None, token: str | None) -> Page:
        items, next_token = page([one.summary() for one in self._usable_identifiers().values()], max_results, token)
        return {"items": items, "nextToken": next_token}

    def delete_custom_data_identifier(self, identifier_id: str) -> None:
        """Mark it as deleted: jobs that were created with it keep using it."""
        with changed:
            _existing(self._usable_identifiers(), identifier_id).is_deleted = True

    def test_custom_data_identifier(self, request: Mapping[str, Any]) -> int:
        custom_data_identifiers.check_test_request(request)
        return count_matches(custom_data_identifiers.to_detect(request), request["sampleText"])

    # ---- managed data identifiers

    def list_managed_data_identifiers(self, token: str | None) -> Page:
        entries = [{"category": CATALOGUE[one].category.value, "id": one} for one in sorted(CATALOGUE)]
        items, next_token = page(entries, None, token)
        return {"items": items, "nextToken": next_token}

    # ---- jobs

    def create_classification_job(self, request: Mapping[str, Any]) -> Job:
        """Create a job; a ONE_TIME job starts at once. The same client token and request give the same job."""
        check_job_request(request, self._usable_identifiers())
        storage = self._storage_of(request)
        with changed:
            if known := self._made_before("classification-job", request):
                return self.jobs[known]
            job_id = mock_random.get_random_hex(32)
            job = self.jobs[job_id] = Job(job_id, self._arn("classification-job", job_id), request)
            self._remember("classification-job", request, job_id)
        if job.is_one_time:
            self._run_of(job, storage).start()
        return job

    def get_classification_job(self, job_id: str) -> Job:
        return _existing(self.jobs, job_id)

    def update_classification_job(self, job_id: str, wanted: str) -> None:
        self.get_classification_job(job_id).update(JobStatus(wanted))

    def list_classification_jobs(self, request: Mapping[str, Any]) -> Page:
        jobs = select_jobs(list(self.jobs.values()), request.get("filterCriteria", {}), request.get("sortCriteria", {}))
        items, next_token = page(jobs, request.get("maxResults"), request.get("nextToken"))
        return {"items": items, "nextToken": next_token}

    # ---- export configuration

    def get_classification_export_configuration(self) -> Mapping[str, Any]:
        return self.export_configuration

    def put_classification_export_configuration(self, configuration: Mapping[str, Any]) -> Mapping[str, Any]:
        """Set the repository of the discovery results, or none when the destination is left out."""
        if destination := configuration.get("s3Destination"):
            if not _KMS_KEY_ARN.fullmatch(destination["kmsKeyArn"]):
                raise ValidationException("kmsKeyArn must be the ARN of a KMS key")
            if destination["bucketName"] not in s3_backends.bucket_accounts:
                raise ValidationException(f"The bucket {destination['bucketName']} does not exist")
        self.export_configuration = configuration
        return configuration

    def repository(self) -> run.Repository | None:
        """Return where discovery results go now, None when nothing is configured or the bucket is gone."""
        destination = self.export_configuration.get("s3Destination", {})
        owner = s3_backends.bucket_accounts.get(destination.get("bucketName"))
        if owner is None:
            return None
        return run.Repository(
            account_id=owner[1],
            bucket_name=destination["bucketName"],
            key_prefix=destination.get("keyPrefix", ""),
            kms_key_arn=destination["kmsKeyArn"],
        )

    # ---- findings

    def list_findings(self, request: Mapping[str, Any]) -> Page:
        if (request.get("maxResults") or 1) > _MOST_FINDINGS:
            raise ValidationException(f"maxResults must be at most {_MOST_FINDINGS}")
        selected = criteria.ordered(self._select_findings(request), request.get("sortCriteria", {}), _finding_shape())
        turn = shuffled_page if dials.current.findings_shuffled else page
        ids, next_token = turn(moods.listed(selected), request.get("maxResults"), request.get("nextToken"))
        return {"findingIds": ids, "nextToken": next_token}

    def get_findings(self, ids: list[str], sort: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """Return the findings that exist, in the order asked for."""
        if not 1 <= len(ids) <= _MOST_FINDINGS:
            raise ValidationException(f"findingIds must have 1 to {_MOST_FINDINGS} elements")
        with changed:
            found = [self.findings[one] for one in ids if one in self.findings]
        in_order = criteria.ordered(found, sort, _finding_shape())
        return shuffled(in_order) if dials.current.findings_shuffled else in_order

    def get_finding_statistics(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        groups = criteria.count_by(self._select_findings(request), request["groupBy"], request.get("sortCriteria", {}))
        return groups[: request.get("size")]

    # ---- tags

    def list_tags_for_resource(self, arn: str) -> Mapping[str, str]:
        return self._tags_of(arn)

    def tag_resource(self, arn: str, tags: Mapping[str, str]) -> None:
        with changed:
            check_tags({**self._tags_of(arn), **tags})
            self._tags_of(arn).update(tags)

    def untag_resource(self, arn: str, keys: list[str]) -> None:
        with changed:
            for key in keys:
                self._tags_of(arn).pop(key, None)

    # ---- within

    def _forget(self) -> None:
        self.macie_session = None
        self.export_configuration = {}
        for kept in (self.custom_data_identifiers, self.jobs, self.findings, self._client_tokens):
            kept.clear()

    def _discard_jobs(self) -> None:
        for job in list(self.jobs.values()):
            job.discard()

    def _arn(self, kind: str, resource_id: str) -> str:
        return f"arn:{self.partition}:macie2:{self.region_name}:{self.account_id}:{kind}/{resource_id}"

    def _usable_identifiers(self) -> dict[str, StoredIdentifier]:
        return {key: one for key, one in list(self.custom_data_identifiers.items()) if not one.is_deleted}

    def _made_before(self, kind: str, request: Mapping[str, Any]) -> str | None:
        """Return the id of what the same client token made.

        :raises ConflictException: when the token came with another request. AWS publishes neither the scope nor the
            lifetime of a token; that it must not stand for two things is what other services of AWS do.
        """
        token = request.get("clientToken")
        if token is None or (kind, token) not in self._client_tokens:
            return None
        first, made = self._client_tokens[kind, token]
        if first != request:
            raise ConflictException("The client token was used before with other parameters")
        return made

    def _remember(self, kind: str, request: Mapping[str, Any], made: str) -> None:
        if "clientToken" in request:
            self._client_tokens[kind, request["clientToken"]] = (request, made)

    def _storage_of(self, request: Mapping[str, Any]) -> Storage:
        accounts = {one["accountId"] for one in request["s3JobDefinition"].get("bucketDefinitions", [])}
        owners = {account for _, account in list(s3_backends.bucket_accounts.values())}
        return Storage(accounts | owners | {self.account_id}, self.region_name, self.partition)

    def _run_of(self, job: Job, storage: Storage) -> run.Run:
        return run.Run(
            account_id=self.account_id,
            region_name=self.region_name,
            partition=self.partition,
            job=job,
            storage=storage,
            managed=run.chosen(job.request, CATALOGUE),
            custom=[
                self.custom_data_identifiers[one].to_detect() for one in job.request.get("customDataIdentifierIds", [])
            ],
            repository=self.repository,
            publish=lambda findings: self.findings.update({one["id"]: one for one in findings}),
        )

    def _select_findings(self, request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        criterion = request.get("findingCriteria", {}).get("criterion", {})
        criteria.check(criterion, _finding_shape())
        with changed:
            findings = list(self.findings.values())
        return [one for one in findings if criteria.matches(one, criterion)]

    def _tags_of(self, arn: str) -> dict[str, str]:
        resources: dict[str, Job | StoredIdentifier] = {one.arn: one for one in list(self.jobs.values())}
        resources |= {one.arn: one for one in self._usable_identifiers().values()}
        return _existing(resources, arn).tags


def _existing[Resource](resources: Mapping[str, Resource], resource_id: str) -> Resource:
    if resource_id not in resources:
        raise ResourceNotFoundException
    return resources[resource_id]


def _finding_shape() -> Any:
    return get_service_model("macie2").shape_for("Finding")


macie2_backends = BackendDict(MacieBackend, "macie2")
