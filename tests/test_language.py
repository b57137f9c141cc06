"""The language of the project: plain technical English, as in the style of Airflow's providers and moto.

The list has the words that readers of the first version stumbled over. A sentence that needs one of them can nearly
always name the role, the object or the action instead: "another writer", "the on-call team", "correct the policy".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import REPO

WORDS = re.compile(
    r"(?<![a-z])(somebody|nobody|whoever|whom|anew|besides|mend|mends|mended|mending|told|said|misshapen"
    r"|by now|in any case|speaks? for|for good|as well as that|(?<!there )(?:is|are) no(?! longer| such| more| later))"
    r"(?![a-z])",
    re.IGNORECASE,
)
NAMES = re.compile(r"^_*(one|there|the_\w+|what_\w+)$|(?:^|_)(told|said)$")
"""Names of variables, parameters and functions that name nothing."""
ALLOWED = {
    "infra/access.yaml": ["whoever"],  # the description of a managed policy; changing it would replace the policy
}
DATA = (
    "localaws/synthea/",
    "localaws/macie2/identifiers/words/",
    "localaws/macie2/identifiers/catalogue/",
    "scoreboard/people.py",
)
"""Words and keywords that are data."""
FOLDERS = (
    *("plugins", "dags", "include", "localaws", "infra", "docker", "ship", "ops", "dev"),
    *("docs", "bench", "scoreboard"),
)
SUFFIXES = {".py", ".md", ".yaml", ".json", ".sh", ".toml", ".Dockerfile"}
FILES = sorted(
    path.relative_to(REPO)
    for path in (
        *(path for folder in FOLDERS for path in (REPO / folder).rglob("*") if path.suffix in SUFFIXES),
        *(REPO / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "docker-compose.yaml")),
    )
)
TEXTS = [path for path in FILES if not path.as_posix().startswith(DATA)]
MODULES = [path for path in TEXTS if path.suffix == ".py"]


def in_words(text: str) -> str:
    """Return text with the words of identifiers apart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_texts_use_plain_technical_english(path: Path) -> None:
    allowed = ALLOWED.get(path.as_posix(), [])
    text = (REPO / path).read_text()
    found = [
        f"line {number}: {match[0]!r}"
        for number, line in enumerate(text.splitlines(), 1)
        for match in WORDS.finditer(in_words(line))
        if match[0].lower() not in allowed
    ]
    assert found == []


def names_bound_in(path: Path) -> Iterable[tuple[int, str]]:
    for node in ast.walk(ast.parse((REPO / path).read_text())):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                yield node.lineno, name
            case ast.ClassDef(name=name):
                yield node.lineno, in_words(name).replace(" ", "_").lower()


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_names_say_what_they_are(path: Path) -> None:
    assert [f"line {line}: {name}" for line, name in names_bound_in(path) if NAMES.search(name)] == []


def test_the_words_are_found() -> None:
    assert WORDS.search(in_words("TOLD = notify_somebody"))
    assert WORDS.search("x is no feed")
    assert not WORDS.search("there is no such bucket; it is no longer used")
