"""The list of jobs: filters and order of ListClassificationJobs.

Source: shapes ListJobsFilterCriteria and ListJobsSortCriteria of the macie2 API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localaws.macie2.exceptions import ValidationException
from localaws.macie2.jobs.description import summary
from localaws.macie2.jobs.job import Job
from localaws.macie2.jobs.scope import compare, moment


def select_jobs(jobs: Iterable[Job], criteria: Mapping[str, Any], sort: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the summaries that meet all include and no exclude terms, latest first by default.

    :raises ValidationException: for a term without a key, comparator or value, or an invalid time.
    """
    includes, excludes = criteria.get("includes", []), criteria.get("excludes", [])
    for term in (*includes, *excludes):
        _check_term(term)
    selected = [
        described
        for described in map(summary, jobs)
        if all(_term_holds(term, described) for term in includes)
        and not any(_term_holds(term, described) for term in excludes)
    ]
    attribute, order = sort.get("attributeName", "createdAt"), sort.get("orderBy", "DESC" if not sort else "ASC")
    return sorted(selected, key=lambda described: (described[attribute], described["jobId"]), reverse=order == "DESC")


def _check_term(term: Mapping[str, Any]) -> None:
    if not (term.get("key") and term.get("comparator") and term.get("values")):
        raise ValidationException("A filter term must have a key, a comparator and values")
    if term["key"] == "createdAt":
        if term["comparator"] in ("CONTAINS", "STARTS_WITH"):
            raise ValidationException(f"createdAt does not support the comparator {term['comparator']}")
        try:
            [moment(value) for value in term["values"]]
        except ValueError:
            raise ValidationException("A value of createdAt must be a time in ISO 8601 format") from None


def _term_holds(term: Mapping[str, Any], described: Mapping[str, Any]) -> bool:
    values = [moment(value) for value in term["values"]] if term["key"] == "createdAt" else term["values"]
    return compare(term["comparator"], described[term["key"]], values)
