"""The table of what would change: what is lost catches the eye."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from ship.change_table import print_changes

BUCKET: dict[str, Any] = {"LogicalResourceId": "Bronze", "ResourceType": "AWS::S3::Bucket"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Action": "Add"}, ""),
        ({"Action": "Modify", "Replacement": "False", "Details": [{"Target": {"Name": "Tags"}}]}, "Tags"),
        (
            {"Action": "Modify", "Replacement": "True", "Details": [{"Target": {"Name": "BucketName"}}]},
            "REPLACED - BucketName",
        ),
        ({"Action": "Modify", "Replacement": "Conditional"}, "may be replaced"),
        ({"Action": "Remove", "PolicyAction": "Delete"}, "DELETED"),
        ({"Action": "Remove"}, "DELETED"),
        ({"Action": "Remove", "PolicyAction": "Retain"}, "retained outside the stack"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_change_is_printed_with_its_effect_on_the_resource(change: dict[str, Any], words: str) -> None:
    out = io.StringIO()
    changes: list[Any] = [{"Type": "Resource", "ResourceChange": {**BUCKET, **change}}]
    print_changes("lake-storage", changes, Console(file=out))
    title, _, row = (line.strip() for line in out.getvalue().strip().splitlines())
    assert title == "lake-storage"
    assert row.split() == [change["Action"], "Bronze", "AWS::S3::Bucket", *words.split()]
