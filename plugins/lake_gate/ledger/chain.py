"""Lines of a ledger, their names and hashes, and the check of a whole chain. Pure.

A line is one S3 object. Its hash is the SHA-256 of exactly its bytes, so that ``sha256sum`` computes it, too. Each line
has the hash of the line before: a line that is changed, removed or inserted breaks the chain at that place. What was
changed together with all later lines is noticed with the head (number and hash of a line) that a message has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lake_gate.model import jsonl

LEDGERS = "_ledger/"
"""Key prefix of the ledgers of all feeds, in the ledger's bucket."""
FIRST = "0" * 64
"""What the first line has as the hash of the line before."""
MOST_LINE_BYTES = 16 * 1024
"""Most bytes of a line; a key of 1,024 bytes has at most 6 KiB in JSON."""
_MOST_SEQUENCE = 10**10 - 1
_NAME = re.compile(r"([0-9]{10})-([0-9]{10})\.json")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEAD = re.compile(r"([1-9][0-9]{0,9}):([0-9a-f]{64})")


class Kind(StrEnum):
    """What the document of a line is."""

    RECORD = "record"
    AMENDMENT = "amendment"
    REVIEW = "review"
    EXCEPTION = "exception"
    REVOCATION = "revocation"
    RELEASE = "release"
    PURGE = "purge"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    :param sequence: number of the line, from 1.
    :param at: when it was written, as an ISO time in UTC.
    :param kind: see :class:`Kind`.
    :param uri: address of the document, ``s3://bucket/key``.
    :param version_id: version of the document.
    :param sha256: of the document's content.
    :param previous: hash of the line before, :data:`FIRST` for the first line.
    """

    sequence: int
    at: str
    kind: str
    uri: str
    version_id: str
    sha256: str
    previous: str

    @classmethod
    def parse(cls, content: bytes) -> Line:
        """Return the line of these bytes.

        :raises ValueError: when they are not exactly those of a line; the text has nothing of the content.
        """
        line = jsonl.from_dict(cls, jsonl.parse(content))
        if line.to_bytes() != content:
            raise ValueError("not written as the gate writes it")
        hashes = (line.sha256, line.previous)
        if line.kind not in set(Kind) or not all(map(_SHA256.fullmatch, hashes)):
            raise ValueError("a member has a value that the gate does not write")
        return line

    def to_bytes(self) -> bytes:
        """Return the content of the object."""
        return jsonl.dump_line(self)

    @property
    def hash(self) -> str:
        """Hash of the line."""
        return hash_of(self.to_bytes())

    @property
    def head(self) -> Head:
        """The line as the head of a chain."""
        return Head(self.sequence, self.hash)

    @property
    def document(self) -> tuple[str, str, str, str]:
        """Kind, address, version and hash of the document."""
        return self.kind, self.uri, self.version_id, self.sha256


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of the last line of a chain, as a message has them: ``12:5f…``."""

    sequence: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """Return the head of a text.

        :raises ValueError: when it is not a head.
        """
        if not (match := _HEAD.fullmatch(text.strip())):
            raise ValueError("expected NUMBER:HASH as in a message of the gate, the hash in 64 hexadecimal digits")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        """Return the head as a message has it."""
        return f"{self.sequence}:{self.hash}"


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of the bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def prefix_of(feed: str) -> str:
    """Return the key prefix of the lines of a feed."""
    return f"{LEDGERS}{feed}/"


def name_of(sequence: int) -> str:
    """Return the name of the object of a line, by which S3 lists the newest line first.

    :raises ValueError: when no line has this number.
    """
    if not 0 < sequence <= _MOST_SEQUENCE:
        raise ValueError("not the number of a line")
    return f"{_MOST_SEQUENCE - sequence:010d}-{sequence:010d}.json"


def sequence_of(name: str) -> int | None:
    """Return the number of the line with this name; None if no line has this name."""
    match = _NAME.fullmatch(name)
    sequence = int(match[2]) if match else 0
    return sequence if sequence and name == name_of(sequence) else None


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of a chain after its check.

    :param line: None if the line is damaged.
    :param hash: of its bytes.
    :param problems: sentences without anything of its content.
    """

    sequence: int
    line: Line | None
    hash: str
    problems: tuple[str, ...]


def check(stored: Iterable[tuple[int, bytes]]) -> Iterator[Checked]:
    """Check the lines of a chain, which must be in the order of their numbers.

    :param stored: number, by the name of the object, and content of each line.
    """
    before = 0
    expected: str | None = FIRST
    for sequence, content in stored:
        problems = [] if sequence == before + 1 else [_missing(before + 1, sequence - 1)]
        line: Line | None = None
        try:
            line = Line.parse(content)
        except ValueError as problem:
            problems.append(f"line {sequence} is damaged: {problem}")
        if line and line.sequence != sequence:
            problems.append(f"line {sequence} has the number of another line")
        if line and sequence == before + 1 and line.previous != expected:
            problems.append(
                f"line {sequence} does not have the hash of line {before}: the chain breaks between them"
                if before
                else "line 1 does not begin a chain"
            )
        before, expected = sequence, hash_of(content)
        yield Checked(sequence, line, expected, tuple(problems))


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def check_head(head: Head, last: int, found: Mapping[int, str]) -> str | None:
    """Return what differs between a chain and a head that was kept; None if the chain has the head.

    :param last: number of the last line; 0 for an empty chain.
    :param found: hashes of lines by their numbers, with that of the head if it is there.
    """
    if head.sequence > last:
        return f"the ledger ends with line {last}, but the head that was kept is line {head.sequence}"
    if head.sequence in found and found[head.sequence] != head.hash:
        return f"line {head.sequence} is not the line of the head that was kept: the chain was rewritten"
    return None
