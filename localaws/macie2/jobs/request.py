"""Validation of CreateClassificationJob beyond botocore's model.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/jobs.html and
https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from localaws.macie2.exceptions import ResourceNotFoundException, ValidationException
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.jobs.scope import moment
from localaws.macie2.validation import check_length, check_tags

_NUMERIC = frozenset({"EQ", "GT", "GTE", "LT", "LTE", "NE"})
_EQUALITY = frozenset({"EQ", "NE"})
#: Scope key to its comparators and whether it takes exactly one value.
_SCOPE_KEYS: dict[str, tuple[frozenset[str], bool]] = {
    "OBJECT_EXTENSION": (_EQUALITY, False),
    "OBJECT_KEY": (frozenset({"STARTS_WITH"}), False),
    "OBJECT_LAST_MODIFIED_DATE": (_NUMERIC, True),
    "OBJECT_SIZE": (_NUMERIC, True),
}
_PARSERS: dict[str, Callable[[str], Any]] = {"OBJECT_LAST_MODIFIED_DATE": moment, "OBJECT_SIZE": int}
#: Key of a bucket criterion to its values, None for any. Source: shape SimpleCriterionForJob of the macie2 API.
_CRITERION_KEYS: dict[str, frozenset[str] | None] = {
    "ACCOUNT_ID": None,
    "S3_BUCKET_NAME": None,
    "S3_BUCKET_EFFECTIVE_PERMISSION": frozenset({"PUBLIC", "NOT_PUBLIC", "UNKNOWN"}),
    "S3_BUCKET_SHARED_ACCESS": frozenset({"EXTERNAL", "INTERNAL", "NOT_SHARED", "UNKNOWN"}),
}
_MOST_BUCKETS = 1000
_MOST_CUSTOM_IDENTIFIERS = 30
_MOST_ALLOW_LISTS = 10


def check_job_request(
    request: Mapping[str, Any], custom_identifiers: Mapping[str, Any], allow_lists: Mapping[str, Any]
) -> None:
    """Refuse a job that Macie would refuse.

    :param custom_identifiers: the account's custom data identifiers by id, without deleted ones.
    :param allow_lists: the account's allow lists by id.
    :raises ValidationException: for a value that is out of its range or an invalid combination.
    :raises ResourceNotFoundException: for a custom data identifier or an allow list that does not exist.
    """
    check_length("name", request["name"], 1, 500)
    check_length("description", request.get("description", ""), 0, 200)
    check_length("clientToken", request["clientToken"], 1, 256)
    check_tags(request.get("tags", {}))
    if not 1 <= request.get("samplingPercentage", 100) <= 100:
        raise ValidationException("samplingPercentage must be between 1 and 100")
    _check_schedule(request)
    _check_identifiers(request, custom_identifiers)
    _check_ids("allow lists", request.get("allowListIds", []), allow_lists, _MOST_ALLOW_LISTS)
    _check_buckets(request["s3JobDefinition"])
    _check_scoping(request["s3JobDefinition"].get("scoping", {}))


def _check_schedule(request: Mapping[str, Any]) -> None:
    frequency = request.get("scheduleFrequency")
    if request["jobType"] == "ONE_TIME":
        if frequency is not None:
            raise ValidationException("scheduleFrequency can be specified only for a SCHEDULED job")
        return
    if frequency is None or len(frequency) != 1:
        raise ValidationException(
            "scheduleFrequency of a SCHEDULED job must be exactly one of dailySchedule, weeklySchedule, monthlySchedule"
        )
    if "weeklySchedule" in frequency and "dayOfWeek" not in frequency["weeklySchedule"]:
        raise ValidationException("weeklySchedule must have a dayOfWeek")
    if "monthlySchedule" in frequency and not 1 <= frequency["monthlySchedule"].get("dayOfMonth", 0) <= 31:
        raise ValidationException("dayOfMonth of monthlySchedule must be between 1 and 31")


def _check_identifiers(request: Mapping[str, Any], custom_identifiers: Mapping[str, Any]) -> None:
    selector = request.get("managedDataIdentifierSelector", "RECOMMENDED")
    managed, custom = request.get("managedDataIdentifierIds", []), request.get("customDataIdentifierIds", [])
    if selector in ("INCLUDE", "EXCLUDE") and not managed:
        raise ValidationException(f"managedDataIdentifierIds must not be empty for the selector {selector}")
    if selector not in ("INCLUDE", "EXCLUDE") and managed:
        raise ValidationException(f"managedDataIdentifierIds must be empty for the selector {selector}")
    if selector == "NONE" and not custom:
        raise ValidationException("customDataIdentifierIds must not be empty for the selector NONE")
    if unknown := [identifier for identifier in managed if identifier not in CATALOGUE]:
        raise ValidationException(f"Unknown managed data identifiers: {', '.join(unknown)}")
    _check_ids("custom data identifiers", custom, custom_identifiers, _MOST_CUSTOM_IDENTIFIERS)


def _check_ids(what: str, ids: Sequence[str], known: Mapping[str, Any], most: int) -> None:
    if len(ids) > most:
        raise ValidationException(f"A job can use at most {most} {what}")
    if any(resource_id not in known for resource_id in ids):
        raise ResourceNotFoundException


def _check_buckets(definition: Mapping[str, Any]) -> None:
    definitions, criteria = definition.get("bucketDefinitions"), definition.get("bucketCriteria")
    if bool(definitions) is (criteria is not None):
        raise ValidationException("s3JobDefinition must have either bucketDefinitions or bucketCriteria")
    if definitions:
        if not all(buckets["buckets"] for buckets in definitions):
            raise ValidationException("buckets of bucketDefinitions must not be empty")
        if sum(len(buckets["buckets"]) for buckets in definitions) > _MOST_BUCKETS:
            raise ValidationException(f"A job can analyze at most {_MOST_BUCKETS} buckets")
    for term in _terms(criteria or {}):
        _check_criterion(term)


def _check_criterion(term: Mapping[str, Any]) -> None:
    simple, tags = term.get("simpleCriterion"), term.get("tagCriterion")
    if (simple is None) is (tags is None):
        raise ValidationException("A criterion must have either a simpleCriterion or a tagCriterion")
    if tags is not None:
        _check_tag_term(tags)
        return
    assert simple is not None  # noqa: S101 - narrows for mypy
    key = simple.get("key", "")
    if key not in _CRITERION_KEYS:
        raise ValidationException("key of a simpleCriterion must not be null")
    _check_comparator(key, simple, _EQUALITY)
    allowed = _CRITERION_KEYS[key]
    if allowed and not allowed.issuperset(simple["values"]):
        raise ValidationException(f"values of {key} must be of: {', '.join(sorted(allowed))}")


def _check_scoping(scoping: Mapping[str, Any]) -> None:
    for term in _terms(scoping):
        simple, tags = term.get("simpleScopeTerm"), term.get("tagScopeTerm")
        if (simple is None) is (tags is None):
            raise ValidationException("A scope term must have either a simpleScopeTerm or a tagScopeTerm")
        if tags is not None:
            _check_tag_term(tags)
        elif simple is not None:
            _check_scope_term(simple)


def _check_scope_term(term: Mapping[str, Any]) -> None:
    key = term.get("key", "")
    if key not in _SCOPE_KEYS:
        raise ValidationException("key of a simpleScopeTerm must not be null")
    comparators, is_single = _SCOPE_KEYS[key]
    _check_comparator(key, term, comparators)
    if is_single and len(term["values"]) != 1:
        raise ValidationException(f"{key} must have exactly one value")
    try:
        for value in term["values"]:
            _PARSERS.get(key, str)(value)
    except ValueError:
        raise ValidationException(f"The value of {key} is not valid: {value}") from None


def _check_comparator(key: str, term: Mapping[str, Any], comparators: frozenset[str]) -> None:
    if term.get("comparator") not in comparators:
        raise ValidationException(f"comparator of {key} must be one of: {', '.join(sorted(comparators))}")
    if not term.get("values"):
        raise ValidationException(f"values of {key} must not be empty")


def _check_tag_term(term: Mapping[str, Any]) -> None:
    if term.get("comparator") not in _EQUALITY:
        raise ValidationException("comparator of a tag term must be one of: EQ, NE")
    if not term.get("tagValues"):
        raise ValidationException("tagValues of a tag term must not be empty")


def _terms(blocks: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for block in ("includes", "excludes"):
        yield from blocks.get(block, {}).get("and", [])
