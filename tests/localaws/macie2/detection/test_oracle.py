"""The quick ways of finding, held against plain ones: the same hits on nasty input."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.plain import PlainScanner
from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.detection.readers import text_scan
from localaws.macie2.detection.readers.csv_layout import layouts_of
from localaws.macie2.detection.readers.csv_scan import is_of_interest
from localaws.macie2.detection.result import LineRange
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from tests.examples import examples
from tests.localaws.macie2.detection.scans import PATIENT, counts, scan_text

EVERYTHING = tuple(CATALOGUE.values())


CUSTOM = (
    PATIENT,
    CustomIdentifier("bare", "bare", r"[a-c]{2}\d"),
    CustomIdentifier("ignoring", "ignoring", r"x+", ("mark",), ("xx",), 12),
)


ALLOWED = AllowedTexts(words=frozenset({"078-05-1120", "ab1", "p1234"}))


MATCHERS = {None: Matcher(EVERYTHING, CUSTOM), ALLOWED: Matcher(EVERYTHING, CUSTOM, ALLOWED)}


PIECES = [
    *(
        "ssn ",
        "patient ",
        "Card number",
        "iban",
        "phone: ",
        "passport ",
        "MARK",
        "dob",
        "vin",
        "e",
        "é",
        "\n",
        ", ",
        "-",
        ".",
    ),
    *("078-05-1120", "P1234", "ab1", "x", "xxx", "4539 5787 6362 1486", "DE89370400440532013000", "+1 617-773-6868"),
    *(
        "GB82 WEST 1234 5698 7654 32",
        "1989-05-25",
        "C03005988",
        "123456789",
        "-----BEGIN ",
        "eyJhbGciOi.eyJ",
        "12.",
        " ",
    ),
    *("Cookie: a=b", "1HGCM82633A004352", "ſſn ", "K1", "0" * 30, "\x0b", '"', "'"),
]


TEXTS = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


NAMES = st.sampled_from(["x", "SSN", "patient", "card", "iban", "Phone number", "passport ssn", "mark", ""])


def test_text_gives_the_same_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    lines = ["ssn 078-05-1120", "patient: P1234", "nothing", "phone\n617-773-6868", "John Smith", "é" * 20, ""]
    lines.append("12 Elm St, Boston, MA 02139")
    text = "".join(chance.choice(lines) + chance.choice(["\n", "\r\n", "\n\n"]) for _ in range(400))
    whole = scan_text(text, PATIENT, extension="txt")
    monkeypatch.setattr(text_scan, "KEPT_CHARACTERS", 200)
    for chunk_bytes in (1, 50, 777):
        assert scan_text(text, PATIENT, extension="txt", chunk_bytes=chunk_bytes) == whole
    places = [
        place for detection in whole.detections for place in detection.occurrences if isinstance(place, LineRange)
    ]
    ends = io.StringIO(text, newline=None).read().split("\n")
    assert all(len(ends[place.start - 1]) >= place.start_column for place in places)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=6))
@example(["patient"], [["\nssn iban"]])
def test_csv_counts_what_a_plain_scanner_counts(header: list[str], rows: list[list[str]]) -> None:
    """A file whose layout is in doubt counts more, never less."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([[*header, "last"], *([*row, *[""] * 5][: len(header) + 1] for row in rows)])
    text = stream.getvalue().replace("ſ", "s").replace("\u212a", "k")
    plain = PlainScanner(EVERYTHING, CUSTOM).count(io.StringIO(text, newline=""))
    found = Counter(counts(scan_text(text, *CUSTOM)))
    assert found >= plain
    matcher = Matcher(EVERYTHING, CUSTOM)
    if layouts_of(text.encode(), None, partial(is_of_interest, matcher), matcher.is_pair).is_certain:
        assert found == plain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**17) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.sampled_from(["a b", "c"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(150), deadline=None)
@given(JSON, st.sampled_from([None, 1]), st.integers(1, 40))
def test_json_counts_each_value_with_the_names_above_it(value: object, indent: int | None, chunk_bytes: int) -> None:
    text = json.dumps(value, indent=indent)
    matcher = MATCHERS[None]
    plain: Counter[str] = Counter()
    names: set[str] = set()
    waiting: list[tuple[object, frozenset[str]]] = [(value, frozenset())]
    while waiting:
        node, is_open = waiting.pop()
        if isinstance(node, dict):
            names |= node.keys()
            waiting += [(inner, is_open | matcher.opened_by(name)) for name, inner in node.items()]
        elif isinstance(node, list):
            waiting += [(inner, is_open) for inner in node]
        elif node is not None:
            scalar = json.dumps(node) if isinstance(node, (bool, int)) else str(node)
            for probe in matcher.probes.values():
                plain[probe.id] += sum(1 for _ in probe.spans(scalar, is_open=probe.id in is_open))
    for name in names:
        for probe in matcher.probes.values():
            plain[probe.id] += sum(1 for _ in probe.spans(name, is_open=False))
    result = counts(scan_text(text, *CUSTOM, extension="json", chunk_bytes=chunk_bytes))
    assert {identifier: count for identifier, count in result.items() if identifier in matcher.probes} == dict(+plain)
