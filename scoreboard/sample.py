"""What the labelled data is made of: values with a label, a place to stand in, and a keyword near or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

type Maker = Callable[[Random], str]


class Place(StrEnum):
    """Where a value stands."""

    FIELD = "in a field whose name is a keyword"
    SENTENCE = "in a sentence with a keyword near"
    FAR = "in a sentence with the keyword too far away"
    ALONE = "without a keyword"


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled value.

    :param keyword: as it is written here; for ALONE, the one that the field does *not* have.
    :param kind: why it is there, for people (``valid``, ``wrong check digit``, ``look-alike``).
    """

    identifier: str
    value: str
    is_true: bool
    place: Place
    keyword: str
    kind: str


@dataclass(frozen=True, slots=True)
class Spec:
    """How values of one identifier are made, without a look at the catalogue.

    :param keywords: the first names the field, all occur in sentences.
    :param valid: makes a value that a keyword must make a finding of.
    :param alone: makes a value that is a finding without any keyword; None: there is none.
    :param misses: make what must not be found, by why.
    :param skips: look-alikes that are values of this identifier after all, or cannot be distinguished from them.
    """

    identifier: str
    keywords: tuple[str, ...]
    valid: Maker
    misses: dict[str, Maker] = field(default_factory=dict)
    alone: Maker | None = None
    skips: tuple[str, ...] = ()


def shaped(rng: Random, template: str) -> str:
    """Fill a template: ``#`` any digit, ``%`` a digit but 0, ``@`` a capital letter, ``*`` either; the rest stays."""
    fill = {
        "#": lambda: str(rng.randrange(10)),
        "%": lambda: str(rng.randrange(1, 10)),
        "@": lambda: chr(rng.randrange(ord("A"), ord("Z") + 1)),
        "*": lambda: rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    }
    return "".join(fill[char]() if char in fill else char for char in template)


def shape(*templates: str) -> Maker:
    """Make a maker that fills one of the templates."""
    return lambda rng: shaped(rng, rng.choice(templates))


def one_of(*values: str) -> Maker:
    """Make a maker that takes one of the values."""
    return lambda rng: rng.choice(values)


def changed_digit(maker: Maker, at: int = -1) -> Maker:
    """Make a maker of values whose last digit (or the one ``at`` that place among the digits) is another one."""

    def make(rng: Random) -> str:
        value = maker(rng)
        places = [place for place, char in enumerate(value) if char.isdigit()]
        place = places[at]
        digit = str((int(value[place]) + rng.randrange(1, 10)) % 10)
        return value[:place] + digit + value[place + 1 :]

    return make


def changed_letter(maker: Maker, letters: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") -> Maker:
    """Make a maker of values whose last letter is another one."""

    def make(rng: Random) -> str:
        value = maker(rng)
        place = max(place for place, char in enumerate(value) if char.isalpha())
        letter = rng.choice([char for char in letters if char != value[place].upper()])
        return value[:place] + letter + value[place + 1 :]

    return make


def grouped(maker: Maker, sizes: tuple[int, ...], *separators: str) -> Maker:
    """Make a maker that writes a value in groups, with one of the separators (or as it is)."""

    def make(rng: Random) -> str:
        value, separator = maker(rng), rng.choice(("", *separators))
        parts, at = [], 0
        for size in sizes:
            parts.append(value[at : at + size])
            at += size
        return separator.join([*parts, value[at:]] if value[at:] else parts)

    return make
