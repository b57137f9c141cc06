"""The samples as files: a table, records, a text, with the place of every sample in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from scoreboard.sample import Place, Sample

SHAPES = ("csv", "jsonl", "txt")
_NEAR = ("{K}: {V}", "{K} {V} on file", "Their {K} is {V}, please compare.", "{V} ({K})")
_FAR = "The {K} was asked for twice last week and again this morning, by letter. {V}"
_ALONE = ("{V}", "see {V} above", "{V}")
# Between the samples of a text, so that no keyword is near the next one's value.
_FILLER = "\n\nThe rest of this page was left empty on purpose, as the form says.\n\n"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file and where the samples are.

    :param places: per sample, the first and last row (1-based), record (0-based) or line (1-based) that is its.
    """

    shape: str
    data: bytes
    places: tuple[tuple[int, int], ...]


def text_of(sample: Sample, at: int) -> str:
    """Write a sample as a person would in a text (a field as ``keyword: value``)."""
    if sample.place is Place.FIELD:
        return f"{sample.keyword}: {sample.value}"
    forms = {Place.SENTENCE: _NEAR[at % len(_NEAR)], Place.FAR: _FAR, Place.ALONE: _ALONE[at % len(_ALONE)]}
    return forms[sample.place].replace("{K}", sample.keyword).replace("{V}", sample.value)


def field_of(sample: Sample) -> str:
    """Return the name of the column or member that a sample stands in."""
    if sample.place is Place.FIELD:
        return sample.keyword.replace(" ", "_")
    return "ref" if sample.place is Place.ALONE else "note"


def content_of(sample: Sample, at: int) -> str:
    """Return what stands in that column or member."""
    return sample.value if sample.place is Place.FIELD else text_of(sample, at)


def render(samples: Sequence[Sample], shape: str) -> Rendered:
    """Write samples in one of the shapes."""
    return {"csv": _table, "jsonl": _records, "txt": _text}[shape](samples)


def _table(samples: Sequence[Sample]) -> Rendered:
    columns = list(dict.fromkeys(["n", *map(field_of, samples)]))
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    places = []
    for at, sample in enumerate(samples):
        writer.writerow({"n": at, field_of(sample): content_of(sample, at)})
        places.append((at + 2, at + 2))
    return Rendered("csv", stream.getvalue().encode(), tuple(places))


def _records(samples: Sequence[Sample]) -> Rendered:
    records = ({"n": at, field_of(sample): content_of(sample, at)} for at, sample in enumerate(samples))
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return Rendered("jsonl", lines.encode(), tuple((at, at) for at in range(len(samples))))


def _text(samples: Sequence[Sample]) -> Rendered:
    parts, places, line = [], [], 1
    for at, sample in enumerate(samples):
        text = text_of(sample, at)
        last = line + text.count("\n")
        places.append((line, last))
        parts.append(text)
        line = last + _FILLER.count("\n")
    return Rendered("txt", _FILLER.join(parts).encode(), tuple(places))
