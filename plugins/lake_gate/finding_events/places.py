"""Keys of the documents of ``finding_events``, and the run that may have landed an object. Pure."""

from __future__ import annotations

import re

from lake_gate.ledger.chain import LEDGERS
from lake_gate.model.exception import ID, REVOKED, USES
from lake_gate.model.exception import PREFIX as EXCEPTIONS
from lake_gate.model.run import (
    HELD_PREFIX,
    MASKED_PREFIX,
    REPORTS,
    REVIEW_ID,
    REVIEWS,
    RUNS_INDEX,
    Run,
    is_document_name,
    silver_key,
)

FEED = "finding_events"
"""Used instead of a feed in the keys of its documents."""
WATERMARK = f"_runs/{FEED}/watermark.json"
INDEX = "_content/complete.json"
"""Progress of rebuilding the index by content from the documents of the runs."""
_FOLDER = r"[A-Za-z0-9._-]+"
_ANY_FOLDER = rf"{_FOLDER}(/masked)?"
_SHA256 = r"[0-9a-f]{64}"
_FEED = r"[a-z][a-z0-9_]{0,39}"
_OF_A_RUN = re.compile(rf"_runs/{_FEED}/{_FOLDER}/(.+)", re.DOTALL)
_IN_BRONZE = re.compile(
    "|".join(
        (
            re.escape(WATERMARK),
            rf"_runs/{_FEED}/{re.escape(RUNS_INDEX)}",
            rf"_content/{_SHA256}/(found\.json|landed/{_FEED}/{_ANY_FOLDER}/{_SHA256}\.json)",
            r"_content/complete\.json",
            rf"_content/pending/{_SHA256}\.json",
            rf"_verdicts/{_SHA256}/({_SHA256}|revoked)\.json",
            rf"({EXCEPTIONS}|{USES}){_FEED}/{ID}\.json",
            rf"{EXCEPTIONS}{_FEED}/{REVOKED}{ID}\.json",
            rf"{LEDGERS}{_FEED}/[0-9]{{10}}-[0-9]{{10}}\.json",
            rf"{REVIEWS}{_FEED}/{REVIEW_ID.pattern}/(request|returned|purging|outcome|answers/[0-9]{{2}})\.json",
            rf"{REPORTS}{_FEED}/[0-9]{{4}}-[0-9]{{2}}\.html",
        )
    )
)
_MARKER = re.compile(rf"_runs/({_FEED})/({_FOLDER})\.json")


def is_document(key: str) -> bool:
    """Whether the gate writes a document at a key in bronze: it is never moved."""
    of_run = _OF_A_RUN.fullmatch(key)
    return (of_run is not None and is_document_name(of_run[1])) or _IN_BRONZE.fullmatch(key) is not None


def marked_by(key: str) -> Run | None:
    """Return the run whose marker in silver has this key; None when it is not the key of a marker."""
    match = _MARKER.fullmatch(key)
    return _run_of_folder(*match.groups()) if match else None


def landed_key(key: str, *, in_bronze: bool) -> str:
    """Return the key under which an object was landed: the same in every bucket, except for ``held/`` in bronze."""
    return key.removeprefix(HELD_PREFIX) if in_bronze else key


def key_in(run: Run, key: str, *, in_bronze: bool) -> str:
    """Return the key under which a run landed the object that is at a key in one of the buckets."""
    landed = landed_key(key, in_bronze=in_bronze)
    return MASKED_PREFIX + silver_key(landed) if run.is_masked else landed


def run_of(key: str) -> Run | None:
    """Return the run that may have landed an object, by the key under which it was landed; None when no run can.

    The run id of the returned run is the folder: the key has no more of it, and the run's places depend on no more.
    """
    feed, _, rest = silver_key(key).partition("/")
    folder, _, name = rest.partition("/")
    run = _run_of_folder(feed, folder) if name else None
    return run.masked if run and key.startswith(MASKED_PREFIX) else run


def _run_of_folder(feed: str, folder: str) -> Run | None:
    try:
        return Run.of_folder(feed, folder)
    except ValueError:
        return None
