"""The buckets and objects in the scope of a job.

Source: shapes S3BucketCriteriaForJob, Scoping, SimpleScopeTerm and TagScopeTerm of the macie2 API, and
https://docs.aws.amazon.com/macie/latest/user/discovery-jobs-scope.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from localaws.macie2.storage.s3 import S3Bucket, S3Object, extension

_COMPARATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
    "CONTAINS": lambda value, wanted: wanted in value,
    "STARTS_WITH": lambda value, wanted: value.startswith(wanted),
}

_BUCKET_FACTS = {
    "ACCOUNT_ID": "account_id",
    "S3_BUCKET_NAME": "name",
    "S3_BUCKET_EFFECTIVE_PERMISSION": "effective_permission",
    "S3_BUCKET_SHARED_ACCESS": "shared_access",
}


def compare(comparator: str, value: Any, wanted: list[Any]) -> bool:
    """Compare a value with a list, any element of which may match; NE requires that none is equal."""
    if comparator == "NE":
        return value not in wanted
    return any(_COMPARATORS[comparator](value, candidate) for candidate in wanted)


def moment(text: str) -> datetime:
    """Parse an ISO 8601 time, in UTC if it has no offset.

    :raises ValueError: for any other text.
    """
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def includes_object(scoping: Mapping[str, Any], candidate: S3Object) -> bool:
    """Return whether the object is in the job: every include term holds, and not every exclude term does."""
    return _in_scope(scoping, lambda term: _object_term(term, candidate))


def includes_bucket(criteria: Mapping[str, Any], candidate: S3Bucket) -> bool:
    """Return whether the bucket meets the job's bucket criteria; excludes win."""
    return _in_scope(criteria, lambda term: _bucket_term(term, candidate))


def _in_scope(blocks: Mapping[str, Any], holds: Callable[[Mapping[str, Any]], bool]) -> bool:
    includes = blocks.get("includes", {}).get("and", [])
    excludes = blocks.get("excludes", {}).get("and", [])
    return all(map(holds, includes)) and not (excludes and all(map(holds, excludes)))


def _object_term(term: Mapping[str, Any], candidate: S3Object) -> bool:
    if tag_term := term.get("tagScopeTerm"):
        return _tags_hold(tag_term, candidate.tags)
    simple = term["simpleScopeTerm"]
    comparator, values = simple["comparator"], simple["values"]
    match simple["key"]:
        case "OBJECT_EXTENSION":
            return compare(comparator, extension(candidate.key), values)
        case "OBJECT_KEY":
            return compare(comparator, candidate.key, values)
        case "OBJECT_SIZE":
            return compare(comparator, candidate.size_bytes, [int(value) for value in values])
        case _:  # OBJECT_LAST_MODIFIED_DATE; validation lets no other key through
            return compare(comparator, candidate.last_modified_at, [moment(value) for value in values])


def _bucket_term(term: Mapping[str, Any], candidate: S3Bucket) -> bool:
    if tag_term := term.get("tagCriterion"):
        return _tags_hold(tag_term, candidate.tags)
    simple = term["simpleCriterion"]
    return compare(simple["comparator"], getattr(candidate, _BUCKET_FACTS[simple["key"]]), simple["values"])


def _tags_hold(term: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """EQ: the resource has any of the tags; a pair without a value asks for the key alone."""
    has_any = any(
        pair.get("key") in tags and (not pair.get("value") or tags[pair["key"]] == pair["value"])
        for pair in term["tagValues"]
    )
    return has_any is (term["comparator"] == "EQ")
