"""Detection of the column names of a CSV file that never takes a value for a name. Pure.

The first row of a file without a header is data, and nothing of it may be kept. Data may consist of words, too ("HIV
positive since spring"), so a row is a header only if all of these conditions hold. In doubt the file has no header, and
columns are identified by position:

1. There is a complete second row, and all sampled rows have as many cells as the first. Above the header there may be a
   line ``sep=`` and up to ten rows of fewer cells (titles, comments), if the header has several cells.
2. Each cell has the shape of a name: letters, at most two digits, single separators, at most 64 characters and five
   words with at most one blank. No cell is empty, no cell occurs twice, and no cell recurs in its column.
3. At least half of the cells are *known*: each of their words is in the vocabulary below. Words that are also values
   (``death``, ``hospital``) count only before an attribute (``death_date``), numbers only in numbered columns of the
   same kind (``address2``), and words that are also names of persons (``max``, ``price``) only beside other words.
4. More columns *contrast* with their first cell than *resemble* it. A column contrasts if all its cells below have
   digits and the first has none; or, if all cells are known, if the first is written as an identifier or in capitals
   and no cell below is. Any other column with a known first cell resembles it if a cell below has its shape (digits,
   letters, their case) or contains one of its words.

Even in a header only known names are kept; other columns get an empty text. So for any file only words of the
vocabulary are kept, and never a single word that could be a value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE_BYTES = 64 * 1024
"""Size of the sample at the start of a file."""
_ROWS = 20
_MAX_ROWS_ABOVE = 10
_DELIMITERS = {"csv": ",;\t|", "tsv": "\t", "tab": "\t", "psv": "|", "txt": ",;\t|"}
_MAX_CELL = 64
_SEPARATOR = re.compile(r'\s*"?sep *= *([\t !#-~])"? *\r?\n', re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z]+[A-Za-z0-9]*(?:[ _./#-][A-Za-z0-9]+)*#?")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_DIGIT = re.compile(r"[0-9]")
_IDENTIFIER = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)+|[a-z]+([A-Z][a-z]*)+")
_MAX_WORDS, _MAX_BLANKS, _MAX_DIGITS = 5, 1, 2

_WORDS = """
patient member person subject client customer user employee provider practitioner physician doctor organization
organisation facility hospital clinic department payer insurer insurance plan policy claim encounter visit admission
discharge episode careplan order request referral appointment observation procedure procedures medication medications
immunization immunizations diagnosis condition device supply specimen lab test result results study studies series
image modality body site bodysite encounters customers transaction account invoice record row line item file batch
event source target parent child owner ownership contact group unit ward name names first last middle given family
surname maiden prefix suffix title alias birthplace birth address street city town state county province region
country zip zipcode postcode postal lat lon lng latitude longitude location place headquartered id ids identifier uid
uuid guid key code codes number no num nr ref reference ssn mrn npi nhs dea icd snomed loinc cpt ndc udi sop dicom
system version drivers driver license licence passport index sequence seq serial date dates time datetime timestamp
start stop end begin year month day hour minute birthdate deathdate dob dod death created updated modified received
sent issued effective expiry expires from to at on since until type kind class category status gender sex race
ethnicity marital language nationality religion speciality specialty description display text note notes comment
comments reason reasoncode reasondescription reaction severity priority outcome purpose method route dose dosage
frequency duration form phone telephone mobile fax email mail url website value amount count quantity qty total sum
average avg mean min max rate ratio percent percentage score units cost costs price fee charge charges paid payment
balance base dispenses income revenue expenses expense coverage covered uncovered currency utilization healthcare
unique qols months primary secondary height weight length age and of by in per is has the
"""
VOCABULARY = frozenset(_WORDS.split())
_VALUES_TEXT = """
death birth admission discharge visit referral order appointment episode hospital clinic department facility ward
healthcare insurance policy plan careplan claim invoice payment doctor physician practitioner family parent child
owner user employee client customer group primary secondary mobile fax email mail lab test image device supply
specimen result procedure medication immunization diagnosis condition reaction event outcome priority religion
nationality language form route on from to at of by in per is has the until since effective issued sent received
modified created updated note notes comment comments text charge study icd loinc snomed title alias
"""
_VALUES = frozenset(_VALUES_TEXT.split())
"""Words that also occur as values: kinds of events, places, persons, contacts."""
_PERSONS_TEXT = "begin day dea end fee key line max min place price street weight"
_PERSONS = frozenset(_PERSONS_TEXT.split())
"""Words that are also given or family names: a cell of only these is not a known name."""
_ATTRIBUTES_TEXT = """
id ids identifier uid uuid guid key code codes number no num nr ref reference system version index sequence seq serial
date dates time datetime timestamp start stop end begin type kind class category status name names description display
address city state county country zip postcode lat lon latitude longitude value amount count quantity qty total sum
avg average mean min max rate ratio percent percentage score units unit cost costs price fee length height weight age
year month months day hour minute expense expenses coverage
"""
_ATTRIBUTES = frozenset(_ATTRIBUTES_TEXT.split())
"""Words that end a name, and that do not occur as values next to those above."""
_NUMBERED = re.compile(
    r"(?i)(address|line|street|phone|telephone|email|name|code|value)_?[1-9]|icd_?(9|10)(?=_code|code|$)"
)
"""Names of columns that a file may have several of, numbered."""


def header_of(name: str, sample: bytes, *, is_whole: bool) -> tuple[str, ...]:
    """Return the names of a file's columns, with an empty text for unknown names; nothing without a header.

    :param name: name of the file, whose extension must be one of CSV and similar formats.
    :param sample: first bytes of the file.
    :param is_whole: whether the sample is the whole file.
    """
    rows = _rows_of_table(name, sample, is_whole=is_whole)
    return tuple(cell if _is_known(cell) else "" for cell in rows[0]) if _begins_with_header(rows) else ()


def width_of(name: str, sample: bytes, *, is_whole: bool) -> int | None:
    """Return the number of columns; None if the sampled rows have different numbers of cells, or there are none."""
    widths = {len(row) for row in _rows_of_table(name, sample, is_whole=is_whole)}
    return widths.pop() if len(widths) == 1 else None


def _rows_of_table(name: str, sample: bytes, *, is_whole: bool) -> list[list[str]]:
    delimiters = _DELIMITERS.get(name.rpartition(".")[2].lower(), "")
    text = _decoded(sample, is_whole=is_whole)
    if delimiters and (separator := _SEPARATOR.match(text)):
        delimiters, text = separator[1], text[separator.end() :]
    tables = [_table(_rows(text, delimiter, is_whole=is_whole)) for delimiter in delimiters if text]
    return max(tables, key=lambda rows: len(rows[0]) if rows else 0, default=[])


def _decoded(sample: bytes, *, is_whole: bool) -> str:
    """Return the complete lines of the sample; empty if it is not text."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = sample.decode("utf-16", "ignore")
    else:
        text = sample.decode("utf-8-sig", "replace")  # names consist of ASCII, which is never replaced
    if "\0" in text:
        return ""
    return text if is_whole else text.rpartition("\n")[0]


