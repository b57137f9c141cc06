"""Parse an answer as Airflow reports it. Airflow 3.2.1 takes any text as an option, from any user who may answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lake_gate.model.names import loggable
from lake_gate.review.request import OPTIONS, Answer

_MOST_NAME = 200


def answer_of(event: Any) -> Answer | None:
    """Return the answer in the event of a human-in-the-loop task; None if the time ran out.

    Members that are not what they should be are left empty: such an answer does not count.
    """
    event = event if isinstance(event, Mapping) else {}
    if event.get("timedout") is True or event.get("error_type") == "timeout":
        return None
    user = event.get("responded_by_user")
    user = user if isinstance(user, Mapping) else {}
    return Answer(
        _option(event.get("chosen_options")),
        _name(user.get("name")),
        _name(user.get("id")),
        _at(event.get("responded_at")),
    )


def _option(chosen: Any) -> str:
    is_one = isinstance(chosen, list | tuple) and len(chosen) == 1 and chosen[0] in OPTIONS
    return str(chosen[0]) if is_one else ""


def _name(name: Any) -> str:
    """Return the name or id of a user; empty if it is one that documents and messages cannot show."""
    text = str(name) if isinstance(name, str | int) and not isinstance(name, bool) else ""
    return text if loggable(text) == text and len(text) <= _MOST_NAME else ""


def _at(moment: Any) -> str:
    try:
        parsed = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return str(parsed.astimezone(UTC).isoformat(timespec="seconds")) if parsed.tzinfo else ""
    except (ValueError, AttributeError, OverflowError):
        return ""


def now() -> str:
    """Return the time now, as in the documents."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment_after(moment: str, **much: int) -> str:
    """Return the time so much (``days=7``) after a time, as in the documents."""
    return (datetime.fromisoformat(moment) + timedelta(**much)).isoformat(timespec="seconds")
