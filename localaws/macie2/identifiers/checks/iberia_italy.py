"""Numbers of Spain and Italy.

Sources: Ministerio del Interior (DNI, NIE), Agencia Tributaria (NIF, CIF), Tesorería General de la Seguridad Social,
Decreto ministeriale 23 dicembre 1976 (codice fiscale).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, passes_luhn

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CIF_LETTERS = "JABCDEFGHI"
_LETTER_ONLY, _DIGIT_ONLY = "NPQRSW", "ABEH"
_SPANISH_PROVINCES = frozenset({*range(1, 54), 66})
# The values of the characters at odd places (the first, the third, ...), digits as the letters A to J.
_ODD_VALUES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_AS_LETTERS = str.maketrans("0123456789", "ABCDEFGHIJ")
_OMOCODIA = str.maketrans("LMNPQRSTUV", "0123456789")


def is_dni(text: str) -> bool:
    """The letter is the number mod 23; 99999999 and zeroes do not count."""
    number = digits_of(text)
    return not is_one_digit(number[:-1]) and _DNI_LETTERS[int(number[:-1]) % 23] == number[-1]


def is_nie(text: str) -> bool:
    """X, Y, Z stand for 0, 1, 2; the letter as that of a DNI."""
    number = digits_of(text)
    return _DNI_LETTERS[int(str("XYZ".index(number[0])) + number[1:8]) % 23] == number[8]


def is_nif(text: str) -> bool:
    """A DNI, or K, L, M and seven digits with the letter."""
    number = digits_of(text)
    return is_dni(number[1:] if number[0] in "KLM" else number)


def is_cif(text: str) -> bool:
    """The check character is a digit for some kinds of organisation, a letter for others, either for the rest."""
    number = digits_of(text)
    doubled = (sum(divmod(int(char) * 2, 10)) for char in number[1:8:2])
    check = -(sum(map(int, number[2:7:2])) + sum(doubled)) % 10
    allowed = (_CIF_LETTERS[check] if number[0] not in _DIGIT_ONLY else "") + (
        str(check) if number[0] not in _LETTER_ONLY else ""
    )
    return number[8] in allowed and number[1:8] != "0000000"


def is_spanish_social_security_number(text: str) -> bool:
    """Province and number mod 97; numbers below ten million lose their zeroes."""
    digits = digits_of(text)
    province, number = int(digits[:2]), int(digits[2:10])
    whole = number + province * 10_000_000 if number < 10_000_000 else int(digits[:10])
    return province in _SPANISH_PROVINCES and number > 0 and whole % 97 == int(digits[10:])


def is_italian_tax_code(text: str) -> bool:
    """Codice fiscale with its check character, or eleven digits with their Luhn digit."""
    number = digits_of(text)
    if number.isdigit():
        return not is_one_digit(number) and passes_luhn(number)
    day = int(number[9:11].translate(_OMOCODIA))
    return 1 <= day % 40 <= 31 and control_character(number[:15]) == number[15]


def control_character(text: str) -> str:
    """Return the check character of a codice fiscale or of an Italian bank account."""
    letters = text.translate(_AS_LETTERS)
    odd = sum(_ODD_VALUES[char] for char in letters[::2])
    even = sum(ord(char) - ord("A") for char in letters[1::2])
    return chr(ord("A") + (odd + even) % 26)
