"""States in which a page has nothing to show: each with a title, the cause, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """Page that says why there is nothing to show.

    :param status: HTTP status.
    """

    status: int
    title: str
    text: str
    todo: str = ""


SIGNED_OUT = State(
    401,
    "Not signed in",
    "The session has ended or was never begun.",
    "Sign in to Airflow; the login returns to this page.",
)
FORBIDDEN = State(
    403,
    "No permission",
    "Airflow does not let you see the runs of this DAG.",
    "An administrator can grant read access to the DAG and its runs.",
)
NOT_A_GATE_DAG = State(
    404,
    "Not a feed of the gate",
    "This page shows the DAGs of feeds, and there is none here with this id.",
    "The feeds of the gate have DAGs named <feed>_gate.",
)
NO_RUN = State(404, "No such run", "Neither Airflow nor the gate's documents know a run of this feed with this id.")
NO_FILE = State(
    404, "No such file", "The record of this run has no file with this name.", "Open the run for its files."
)
NO_RECORD = State(
    404, "No record", "Bronze has no record of this run, or not yet.", "Open the run to see how far it has got."
)
NO_REPORT = State(
    404,
    "No report",
    "This run has no report: it is from before there were reports, or the report could not be written.",
    "Clear the task record of the run: it writes the record and the report again.",
)
NOT_FOUND = State(404, "No such page", "There is nothing at this address.")
TOO_LARGE = State(
    413,
    "Too large for a page",
    "A document of this run is larger than a page reads.",
    "Read objects.jsonl in bronze below _runs/ with the AWS CLI.",
)
FAILED = State(
    500, "The page failed", "An error that the page did not expect; the log of the API server has its class.", "Reload."
)
RELEASES_NOT_COUNTED = (
    "the documents of its re-processing runs are larger than a page reads, so held files that those runs have moved "
    "since are counted as held."
)
_INDEX = {"damaged": "is damaged", "missing": "does not exist"}
_BY_STATUS = {401: SIGNED_OUT, 403: FORBIDDEN}


def of_status(status: int) -> State:
    """Return the state of a response that Airflow's authorisation or the router has refused."""
    return _BY_STATUS.get(status) or State(status, NOT_FOUND.title, NOT_FOUND.text)


def of_index(feed: str, problem: str) -> str:
    """Return the sentences about an index of runs that cannot be used.

    :param problem: ``damaged`` or ``missing``.
    """
    return (
        f"The index of the runs of {feed} {_INDEX[problem]}, so earlier and later runs are not shown. "
        "The next run of the feed rebuilds it. Runs and files are not affected."
    )


def of_aws(operation: str, code: str) -> State:
    """Return the state when AWS has refused or not answered a read.

    :param operation: of AWS's API; ``code``: AWS's error code.
    """
    return State(
        502,
        "AWS refused or did not answer",
        f"{operation} failed: {code}.",
        "The role of Airflow's web server needs ssm:GetParametersByPath on /lake_gate; s3:ListBucket, s3:GetObject and "
        "s3:GetObjectVersion on bronze; and kms:Decrypt on its key (docs/platform.md, The Gate page). Files are not "
        "affected.",
    )


def of_settings(problem: str) -> State:
    """Return the state when the settings are not usable."""
    return State(503, "Settings are not usable", problem, "Correct the parameters; the page reads them every minute.")


def of_damage(document: str) -> State:
    """Return the state when a document does not have the shape that the gate writes."""
    return State(
        502,
        "A document is damaged",
        f"{document} of this run does not have the shape that the gate writes, so nothing of it is shown.",
        "Find out which writer changed it; docs/platform.md, Break glass, says how to restore it.",
    )
