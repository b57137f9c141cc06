"""Templates of the results of earlier tasks.

An XComArg adds an edge from its task to the graph. Results that many tasks need are passed by these templates instead,
so that the graph shows only the order of the steps. A rendered value is not rendered again.
"""

from __future__ import annotations

import json
from typing import Any


def json_of(task_id: str, key: str = "return_value") -> str:
    """Return a template of a task's XCom as JSON, ``null`` if there is none; :func:`parse` reads it."""
    return f"{{{{ ti.xcom_pull(task_ids='{task_id}', key='{key}') | tojson }}}}"


def text_of(task_id: str, member: str) -> str:
    """Return a template of a member of a task's result."""
    return f"{{{{ ti.xcom_pull(task_ids='{task_id}')['{member}'] }}}}"


def parse(rendered: Any) -> Any:
    """Return the value of a rendered :func:`json_of`; values other than text are returned as they are."""
    return json.loads(rendered) if isinstance(rendered, str) else rendered
