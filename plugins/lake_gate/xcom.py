"""Templates of the results of earlier tasks.

An XComArg draws an edge from the task whose result it is. Results that many tasks need are passed by these templates
instead, so that Airflow's graph shows the order of the steps and nothing else. A rendered value is not rendered again.
"""

from __future__ import annotations

import json
from typing import Any


def json_of(task_id: str, key: str = "return_value") -> str:
    """Return a template of a task's XCom as JSON; ``null`` when it has none. Read it by :func:`parse`."""
    return f"{{{{ ti.xcom_pull(task_ids='{task_id}', key='{key}') | tojson }}}}"


def text_of(task_id: str, member: str) -> str:
    """Return a template of one member of a task's result."""
    return f"{{{{ ti.xcom_pull(task_ids='{task_id}')['{member}'] }}}}"


def parse(rendered: Any) -> Any:
    """Return the value of a rendered :func:`json_of`; anything but text is returned as it is."""
    return json.loads(rendered) if isinstance(rendered, str) else rendered
