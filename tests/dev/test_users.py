"""The users of `make up USERS=ann,bob`."""

from __future__ import annotations

import argparse
import json
import stat
from pathlib import Path

import pytest

from dev import users


@pytest.fixture(autouse=True)
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "users.json"
    monkeypatch.setattr(users, "PASSWORDS", path)
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [("", []), ("ann", ["ann"]), ("ann, bob,ann,", ["ann", "bob"]), ("ann.b@example.com", ["ann.b@example.com"])],
)
def test_names_are_those_between_commas(text: str, names: list[str]) -> None:
    assert users.names(text) == names


@pytest.mark.parametrize("text", ["ann:admin", "ann,bob:op", "%(x)s", "ann bob", "a\nb", "x" * 101])
def test_name_that_would_change_the_list_of_users_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        users.names(text)


def test_passwords_are_new_at_each_start_and_only_the_owner_may_read_them(passwords: Path) -> None:
    first = users.create(["ann", "bob"])
    passwords.chmod(0o644)
    second = users.create(["ann", "bob"])
    assert len({*first.values(), *second.values()}) == 4
    assert json.loads(passwords.read_text()) == users.existing() == second
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert users.login() == ("ann", second["ann"])


def test_start_without_users_leaves_no_password_and_changes_no_setting(passwords: Path) -> None:
    users.create(["ann"])
    assert users.create([]) == users.existing() == users.environment([]) == {}
    assert users.login() is None
    assert not passwords.exists()
