"""Texts of the templates: comments on wildcards, and names that are used in two templates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

INFRA = Path(__file__).parents[2] / "infra"
TEXTS = {path.stem: path.read_text() for path in sorted(INFRA.glob("*.yaml"))}


def statements(text: str) -> list[tuple[str, str]]:
    """Return the Sid and text of every statement, with the comments above it."""
    found: list[tuple[str, str]] = []
    comments = ""
    for line in text.splitlines(keepends=True):
        if sid := re.match(r" +- Sid: (\w+)", line):
            found.append((sid[1], comments + line))
            comments = ""
        elif line.lstrip().startswith("#"):
            comments += line
        elif found and re.match(" {10}", line):  # deeper than any resource begins
            found[-1] = (found[-1][0], found[-1][1] + line)
        else:
            comments = ""
    return found


ALLOWING = [
    pytest.param(text, id=f"{template} {sid}")
    for template, whole in TEXTS.items()
    for sid, text in statements(whole)
    if "Effect: Allow" in text
]


@pytest.mark.parametrize("statement", ALLOWING)
def test_statement_that_allows_by_wildcard_has_a_comment(statement: str) -> None:
    code = re.sub(r"#.*", "", statement)
    # A part of an ARN after its last fixed name (bucket/*) names the objects of one bucket, and is not a wildcard here.
    is_wide = re.search(r'Resource: "\*"|NotResource|\w+:\w*\*(?![\w/])|:\*:', code)
    assert not is_wide or "#" in statement


def test_allowing_statements_are_found() -> None:
    assert len(ALLOWING) > 40


def test_security_groups_are_described_in_the_characters_that_ec2_takes() -> None:
    """Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""
    descriptions = re.findall(
        r"(?m)^      (?:Group)?Description: ([^#\n]+)", TEXTS["airflow"].partition("Resources:")[2]
    )
    assert len(descriptions) == 2
    assert not [text for text in descriptions if re.search(r"[^a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]", text.strip())]


@pytest.mark.parametrize("role", ["gate", "reviewer", "releaser", "purger"])
def test_roles_in_storage_are_those_of_access(role: str) -> None:
    assert f"role/${{NamePrefix}}-{role}" in TEXTS["storage"]
    assert f'RoleName: !Sub "${{NamePrefix}}-{role}"' in TEXTS["access"]
