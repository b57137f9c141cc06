"""Credentials: keys, tokens, headers.

Sources: RFC 7519, 7617, 7468 and the documentation of each service.
"""

from __future__ import annotations

import base64
import json
from random import Random

from scoreboard.arithmetic import digits
from scoreboard.sample import Maker, Spec, one_of, shape

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_BASE64 = _LETTERS + _LETTERS.lower() + "0123456789+/"

_URL64 = _LETTERS + _LETTERS.lower() + "0123456789-_"

_ALNUM = _LETTERS + _LETTERS.lower() + "0123456789"


def _text(rng: Random, alphabet: str, count: int) -> str:
    return "".join(rng.choices(alphabet, k=count))


def _secret(rng: Random) -> str:
    return "a" + "B" + "7" + _text(rng, _BASE64, 37)


def _url64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _jwt(rng: Random) -> str:
    header = rng.choice(
        ({"alg": "HS256", "typ": "JWT"}, {"alg": "RS256", "kid": _text(rng, _ALNUM, 8)}, {"alg": "none"})
    )
    payload = {"sub": digits(rng, 10), "iat": 1700000000 + rng.randrange(10**7), "admin": rng.random() < 0.5}
    signature = "" if header["alg"] == "none" else _text(rng, _URL64, 43)
    return f"{_url64(header)}.{_url64(payload)}.{signature}"


def _not_jwt(rng: Random) -> str:
    return rng.choice(
        (
            f"{_url64({'alg': 'HS256'})}.{_text(rng, _URL64, 30)}",
            f"{_url64({'typ': 'x', 'kid': 'y'})}.{_url64({'a': 1})}.{_text(rng, _URL64, 43)}",
            f"eyJ{_text(rng, _URL64, 20)}.eyJ{_text(rng, _URL64, 20)}.{_text(rng, _URL64, 43)}",
            f"com.example.{_text(rng, _ALNUM, 8)}.{_text(rng, _ALNUM, 8)}",
        )
    )


def _basic(rng: Random) -> str:
    token = base64.b64encode(f"user{digits(rng, 3)}:{_text(rng, _ALNUM, 10)}".encode()).decode()
    return f"{rng.choice(('Authorization', 'Proxy-Authorization', 'authorization'))}: Basic {token}"


def _not_basic(rng: Random) -> str:
    return rng.choice(
        (
            f"Authorization: Bearer {_text(rng, _ALNUM, 24)}",
            "Authorization: Basic realm",
            'WWW-Authenticate: Basic realm="clinic"',
            f"Authorization: Digest username={_text(rng, _ALNUM, 8)}",
            "authorization basic or advanced, see table 4",
        )
    )


def _lines(rng: Random, count: int) -> str:
    return "\n".join(_text(rng, _BASE64, 64) for _ in range(count))


def _pem(*labels: str, extra: str = "") -> Maker:
    def make(rng: Random) -> str:
        label = rng.choice(labels)
        return f"-----BEGIN {label}-----\n{extra}{_lines(rng, rng.randrange(3, 9))}\n-----END {label}-----"

    return make


def _putty(rng: Random) -> str:
    return (
        f"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: {rng.choice(('none', 'aes256-cbc'))}\n"
        f"Comment: key {digits(rng, 8)}\n"
        f"Public-Lines: 4\n{_lines(rng, 4)}\nPrivate-Lines: 6\n{_lines(rng, 6)}\n"
        f"Private-MAC: {_text(rng, '0123456789abcdef', 40)}"
    )


_PUBLIC = {
    "a public key": _pem("PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"),
    "the opening line alone": one_of(
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY----- (see vault)",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ),
    "a public ssh key": lambda rng: "ssh-ed25519 AAAA" + _text(rng, _BASE64, 64) + " me@host",
}


SPECS = (
    Spec(
        "AWS_CREDENTIALS",
        ("aws_secret_access_key", "secret key"),
        _secret,
        {
            "a digest": lambda rng: _text(rng, "0123456789abcdef", 40),
            "too long": lambda rng: _text(rng, _BASE64, 64),
            "too short": lambda rng: _text(rng, _BASE64, 32),
            "a published example": one_of(
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
            ),
            "an access key id": shape("AKIA****************"),
            "a path": one_of("/usr/local/share/app/Secret/keys/2024/a1b", "s3/Bucket/prefix/2024/Data/part/x/file001"),
        },
    ),
    Spec(
        "GCP_API_KEY",
        ("GCP api key", "google-api-key"),
        lambda rng: "AIza" + _text(rng, _URL64, 34) + rng.choice(_ALNUM),
        {
            "too short": lambda rng: "AIza" + _text(rng, _URL64, 20),
            "too long": lambda rng: "AIza" + _text(rng, _ALNUM, 60),
            "another prefix": lambda rng: "BIzb" + _text(rng, _ALNUM, 35),
        },
    ),
    Spec("HTTP_BASIC_AUTH_HEADER", (), _basic, {"another scheme": _not_basic}, alone=_basic),
    Spec("JSON_WEB_TOKEN", (), _jwt, {"no token": _not_jwt}, alone=_jwt),
    Spec(
        "OPENSSH_PRIVATE_KEY",
        (),
        _pem("OPENSSH PRIVATE KEY"),
        {**_PUBLIC, "another kind of key": _pem("RSA PRIVATE KEY")},
        alone=_pem("OPENSSH PRIVATE KEY"),
    ),
    Spec(
        "PGP_PRIVATE_KEY",
        (),
        _pem("PGP PRIVATE KEY BLOCK", extra="Version: GnuPG v2\n\n"),
        {**_PUBLIC, "a public block": _pem("PGP PUBLIC KEY BLOCK")},
        alone=_pem("PGP PRIVATE KEY BLOCK", extra="Version: GnuPG v2\n\n"),
    ),
    Spec(
        "PKCS",
        (),
        _pem("RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        {**_PUBLIC, "another kind of key": _pem("OPENSSH PRIVATE KEY")},
        alone=_pem("RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
    ),
    Spec("PUTTY_PRIVATE_KEY", (), _putty, _PUBLIC, alone=_putty),
    Spec(
        "STRIPE_CREDENTIALS",
        (),
        lambda rng: f"{rng.choice(('sk', 'pk', 'rk'))}_{rng.choice(('live', 'test'))}_{_text(rng, _ALNUM, 24)}",
        {
            "a published example": one_of(
                "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc", "pk_test_" + "TYooMQauvdEDq54NiTphI7jx"
            ),
            "too short": lambda rng: "sk_test_" + _text(rng, _ALNUM, 10),
            "a variable": one_of("sk_live_key_for_the_shop", "pk_test_publishable_key_here"),
            "another object": lambda rng: "cus_" + _text(rng, _ALNUM, 14),
        },
        alone=lambda rng: f"{rng.choice(('sk', 'pk', 'rk'))}_{rng.choice(('live', 'test'))}_{_text(rng, _ALNUM, 24)}",
    ),
)
