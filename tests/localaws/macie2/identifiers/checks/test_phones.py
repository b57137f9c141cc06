"""Phone numbers, against the metadata of the package phonenumbers: its examples, and variations that it calls valid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from localaws.macie2.identifiers.checks.phones import is_british_phone, is_german_phone, is_italian_phone
from tests.localaws.macie2.detection.scans import count_in_cell, counts, scan_text

pytestmark = pytest.mark.slow

IDENTIFIERS = {
    "US": "PHONE_NUMBER",
    "CA": "PHONE_NUMBER",
    "BR": "BRAZIL_PHONE_NUMBER",
    "FR": "FRANCE_PHONE_NUMBER",
    "DE": "GERMANY_PHONE_NUMBER",
    "IT": "ITALY_PHONE_NUMBER",
    "ES": "SPAIN_PHONE_NUMBER",
    "GB": "UK_PHONE_NUMBER",
}
CODES = {1, 55, 33, 49, 39, 34, 44}
ABROAD = [
    region for region in phonenumbers.SUPPORTED_REGIONS if phonenumbers.country_code_for_region(region) not in CODES
]
KINDS = [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE]
NO_BREAK_SPACES = ["\u00a0", "\u202f"]


def numbers(region: str, kind: int) -> Iterator[PhoneNumber]:
    """Yield an example, and valid numbers with other last digits."""
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return
    yield example
    chance, digits = Random(5), str(example.national_number)
    for _ in range(15):
        changed = digits[:4] + "".join(chance.choice("0123456789") for _ in digits[4:])
        number = PhoneNumber(
            country_code=example.country_code,
            national_number=int(changed),
            italian_leading_zero=example.italian_leading_zero,
        )
        if phonenumbers.is_valid_number(number):
            yield number


def international(number: PhoneNumber) -> list[str]:
    spaced = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    separated = [spaced.replace(" ", separator) for separator in (".", "-", "/", *NO_BREAK_SPACES)]
    return [spaced, plain, spaced.replace("+", "00"), *separated, f"{spaced} x123", f"{spaced} ext. 4"]


def national(number: PhoneNumber) -> list[str]:
    spaced = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    separated = [spaced.replace(" ", separator) for separator in NO_BREAK_SPACES]
    if phonenumbers.region_code_for_number(number) != "IT":  # an Italian mobile number may look like an American one
        separated += [spaced.replace(" ", separator) for separator in (".", "-", "/")]
    return [spaced, *separated, f"{spaced} ext. 12", f"{spaced}x123"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", IDENTIFIERS)
def test_numbers_are_found_however_they_are_written(region: str, kind: int) -> None:
    for number in numbers(region, kind):
        for text in [*international(number), *national(number)]:
            found = counts(scan_text(f'id,phone\n1,"{text}"\n'))
            assert found.get(IDENTIFIERS[region]) == 1, text


@pytest.mark.parametrize("column", ["phone", "remark"])
@pytest.mark.parametrize("region", IDENTIFIERS)
def test_country_code_decides_the_country(region: str, column: str) -> None:
    for kind in KINDS:
        for text in international(next(numbers(region, kind))):
            if column == "phone" or text.startswith("+"):
                assert counts(scan_text(f'id,{column}\n1,"{text}"\n')) == {IDENTIFIERS[region]: 1}, text


def test_numbers_of_other_countries_are_of_none() -> None:
    examples = [phonenumbers.example_number_for_type(region, kind) for region in ABROAD for kind in KINDS]
    forms = [form for number in examples if number is not None for form in international(number)[:3]]
    assert len(forms) > 1000
    for identifier in set(IDENTIFIERS.values()):
        text = "phone,x\n" + "".join(f"{form},\n" for form in forms)
        found = [hit.count for hit in scan_text(text, managed=identifier).detections]
        assert found == [], identifier


FOUND = {
    49: """030 123456|030 12 34 56|(030) 12 34 56|030/123456|030-12 34 56|06783 39 77 14|0171 1234567|0171/123 45 67|
        +49 (0)30 123456|0049 30 123456|+4930123456""",
    39: "02 1204 1906|06 1234567|(06) 12345678|317 126 7103|347 123 45 67|3331234567|+39 02 1234 5678|0039 347 1234567",
    55: "+55 11 91234-5678|0055 11 91234 5678|(11) 91234-5678|11 2345-6789|11912345678",
    44: "0044 20 7946 0018|020 7946 0018|(020) 7946 0018|+44 (0)20 7946 0018|07700 900123",
    33: "01 23 45 67 89|01.23.45.67.89|0033 1 23 45 67 89|+33 (0)1 23 45 67 89",
    34: "912 34 56 78|91 123 45 67|0034 912 345 678|+34 612 34 56 78|612-345-678",
    1: "212-867-5309x123|212.867.5309 ext. 5|(212) 867-5309, x 5|001 212 867 5309|1/212/867/5309|2128675309 x7",
}
BY_CODE = {phonenumbers.country_code_for_region(region): identifier for region, identifier in IDENTIFIERS.items()}


@pytest.mark.parametrize(("code", "text"), [(code, text.strip()) for code in FOUND for text in FOUND[code].split("|")])
def test_form_is_found_in_a_column_and_beside_a_keyword(code: int, text: str) -> None:
    assert count_in_cell(BY_CODE[code], "phone", text) == 1
    assert count_in_cell(BY_CODE[code], "remark", f"phone: {text}, call him") == 1


@pytest.mark.parametrize("text", ["0044 20 7946 0018", "+44 20 7946 0018"])
def test_country_code_needs_no_keyword(text: str) -> None:
    assert count_in_cell("UK_PHONE_NUMBER", "remark", text) == 1


@pytest.mark.parametrize("text", ["0044207946001", "2020-07-00 44 20 79", "10044 20 7946 0018"])
def test_zeros_before_a_number_are_no_country_code(text: str) -> None:
    assert count_in_cell("UK_PHONE_NUMBER", "remark", text) == 0


def test_second_number_of_a_cell_is_found_behind_one_with_a_country_code() -> None:
    assert count_in_cell("GERMANY_PHONE_NUMBER", "phone", "+49 30 123456; 0171 1234567") == 2
    assert count_in_cell("PHONE_NUMBER", "phone", "+55 11 91234-5678 / 212-867-5309") == 1


@pytest.mark.parametrize("text", ["313-555-0123", "339.555.0123", "351/555/0123", "3395550123", "347-555-0123"])
def test_american_number_is_not_italian(text: str) -> None:
    assert not is_italian_phone(text)
    assert count_in_cell("PHONE_NUMBER", "phone", text) == 1


@pytest.mark.parametrize("text", ["020 7946 0018", "01 23 45 67 89", "030 1234", "030 1234567890123"])
def test_number_without_a_german_area_code_is_not_german(text: str) -> None:
    assert not is_german_phone(text)


@pytest.mark.parametrize("text", ["020 7946 001", "020 7946 00189", "+44 20 7946"])
def test_number_of_another_length_is_not_british(text: str) -> None:
    assert not is_british_phone(text)


def test_numbers_of_the_shared_samples_are_found() -> None:
    path = Path(__file__).resolve().parents[6] / "shared" / "cases" / "deliveries" / "phones.csv"
    if not path.exists():
        pytest.skip(f"no samples: {path}")
    found = counts(scan_text(path.read_bytes()))
    expected = {"GERMANY": 1, "ITALY": 2, "BRAZIL": 1, "UK": 1}
    assert {f"{country}_PHONE_NUMBER": count for country, count in expected.items()}.items() <= found.items()
    assert "SPAIN_PHONE_NUMBER" not in found
