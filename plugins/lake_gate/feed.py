"""A feed: where deliveries of one kind come from, when, and by which rules they go through the gate. Pure.

A feed is a file of ``include/feeds``. Its name is the name of the feed, the first part of every key, and the DAG of it
is ``<name>_gate``. The files are read while parsing: they are all that the shape of these DAGs depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Template
from typing import Any

from lake_gate.model.run import FEED_NAME
from lake_gate.model.schema import misshapen

_TAKEN = {"held", "held_objects", "finding_events", "macie_scheduled_job", "unknown"}
"""Where held files of all feeds are, what the other DAGs write down, and what stands for a feed that is not known."""
DATE = "${date}"
"""In a source: the date of the run."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed.

    :param owner: who answers for it; shown in Airflow.
    :param source: where a run finds its delivery: empty for the source of the settings, a path below it, or a whole
        address. ``${date}`` in it is the date of the run (its logical date, in UTC).
    :param schedule: cron in UTC; None: only when somebody starts it.
    :param job_spec: name of a file in ``include/job_specs``.
    :param policy: name of a file in ``include/policies``; a run may choose another one.
    :param high_topic: name of the setting that holds the topic for High findings and failures.
    :param low_topic: name of the setting that holds the topic for all else.
    :param messages: ``digest``: one message a run; ``each finding``: one for each finding, too.
    :param expect: tables that every delivery has to have (``{"tables": ["patients"], "missing": "fail"}``; ``warn``:
        the delivery goes on without them).
    :param max_scan_usd: a run whose scan would cost more stops before it; None: no limit.
    :param reuse_verdicts: content that was cleared before, by the same rules, is not scanned again.
    """

    name: str
    owner: str
    description: str = ""
    source: str = ""
    schedule: str | None = None
    job_spec: str = "synthea_one_time"
    policy: str = "default"
    high_topic: str = "high_topic_arn"
    low_topic: str = "low_topic_arn"
    messages: str = "digest"
    expect: Mapping[str, Any] = field(default_factory=lambda: {"tables": [], "missing": "warn"})
    max_scan_usd: float | None = None
    reuse_verdicts: bool = False

    @property
    def dag_id(self) -> str:
        """Id of the feed's DAG."""
        return f"{self.name}_gate"


_FILE = {"type": "string", "pattern": "^[a-z0-9_-]+$"}
_SETTING = {"type": "string", "pattern": "^[a-z0-9_]+_topic_arn$"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "owner": {"type": "string", "minLength": 1},
        "source": {"type": "string"},
        "schedule": {"type": ["string", "null"]},
        "job_spec": _FILE,
        "policy": _FILE,
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
    },
    "required": ["owner", "schedule"],
    "additionalProperties": False,
}
"""JSON Schema of a feed's file."""


def parse(name: str, content: Any) -> Feed:
    """Return the feed that the content of a file defines.

    :raises ValueError: naming every key that is wrong, and what was expected there.
    """
    if problems := [*_misnamed(name), *(list(misshapen(SCHEMA, content)) or _unusable(content))]:
        raise ValueError("; ".join(problems))
    topics = content.get("topics", {})
    places = {f"{severity}_topic": setting for severity, setting in topics.items()}
    return Feed(name=name, **{key: value for key, value in content.items() if key != "topics"}, **places)


def _misnamed(name: str) -> Iterable[str]:
    if not FEED_NAME.fullmatch(name):
        yield "a feed is named with small letters, digits and _, 40 at most, beginning with a letter"
    if name in _TAKEN:
        yield f"the name {name} is taken"


def _unusable(content: Mapping[str, Any]) -> Iterable[str]:
    """Yield what the schema cannot say."""
    from croniter import croniter

    schedule, source = content["schedule"], content.get("source", "")
    if schedule is not None and not (len(schedule.split()) == 5 and croniter.is_valid(schedule)):
        yield f"schedule: {schedule!r} is no cron expression of five fields, such as '0 2 * * *'"
    template = Template(source)
    if not template.is_valid() or set(template.get_identifiers()) - {"date"} or "{" in source.replace(DATE, ""):
        yield f"source: the one placeholder is {DATE}"
