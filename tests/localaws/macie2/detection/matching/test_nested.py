"""Matches inside longer matches of other identifiers."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest

from localaws.macie2.detection.matching.nested import Span, without_nested
from localaws.macie2.detection.scanner import reveal
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from tests.localaws.macie2.detection.scans import counts, scan_text

CARD, IBAN, UDI = "CREDIT_CARD_NUMBER_(NO_KEYWORD)", "UK_BANK_ACCOUNT_NUMBER", "MEDICAL_DEVICE_UDI"
WITH_CARD = "(01)12345678901231(11)200101(17)250101(10)12345678(21)6011123456789019"
WITH_PHONE = "(01)12345678901231(11)200101(17)250101(10)617-773-6868"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ({"a": [(0, 9)], "b": [(2, 5)]}, {"a": [(0, 9)], "b": []}),
        ({"a": [(0, 9)], "b": [(0, 5), (5, 9), (9, 12)]}, {"a": [(0, 9)], "b": [(9, 12)]}),
        ({"a": [(0, 9)], "b": [(0, 9)]}, {"a": [(0, 9)], "b": [(0, 9)]}),
        ({"a": [(0, 9)], "b": [(5, 12)]}, {"a": [(0, 9)], "b": [(5, 12)]}),
        ({"a": [(0, 9), (2, 5)]}, {"a": [(0, 9), (2, 5)]}),
        ({"a": [(0, 9)], "b": [(1, 20)], "c": [(2, 8)]}, {"a": [(0, 9)], "b": [(1, 20)], "c": []}),
        ({"box": [(0, 9)], "b": [(2, 5)]}, {"box": [(0, 9)], "b": [(2, 5)]}),
        ({}, {}),
    ],
)
def test_matches_inside_longer_ones_of_others_are_dropped(
    spans: dict[str, list[Span]], expected: dict[str, list[Span]]
) -> None:
    assert without_nested(spans, lambda outer, _inner: outer[0] != "box") == expected


def _parquet(name: str, value: str) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({name: [value]}).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("value", [WITH_CARD, WITH_PHONE])
@pytest.mark.parametrize("name", ["UDI", "udi of the device"])
def test_udi_hides_the_numbers_in_it_in_every_format(name: str, value: str) -> None:
    objects: dict[str, str | bytes] = {
        "csv": f"{name},x\n{value},y\n",
        "json": json.dumps({name: value, "x": [{name: 1}]}),
        "txt": f"one {name} {value} follows",
        "parquet": _parquet(name, value),
    }
    for extension, content in objects.items():
        assert counts(scan_text(content, extension=extension)) == {UDI: 1}, extension


@pytest.mark.parametrize("beside", ["6011 1234 5678 9019", "+1 617-773-6868"])
def test_number_beside_a_udi_counts(beside: str) -> None:
    found = counts(scan_text(f"UDI,x\n{WITH_CARD} and {beside},y\n"))
    assert len(found) == 2
    assert set(found.values()) == {1}


def test_number_counts_when_the_job_does_not_look_for_what_it_is_in() -> None:
    assert counts(scan_text(f"UDI,x\n{WITH_CARD},y\n", managed=CARD)) == {CARD: 1}


def test_token_in_a_cookie_counts() -> None:
    token = ".".join(
        ("eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U")
    )
    found = counts(scan_text(f"Cookie: session={token}; a=b", extension="txt"))
    assert found == {"HTTP_COOKIE": 1, "JSON_WEB_TOKEN": 1}


def test_custom_identifier_neither_hides_nor_is_hidden() -> None:
    custom = (CustomIdentifier("all", "all", r".+"), CustomIdentifier("part", "part", r"6011\d+"))
    assert counts(scan_text(f"UDI,x\n{WITH_CARD},\n", *custom, managed=UDI))["part"] == 1
    assert counts(scan_text(f"UDI,x\n{WITH_CARD},\n", *custom))[UDI] == 1


def test_hidden_match_is_not_revealed() -> None:
    content = f"UDI,card\n{WITH_CARD},6011 1234 5678 9019\n".encode()
    texts = reveal(io.BytesIO(content), "csv", len(content), list(CATALOGUE.values()), [])
    assert texts == {UDI: [WITH_CARD], "CREDIT_CARD_NUMBER": ["6011 1234 5678 9019"]}
