"""The exceptions that an approved release adds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lake_gate.model.exception import AS_IS, MASKED, PolicyException
from lake_gate.model.manifest import dataset_of
from lake_gate.review.request import Asked, Proposal, Request

FILES, TABLE = "files", "table"
"""Scopes: the bytes of each file; or their tables, in later deliveries, too."""


def exceptions_of(request: Request, approved_by: Sequence[str], created_at: str) -> list[PolicyException]:
    """Return the exceptions of a request, one for each file or table; the same at every try.

    :param created_at: time of the last approval.
    :raises ValueError: when one is not valid; the text contains nothing of the request.
    """
    if request.exception is None:
        return []
    made = (
        _of_files(request, request.exception)
        if request.exception.scope == FILES
        else _of_tables(request, request.exception)
    )
    return [
        PolicyException.from_json(
            replace(
                exception, id=f"{request.id}-{number}", approved_by=tuple(approved_by), created_at=created_at
            ).to_json()
        )
        for number, exception in enumerate(made, start=1)
    ]


def _of_files(request: Request, proposal: Proposal) -> Iterator[PolicyException]:
    for file in request.files:
        yield replace(_common(request, proposal), sha256=file.sha256, detections=file.detections)


def _of_tables(request: Request, proposal: Proposal) -> Iterator[PolicyException]:
    scope: dict[str, Any] = {"identifier": proposal.identifier, "column": proposal.column, "most": proposal.most}
    for dataset in dict.fromkeys(dataset_of(file.name) for file in request.files):
        yield replace(_common(request, proposal), dataset=dataset, **scope)


def _common(request: Request, proposal: Proposal) -> PolicyException:
    return PolicyException(
        id=request.id,
        feed=request.feed,
        kind=proposal.kind,
        release=MASKED if request.kind is Asked.RELEASE_MASKED else AS_IS,
        requested_by=request.asked_by,
        approved_by=(),
        until=proposal.until,
        created_at="",
        reason=request.reason,
        request=request.id,
    )
