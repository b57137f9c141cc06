"""The labelled data: for every identifier valid values, near-misses and look-alikes, drawn from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import Random

from scoreboard import (
    people,
    specs_americas,
    specs_asia,
    specs_banks,
    specs_cards,
    specs_credentials,
    specs_europe,
    specs_health,
    specs_iberia_italy,
    specs_latin_america,
    specs_licences,
    specs_personal,
)
from scoreboard.lookalikes import LOOKALIKES
from scoreboard.sample import Place, Sample, Spec

SEED = 27_182_818
VALID, PER_MISS, PER_LOOKALIKE, PER_UNKEYED = 40, 5, 2, 6
# What rules find instead of patterns is measured on more.
MANY = {"NAME": 4, "ADDRESS": 4}
# Kinds of values that Macie does not report by its documentation, although they may be real: the comparison with a tool
# that has no such rules excludes them.
BY_MACIES_RULES = frozenset(
    {
        "no keyword",
        "keyword too far away",
        "beside a keyword",
        "an issuer's test number",
        "a published example",
        "examples",
        "another country's",
        "Synthea's",
    }
)

SPECS: tuple[Spec, ...] = tuple(
    sorted(
        (
            *people.SPECS,
            *specs_americas.SPECS,
            *specs_asia.SPECS,
            *specs_banks.SPECS,
            *specs_cards.SPECS,
            *specs_credentials.SPECS,
            *specs_europe.SPECS,
            *specs_health.SPECS,
            *specs_iberia_italy.SPECS,
            *specs_latin_america.SPECS,
            *specs_licences.SPECS,
            *specs_personal.SPECS,
        ),
        key=lambda spec: spec.identifier,
    )
)


def samples_of(spec: Spec, seed: int = SEED) -> tuple[Sample, ...]:
    """Draw the samples of one identifier: the same ones for the same seed."""
    rng = Random(f"{seed}/{spec.identifier}")  # noqa: S311 - reproducible on purpose
    samples = [*_valid(rng, spec), *_misses(rng, spec), *_lookalikes(rng, spec)]
    if spec.alone is None:
        samples += _unkeyed(rng, spec)
    rng.shuffle(samples)
    return tuple(samples)


def _valid(rng: Random, spec: Spec) -> Iterator[Sample]:
    for at in range(VALID * MANY.get(spec.identifier, 1)):
        place = _place(spec, at)
        maker = spec.alone if place is Place.ALONE and spec.alone is not None else spec.valid
        yield Sample(spec.identifier, maker(rng), True, place, _keyword(spec, at), "valid")


def _place(spec: Spec, at: int) -> Place:
    if not spec.keywords:
        return Place.ALONE
    if spec.alone is not None and at % 3 == 2:
        return Place.ALONE
    return Place.FIELD if at % 2 == 0 else Place.SENTENCE


def _keyword(spec: Spec, at: int) -> str:
    return spec.keywords[at // 2 % len(spec.keywords)] if spec.keywords else ""


def _misses(rng: Random, spec: Spec) -> Iterator[Sample]:
    for kind, maker in spec.misses.items():
        for at in range(PER_MISS * MANY.get(spec.identifier, 1)):
            place = (Place.FIELD if at % 2 == 0 else Place.SENTENCE) if spec.keywords else Place.ALONE
            yield Sample(spec.identifier, maker(rng), False, place, _keyword(spec, at), kind)


def _lookalikes(rng: Random, spec: Spec) -> Iterator[Sample]:
    for kind, maker in LOOKALIKES.items():
        if kind not in spec.skips:
            for at in range(PER_LOOKALIKE):
                place = Place.FIELD if spec.keywords else Place.ALONE
                yield Sample(spec.identifier, maker(rng), False, place, _keyword(spec, at), f"look-alike: {kind}")


def _unkeyed(rng: Random, spec: Spec) -> Iterator[Sample]:
    for at in range(PER_UNKEYED):
        yield Sample(spec.identifier, spec.valid(rng), False, Place.ALONE, "", "no keyword")
        yield Sample(spec.identifier, spec.valid(rng), False, Place.FAR, _keyword(spec, at), "keyword too far away")


def digest() -> str:
    """Return a digest of all samples: whether a result was measured on the data as it is now."""
    seen = sha256()
    for spec in SPECS:
        seen.update(
            repr([(sample.value, sample.is_true, sample.place, sample.keyword) for sample in samples_of(spec)]).encode()
        )
    return seen.hexdigest()
