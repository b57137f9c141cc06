"""The documented differences of the identifiers."""

from __future__ import annotations

from localaws.macie2.identifiers import DIFFERENCES


def test_differences_from_macie_are_sentences() -> None:
    assert len(set(DIFFERENCES)) == len(DIFFERENCES) >= 5
    assert all(text.endswith(".") for text in DIFFERENCES)
