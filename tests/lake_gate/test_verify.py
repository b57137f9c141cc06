"""The auditor's command: in a bucket with boto3, offline with Python alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate.ledger.chain import name_of
from lake_gate.model.run import MANIFEST, RECORD, Run
from lake_gate.recording.documents import describe, write_recorded
from lake_gate.verify import main
from tests.conftest import REPO
from tests.lake import Lake
from tests.lake_gate.ledger.copies import make

RUN = Run("synthea", "1")
RECORD_KEY = RUN.document(RECORD)


def record(lake: Lake, run: Run = RUN) -> None:
    """Write the documents of a run as the gate does."""
    lake.put(lake.bronze, run.document(MANIFEST), b"{}\n")
    documents = describe(lake.s3, lake.bronze, run, {MANIFEST: ""})
    content = repr({"documents": documents}).replace("'", '"').encode()
    write_recorded(lake.s3, lake.settings, run, content)


def line(number: int, feed: str = "synthea") -> str:
    return f"_ledger/{feed}/{name_of(number)}"


def sync(lake: Lake, folder: Path, bucket: str = "") -> Path:
    """Copy the latest versions of all objects, as ``aws s3 sync`` does."""
    for key in [item["Key"] for item in lake.s3.list_objects_v2(Bucket=bucket or lake.bronze).get("Contents", [])]:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lake.read(bucket or lake.bronze, key))
    return folder


def test_ledger_of_the_gate_is_fine_in_place_and_in_a_copy(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 4):
        record(lake, Run("synthea", str(number)))
    record(lake)
    assert main([f"s3://{lake.bronze}"]) == 0
    in_place = capsys.readouterr().out
    assert in_place.startswith("synthea: 4 lines, 8 documents, head 4:")
    assert in_place.endswith("  0 problems, 0 not checked\n")
    head = in_place.split("head ")[1].split("\n")[0]
    assert main([f"s3://{lake.bronze}/_ledger/synthea", "--head", head]) == 0
    assert main([str(sync(lake, tmp_path)), "--head", head]) == 0
    assert main([str(tmp_path / "_ledger/synthea"), "--head", head]) == 0
    assert "earlier versions of documents, which were not checked: 1" in capsys.readouterr().out


def test_ledger_that_was_removed_as_a_whole_is_missed(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    record(lake)
    record(lake, Run("clinic", "1"))
    for item in lake.s3.list_objects_v2(Bucket=lake.bronze, Prefix="_ledger/clinic/")["Contents"]:
        for version_id in lake.versions(lake.bronze, item["Key"]):
            lake.s3.delete_object(Bucket=lake.bronze, Key=item["Key"], VersionId=version_id)
    assert main([f"s3://{lake.bronze}"]) == 2
    assert "clinic: 0 lines, 0 documents, head none\n  not checked: the ledger has no lines" in capsys.readouterr().out


def overwrite(key: str) -> Callable[[Lake], Any]:
    return lambda lake: lake.s3.put_object(Bucket=lake.bronze, Key=key, Body=b'{"forged":1}')


def delete(key: str) -> Callable[[Lake], Any]:
    return lambda lake: lake.s3.delete_object(Bucket=lake.bronze, Key=key)


def remove(key: str) -> Callable[[Lake], Any]:
    """Delete all versions permanently."""

    def act(lake: Lake) -> None:
        for version in lake.versions(lake.bronze, key):
            lake.s3.delete_object(Bucket=lake.bronze, Key=key, VersionId=version)

    return act


def replace(key: str) -> Callable[[Lake], Any]:
    def act(lake: Lake) -> None:
        remove(key)(lake)
        overwrite(key)(lake)

    return act


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (overwrite(RECORD_KEY), f"the latest version of {RECORD_KEY} has no line"),
        (delete(RECORD_KEY), f"{RECORD_KEY} was deleted"),
        (remove(RECORD_KEY), f"line 1: {RECORD_KEY} is missing"),
        (replace(RECORD_KEY), f"line 1: {RECORD_KEY} is missing"),
        (remove(RUN.document(MANIFEST)), f"line 1: {RUN.document(MANIFEST)} is missing"),
        (overwrite(RUN.document("amendments/e.jsonl")), f"{RUN.document('amendments/e.jsonl')} has no line"),
        (overwrite(RUN.masked.document(RECORD)), f"{RUN.masked.document(RECORD)} has no line"),
        (overwrite(line(1)), "line 1 was written 2 times; the first is checked"),
        (delete(line(1)), "line 1 was deleted"),
        (remove(line(1)), "line 1 is missing"),
        (replace(line(1)), "line 1 is damaged: not a Line: "),
        (replace(line(2)), "line 2 is damaged: not a Line: "),
        (overwrite("_ledger/synthea/x"), "_ledger/synthea/x is not a line"),
    ],
)
def test_every_change_in_the_bucket_is_found(
    lake: Lake, capsys: pytest.CaptureFixture[str], tamper: Callable[[Lake], Any], problem: str
) -> None:
    record(lake)
    record(lake, Run("synthea", "2"))
    tamper(lake)
    assert main([f"s3://{lake.bronze}"]) == 1
    assert f"  problem: {problem}" in capsys.readouterr().out


def test_latest_line_that_is_removed_is_missed_by_the_head(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    record(lake)
    record(lake)
    assert main([f"s3://{lake.bronze}"]) == 0
    head = capsys.readouterr().out.split("head ")[1].split("\n")[0]
    remove(line(2))(lake)
    remove(RECORD_KEY)(lake)
    assert main([f"s3://{lake.bronze}", "--head", head]) == 1
    assert "the ledger ends with line 1, but the head that was kept is line 2" in capsys.readouterr().out


def test_ledger_in_a_bucket_of_its_own_is_checked_with_the_documents(lake: Lake, tmp_path: Path) -> None:
    lake.s3.create_bucket(Bucket="ledgers")
    lake.s3.put_bucket_versioning(Bucket="ledgers", VersioningConfiguration={"Status": "Enabled"})
    object.__setattr__(lake.settings, "ledger_bucket", "ledgers")
    record(lake)
    assert main(["s3://ledgers/_ledger/synthea", "--documents", f"s3://{lake.bronze}"]) == 0
    assert main(["s3://ledgers/_ledger/synthea"]) == 1
    ledger, documents = sync(lake, tmp_path / "ledger", "ledgers"), sync(lake, tmp_path / "documents")
    assert main([str(ledger), "--documents", str(documents)]) == 0
    assert main([str(documents)]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["s3://no-such-bucket"],
        ["s3://no-such-bucket/_ledger/synthea"],
        ["s3://"],
        ["s3://bucket/other"],
        ["s3://bucket/_ledger/../synthea"],
        ["/no/such/folder"],
        ["."],
        ["a\0b"],
    ],
)
def test_place_that_cannot_be_read_is_not_checked(
    lake: Lake, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("not checked: ")


@pytest.mark.parametrize("arguments", [[], [".", "--head", "x"], [".", "--head"], [".", "--other"]])
def test_other_arguments_are_refused_by_the_same_code(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_head_is_that_of_one_feed(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    record(lake)
    record(lake, Run("clinic", "1"))
    assert main([f"s3://{lake.bronze}"]) == 0
    assert main([f"s3://{lake.bronze}", "--head", f"1:{'0' * 64}"]) == 2
    assert "needs the ledger of one feed" in capsys.readouterr().err


def test_refused_request_is_named_by_its_code_alone(
    lake: Lake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(lake)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr("lake_gate.verify._CLIENT", {"retries": {"max_attempts": 0}})
    assert main([f"s3://{lake.bronze}"]) == 2
    assert capsys.readouterr().err == "not checked: EndpointConnectionError\n"


BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top != "lake_gate" and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
import runpy
runpy.run_module("lake_gate.verify", run_name="__main__", alter_sys=True)
"""


