"""Messages about review requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lake_gate.model.words import counted
from lake_gate.notifications.message import Notice
from lake_gate.review.request import Answer, Request, State

_STATES = {
    State.KEPT: "was kept in quarantine, as asked",
    State.REFUSED: "was refused: the files stay in quarantine",
    State.EXPIRED: "was not answered and carried out in time: the files stay in quarantine",
    State.RELEASED: "was approved: the files go through the gate again",
    State.PURGED: "was approved: the files were deleted from quarantine permanently",
    State.FAILED: "could not be carried out: no file was moved out of quarantine",
}


def asked_notice(request: Request, link: str | None) -> Notice:
    """Return the message that a request waits for answers.

    :param link: where it is answered.
    """
    sentence = f"[{request.feed}] Review request: {_what(request)}"
    return Notice(
        subject=sentence,
        lines=[
            f"Asked by {request.asked_by}: {request.reason}",
            f"People who have to approve, never the asker: {request.needed}. Until: {request.deadline_at}.",
            f"Answer it in Airflow: {link}" if link else "",
            *_files(request),
        ],
        sms=f"{sentence}.",
        attributes=_attributes(request, State.ASKED),
    )


def closed_notice(request: Request, answers: Sequence[Answer], outcome: Mapping[str, Any]) -> Notice:
    """Return the message about the end of a request.

    :param answers: those that count.
    :param outcome: content of ``outcome.json``.
    """
    state = State(outcome["state"])
    sentence = f"[{request.feed}] The review request ({_what(request)}) {_STATES[state]}"
    reprocess = outcome.get("reprocess") or {}
    return Notice(
        subject=sentence,
        lines=[
            f"{sentence}.",
            f"Asked by {request.asked_by}: {request.reason}",
            *(f"{answer.option}: {answer.by}, {answer.at}" for answer in answers),
            f"Cause: {outcome['problem']}" if outcome.get("problem") else "",
            f"Run of {reprocess['dag_id']}: {reprocess['run_id']}" if reprocess else "",
            *_files(request),
            *_purged(outcome),
            *_in_force(outcome),
        ],
        sms=f"{sentence}.",
        attributes=_attributes(request, state),
    )


def _what(request: Request) -> str:
    return f"{request.asked.replace('_', ' ')}, {counted(len(request.files), 'file')}"


def _files(request: Request) -> list[str]:
    return [f"- {file.name}: {file.reason}" for file in request.files]


def _purged(outcome: Mapping[str, Any]) -> list[str]:
    """Return what is left of purged keys: versions with other bytes or without a seal, which were not reviewed."""
    listed = outcome.get("files") or ()
    return [
        f"Not deleted, with other bytes or without a seal: {counted(len(file['left']), 'version')} of {file['name']}"
        for file in listed
        if file["left"]
    ]


def _in_force(outcome: Mapping[str, Any]) -> list[str]:
    """Return which exceptions apply although the files were not released."""
    ids = outcome.get("exceptions")
    return [f"Exceptions that were added before, and apply until they are revoked: {', '.join(ids)}"] if ids else []


def _attributes(request: Request, state: State) -> dict[str, str | int]:
    return {"feed": request.feed, "kind": "review", "severity": "None", "outcome": str(state)}
