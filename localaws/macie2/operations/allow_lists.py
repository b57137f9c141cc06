"""Allow lists: texts and patterns that are not reported although an identifier matches them.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/allow-lists.html and
https://docs.aws.amazon.com/macie/latest/user/allow-lists-options-s3text.html
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.moto_api._internal import mock_random

from localaws.macie2.clock import now
from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.dials import state_lock
from localaws.macie2.exceptions import ServiceQuotaExceededException, ValidationException
from localaws.macie2.identifiers.dialect import RegexError, compile_regex, validate_regex
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.status import OVER
from localaws.macie2.operations.area import Answer, Area, Request, existing, partly_implemented
from localaws.macie2.paging import page
from localaws.macie2.storage.s3 import BucketUnavailableError, ObjectUnavailableError, Storage
from localaws.macie2.validation import check_tags

#: Lists of each kind in an account. Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
MOST_LISTS_OF_A_KIND = 5
MOST_ENTRIES = 100_000
LARGEST_BYTES = 35 * 1024 * 1024
_LONGEST_ENTRY = 90
_ID_CHARACTERS = string.ascii_lowercase + string.digits


class UnusableListError(Exception):
    """The list cannot be used; the first argument is one of the API's AllowListStatusCode."""


@dataclass(slots=True)
class AllowList:
    """A list with its latest settings; its kind of criteria never changes."""

    id: str
    arn: str
    request: Mapping[str, Any]
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "regex" if "regex" in self.request["criteria"] else "s3WordsList"

    def summary(self) -> dict[str, Any]:
        """Return the element of ListAllowLists."""
        return {
            "arn": self.arn,
            "createdAt": self.created_at,
            "description": self.request.get("description"),
            "id": self.id,
            "name": self.request["name"],
            "updatedAt": self.updated_at,
        }


