"""Names from outside (of files, folders, tags, people's sources) made safe to log. Pure.

An alarm counts the lines of a log that hold certain words. A file may be named like these words, or hold line breaks
by which it writes a line of its own; what is logged or raised with a name from outside passes through here.
"""

from __future__ import annotations

ALARM = "lake_gate alarm"
"""How the words of every alarm begin, see :mod:`lake_gate.notifications.alarms`."""
_NOT_ALARM = ALARM.replace(" ", "_")
_MOST_MAP_INDEX_CHARACTERS = 200
"""Airflow's database has room for 250, and PostgreSQL refuses more: the task would fail after its work.
Source: ``TaskInstance.rendered_map_index`` in airflow/models/taskinstance.py."""


def loggable(text: str, most_characters: int | None = None) -> str:
    """Return a text on one line, with escapes for what cannot be printed, and without the words of an alarm.

    :param most_characters: longer texts are cut, and end with ``...``; None: not cut.
    """
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    line = line.replace(ALARM, _NOT_ALARM)
    if most_characters is None or len(line) <= most_characters:
        return line
    return line[: most_characters - 3] + "..."


def map_index_name(text: str) -> str:
    """Return a text as the name of a mapped task instance, which Airflow stores, shows and logs."""
    return loggable(text, _MOST_MAP_INDEX_CHARACTERS)
