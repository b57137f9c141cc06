"""Jinja's environment for templates of pages and reports: everything is escaped, and names are words."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lake_gate.display import times, words
from lake_gate.model.words import counted


def environment(folder: Path) -> Environment:
    """Return an environment for the templates of a folder."""
    # Not only .html: everything is escaped, whatever a template is called.
    found = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "shown": words.shown,
        "size": words.size,
        "usd": words.usd,
        "outcome": words.outcome_word,
        "reason": words.reason_words,
        "moment": times.moment,
        "age": times.age,
        "pretty": lambda content: json.dumps(content, indent=2, ensure_ascii=False),
        "counted": counted,
    }
    found.globals |= {"OUTCOMES": words.OUTCOMES, "DONE": words.DONE}
    return found