class AllowLists(Area):
    """The allow lists of an account."""

    allow_lists: dict[str, AllowList]

    def forget(self) -> None:
        super().forget()
        self.allow_lists = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        return {
            **super().tags_by_arn(),
            **{allow_list.arn: allow_list.tags for allow_list in list(self.allow_lists.values())},
        }

    def create_allow_list(self, request: Request) -> Answer:
        check_tags(request.get("tags", {}))
        self._check_criteria(request["criteria"])
        with state_lock:
            if known := self.made_before("allow-list", request, self.allow_lists):
                return {"arn": self.allow_lists[known].arn, "id": known}
            list_id = "".join(mock_random.choices(_ID_CHARACTERS, k=22))
            made = AllowList(list_id, self.arn("allow-list", list_id), request, tags=dict(request.get("tags", {})))
            if sum(allow_list.kind == made.kind for allow_list in self.allow_lists.values()) >= MOST_LISTS_OF_A_KIND:
                raise ServiceQuotaExceededException(f"An account can have {MOST_LISTS_OF_A_KIND} lists of each kind")
            self.allow_lists[list_id] = made
            self.remember("allow-list", request, list_id)
        return {"arn": made.arn, "id": list_id}

    @partly_implemented("no list is ever S3_OBJECT_ACCESS_DENIED, S3_USER_ACCESS_DENIED or S3_THROTTLED")
    def get_allow_list(self, request: Request) -> Answer:
        """Return the list and whether it can be used now."""
        known = existing(self.allow_lists, request["id"])
        return {
            **known.summary(),
            "criteria": known.request["criteria"],
            "status": self._status(known.request["criteria"]),
            "tags": known.tags,
        }

    def list_allow_lists(self, request: Request) -> Answer:
        return page("allowLists", [allow_list.summary() for allow_list in list(self.allow_lists.values())], request)

    def update_allow_list(self, request: Request) -> Answer:
        """Change everything but the kind of the list."""
        known = existing(self.allow_lists, request["id"])
        self._check_criteria(request["criteria"])
        if known.kind not in request["criteria"]:
            raise ValidationException("The type of criteria of an allow list cannot be changed")
        with state_lock:
            known.request, known.updated_at = request, now()
        return {"arn": known.arn, "id": known.id}

    def delete_allow_list(self, request: Request) -> Answer:
        """Delete a list that no unfinished job uses; with ``ignoreJobChecks`` any list."""
        existing(self.allow_lists, request["id"])
        ignores_jobs = request.get("ignoreJobChecks", "false").lower()
        if ignores_jobs not in ("true", "false"):
            raise ValidationException("ignoreJobChecks must be true or false")
        with state_lock:
            if ignores_jobs == "false" and any(_uses(job, request["id"]) for job in self.macie.jobs.values()):
                raise ValidationException("The allow list is used by a job that is neither complete nor cancelled")
            self.allow_lists.pop(request["id"], None)
        return {}

    def allowed_texts(self, ids: Iterable[str]) -> AllowedTexts:
        """Return the current texts and patterns of these lists.

        A list that was deleted or cannot be read allows nothing: the job continues without it.
        Source: https://docs.aws.amazon.com/macie/latest/user/allow-lists-status-check.html
        """
        lists = [known.request["criteria"] for list_id in ids if (known := self.allow_lists.get(list_id))]
        texts: set[str] = set()
        for criteria in lists:
            if "s3WordsList" in criteria:
                with suppress(UnusableListError):
                    texts.update(text.casefold() for text in self._read(criteria["s3WordsList"]))
        patterns = tuple(compile_regex(criteria["regex"]) for criteria in lists if "regex" in criteria)
        return AllowedTexts(frozenset(texts), patterns)

    def _check_criteria(self, criteria: Mapping[str, Any]) -> None:
        """Refuse criteria that cannot be used; Macie tests them, too."""
        if len(criteria) != 1:
            raise ValidationException("criteria must have exactly one of regex and s3WordsList")
        if "regex" in criteria:
            try:
                validate_regex(criteria["regex"])
            except RegexError as error:
                raise ValidationException(f"regex is not valid: {error}") from error
        status = self._status(criteria)
        if status["code"] != "OK":
            raise ValidationException(f"The allow list cannot be used: {status['code']}")

    def _status(self, criteria: Mapping[str, Any]) -> dict[str, str]:
        if "s3WordsList" in criteria:
            try:
                self._read(criteria["s3WordsList"])
            except UnusableListError as error:
                return {"code": error.args[0], "description": error.args[1]}
        return {"code": "OK"}

    def _read(self, source: Mapping[str, str]) -> list[str]:
        """Return the texts of a list in S3.

        :raises UnusableListError: when it cannot be used.
        """
        storage = Storage({self.account_id}, self.region_name, self.partition)
        try:
            bucket = storage.get_bucket(self.account_id, source["bucketName"])
            stored = storage.find_latest(bucket, source["objectKey"])
            if stored.size_bytes > LARGEST_BYTES:
                raise UnusableListError("S3_OBJECT_OVERSIZE", f"The object is larger than {LARGEST_BYTES} bytes")
            with storage.open_latest(stored)[1] as stream:
                return _entries(stream.read())
        except (BucketUnavailableError, ObjectUnavailableError):
            raise UnusableListError(
                "S3_OBJECT_NOT_FOUND", "The object does not exist in a bucket of the account"
            ) from None


def _entries(content: bytes) -> list[str]:
    try:
        entries = [line for line in content.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UnusableListError("UNKNOWN_ERROR", "The object is not text in UTF-8") from None
    if not entries:
        raise UnusableListError("S3_OBJECT_EMPTY", "The object has no entry")
    if len(entries) > MOST_ENTRIES:
        raise UnusableListError("S3_OBJECT_OVERSIZE", f"The object has more than {MOST_ENTRIES} entries")
    if any(len(entry) > _LONGEST_ENTRY for entry in entries):
        raise UnusableListError("UNKNOWN_ERROR", f"An entry has more than {_LONGEST_ENTRY} characters")
    return entries


def _uses(job: Job, list_id: str) -> bool:
    return job.status not in OVER and list_id in job.request.get("allowListIds", [])
