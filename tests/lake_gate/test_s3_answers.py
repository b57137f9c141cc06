"""What S3 answers to who asks for what is not there, or writes where something is."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from lake_gate.s3_answers import is_missing, is_precondition_failed
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
    script = "import sys, lake_gate.documents, lake_gate.run; sys.exit('airflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=REPO / "plugins", check=False).returncode == 0
