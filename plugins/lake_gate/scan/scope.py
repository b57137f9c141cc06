"""Scope of a classification job, derived from its request and a manifest, and exclusion of reused objects. Pure.

Source: shapes Scoping, JobScopingBlock, SimpleScopeTerm and TagScopeTerm of the API, and
https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from lake_gate.model.manifest import LandedObject

REUSED_TAG, REUSED_VALUE = "lake_gate_verdict", "reused"
"""Tag of landed objects that a job leaves out because a verdict of an earlier run covers their bytes."""
_EXCLUDE_REUSED = {
    "tagScopeTerm": {
        "comparator": "EQ",
        "key": "TAG",
        "tagValues": [{"key": REUSED_TAG, "value": REUSED_VALUE}],
        "target": "S3_OBJECT",
    }
}
ARCHIVES = frozenset({"gz", "gzip", "tar", "tgz", "zip"})
_SIZES: dict[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}


def extension_of(name: str) -> str:
    """Return the file name extension as Macie sees it: with its case, without the dot, empty if there is none."""
    stem, _, extension = name.rpartition("/")[2].rpartition(".")
    return extension if stem else ""


def may_read(request: Mapping[str, Any], landed: LandedObject) -> bool:
    """Return whether the job may read the object; conditions that a manifest cannot answer (tags, times) exclude none.

    An object is read if every include condition holds, unless every exclude condition holds.
    """
    scoping = _scoping(request)
    includes = [_holds(term, landed) for term in _terms(scoping, "includes")]
    excludes = [_holds(term, landed) for term in _terms(scoping, "excludes")]
    return False not in includes and not (excludes and all(excludes))


def is_confined(request: Mapping[str, Any], bucket: str, prefix: str) -> bool:
    """Return whether the job can read only objects below the prefix of this bucket."""
    definitions = _definition(request).get("bucketDefinitions") or []
    if {name for definition in definitions for name in definition.get("buckets") or []} != {bucket}:
        return False
    return any(_is_below(term.get("simpleScopeTerm") or {}, prefix) for term in _terms(_scoping(request), "includes"))


def reuse_obstacle(spec: Mapping[str, Any]) -> str:
    """Return why this spec's jobs cannot leave out objects that have a verdict; empty if they can."""
    if _terms(_scoping(spec), "excludes"):
        return "the job spec has excludes already, and Macie leaves out only objects that match all excludes"
    if spec.get("allowListIds"):
        return "the job spec names allow lists, whose words may change without a change of the job spec"
    return ""


def without_reused(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the job request that leaves out objects with the gate's tag.

    :raises ValueError: when the request has excludes already, because Macie joins them with AND.
    """
    if _terms(_scoping(request), "excludes"):
        raise ValueError("The job spec has excludes already: objects with a verdict cannot be left out as well")
    scoping = {**_scoping(request), "excludes": {"and": [_EXCLUDE_REUSED]}}
    return {**request, "s3JobDefinition": {**_definition(request), "scoping": scoping}}


def _definition(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return request.get("s3JobDefinition") or {}


def _scoping(request: Mapping[str, Any]) -> Mapping[str, Any]:
    return _definition(request).get("scoping") or {}


def _terms(scoping: Mapping[str, Any], block: str) -> list[Mapping[str, Any]]:
    return (scoping.get(block) or {}).get("and") or []


def _is_below(term: Mapping[str, Any], prefix: str) -> bool:
    is_key_prefix = term.get("key") == "OBJECT_KEY" and term.get("comparator") == "STARTS_WITH"
    return is_key_prefix and all(value.startswith(prefix) for value in term.get("values") or [""])


def _holds(term: Mapping[str, Any], landed: LandedObject) -> bool | None:
    """Return whether the condition holds for the object; None if a manifest cannot answer it."""
    simple = term.get("simpleScopeTerm") or {}
    comparator, values = simple.get("comparator"), simple.get("values") or []
    match simple.get("key"), comparator:
        case "OBJECT_EXTENSION", "EQ":
            return extension_of(landed.key) in values
        case "OBJECT_EXTENSION", "NE":
            return extension_of(landed.key) not in values
        case "OBJECT_KEY", "STARTS_WITH":
            return any(landed.key.startswith(value) for value in values)
        case "OBJECT_SIZE", _ if comparator in _SIZES and len(values) == 1 and str(values[0]).isdecimal():
            # For an archive Macie also compares the files inside.
            is_archive = extension_of(landed.key).lower() in ARCHIVES
            return None if is_archive else _SIZES[comparator](landed.size_bytes, int(values[0]))
    return None