def run_without_packages(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder of the package, with nothing but the standard library."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKER, *arguments],
        cwd=REPO / "plugins",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("is_changed", "code"), [(False, 0), (True, 1)])
def test_folder_is_checked_with_python_alone(tmp_path: Path, is_changed: bool, code: int) -> None:
    head = make(tmp_path)
    if is_changed:
        (tmp_path / "_runs/synthea/1/manifest.jsonl").write_bytes(b"secret")
    done = run_without_packages(str(tmp_path), "--head", head)
    assert done.returncode == code, done.stderr[-2000:]
    assert done.stdout.startswith(f"synthea: 3 lines, 5 documents, head {head}\n")
    assert "secret" not in done.stdout


def test_bucket_is_not_checked_without_boto3() -> None:
    done = run_without_packages("s3://bucket")
    sentence = "boto3 is not installed, and s3:// needs it; a folder with a copy does not"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"not checked: {sentence}\n")


@pytest.mark.parametrize(
    ("tamper", "with_head"), [(remove(line(1)), False), (replace(line(2)), False), (remove(line(3)), True)]
)
def test_documents_of_lines_that_are_gone_are_not_checked(
    lake: Lake, capsys: pytest.CaptureFixture[str], tamper: Callable[[Lake], Any], with_head: bool
) -> None:
    for number in range(1, 4):
        record(lake, Run("synthea", str(number)))
    assert main([f"s3://{lake.bronze}/_ledger/synthea"]) == 0
    head = capsys.readouterr().out.split("head ")[1].split("\n")[0]
    tamper(lake)
    assert main([f"s3://{lake.bronze}/_ledger/synthea", *(["--head", head] if with_head else [])]) == 1
    printed = capsys.readouterr().out
    assert "  not checked: documents of 1 line missing or damaged\n" in printed
    assert printed.endswith(" 1 not checked\n")
