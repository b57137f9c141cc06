"""Logs: no name from outside writes a line of its own, or the words of an alarm."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conftest import REPO

_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
_NAMES = re.compile(r"\b(key|keys|name|names|after)\b(?!__)")
_OWN = re.compile(r"__name__|\bCounter\(|len\(")
"""Facts of the gate itself: classes and numbers. (The addresses of its documents hold no name of a file.)"""


def log_calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted((REPO / "plugins" / "lake_gate").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LEVELS:
                owner = node.func.value
                if (isinstance(owner, ast.Name) and owner.id == "log") or ast.unparse(owner) == "self.log":
                    found.append((f"{path.relative_to(REPO)}:{node.lineno}", node))
    return found


@pytest.mark.parametrize(("place", "call"), log_calls(), ids=lambda value: value if isinstance(value, str) else "")
def test_names_from_outside_are_made_safe_to_log(place: str, call: ast.Call) -> None:
    for argument in call.args[1:]:
        text = ast.unparse(argument)
        is_safe = "loggable(" in text or _OWN.search(text) or not _NAMES.search(text)
        assert is_safe, f"{place} logs {text} without loggable()"


def test_log_lines_are_found() -> None:
    assert len(log_calls()) > 20
