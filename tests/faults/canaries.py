"""Canaries: values that exist nowhere else, put into a delivery's sensitive columns, and a search that finds them again
however they are written down."""

from __future__ import annotations

import base64
import csv
import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

Draw = Callable[[random.Random], str]

_LETTERS = "bcdfghjkmnpqvwxz"


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_LETTERS, k=8)).capitalize()


def _numbered(rng: random.Random) -> str:
    """Draw a name in Synthea's manner: digits behind it."""
    return f"{_word(rng)}{rng.randint(100, 999)}"


COLUMNS: dict[str, dict[str, Draw]] = {
    "patients": {
        "BIRTHDATE": lambda rng: f"19{rng.randint(1, 19):02}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "SSN": lambda rng: f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        "DRIVERS": lambda rng: f"S{rng.randint(10_000_000, 99_999_999)}",
        "PASSPORT": lambda rng: f"X{rng.randint(10_000_000, 99_999_999)}X",
        "FIRST": _numbered,
        "LAST": _numbered,
        "MAIDEN": _numbered,
        "ADDRESS": lambda rng: f"{rng.randint(1000, 9999)} {_word(rng)} Street",
    },
    "providers": {
        "NAME": lambda rng: f"{_numbered(rng)} {_numbered(rng)}",
        "ADDRESS": lambda rng: f"{rng.randint(1000, 9999)} {_word(rng)} Avenue",
    },
    "organizations": {
        "NAME": lambda rng: f"{_word(rng).upper()} MEDICAL CENTER",
        "PHONE": lambda rng: f"617{rng.randint(2_000_000, 9_999_999)}",
    },
}
"""What is replaced, and by what: each canary has the form by which Macie knows such a value."""

KEYS = ("Id", "PATIENT")
"""Columns of patient ids: the same canary for the same patient in every table."""


def plant(folder: Path, seed: int = 1) -> list[str]:
    """Replace the sensitive cells of a Synthea export by canaries, and return these."""
    rng = random.Random(seed)
    planted: list[str] = []
    ids = {row["Id"]: str(uuid.UUID(int=rng.getrandbits(128))) for row in _read(folder / "patients.csv")[1]}
    for path in sorted(folder.glob("*.csv")):
        header, rows = _read(path)
        for row in rows:
            for column, draw in COLUMNS.get(path.stem, {}).items():
                row[column] = draw(rng)
                planted.append(row[column])
            row.update({key: ids[row[key]] for key in KEYS if row.get(key) in ids})
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return [*planted, *ids.values()]


SENTENCES = 4
"""How many :func:`plant_headers` writes."""


def plant_headers(folder: Path, seed: int = 2) -> list[str]:
    """Add files whose first row is data, and one whose name is; return what is in these rows, and the name.

    Macie calls a column by what stands in the first row: it repeats these values by itself, in its findings.
    """
    rng = random.Random(seed)
    # Without what Macie looks for: where it finds something in the first row, it does not call columns by it.
    sentences = [f"{_word(rng)} positive since {_word(rng)} {rng.randint(1000, 9999)}" for _ in range(SENTENCES)]
    ids = [str(uuid.UUID(int=rng.getrandbits(128))) for _ in range(4)]
    first, second, third, fourth = sentences
    name = _word(rng)
    rows = {
        "members.csv": f"1,{first}\n2,patient {ids[0]}\n3,patient {ids[1]}\n",
        "visits.csv": f'"{second}","PATIENT {third}"\n1,{ids[2]}\n',
        f"{name}.csv": f'CODE,"PATIENT {fourth}"\n1,{ids[3]}\n',
    }
    for file, content in rows.items():
        (folder / file).write_text(content, encoding="utf-8")
    return [*sentences, *ids, name]


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), list(reader)


def spellings(value: str) -> dict[str, bytes]:
    """Return how a value may be written down: as it is, and in the encodings that hide it from a plain search."""
    raw = value.encode()
    found = {
        "raw": raw,
        "URL": quote(value, safe="").encode(),
        "form": quote_plus(value).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for offset in range(3):  # where it begins within a group of three bytes decides what its Base64 looks like
        found[f"Base64+{offset}"] = _base64_within(raw, offset)
    return found


def _base64_within(raw: bytes, offset: int) -> bytes:
    """Return those characters of the Base64 of a text with the value in it that depend on the value alone."""
    encoded = base64.b64encode(bytes(offset) + raw)
    first = -(-offset * 8 // 6)  # characters before it also hold bits of what stands before the value
    return encoded[first : (offset + len(raw)) * 8 // 6]


def sightings(canaries: Iterable[str], texts: Mapping[str, bytes]) -> list[str]:
    """Return which canary is seen in which text, and in which spelling; the canaries themselves are not repeated."""
    needles = {(number, name): bytes_ for number, one in enumerate(canaries) for name, bytes_ in spellings(one).items()}
    return [
        f"canary {number} ({spelling}) in {place}"
        for place, text in texts.items()
        for (number, spelling), needle in needles.items()
        if needle in text
    ]
