"""Params of ``quarantine_review``: the trigger form, and the check of what a run was started with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Param

from lake_gate.errors import ReviewParamsError
from lake_gate.include import read_feeds
from lake_gate.model.exception import FALSE_POSITIVE, KIND_WORDS, MOST_OCCURRENCES
from lake_gate.review.checking import DAYS_BY_DEFAULT
from lake_gate.review.exempting import FILES, TABLE
from lake_gate.review.request import MOST_FILES, Asked

_REASON = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*(?![\s\S])"
"""One line that is not blank, until its end: a dollar would also match before a line break."""
_MOST_HOURS = 30 * 24
_ASKED = {
    Asked.RELEASE: "Release as it is, with an exception (by default two people approve)",
    Asked.RELEASE_MASKED: "Release a masked copy, with an exception (by default one person approves)",
    Asked.RESCAN: "Scan again, without an exception (by default one person approves)",
    Asked.KEEP: "Keep in quarantine (by default one person approves)",
    Asked.PURGE: "Purge: delete permanently (by default two people approve)",
}
_KINDS = {kind: words.capitalize() for kind, words in KIND_WORDS.items()}
_SCOPES = {FILES: "These bytes only", TABLE: "The table, in later deliveries, too"}
_OF_EXCEPTION = "Exception, for a release"


def review_params() -> dict[str, Param]:
    """Return the params; the defaults ask for nothing but to keep the files.

    The default of the reason is not valid, so that Airflow starts no run without one.
    """
    feeds = [feed.name for feed in read_feeds()[0]]
    return {
        "feed": Param(feeds[0] if feeds else "", type="string", enum=feeds or [""], title="Feed"),
        "run": Param(
            "", type="string", maxLength=250, title="Run", description="Id of the run that quarantined the files."
        ),
        "files": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1, "maxLength": 1024},
            maxItems=MOST_FILES,
            title="Files",
            description="Names in the delivery of that run, one in a line.",
        ),
        "asked": Param(
            Asked.KEEP.value, type="string", enum=[*map(str, _ASKED)], values_display=_shown(_ASKED), title="Asked"
        ),
        "reason": Param(
            "",
            type="string",
            maxLength=1000,
            pattern=_REASON,
            title="Why",
            description="One line for those who approve. Never a value of the data.",
        ),
        "answer_within_hours": Param(
            72, type="integer", minimum=1, maximum=_MOST_HOURS, title="To be answered within (hours)"
        ),
        "exception_kind": Param(
            FALSE_POSITIVE, type="string", enum=list(_KINDS), values_display=_KINDS, title="Kind", section=_OF_EXCEPTION
        ),
        "exception_scope": Param(
            FILES, type="string", enum=list(_SCOPES), values_display=_SCOPES, title="Applies to", section=_OF_EXCEPTION
        ),
        "identifier": Param(
            None,
            type=["null", "string"],
            maxLength=512,
            title="Identifier",
            description="The only one that does not count in the table.",
            section=_OF_EXCEPTION,
        ),
        "column": Param(
            None,
            type=["null", "string"],
            maxLength=512,
            title="Column",
            description="The only column of the table; empty: all.",
            section=_OF_EXCEPTION,
        ),
        "most": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=MOST_OCCURRENCES,
            title="Most occurrences",
            description="In a file of the table. A file with more is decided as without the exception.",
            section=_OF_EXCEPTION,
        ),
        "until": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Until",
            description=f"Last day (UTC); empty: {DAYS_BY_DEFAULT} days from today.",
            section=_OF_EXCEPTION,
        ),
    }


def _shown(texts: Mapping[Asked, str]) -> dict[str, str]:
    return {str(asked): text for asked, text in texts.items()}


def check_params(params: Mapping[str, Any], conf: Mapping[str, Any] | None) -> None:
    """Check what the schemas of the params cannot express.

    :param conf: what the run was started with.
    :raises ReviewParamsError: when a param is not known, or one that every request needs is empty.
    """
    names = review_params().keys()
    problems = [] if not (unknown := len((conf or {}).keys() - names)) else [f"{unknown} of them are not parameters"]
    problems += [f"{name}: it is empty" for name in ("run", "files", "reason") if not params.get(name)]
    if params.get("reason") and not str(params["reason"]).strip():
        problems.append("reason: it is empty")
    if problems:
        raise ReviewParamsError(problems)
