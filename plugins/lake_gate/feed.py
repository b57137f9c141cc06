"""Feed: source, schedule and rules of one kind of delivery. Pure.

A feed is a file of ``include/feeds``. The name of the file is the name of the feed and the first part of every key; the
DAG is ``<name>_gate``. The files are read while DAGs are parsed; the shape of the DAGs depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from lake_gate.model.run import FEED_NAME
from lake_gate.model.schema import iter_problems

_TAKEN = {
    *("held", "masked", "unknown"),
    *("held_objects", "finding_events", "macie_scheduled_job", "feed_reports", "quarantine_review"),
}
"""Prefixes of held files and of masked copies, names below which other DAGs write documents, and the placeholder for
an unknown feed."""
DATE = "${date}"
"""Placeholder for the date of the run, in a source."""
PURGE_AFTER_DAYS = 30
"""Retention of quarantined files where a feed says nothing. Our own choice."""
APPROVALS = {"release": 2, "release_masked": 1, "rescan": 1, "keep": 1, "purge": 2}
"""Number of people who have to approve, by what is asked about quarantined files. Our own rule: two if bytes with
findings may reach silver unmasked, or are deleted permanently."""
_LEAST_APPROVALS = {"purge": 2}
"""Least number that a feed may set, 1 for all others: a purge cannot be taken back, and no scan follows it. Also a
release that one person approves takes two, as the asker never approves."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed.

    :param owner: responsible person or team; shown in Airflow.
    :param source: location of the delivery: empty for the source of the settings, a path below it, or a complete
        address. ``${date}`` in it is the date of the run (its logical date, in UTC).
    :param schedule: cron in UTC; None: only manual runs.
    :param job_spec: name of a file in ``include/job_specs``.
    :param policy: name of a file in ``include/policies``; a run may choose a different policy.
    :param masking: name of a file in ``include/masking``, for policies with rules that mask; None: such a policy is
        refused.
    :param high_topic: name of the setting that holds the topic for High findings and failures.
    :param low_topic: name of the setting that holds the topic for all other messages.
    :param messages: ``digest``: one message per run; ``each finding``: also a message per finding.
    :param expect: tables that every delivery must have (``{"tables": ["patients"], "missing": "fail"}``; ``warn``:
        the delivery goes on without them).
    :param max_scan_usd: a run stops before a scan that would cost more; None: no limit.
    :param reuse_verdicts: content that was cleared before by the same rules is not scanned again.
    :param reviewers: names of the Airflow users who may answer a request of ``quarantine_review``, by what is asked
        (``{"release": ["ann", "bob"]}``); any user but the asker where nothing is listed.
    :param approvals: number of people who have to approve such a request, by what is asked (``{"release": 1}``);
        :data:`APPROVALS` for what is not listed.
    :param purge_after_days: how many days a file is in quarantine before its purge may be asked.
    """

    name: str
    owner: str
    description: str = ""
    source: str = ""
    schedule: str | None = None
    job_spec: str = "synthea_one_time"
    policy: str = "default"
    masking: str | None = None
    high_topic: str = "high_topic_arn"
    low_topic: str = "low_topic_arn"
    messages: str = "digest"
    expect: Mapping[str, Any] = field(default_factory=lambda: {"tables": [], "missing": "warn"})
    max_scan_usd: float | None = None
    reuse_verdicts: bool = False
    reviewers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    approvals: Mapping[str, int] = field(default_factory=dict)
    purge_after_days: int = PURGE_AFTER_DAYS

    @property
    def dag_id(self) -> str:
        """Id of the feed's DAG."""
        return f"{self.name}_gate"

    def approvals_for(self, asked: str) -> int:
        """Return the number of people who have to approve what is asked."""
        return self.approvals.get(asked, APPROVALS[asked])


_FILE = {"type": "string", "pattern": "^[a-z0-9_-]+$"}
_SETTING = {"type": "string", "pattern": "^[a-z0-9_]+_topic_arn$"}
_PEOPLE = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "owner": {"type": "string", "minLength": 1},
        "source": {"type": "string"},
        "schedule": {"type": ["string", "null"]},
        "job_spec": _FILE,
        "policy": _FILE,
        "masking": _FILE,
        "topics": {"type": "object", "properties": {"high": _SETTING, "low": _SETTING}, "additionalProperties": False},
        "messages": {"enum": ["digest", "each finding"]},
        "expect": {
            "type": "object",
            "properties": {
                "tables": {"type": "array", "items": {"type": "string", "pattern": "^[^A-Z./]+$"}, "minItems": 1},
                "missing": {"enum": ["fail", "warn"]},
            },
            "required": ["tables", "missing"],
            "additionalProperties": False,
        },
        "max_scan_usd": {"type": ["number", "null"], "exclusiveMinimum": 0},
        "reuse_verdicts": {"type": "boolean"},
        "reviewers": {
            "type": "object",
            "properties": dict.fromkeys(APPROVALS, _PEOPLE),
            "additionalProperties": False,
        },
        "purge_after_days": {"type": "integer", "minimum": 1, "maximum": 36_500},
        "approvals": {
            "type": "object",
            "properties": {
                asked: {"type": "integer", "minimum": _LEAST_APPROVALS.get(asked, 1), "maximum": 2}
                for asked in APPROVALS
            },
            "additionalProperties": False,
        },
    },
    "required": ["owner", "schedule"],
    "additionalProperties": False,
}
"""JSON Schema of a feed's file."""


def parse(name: str, content: Any) -> Feed:
    """Parse the content of a feed's file.

    :raises ValueError: naming every wrong key and the expected value.
    """
    if problems := [*_name_problems(name), *(list(iter_problems(SCHEMA, content)) or _value_problems(content))]:
        raise ValueError("; ".join(problems))
    topics = {f"{severity}_topic": setting for severity, setting in content.get("topics", {}).items()}
    return Feed(name=name, **{key: value for key, value in content.items() if key != "topics"}, **topics)


def _name_problems(name: str) -> Iterable[str]:
    if not FEED_NAME.fullmatch(name):
        yield "the name of a feed must begin with a letter and have at most 40 lower-case letters, digits and _"
    if name in _TAKEN:
        yield f"the name {name} is reserved"


def _value_problems(content: Mapping[str, Any]) -> Iterable[str]:
    """Yield the problems that the schema cannot express."""
    from croniter import croniter

    schedule, source = content["schedule"], content.get("source", "")
    if schedule is not None and not (len(schedule.split()) == 5 and croniter.is_valid(schedule)):
        yield f"schedule: {schedule!r} is not a cron expression of five fields, such as '0 2 * * *'"
    template = Template(source)
    if not template.is_valid() or set(template.get_identifiers()) - {"date"} or "{" in source.replace(DATE, ""):
        yield f"source: the only valid placeholder is {DATE}"
    approvals = {**APPROVALS, **content.get("approvals", {})}
    for asked, reviewers in content.get("reviewers", {}).items():
        if len(reviewers) < approvals[asked]:
            yield f"reviewers.{asked}: {approvals[asked]} people have to approve, expected at least as many names"
