"""Matches that a keyword stands for, inside longer matches."""

from __future__ import annotations

import io
import json

import pytest

from localaws.macie2.detection.scanner import reveal
from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.detection.matching.test_nested import WITH_CARD, WITH_PHONE
from tests.localaws.macie2.detection.scans import SSN, counts, scan_text

#: A match that a column or a keyword stands for, inside a longer one: never lost.
INSIDE = [
    ("csv", "id,ssn\n0,+49 219-09-9000\n", SSN),
    ("csv", "id,ssn\n0,+44 219-09-9000\n", SSN),
    ("csv", "id,ssn phone\n0,+49 219-09-9000\n", SSN),
    ("csv", "id,ssn and device id\n0,(01)00844588003288(21)219-09-9000\n", SSN),
    ("csv", "id,udi and ssn\n0,(01)00844588003288(21)219-09-9000\n", SSN),
    ("csv", "id,passport\n1,+49 123456789\n", "USA_PASSPORT_NUMBER"),
    ("csv", "id,phone or passport\n1,+49 123456789\n", "USA_PASSPORT_NUMBER"),
    ("csv", "id,dob\n1,+49 1970-01-01\n", "DATE_OF_BIRTH"),
    ("csv", "id,dob and phone\n1,+49 1970-01-01\n", "DATE_OF_BIRTH"),
    ("csv", f"id,udi and credit card\n1,{WITH_CARD}\n", "CREDIT_CARD_NUMBER"),
    ("csv", f"id,phone\n1,{WITH_PHONE}\n", "PHONE_NUMBER"),
    ("json", json.dumps({"ssn": "+49 219-09-9000"}), SSN),
    ("txt", "phone/ssn: 0171 219-09-9999", SSN),
    ("txt", "phone, ssn: 030 219-09-9999", SSN),
    ("txt", "SSN 0049 219-09-9999", SSN),
    ("txt", "phone, dob: +49 1970-01-01", "DATE_OF_BIRTH"),
]


@pytest.mark.parametrize(("extension", "text", "identifier"), INSIDE)
def test_match_with_a_keyword_does_not_hide_in_a_longer_one(extension: str, text: str, identifier: str) -> None:
    assert counts(scan_text(text, extension=extension)).get(identifier) == 1


def test_match_with_a_keyword_is_revealed() -> None:
    content = b"id,ssn\n0,+49 219-09-9000\n"
    texts = reveal(io.BytesIO(content), "csv", len(content), list(CATALOGUE.values()), [])
    assert texts[SSN] == ["219-09-9000"]
