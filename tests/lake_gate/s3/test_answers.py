"""What S3 answers to who asks for what is not there, or writes where something is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from lake_gate.s3.answers import is_conflict, is_locked, is_missing, is_precondition_failed, retry_on_conflict
from tests.conftest import REPO
from tests.lake import Lake


def test_object_and_version_that_are_not_there_are_missing(lake: Lake) -> None:
    version = lake.put(lake.bronze, "a", b"").version_id
    lake.s3.delete_object(Bucket=lake.bronze, Key="a", VersionId=version)
    for ask in (lake.s3.get_object, lake.s3.head_object):
        for more in ({}, {"VersionId": version}):
            with pytest.raises(ClientError) as refused:
                ask(Bucket=lake.bronze, Key="a", **more)
            assert is_missing(refused.value)
            assert not is_precondition_failed(refused.value)


def test_bucket_that_is_not_there_is_more_than_a_missing_object(lake: Lake) -> None:
    with pytest.raises(ClientError) as refused:
        lake.s3.get_object(Bucket="no-such-bucket", Key="a")
    assert not is_missing(refused.value)


def test_documents_are_read_without_airflow() -> None:
    """`make run` reads them before it says where Airflow's home is."""
    script = "import sys, lake_gate.s3.documents, lake_gate.model.run; sys.exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=REPO / "plugins", check=False).returncode == 0


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "PutObject")


@pytest.mark.parametrize(
    ("code", "is_failed", "is_in_flight"),
    [
        ("PreconditionFailed", True, False),
        ("412", True, False),
        ("ConditionalRequestConflict", False, True),
        ("409", False, True),
        ("AccessDenied", False, False),
    ],
)
def test_write_in_flight_is_not_taken_for_an_object_that_is_there(
    code: str, is_failed: bool, is_in_flight: bool
) -> None:
    assert (is_precondition_failed(refusal(code)), is_conflict(refusal(code))) == (is_failed, is_in_flight)


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "PreconditionFailed"])
def test_only_conflicts_are_tried_again_and_not_for_ever(code: str) -> None:
    tries = []

    def write() -> None:
        tries.append(code)
        assert len(tries) < 10
        raise refusal(code)

    with pytest.raises(ClientError, match=code):
        retry_on_conflict(write)
    assert len(tries) == (3 if code == "ConditionalRequestConflict" else 1)


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("AccessDenied", "Access Denied because object protected by object lock.", True),
        ("AccessDenied", "Access Denied", False),
        ("InternalError", "object lock", False),
    ],
)
def test_object_lock_is_known_by_the_message(code: str, message: str, expected: bool) -> None:
    assert is_locked({"Code": code, "Message": message}) is expected
