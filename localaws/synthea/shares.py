"""Random streams, one for each purpose, and the distribution of rows among patients without keeping state."""

import hashlib
import random
import uuid
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

_WITH_ROWS_PERCENT: Final[dict[str, int]] = {
    "allergies": 12,
    "careplans": 90,
    "devices": 6,
    "imaging_studies": 21,
    "payer_transitions": 84,
}
"""Percentage of patients with any row in the table; 100 for tables that are not listed."""


def stream(seed: int, *purpose: str | int) -> random.Random:
    """Return the random stream of one purpose: what is drawn from it does not change what others draw."""
    return random.Random("/".join(map(str, (seed, *purpose))))  # noqa: S311 - made-up data has no secrets


def named_id(seed: int, kind: str, index: int) -> str:
    """Return the id of an organization, a provider or a payer by its number: a UUID of version 3, as in Synthea."""
    names = (f"{seed}/{kind}/{index}{'/again' * again}" for again in count())
    digests = (hashlib.md5(name.encode(), usedforsecurity=False).digest() for name in names)
    return _first_fit(uuid.UUID(bytes=digest, version=3) for digest in digests)


def drawn_id(rng: random.Random) -> str:
    """Draw an id, a UUID of version 4 as Synthea's for patients, encounters, care plans and imaging studies."""
    return _first_fit(uuid.UUID(int=rng.getrandbits(128), version=4) for _ in count())


def _first_fit(ids: Iterable[uuid.UUID]) -> str:
    """Return the first id that cannot pass for a card number, so that every finding in the files has a reason.

    Sixteen decimal digits at the beginning can: about one of the sample's 53,346 encounters would.
    """
    return next(text for text in map(str, ids) if not text[:18].replace("-", "").isdecimal())


def iter_shares(table: str, rows: int, patients: int, seed: int) -> Iterator[int]:
    """Share the rows of a table out among the patients, unevenly, in two passes over the same random stream.

    :return: one number for each patient; they add up to ``rows`` exactly.
    """
    total = sum(_iter_weights(table, patients, seed))
    weight_so_far = rows_so_far = 0
    for weight in _iter_weights(table, patients, seed):
        weight_so_far += weight
        due = rows * weight_so_far // total
        yield due - rows_so_far
        rows_so_far = due


def _iter_weights(table: str, patients: int, seed: int) -> Iterator[int]:
    """Draw a weight a patient; never 0, so that patients who should have no rows share them if they are alone."""
    rng = stream(seed, "shares", table)
    percent = _WITH_ROWS_PERCENT.get(table, 100)
    for _ in range(patients):
        weight = rng.randint(2_000, 18_000)
        yield weight if rng.randrange(100) < percent else 1
