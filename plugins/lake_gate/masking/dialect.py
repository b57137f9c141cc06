"""How a table is written: encoding, byte order mark and delimiter. Pure.

Bytes that are not valid in the encoding pass through unchanged, so files in ASCII's other extensions need no detection.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
"""Size of the sample at the start of a file."""
_DELIMITERS = {"csv": ",;\t|", "tsv": "\t", "tab": "\t", "psv": "|", "txt": ",;\t|"}
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')


@dataclass(frozen=True, slots=True)
class Dialect:
    """Dialect of a table.

    :param errors: how Python's codecs treat bytes that are not valid: so that they pass through.
    :param mark: byte order mark.
    :param preamble: line ``sep=;`` above the table; empty without one.
    """

    delimiter: str
    encoding: str
    errors: str
    mark: bytes = b""
    preamble: str = ""

    def encode(self, text: str) -> bytes:
        """Return the bytes of a text in this encoding, without a mark."""
        return text.encode(self.encoding, self.errors)


_ENCODINGS = {
    codecs.BOM_UTF8: ("utf-8", "surrogateescape"),
    codecs.BOM_UTF16_LE: ("utf-16-le", "surrogatepass"),
    codecs.BOM_UTF16_BE: ("utf-16-be", "surrogatepass"),
}


def find_dialect(name: str, head: bytes) -> Dialect | None:
    """Return the dialect of a table; None if a file of this name is not a table.

    The delimiter is the one that splits the first row into most cells.

    :param head: first bytes of the file, see :data:`HEAD_BYTES`.
    """
    delimiters = _DELIMITERS.get(name.rpartition(".")[2].lower(), "")
    if not delimiters:
        return None
    mark = next((mark for mark in _ENCODINGS if head.startswith(mark)), b"")
    encoding, errors = _ENCODINGS.get(mark, ("utf-8", "surrogateescape"))
    text = codecs.getincrementaldecoder(encoding)(errors).decode(head.removeprefix(mark))
    if separator := _SEPARATOR.match(text):
        return Dialect(separator[1], encoding, errors, mark, separator[0])
    first = _QUOTED.sub("", text).partition("\n")[0]
    return Dialect(max(delimiters, key=first.count), encoding, errors, mark)
