"""National and tax numbers of Canada and Latin America.

Sources: Service Canada (SIN), Receita Federal (CPF, CNPJ), AFIP (CUIT), SII (RUT), DIAN (NIT), RENAPO (CURP), SAT
(RFC).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.dates import in_digits
from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, passes_luhn, weighted
from localaws.macie2.identifiers.model import words

_CUIT_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
_CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_CURP_STATES = frozenset(
    words("AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT QR SP SL SR TC TS TL VZ YN ZS NE")
)
# Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-pii.html (never reported)
_EXAMPLE_RFC = ("XAXX010101000", "XEXX010101000")


def is_social_insurance_number(text: str) -> bool:
    """Luhn; none begins with 0 or 8."""
    digits = digits_of(text)
    return digits[0] not in "08" and passes_luhn(digits)


def is_cpf(text: str) -> bool:
    """Two check digits mod 11; no run of one digit."""
    digits = digits_of(text)
    return not is_one_digit(digits) and all(_mod_11(digits[:at], range(at + 1, 1, -1)) == digits[at] for at in (9, 10))


def is_cnpj(text: str) -> bool:
    """Two check digits mod 11; no run of one digit."""
    digits = digits_of(text)
    return not is_one_digit(digits) and all(
        _mod_11(digits[:at], _CNPJ_WEIGHTS[13 - at :]) == digits[at] for at in (12, 13)
    )


def _mod_11(digits: str, weights: range | tuple[int, ...]) -> str:
    remainder = weighted(digits, weights) % 11
    return "0" if remainder < 2 else str(11 - remainder)


def is_argentine_dni(text: str) -> bool:
    """Neither zeroes nor 99.999.999."""
    return not is_one_digit(digits_of(text))


def is_argentine_person(text: str) -> bool:
    """CUIT or CUIL of a person."""
    return digits_of(text)[:2] in ("20", "23", "24", "27") and _is_cuit(digits_of(text))


def is_argentine_organization(text: str) -> bool:
    """CUIT of an organisation."""
    return digits_of(text)[:2] in ("30", "33", "34") and _is_cuit(digits_of(text))


def _is_cuit(digits: str) -> bool:
    return "012345678990"[-weighted(digits[:10], _CUIT_WEIGHTS) % 11] == digits[10]


def is_rut(text: str) -> bool:
    """The check character mod 11; zeroes do not count."""
    number = digits_of(text)
    total = weighted(number[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3, 4))
    return not is_one_digit(number[:-1]) and "0123456789K"[-total % 11] == number[-1]


def is_colombian_person(text: str) -> bool:
    """A citizen's number (none of nine digits from 8 or 9 on) with the check digit."""
    digits = digits_of(text)
    return not (len(digits) == 10 and digits[0] in "89") and _is_nit(digits)


def is_colombian_organization(text: str) -> bool:
    """Nine digits from 8 or 9 on with the check digit."""
    return _is_nit(digits_of(text))


def _is_nit(digits: str) -> bool:
    remainder = weighted(digits[-2::-1], _NIT_WEIGHTS) % 11
    return not is_one_digit(digits) and str(remainder if remainder < 2 else 11 - remainder) == digits[-1]


def is_curp(text: str) -> bool:
    """A birth date, a state, the check digit."""
    curp = text.upper()
    total = sum(_CURP_ALPHABET.index(char) * (18 - at) for at, char in enumerate(curp[:17]))
    return in_digits(curp[4:10]) and curp[11:13] in _CURP_STATES and str(-total % 10) == curp[17]


def is_rfc(text: str) -> bool:
    """A date after the letters; none of the two published examples."""
    rfc = digits_of(text)
    return rfc not in _EXAMPLE_RFC and in_digits(rfc[-9:-3])
