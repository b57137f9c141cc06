"""Allow lists through the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.models import macie2_backends
from localaws.macie2.storage.s3 import S3Object, Storage
from tests.localaws.conftest import ACCOUNT, REGION, error_of, start
from tests.localaws.macie2.conftest import pages

WORDS = {"s3WordsList": {"bucketName": "bronze", "objectKey": "allowed.txt"}}
REGEX = {"regex": "[A-Z]{3}"}


@pytest.fixture
def words(s3: Any) -> Callable[[bytes], None]:
    """Write the list in S3; at first it has two entries."""

    def put(body: bytes) -> None:
        s3.put_object(Bucket="bronze", Key="allowed.txt", Body=body)

    put(b"Jane Doe\n\nAkua Mansa\n")
    return put


def _create(macie: Any, criteria: dict[str, Any] = REGEX, **parameters: Any) -> str:
    list_id: str = macie.create_allow_list(**{"name": "n", "criteria": criteria, **parameters})["id"]
    return list_id


def _allowed(*ids: str) -> AllowedTexts:
    return macie2_backends[ACCOUNT][REGION].allowed_texts(ids)


@pytest.mark.parametrize("criteria", [WORDS, REGEX], ids=["words", "regex"])
def test_a_list_is_as_it_was_created(macie: Any, words: Any, criteria: dict[str, Any]) -> None:
    made = macie.create_allow_list(name="staff", description="our own", criteria=criteria, tags={"a": "1"})
    found = macie.get_allow_list(id=made["id"])
    assert re.fullmatch("[a-z0-9]{22}", made["id"])
    assert made["arn"] == found["arn"] == f"arn:aws:macie2:{REGION}:{ACCOUNT}:allow-list/{made['id']}"
    assert (found["name"], found["description"], found["criteria"]) == ("staff", "our own", criteria)
    assert (found["status"], found["tags"]) == ({"code": "OK"}, {"a": "1"})
    assert macie.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "1"}


def test_lists_come_in_pages_without_their_criteria(macie: Any, words: Any) -> None:
    ids = [_create(macie, name=f"list {number}") for number in range(3)]
    found = pages(macie, "list_allow_lists", "allowLists", PaginationConfig={"PageSize": 2})
    assert [len(part) for part in found] == [2, 1]
    assert [item["id"] for part in found for item in part] == ids
    assert not {"criteria", "status", "tags"} & found[0][0].keys()


def test_the_same_client_token_makes_one_list(macie: Any) -> None:
    assert _create(macie, clientToken="t") == _create(macie, clientToken="t")
    assert error_of(_create, macie=macie, clientToken="t", name="other")[:2] == ("ConflictException", 409)


def test_the_same_client_token_makes_another_list_when_the_first_is_deleted(macie: Any) -> None:
    first = _create(macie, clientToken="t")
    macie.delete_allow_list(id=first)
    second = _create(macie, clientToken="t")
    assert [item["id"] for item in macie.list_allow_lists()["allowLists"]] == [second] != [first]


def test_a_list_is_changed_but_not_its_kind(macie: Any, words: Any) -> None:
    list_id = _create(macie)
    macie.update_allow_list(id=list_id, name="new", criteria={"regex": "[0-9]{3}"})
    found = macie.get_allow_list(id=list_id)
    assert (found["name"], found["criteria"]) == ("new", {"regex": "[0-9]{3}"})
    assert "description" not in found
    assert found["updatedAt"] >= found["createdAt"]
    refused = error_of(macie.update_allow_list, id=list_id, name="new", criteria=WORDS)
    assert refused[:2] == ("ValidationException", 400)


@pytest.mark.parametrize(
    "criteria",
    [{}, {**REGEX, **WORDS}, {"regex": "(?=a)b"}, {"s3WordsList": {"bucketName": "bronze", "objectKey": "missing"}}],
    ids=["none", "both", "look-ahead", "no such object"],
)
def test_a_list_that_cannot_be_used_is_refused(macie: Any, words: Any, criteria: dict[str, Any]) -> None:
    assert error_of(_create, macie=macie, criteria=criteria)[:2] == ("ValidationException", 400)
    assert macie.list_allow_lists()["allowLists"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\n \n", "S3_OBJECT_EMPTY"),
        (b"a\n" * 100_001, "S3_OBJECT_OVERSIZE"),
        (b"a" * 36_700_161, "S3_OBJECT_OVERSIZE"),
        (b"a" * 91, "UNKNOWN_ERROR"),
        (b"\xff\xfe", "UNKNOWN_ERROR"),
    ],
    ids=["empty", "entries", "bytes", "long entry", "not text"],
)
def test_the_status_says_why_a_list_in_s3_cannot_be_used_any_more(
    macie: Any, words: Callable[[bytes], None], body: bytes, code: str
) -> None:
    list_id = _create(macie, WORDS)
    words(body)
    assert macie.get_allow_list(id=list_id)["status"]["code"] == code
    assert _allowed(list_id) == AllowedTexts()


def test_the_status_says_when_the_object_of_a_list_is_gone(macie: Any, words: Any, s3: Any) -> None:
    list_id = _create(macie, WORDS)
    s3.delete_object(Bucket="bronze", Key="allowed.txt")
    assert macie.get_allow_list(id=list_id)["status"]["code"] == "S3_OBJECT_NOT_FOUND"


def test_a_list_that_is_deleted_after_its_first_read_still_allows_its_texts(
    macie: Any, words: Any, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, open_latest = _create(macie, WORDS), Storage.open_latest

    def open_and_delete(storage: Storage, candidate: S3Object) -> tuple[S3Object, BinaryIO]:
        opened = open_latest(storage, candidate)
        s3.delete_object(Bucket="bronze", Key="allowed.txt")
        return opened

    monkeypatch.setattr(Storage, "open_latest", open_and_delete)
    assert "JANE DOE" in _allowed(list_id)
    assert _allowed(list_id) == AllowedTexts()


def test_what_is_allowed_is_in_one_of_the_lists_as_a_whole(macie: Any, words: Any) -> None:
    allowed = _allowed(_create(macie, WORDS), _create(macie), "unknown")
    assert [text in allowed for text in ("JANE DOE", "Jane", "ABC", "ABCD")] == [True, False, True, False]


def test_a_list_in_s3_is_read_each_time(macie: Any, words: Callable[[bytes], None]) -> None:
    list_id = _create(macie, WORDS)
    words(b"STRASSE\r\nWeg 1\r\n")
    allowed = _allowed(list_id)
    assert [text in allowed for text in ("Straße", "weg 1", "Jane Doe")] == [True, True, False]


def test_an_account_has_five_lists_of_each_kind(macie: Any, words: Any) -> None:
    for number in range(5):
        _create(macie, name=f"list {number}")
    assert error_of(_create, macie=macie)[:2] == ("ServiceQuotaExceededException", 402)
    assert _create(macie, WORDS)


def test_a_deleted_list_is_gone(macie: Any) -> None:
    list_id = _create(macie)
    macie.delete_allow_list(id=list_id)
    assert error_of(macie.get_allow_list, id=list_id)[:2] == ("ResourceNotFoundException", 404)
    assert error_of(macie.delete_allow_list, id=list_id)[:2] == ("ResourceNotFoundException", 404)


def test_a_list_is_kept_while_a_job_uses_it(macie: Any, s3: Any, turn: Callable[..., None]) -> None:
    turn(job_held=True)
    list_id = _create(macie)
    job_id = start(macie, allowListIds=[list_id])
    assert error_of(macie.delete_allow_list, id=list_id)[:2] == ("ValidationException", 400)
    macie.update_classification_job(jobId=job_id, jobStatus="CANCELLED")
    macie.delete_allow_list(id=list_id)


def test_a_list_that_a_job_uses_is_deleted_when_the_request_says_so(
    macie: Any, s3: Any, turn: Callable[..., None]
) -> None:
    turn(job_held=True)
    list_id = _create(macie)
    start(macie, allowListIds=[list_id])
    macie.delete_allow_list(id=list_id, ignoreJobChecks="true")
    assert macie.list_allow_lists()["allowLists"] == []
