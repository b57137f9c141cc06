"""Number of rows of a file of comma-separated values, counted while it is copied. Pure.

A row ends at a line break outside double quotes. Nothing is decided by the number, so a file that cannot be counted in
this way has none: another format, UTF-16, or an odd number of quotes.
"""

from __future__ import annotations

EXTENSIONS = frozenset({"csv", "tsv", "tab", "psv", "txt"})
_QUOTE, _BREAK = b'"', b"\n"
_OTHERS = bytes(set(range(256)) - {*_QUOTE, *_BREAK})
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class RowCounter:
    """Counts the rows of a file that is passed in pieces.

    :param name: name of the file.
    """

    def __init__(self, name: str) -> None:
        self._is_counted = name.rpartition(".")[2].lower() in EXTENSIONS
        self._begin, self._last = b"", b""
        self._rows, self._in_quotes = 0, False

    def add(self, piece: bytes) -> None:
        """Count the line breaks of the next piece."""
        if not self._is_counted or not piece:
            return
        self._begin += piece[: 2 - len(self._begin)]
        self._last = piece[-1:]
        # Two quotes in a row change nothing: what is left of most files are line breaks alone.
        marks = piece.translate(None, _OTHERS).replace(_QUOTE * 2, b"")
        for part in marks.split(_QUOTE):
            self._rows += 0 if self._in_quotes else len(part)
            self._in_quotes = not self._in_quotes
        self._in_quotes = not self._in_quotes

    def rows(self, *, has_header: bool) -> int | None:
        """Return the number of rows without the header, None if it is not known.

        :param has_header: whether the first row has the names of the columns.
        """
        if not self._is_counted or self._in_quotes or self._begin in _UTF_16:
            return None
        is_unfinished = self._last not in {b"", _BREAK}
        return max(self._rows + is_unfinished - has_header, 0)
