"""Reports as single HTML files: no script, nothing from elsewhere, and every text from outside is escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from lake_gate.display import facts, times
from lake_gate.display.environment import environment
from lake_gate.display.words import ANSWERS, shown

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    found = environment(TEMPLATES)
    # Applied to everything that a template prints: control characters and direction marks are visible.
    found.finalize = _visible
    style = (TEMPLATES / "report.css").read_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The style is the package's own file. The file itself allows nothing else, also when it is opened from a disk.
    found.globals |= {
        "style": Markup(style),  # noqa: S704
        "style_sha256": digest,
        "facts": facts,
        "times": times,
        "ANSWERS": ANSWERS,
    }
    return found


def _visible(value: Any) -> Any:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(template: str, **context: Any) -> bytes:
    """Return a report.

    :param context: values of the template; all are escaped.
    """
    return _environment().get_template(template).render(**context).encode(errors="replace")
