"""Check ledgers and documents of the gate: ``python -m lake_gate.verify s3://bucket[/_ledger/feed] | folder``.

Run it in the folder that has ``lake_gate``. For a bucket it needs boto3, for a folder Python only. A folder is a copy
of the bucket, as ``aws s3 sync`` makes it. Exit codes: 0 everything that was checked is as the ledger says, 1 problems,
2 something could not be checked.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_gate.ledger.audit import Audit, Report
from lake_gate.ledger.chain import LEDGERS, Head
from lake_gate.ledger.stores import BucketStore, FolderStore, Store
from lake_gate.model.exception import PREFIX as EXCEPTIONS
from lake_gate.model.names import loggable
from lake_gate.model.run import FEED_NAME, REVIEWS, RUNS
from lake_gate.model.words import counted

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FINE, PROBLEMS, NOT_CHECKED = 0, 1, 2
_MOST_SHOWN = 1000
_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/_ledger(/([a-z][a-z0-9_]{0,39}))?)?/?")
_CLIENT: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 60,
    "retries": {"mode": "standard", "max_attempts": 5},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lake_gate.verify", description=__doc__)
    parser.add_argument("ledger", help="s3://bucket, s3://bucket/_ledger/feed, or a folder with a copy of either")
    parser.add_argument("--documents", help="bucket or folder of the documents, if the ledger has a bucket of its own")
    parser.add_argument("--head", type=_head, help="NUMBER:HASH from a message of the gate")
    given = parser.parse_args(arguments)
    try:
        return _verify(given)
    except Exception as error:
        if not (reason := _reason(error)):
            raise
        print(f"not checked: {reason}", file=sys.stderr)
    return NOT_CHECKED


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _verify(given: argparse.Namespace) -> int:
    ledger, feed = _open(given.ledger)
    documents = _open(given.documents)[0] if given.documents else ledger
    feeds = [feed] if feed else _feeds(ledger, documents)
    if given.head and len(feeds) > 1:
        raise ValueError("--head needs the ledger of one feed: s3://bucket/_ledger/feed, or that folder")
    reports = [report for name in feeds if (report := Audit(ledger, documents, name, given.head).run()).has_any or feed]
    if not reports:
        raise ValueError("no ledger was found: expected objects below _ledger/")
    for report in reports:
        for line in _lines(report):
            print(line)
    if any(report.problems for report in reports):
        return PROBLEMS
    return NOT_CHECKED if any(report.unchecked for report in reports) else FINE


def _feeds(ledger: Store, documents: Store) -> list[str]:
    """Return the feeds that have a ledger, or documents: the whole ledger of a feed may have been removed."""
    places = (RUNS, EXCEPTIONS, REVIEWS)
    found = {*ledger.folders(LEDGERS), *(name for place in places for name in documents.folders(place))}
    return sorted(name for name in found if FEED_NAME.fullmatch(name))


def _open(address: str) -> tuple[Store, str]:
    """Return the store at an address, and the feed if the address is that of a ledger."""
    if address.startswith("s3:"):
        if not (match := _ADDRESS.fullmatch(address)):
            raise ValueError("expected s3://bucket or s3://bucket/_ledger/feed")
        return BucketStore(_client(), match[1]), match[4] or ""
    folder = Path(address).resolve()
    if not folder.is_dir():
        raise ValueError("the folder does not exist")
    if folder.parent.name == LEDGERS.rstrip("/") and FEED_NAME.fullmatch(folder.name):
        return FolderStore(folder.parent.parent), folder.name
    return FolderStore(folder), ""


def _client() -> S3Client:
    """Return a client of S3; boto3 is imported here, because a folder is checked without it.

    :raises ValueError: when boto3 is not installed.
    """
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError:
        raise ValueError("boto3 is not installed, and s3:// needs it; a folder with a copy does not") from None
    return boto3.client("s3", config=Config(**_CLIENT))


def _lines(report: Report) -> Iterator[str]:
    """Yield the lines that are printed about a feed."""
    read = f"{counted(report.lines, 'line')}, {counted(report.documents, 'document')}"
    yield f"{report.feed}: {read}, head {report.head or 'none'}"
    for name, texts in (("problem", report.problems), ("not checked", report.unchecked), ("note", report.notes)):
        for text in texts[:_MOST_SHOWN]:
            yield f"  {name}: {text}"
        if more := len(texts) - _MOST_SHOWN:
            yield from [f"  {name}: and {more:,} more"] if more > 0 else []
    yield f"  {counted(len(report.problems), 'problem')}, {len(report.unchecked):,} not checked"


def _reason(error: Exception) -> str:
    """Return why nothing was checked, or "" for an error that is not expected.

    Of an error of AWS it is the code, or else the class: its text may have addresses.
    """
    if any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        response = getattr(error, "response", {})
        return loggable(str(response.get("Error", {}).get("Code") or type(error).__name__), 100)
    return loggable(str(error), 500) if isinstance(error, OSError | ValueError) else ""


if __name__ == "__main__":
    sys.exit(main())
