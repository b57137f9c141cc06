"""Escaping of names from outside (files, folders, tags, sources) for logs. Pure.

An alarm counts the log lines that contain certain words. The name of a file may contain these words, or line breaks
that start a new line; every log line and error with a name from outside passes through here.
"""

from __future__ import annotations

UNKNOWN = "unknown"
"""What stands for a word that is not known, or that another writer may have made up."""
ALARM = "lake_gate alarm"
"""Beginning of the words of every alarm, see :mod:`lake_gate.notifications.alarms`."""
_NOT_ALARM = ALARM.replace(" ", "_")
_MOST_MAP_INDEX_CHARACTERS = 200
"""Airflow's database has room for 250; PostgreSQL refuses more, so that the task would fail after its work.
Source: ``TaskInstance.rendered_map_index`` in airflow/models/taskinstance.py."""


def loggable(text: str, most_characters: int | None = None) -> str:
    """Return a text as a single line, with unprintable characters escaped and without the words of an alarm.

    :param most_characters: longer texts are cut and end with ``...``; None: no limit.
    """
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    line = line.replace(ALARM, _NOT_ALARM)
    if most_characters is None or len(line) <= most_characters:
        return line
    return line[: most_characters - 3] + "..."


def map_index_name(text: str) -> str:
    """Return a text as the name of a mapped task instance, which Airflow stores, displays and logs."""
    return loggable(text, _MOST_MAP_INDEX_CHARACTERS)
