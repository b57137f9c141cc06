"""Patterns of policies: wildcards, ARNs, policy variables.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

#: Condition keys of a request in lower case, as their names have no case, with their values.
type Keys = Mapping[str, tuple[str, ...]]

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_THEMSELVES = {"*", "?", "$"}  # ${*} is a star and no wildcard


def matches(pattern: str, text: str, keys: Keys, *, has_case: bool = True) -> bool:
    """Compare as policies do: ``*`` stands for any text, ``?`` for one character, ``${key}`` for a key of the request.

    A variable that the request has no single value for makes the pattern match nothing.
    """
    if "${" in pattern:
        resolved = _resolve(pattern, keys)
        return resolved is not None and re.fullmatch(resolved, text, _flags(has_case)) is not None
    return _compiled(pattern, has_case).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str, keys: Keys) -> bool:
    """Compare two ARNs part by part: a wildcard never reaches over a colon, but in the last part.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    wanted, given = _parts(pattern), _parts(arn)
    return len(wanted) == len(given) == _ARN_PARTS and all(
        matches(part, other, keys) for part, other in zip(wanted, given, strict=True)
    )


def expand(text: str, keys: Keys) -> str | None:
    """Put the request's values in the place of variables; None when it has none for one of them."""
    if "${" not in text:
        return text
    pieces = []
    for index, piece in enumerate(_VARIABLE.split(text)):
        value = _value(piece, keys) if index % 2 else piece
        if value is None:
            return None
        pieces.append(value)
    return "".join(pieces)


def _parts(arn: str) -> list[str]:
    """Split an ARN; the colons in a variable (``${aws:username}``) separate nothing."""
    held = _VARIABLE.sub(lambda found: found[0].replace(":", "\0"), arn)
    return [part.replace("\0", ":") for part in held.split(":", _ARN_PARTS - 1)]


def _resolve(pattern: str, keys: Keys) -> str | None:
    """Return the pattern as a regular expression, in which values of variables have no wildcards."""
    pieces = []
    for index, piece in enumerate(_VARIABLE.split(pattern)):
        if index % 2 == 0:
            pieces.append(_expression(piece))
        elif (value := _value(piece, keys)) is None:
            return None
        else:
            pieces.append(re.escape(value))
    return f"(?s:{''.join(pieces)})"


def _value(variable: str, keys: Keys) -> str | None:
    """Return what a variable stands for: ``key`` or ``key, 'default'``."""
    if variable in _THEMSELVES:
        return variable
    name, has_default, default = variable.partition(",")
    values = keys.get(name.strip().lower(), ())
    if len(values) == 1:
        return values[0]
    return default.strip().strip("'") if has_default and not values else None


def _expression(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


@lru_cache(maxsize=4096)
def _compiled(pattern: str, has_case: bool) -> re.Pattern[str]:
    return re.compile(f"(?s:{_expression(pattern)})", _flags(has_case))


def _flags(has_case: bool) -> re.RegexFlag:
    return re.NOFLAG if has_case else re.IGNORECASE
