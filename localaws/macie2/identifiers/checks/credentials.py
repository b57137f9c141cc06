"""Secrets: decoded where they are an encoding of something.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-credentials.html (public examples)
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, urlsafe_b64decode

_EXAMPLE_KEYS = ("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
_EXAMPLE_STRIPE_KEYS = ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "pk_test_TYooMQauvdEDq54NiTphI7jx")
_SECRET_LENGTH = 40
_GCP_LENGTH = 39
_MOST_SLASHES = 4


def is_aws_secret_key(text: str) -> bool:
    """40 characters, upper and lower case and a digit (a hash in hexadecimal is none), no path, no public example."""
    if len(text) != _SECRET_LENGTH or text in _EXAMPLE_KEYS or text.count("/") > _MOST_SLASHES:
        return False
    return all(any(kind(char) for char in text) for kind in (str.isupper, str.islower, str.isdigit))


def is_gcp_key(text: str) -> bool:
    """39 characters and no more."""
    return len(text) == _GCP_LENGTH


def is_stripe_key(text: str) -> bool:
    """None of the two keys of Stripe's documentation."""
    return text not in _EXAMPLE_STRIPE_KEYS


def is_basic_auth(text: str) -> bool:
    """The token is base64 of a name, a colon and a password (RFC 7617)."""
    token = text.rsplit(" ", 1)[-1]
    try:
        return b":" in b64decode(token + "=" * (-len(token) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def is_json_web_token(text: str) -> bool:
    """Header and payload are JSON objects; the header says an algorithm (RFC 7519)."""
    header, payload, _ = text.split(".")
    return "alg" in _object(header) and bool(_object(payload))


def _object(part: str) -> dict[str, object]:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
