"""Users of the Airflow that `make up USERS=ann,bob` starts: each with the role ``user`` and a generated password.

Airflow's simple auth manager reads the passwords from ``.local/users.json``, which only its owner may read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
from collections.abc import Sequence

from dev.paths import STATE

PASSWORDS = STATE / "users.json"
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,100}")


def names(text: str) -> list[str]:
    """Return the names of a list with commas, each once.

    :raises argparse.ArgumentTypeError: for other characters than those of names and e-mail addresses.
    """
    found = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not all(map(_NAME.fullmatch, found)):
        raise argparse.ArgumentTypeError("expected names of letters, digits, and . _ @ - with commas between them")
    return found


def create(users: Sequence[str]) -> dict[str, str]:
    """Write new passwords for these users, and return them; without users, the file is removed."""
    PASSWORDS.unlink(missing_ok=True)
    passwords = {name: secrets.token_urlsafe(12) for name in users}
    if passwords:
        with os.fdopen(os.open(PASSWORDS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(passwords, file)
    return passwords


def existing() -> dict[str, str]:
    """Return the password of each user of the last start; none if everybody is an admin without a login."""
    return json.loads(PASSWORDS.read_text()) if PASSWORDS.exists() else {}


def environment(users: Sequence[str]) -> dict[str, str]:
    """Return the environment variables with which Airflow has these users; none without users."""
    if not users:
        return {}
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:user" for name in users),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(PASSWORDS),
    }


def login() -> tuple[str, str] | None:
    """Return name and password with which the commands of this repo use Airflow: those of the first user."""
    return next(iter(existing().items()), None)
