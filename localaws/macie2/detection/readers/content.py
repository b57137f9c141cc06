"""Tells bytes that are not the text that a name promises: by the bytes they begin with, and by statistics.

Sources of the first bytes: https://www.garykessler.net/library/file_sigs.html, the specifications of Avro, Parquet,
ORC, Arrow and Git LFS (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
"""

from __future__ import annotations

import re

SNIFFED_BYTES = 64 * 1024

_CONTROLS = bytes([*range(9), *range(14, 32), 127])
_HIGH = bytes(range(128, 256))

_FIRST_BYTES = (
    # Packed files and archives
    *(b"\x1f\x8b", b"\x1f\x9d", b"\x1f\xa0", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x28\xb5\x2f\xfd"),
    *(b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18", b"LZIP\x01"),
    *(b"\xff\x06\x00\x00sNaPpY", b"\x5d\x00\x00"),
    # Tables, databases, scientific data
    *(b"Obj\x01", b"SQLite format 3\x00", b"\x89HDF\r\n", b"CDF\x01", b"!<arch>\n", b"MATLAB 5.0 MAT-file"),
    *(b"\x93NUMPY", b"RDX2\n", b"RDX3\n", b"RDA2\n", b"$FL2", b"$FL3", b"<stata_dta>", b"\x00\x01\x00\x00Standard "),
    *(b"SEQ\x06", b"\x80\x04\x95", b"\x80\x05\x95", b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"),
    # Documents
    *(b"%PDF-", b"%!PS", b"{\\rtf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xdb\xa5\x2d\x00"),
    # Images, sound, programs
    *(b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*", b"ID3\x03", b"ID3\x04"),
    *(b"\x7fELF", b"MZ\x90\x00", b"\xca\xfe\xba\xbe", b"\x00asm"),
    # What is encrypted, and what stands for content that is elsewhere
    *(b"Salted__", b"age-encryption.org/v1", b"-----BEGIN PGP MESSAGE-----", b"-----BEGIN AGE ENCRYPTED FILE-----"),
    *(b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----", b"$ANSIBLE_VAULT;"),
    *(b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"),
)
# A text may begin with these, too: what follows them decides.
_FIRST_WORDS = re.compile(
    rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)|[\x50-\x5f]\x2a\x4d\x18|(?:[./]{0,200}\.git)?/annex/objects/(?:[\w/]{0,20}/)?[A-Z0-9]+-|"
    rb"\s{1,64}%PDF-\d|outs:\s*\n- (?:md5|etag|checksum): |"
    rb"(?:PAR1|PARE|ORC|ARROW1|FEA1|RIFF|OggS|fLaC|MSCF|xar!).{0,64}?[\x00-\x08\x0e-\x1f]",
    re.DOTALL,
)
_FIRST_BYTES_AT = ((257, b"ustar"), (128, b"DICM"), (4, b"ftyp"))

# Possessive throughout: comments that end nowhere, or after which no tag follows, are looked at once.
_MARKUP = re.compile(
    rb"(?i)\s*+(?:<!--(?>.*?-->)\s*+)*+"
    rb"<(?:!doctype\s+html|\?xml|html|head|title|body|table|div|script|meta|style|p|br|h[1-6]|svg|workbook)[\s/>]",
    re.DOTALL,
)
_MARKUP_WITHIN_BYTES = 4096

# Any other text that begins with a tag is markup if a tag ends in it: the header of a table may be ``<TICKER>,<DATE>``.
_TAG = re.compile(rb"\s*+(?:<!--(?>.*?-->)\s*+)*+<(?!!--)[A-Za-z_!?/][\w:.-]*+(?:\s[^<>]*+)?/?>", re.DOTALL)
_END_OF_TAG = re.compile(rb"</[A-Za-z_]|/>")
# JSON that does not end in the beginning of a file begins so.
_JSON = re.compile(rb"""\s*+(?:\{\s*+"(?:[^"\\]++|\\.)*+"\s*+:|\[\s*+\{\s*+"(?:[^"\\]++|\\.)*+"\s*+:)""")

# EBCDIC (code page 037; 500 and 1047 have the same letters and digits), as ASCII where a table has it.
_EBCDIC_USUAL = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,;.:/-_()'\"+&@#*\t\r\n\x85".encode(
    "cp037"
)
_ASCII_USUAL = b" 0123456789,;\n\r"


def is_markup(data: bytes) -> bool:
    """Return whether it begins like HTML or XML."""
    beginning = data[:_MARKUP_WITHIN_BYTES]
    if _MARKUP.match(beginning) is not None:
        return True
    return _TAG.match(beginning) is not None and _END_OF_TAG.search(data[:SNIFFED_BYTES]) is not None


def is_json(data: bytes) -> bool:
    """Return whether it begins with an object of JSON, or a list of objects, and no cell could begin like that.

    A CSV file has a quote in a cell doubled, and the cell in quotes.
    """
    return _JSON.match(data[:SNIFFED_BYTES]) is not None


def is_binary(data: bytes) -> bool:
    """Return whether the first bytes are not those of a text in UTF-8, Latin-1 or a similar encoding."""
    data = data[:SNIFFED_BYTES]
    return _has_first_bytes(data) or _has_controls(data) or _is_ebcdic(data)


def _has_first_bytes(data: bytes) -> bool:
    return (
        data.startswith(_FIRST_BYTES)
        or _FIRST_WORDS.match(data) is not None
        or any(data.startswith(mark, at) for at, mark in _FIRST_BYTES_AT)
    )


def _has_controls(data: bytes) -> bool:
    """Return whether more than a twentieth are control characters, or a hundredth NUL; less if it is not UTF-8."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if not controls:
        return False
    is_plain = controls <= len(data) // 20 and data.count(0) <= len(data) // 100
    return not is_plain or (not _is_utf8(data) and controls > max(1, len(data) // 50))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return len(data) - error.start < 4 and "end of data" in error.reason
    return True


def _is_ebcdic(data: bytes) -> bool:
    """Return whether nearly all bytes are usual in EBCDIC, and a third of them are unusual in ASCII."""
    unusual = len(data) - len(data.translate(None, _HIGH))
    # Letters of other languages, and packed numbers, are recognized by the lack of what every ASCII text has.
    share = 20 if len(data.translate(None, _ASCII_USUAL)) < len(data) else 4
    return (
        unusual * 3 > len(data) and len(data.translate(None, _EBCDIC_USUAL)) * share <= len(data) and not _is_utf8(data)
    )
