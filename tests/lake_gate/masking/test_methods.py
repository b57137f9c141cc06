"""Methods of the masking, cell by cell."""

from __future__ import annotations

import hmac
import uuid
from decimal import Decimal
from random import Random

import pytest

from lake_gate.masking.facts import SPARSE_ZIP3
from lake_gate.masking.methods import UnmaskableError, masker_of, rounded, state, tokens, year, zip3
from lake_gate.masking.spec import Method, Rule


def test_token_of_a_uuid_is_a_uuid_of_version_8() -> None:
    for number in range(500):
        made = uuid.UUID(tokens(b"key")(str(uuid.UUID(int=number))))
        assert (made.version, made.variant) == (8, uuid.RFC_4122)
        assert made.hex[0].isalpha()


def test_token_of_anything_else_is_32_letters() -> None:
    for value in (
        "999-76-6866",
        "x",
        "1d604da9-9a81-4ba9-80c2-de3375d59b4",
        " 1d604da9-9a81-4ba9-80c2-de3375d59b40",
        "\udce9",
    ):
        made = tokens(b"key")(value)
        assert len(made) == 32
        assert made.isalpha()
        assert made.islower()


@pytest.mark.parametrize("key", [b"", b"key", b"k" * 64, b"k" * 65], ids=len)
def test_token_is_the_hmac_of_the_value(key: bytes) -> None:
    digest = hmac.new(key, b"999-76-6866", "sha256").hexdigest()[:32]
    assert tokens(key)("999-76-6866") == digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def test_different_values_and_different_keys_have_different_tokens() -> None:
    values = [str(uuid.UUID(int=number)) for number in range(2_000)] + ["a", "A", "a ", "1", "01"]
    made = {tokens(key)(value) for key in (b"key", b"another key") for value in values}
    assert len(made) == 2 * len(values)
    token = tokens(b"key")
    assert token(values[0]) == token(values[0])
    assert token("abcdef00-0000-4000-8000-000000000000") != token("ABCDEF00-0000-4000-8000-000000000000")


@pytest.mark.parametrize(
    ("value", "result"),
    [
        *(("1989-05-25", "1989"), ("1989", "1989"), ("1989-05", "1989"), ("2010-07-27T12:58:08Z", "2010")),
        *(("1945-01-01", "1945"), ("1944-12-31", "1945"), ("1911-05-25", "1945"), ("0001-01-01", "1945")),
    ],
)
def test_year_of_a_date_is_at_least_the_oldest(value: str, result: str) -> None:
    assert year(value, 1945) == result


@pytest.mark.parametrize("value", ["05/25/1989", "89", "19890525", "1989-05-25 John", "born 1989", "1989-5-2"])
def test_year_of_anything_else_is_refused_without_its_text(value: str) -> None:
    with pytest.raises(UnmaskableError, match=r"^is not an ISO date$"):
        year(value, 1945)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        *(("01013", "010"), ("010133021", "010"), ("01013-3021", "010"), ("6156", "061"), ("60023021", "060")),
        *(("03601", "000"), ("3601", "000"), ("89312-1234", "000"), ("00000", "000")),
        *(("SW1A 1AA", "000"), ("123", "000"), ("John", "000"), ("01013 John", "000"), ("٠١٠١٣", "000")),
    ],
)
def test_zip_code_keeps_three_digits_or_becomes_000(value: str, result: str) -> None:
    assert zip3(value) == result


def test_every_sparse_prefix_becomes_000() -> None:
    assert {zip3(f"{prefix}01") for prefix in SPARSE_ZIP3} == {"000"}


@pytest.mark.parametrize(
    ("value", "result"),
    [
        *(("MA", "MA"), ("Massachusetts", "Massachusetts"), ("Danvers  Massachusetts  US", "Massachusetts")),
        *(("427 Balistreri Way Chicopee MA 01013 US", "MA"), ("Boston, MA", "MA"), ("New York, NY 10001-1234", "NY")),
        *(("Charleston  West Virginia  US", "West Virginia"), ("Patras  Achaea  GR", ""), ("Boston", "")),
        *(("Marigot  Saint Andrew Parish  DM", ""), ("MAINE ROAD", ""), ("MA Boston", ""), ("xMA", "")),
    ],
)
def test_state_at_the_end_of_a_place_is_all_that_stays(value: str, result: str) -> None:
    assert state(value) == result


@pytest.mark.parametrize(
    ("value", "step", "result"),
    [
        *(("271227.08", "1000", "271000"), ("1499.99", "1000", "1000"), ("-1600", "1000", "-2000"), ("0", "1000", "0")),
        *(("500", "1000", "0"), ("1500", "1000", "2000"), ("42.228353", "0.1", "42.2"), ("+7", "5", "5")),
        *(("1.0234567E7", "1000", "10235000"), ("1.2E-3", "1000", "0")),
    ],
)
def test_number_is_rounded_to_the_step(value: str, step: str, result: str) -> None:
    assert rounded(value, Decimal(step)) == result


@pytest.mark.parametrize("value", ["1e999999", "1E10", "NaN", "Infinity", "12 USD", "1,000", "", "9" * 30])
def test_anything_but_a_number_is_not_rounded(value: str) -> None:
    with pytest.raises(UnmaskableError, match=r"^is not a number$"):
        rounded(value, Decimal(1000))


def test_results_need_no_quotes_whatever_the_cell() -> None:
    rng = Random(1)
    rules = [
        Rule(Method.TOKEN, "", namespace="patient"),
        Rule(Method.ZIP3, ""),
        Rule(Method.STATE, ""),
        Rule(Method.NULL, ""),
        Rule(Method.CONSTANT, "", value="removed"),
    ]
    for rule in rules:
        mask = masker_of(rule, lambda namespace: namespace.encode(), 1945)
        texts = ("".join(rng.choices('aZ 09MA-";,|\t\r\n', k=rng.randrange(1, 40))) for _ in range(1_000))
        results = {mask(text) for text in (*texts, '"01013"', "Boston; MA", "a|b,c")}
        assert not set("\"';,|\t\r\n") & set("".join(results))
