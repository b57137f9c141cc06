"""Paths into JSON records."""

from __future__ import annotations

from localaws.macie2.detection.readers.json_paths import json_path


def test_long_names_and_paths_lose_their_beginning() -> None:
    assert json_path(("a" * 300,)) == "$." + "a" * 240
    assert json_path(("b", "c" * 100, "d" * 100, "e" * 100)) == f"{'c' * 48}.{'d' * 100}.{'e' * 100}"
    assert json_path(("a", 3, "b c", "d-e")) == "$.a[3]['b c']['d-e']"
