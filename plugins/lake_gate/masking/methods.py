"""Methods of the masking: functions from a cell to its masked cell. Pure.

An empty cell stays empty. None of the results contains a delimiter, a quote or a line break, so that a cell that was
not quoted need not be. A cell that a method cannot read is an error, or becomes a fixed text, but is never kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal

from lake_gate.masking.facts import SPARSE_ZIP3, STATES
from lake_gate.masking.spec import Method, Rule

_HEX = "[0-9a-fA-F]"
_UUID = re.compile(rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_FIRSTS = {digit: "abcdef"[int(digit, 16) % 6] for digit in "0123456789abcdef"}
_DATE = re.compile(
    r"([0-9]{4})(?:-[0-9]{2}(?:-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_ZIP = re.compile(r"([0-9]{4,5})(?:-?[0-9]{4})?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,30})?(?:E-?[0-9])?")
_PLACE_CHARACTERS = 100
_STATE = re.compile(
    rf"(?:.*?[\s,])?({'|'.join([*STATES, *sorted(STATES.values(), key=len, reverse=True)])})"
    r"(?:,?\s+[0-9]{5}(?:-[0-9]{4})?)?(?:,?\s+USA?)?\s*",
    re.DOTALL,
)


class UnmaskableError(ValueError):
    """The cell is not of the kind that a method masks; the text has nothing of the cell."""


def masker_of(rule: Rule, key: Callable[[str], bytes], oldest_year: int) -> Callable[[str], str]:
    """Return the function that masks the cells of a column which are not empty.

    :param rule: a rule whose method looks at nothing but the cell.
    :param key: returns the key of a namespace.
    """
    match rule.method:
        case Method.TOKEN:
            return tokens(key(rule.namespace))
        case Method.YEAR:
            return lambda value: year(value, oldest_year)
        case Method.ROUND:
            step = Decimal(str(rule.step))
            return lambda value: rounded(value, step)
        case Method.CONSTANT:
            return lambda _: rule.value
        case method:
            return {Method.ZIP3: zip3, Method.STATE: state, Method.NULL: lambda _: ""}[method]


def encoded(value: str) -> bytes:
    """Return the bytes of a cell, whatever bytes its file had in place of valid text."""
    return value.encode("utf-8", "surrogatepass")


def tokens(key: bytes) -> Callable[[str], str]:
    """Return the function from a value to its token: a UUID of version 8 for a UUID, else 32 letters.

    Version 8 is for UUIDs of an application's own making. The first and the last group begin with a letter, so that
    they are not taken for numbers. Source: RFC 9562, section 5.8.
    """
    hexdigest = _hmac_sha256(key)

    def token(value: str) -> str:
        digest = hexdigest(encoded(value))
        if not _UUID.fullmatch(value):
            return digest[:32].translate(_LETTERS)
        return (
            f"{_FIRSTS[digest[0]]}{digest[1:8]}-{digest[8:12]}-8{digest[13:16]}-{_VARIANTS[digest[16]]}{digest[17:20]}"
            f"-{_FIRSTS[digest[20]]}{digest[21:32]}"
        )

    return token


def _hmac_sha256(key: bytes) -> Callable[[bytes], str]:
    """Return the HMAC of one key in hex: the same as ``hmac.digest``, which reads the key again at every call.

    Source: RFC 2104, section 4.
    """
    block = hashlib.sha256().block_size
    padded = (hashlib.sha256(key).digest() if len(key) > block else key).ljust(block, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))

    def hexdigest(message: bytes) -> str:
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        return second.hexdigest()

    return hexdigest


def year(value: str, oldest_year: int) -> str:
    """Return the year of a date, and the oldest year for all before it."""
    if not (match := _DATE.fullmatch(value)):
        raise UnmaskableError("is not an ISO date")
    return str(max(int(match[1]), oldest_year))


def zip3(value: str) -> str:
    """Return the first three digits of a ZIP code; ``000`` for sparsely populated areas and for anything else.

    A code of four digits has lost its leading zero.
    """
    match = _ZIP.fullmatch(value.strip())
    digits = match[1].zfill(5)[:3] if match else "000"
    return "000" if digits in SPARSE_ZIP3 else digits


def state(value: str) -> str:
    """Return the state at the end of a place or an address, as it is written there; empty without one."""
    match = _STATE.fullmatch(value[-_PLACE_CHARACTERS:])
    return match[1] if match else ""


def rounded(value: str, step: Decimal) -> str:
    """Return the number rounded to a multiple of the step, half to even."""
    if not _NUMBER.fullmatch(value):
        raise UnmaskableError("is not a number")
    return f"{(Decimal(value) / step).to_integral_value() * step:f}"
