"""Render a job spec into the body of CreateClassificationJob. Pure.

A job spec is that body in the API's spelling, with ``${...}`` placeholders in its strings and the custom data
identifiers and allow lists by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any


def render(
    spec: Mapping[str, Any],
    *,
    identifier_ids: Mapping[str, str],
    allow_list_ids: Mapping[str, str] | None = None,
    **values: str,
) -> dict[str, Any]:
    """Return the job request: fill in placeholders, and replace names of identifiers and allow lists with ids.

    :param identifier_ids: ids of the custom data identifiers by name.
    :param allow_list_ids: ids of the allow lists by name.
    :param values: values of the placeholders (``bronze_bucket``, ``prefix``, ``feed``, ``account_id`` …).
    :raises ValueError: naming an undefined placeholder, identifier or allow list of the spec.
    """
    request: dict[str, Any] = _fill(spec, values)
    request["customDataIdentifierIds"] = _ids(
        request.get("customDataIdentifierIds", []), identifier_ids, "custom data identifiers"
    )
    if "allowListIds" in request:
        request["allowListIds"] = _ids(request["allowListIds"], allow_list_ids or {}, "allow lists")
    return request


def _ids(names: list[str], ids: Mapping[str, str], kind: str) -> list[str]:
    if unknown := [name for name in names if name not in ids]:
        raise ValueError(f"The job spec names {kind} that are not defined: {', '.join(unknown)}")
    return [ids[name] for name in names]


def _fill(node: Any, values: Mapping[str, str]) -> Any:
    if isinstance(node, Mapping):
        return {key: _fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, values) for value in node]
    if not isinstance(node, str):
        return node
    try:
        return Template(node).substitute(values)
    except KeyError as unknown:
        raise ValueError(f"The job spec has a placeholder without a value: ${{{unknown.args[0]}}}") from None
