"""Bank accounts: IBAN and the national numbers within.

Sources: ISO 13616 and 7064 (mod 97-10), Banque de France (clé RIB), ABI (CIN), Banco de España (dígitos de control).
"""

from __future__ import annotations

from localaws.macie2.identifiers.checks.digits import digits_of, is_one_digit, value_of, weighted
from localaws.macie2.identifiers.checks.iberia_italy import control_character

_SPANISH_WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
# Letters of an account stand for the digits 1 to 9, 1 to 9, 2 to 9.
_FRENCH_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def is_iban(text: str) -> bool:
    """Country and check digits moved to the end, letters as 10 to 35: mod 97 it is 1; the check is 02 to 98."""
    iban = digits_of(text)
    number = int("".join(str(value_of(char)) for char in iban[4:] + iban[:4]))
    return number % 97 == 1 and 2 <= int(iban[2:4]) <= 98


def is_french_account(text: str) -> bool:
    """IBAN, or relevé d'identité bancaire with its key."""
    number = digits_of(text)
    if number.startswith("FR"):
        return is_iban(number)
    digits = number.translate(_FRENCH_DIGITS)
    return not is_one_digit(digits) and _is_key(digits)


def _is_key(digits: str) -> bool:
    bank, branch, account, key = int(digits[:5]), int(digits[5:10]), int(digits[10:21]), int(digits[21:])
    return 97 - (89 * bank + 15 * branch + 3 * account) % 97 == key


def is_german_account(text: str) -> bool:
    """IBAN, or Bankleitzahl and account."""
    number = digits_of(text)
    return is_iban(number) if number.startswith("DE") else not is_one_digit(number[8:])


def is_italian_account(text: str) -> bool:
    """IBAN, or the check character CIN over bank, branch and account."""
    number = digits_of(text)
    if number.startswith("IT") and len(number) == 27:
        return is_iban(number)
    return control_character(number[1:]) == number[0]


def is_spanish_account(text: str) -> bool:
    """IBAN, or the check digits over bank and branch and over the account."""
    number = digits_of(text)
    if number.startswith("ES"):
        return is_iban(number)
    expected = _spanish_digit("00" + number[:8]) + _spanish_digit(number[10:])
    return number[8:10] == expected and not is_one_digit(number)


def _spanish_digit(digits: str) -> str:
    return "01234567891"[-weighted(digits, _SPANISH_WEIGHTS) % 11]


def is_british_account(text: str) -> bool:
    """IBAN, or sort code and account."""
    number = digits_of(text)
    if number.startswith("GB") and len(number) == 22 and number[2:4].isdigit():
        return is_iban(number)
    return not is_one_digit("".join(char for char in number if char.isdigit())[-8:])
