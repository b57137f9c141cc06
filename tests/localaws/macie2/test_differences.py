"""The documented differences of the API."""

from __future__ import annotations

from localaws.macie2.differences import DIFFERENCES


def test_differences_are_sentences_and_each_is_there_once() -> None:
    assert len(set(DIFFERENCES)) == len(DIFFERENCES) >= 5
    assert all(text.endswith(".") for text in DIFFERENCES)