def _rows(text: str, delimiter: str, *, is_whole: bool) -> list[list[str]]:
    """Return the first rows; none if the text is not valid CSV."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if row:
                rows.append([cell.strip() for cell in row])
            if len(rows) > _ROWS + _MAX_ROWS_ABOVE:
                break
    except csv.Error:  # the last row of a sample may end within a quoted cell
        return [] if is_whole else rows
    return rows


def _table(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows without those of fewer cells above a table of several columns."""
    width = len(rows[-1]) if rows else 0
    start = next((at for at, row in enumerate(rows[: _MAX_ROWS_ABOVE + 1]) if len(row) >= width), 0)
    return rows[start:] if width > 1 else rows


def _begins_with_header(rows: Sequence[Sequence[str]]) -> bool:
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return False
    first, below = rows[0], rows[1:]
    if not all(map(_is_name, first)) or len({cell.lower() for cell in first}) < len(first):
        return False
    columns = [_Column(cell, [row[n] for row in below if row[n]]) for n, cell in enumerate(first)]
    known = sum(map(_is_known, first))
    if any(column.recurs for column in columns) or 2 * known < len(first):
        return False
    contrasting = [c for c in columns if c.has_digits_below or (known == len(first) and c.is_written_as_a_name)]
    return len(contrasting) > sum(c.resembles for c in columns if c not in contrasting and _is_known(c.first))


def _is_name(cell: str) -> bool:
    return (
        len(cell) <= _MAX_CELL
        and bool(_NAME.fullmatch(cell))
        and cell.count(" ") <= _MAX_BLANKS
        and len(_DIGIT.findall(cell)) <= _MAX_DIGITS
        and len(_words(cell)) <= _MAX_WORDS
    )


def _is_known(cell: str) -> bool:
    words = _words(_NUMBERED.sub(lambda name: name[0].rstrip("_0123456789"), cell))
    if not words or not VOCABULARY.issuperset(words) or _PERSONS.issuperset(words):
        return False
    return words[-1] in _ATTRIBUTES or not _VALUES.intersection(words)


def _words(cell: str) -> list[str]:
    """Return the lower-case words of ``patientId``, ``PATIENT_ID``, ``Patient ID``."""
    return [word.lower() for word in _WORD.findall(cell)]


@dataclass(frozen=True, slots=True)
class _Column:
    """Column of the sample.

    :param first: cell in the first row.
    :param below: cells in the rows below that are not empty.
    """

    first: str
    below: Sequence[str]

    @property
    def recurs(self) -> bool:
        """Whether the first cell occurs in the rows below, too."""
        return self.first.lower() in {cell.lower() for cell in self.below}

    @property
    def has_digits_below(self) -> bool:
        """Whether all cells below have digits and the first has none, except for the number of its name."""
        first = self.first[:-1] if _NUMBERED.fullmatch(self.first) else self.first
        return not _DIGIT.search(first) and bool(self.below) and all(map(_DIGIT.search, self.below))

    @property
    def is_written_as_a_name(self) -> bool:
        """Whether the first cell is written as an identifier or in capitals, and no cell below is."""
        ways = (_IDENTIFIER.fullmatch, _is_in_capitals)
        return bool(self.below) and any(way(self.first) and not any(map(way, self.below)) for way in ways)

    @property
    def resembles(self) -> bool:
        """Whether a cell below has the shape of the first cell, or a word of it."""
        words, shape = set(_words(self.first)), _shape(self.first)
        return any(_shape(cell) == shape or not words.isdisjoint(_words(cell)) for cell in self.below)


def _is_in_capitals(cell: str) -> bool:
    return cell.isupper()


def _shape(cell: str) -> str:
    """Return ``Aa 9`` for ``Ward 12``, and ``A 9`` for ``W 1``."""
    for pattern, sign in ((r"[A-Z]+", "A"), (r"[a-z]+", "a"), (r"[0-9]+", "9")):
        cell = re.sub(pattern, sign, cell)
    return cell
