"""What holds for the files of every delivery."""

from __future__ import annotations

import io

import pytest

from lake_gate.delivery import source_files
from lake_gate.delivery.source_files import check_name, copy_bounded
from lake_gate.errors import SourceError


@pytest.mark.parametrize("name", ["a.csv", "b/ c.csv", "ünï/日本.csv", "a..b", "...", "x" * 700])
def test_name_that_can_be_the_end_of_a_key_is_taken(name: str) -> None:
    check_name("x", name)


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "../a", "a/./b", "C:a", "a\\b", "a\x00b", "a\x7f", "a\ufffe", "\udc80", "é" * 351]
)
def test_name_that_cannot_is_refused(name: str) -> None:
    with pytest.raises(SourceError, match="file name"):
        check_name("x", name)


def test_archive_that_never_ends_is_not_copied_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return bytes(10)

    monkeypatch.setattr(source_files, "MAX_ARCHIVE_BYTES", 1000)
    with pytest.raises(SourceError, match="larger than 1000 bytes"):
        copy_bounded("x", Endless(), io.BytesIO())
