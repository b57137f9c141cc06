"""Formats of files, and their largest sizes.

Documented extensions decide, unless the content is of another format (see ``content.py``). Any other file is text if
its content is, and unsupported otherwise.

Source: https://docs.aws.amazon.com/macie/latest/user/discovery-supported-storage.html and
https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from localaws.macie2.identifiers.model import words

_GIB = 1024**3


class Kind(Enum):
    """Kinds of files, by reader."""

    CSV = auto()
    JSON = auto()
    JSON_LINES = auto()
    PARQUET = auto()
    TEXT = auto()
    GZIP = auto()
    ZIP = auto()
    TAR = auto()


ARCHIVES = frozenset({Kind.GZIP, Kind.ZIP, Kind.TAR})


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is read.

    :param maximum_bytes: of a file of it.
    :param may_be_markup: its content may be HTML or XML.
    """

    kind: Kind
    mime_type: str
    maximum_bytes: int
    delimiter: str | None = None
    may_be_markup: bool = False


PLAIN_TEXT = Format(Kind.TEXT, "text/plain", 20 * _GIB)
_OTHER_TEXT = Format(Kind.TEXT, "text/plain", 20 * _GIB, may_be_markup=True)
_HTML = Format(Kind.TEXT, "text/html", 20 * _GIB, may_be_markup=True)
_YAML = Format(Kind.TEXT, "text/yaml", 20 * _GIB)
_GZIP = Format(Kind.GZIP, "application/gzip", 8 * _GIB)

BY_EXTENSION = {
    "csv": Format(Kind.CSV, "text/csv", 20 * _GIB),
    "tsv": Format(Kind.CSV, "text/tab-separated-values", 20 * _GIB, "\t"),
    "json": Format(Kind.JSON, "application/json", 20 * _GIB),
    "jsonl": Format(Kind.JSON_LINES, "application/json", 20 * _GIB),
    "txt": PLAIN_TEXT,
    "htm": _HTML,
    "html": _HTML,
    "xml": Format(Kind.TEXT, "application/xml", 20 * _GIB, may_be_markup=True),
    "yaml": _YAML,
    "yml": _YAML,
    "parquet": Format(Kind.PARQUET, "application/parquet", 8 * _GIB),
    "gz": _GZIP,
    "gzip": _GZIP,
    "zip": Format(Kind.ZIP, "application/zip", 8 * _GIB),
    "tar": Format(Kind.TAR, "application/x-tar", 20 * _GIB),
}

#: Not read, whatever the content is. Macie reads the formats of the first line, and not the others.
UNSUPPORTED = frozenset(
    words("""
    avro pdf xls xlsx doc docx eml
    7z aac avi bin bmp bz2 class dll exe flac gif ico iso jar jpeg jpg m4a mkv mov mp3 mp4 mpeg mpg ogg png ppt pptx pyc
    rar so tif tiff wasm wav webm webp wmv xz zst
    """)
)


def format_of(extension: str) -> Format | None:
    """Return the format of a file; None when it is not read."""
    if extension.lower() in UNSUPPORTED:
        return None
    return BY_EXTENSION.get(extension.lower(), _OTHER_TEXT)


def extension_of(path: str) -> str:
    """Return the extension of the name of a file, without the dot; empty when there is none."""
    stem, _, extension = path.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return extension if stem else ""
