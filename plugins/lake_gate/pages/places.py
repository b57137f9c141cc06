"""Where a file is now, and the commands by which a person reads it. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from lake_gate.decision.amendments import Amendments
from lake_gate.display.files import FileRow
from lake_gate.model.run import HELD_PREFIX

_BUCKET = re.compile(r"([a-z][a-z0-9-]*)-(?:quarantine|bronze|silver)-([0-9]{12})-[a-z0-9-]+")
"""Names of the buckets that ``infra/storage.yaml`` creates: prefix, account, Region."""
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of the settings."""

    bronze: str
    silver: str
    quarantine: str


@dataclass(frozen=True, slots=True)
class Release:
    """Held copy that a later run has re-processed and deleted.

    :param run_id: of the later run; ``name``: of the file in it.
    :param now: bucket, key and version id of the file that the later run made of it.
    """

    run_id: str
    name: str
    now: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is.

    :param kind: ``silver``, ``quarantine``, ``held``, ``bronze``, ``purged`` or ``unknown``.
    :param has_moved_since: it is not where the record of its run says.
    :param later_run_id: the run that has re-processed it; empty without one.
    """

    kind: str
    bucket: str = ""
    key: str = ""
    version_id: str = ""
    has_moved_since: bool = False
    is_being_withdrawn: bool = False
    later_run_id: str = ""
    later_name: str = ""

    @property
    def words(self) -> str:
        """The place in words."""
        place = {
            "silver": "silver",
            "quarantine": "quarantine",
            "held": "held in bronze",
            "bronze": "bronze",
            "purged": "purged from quarantine",
        }
        words = place.get(self.kind, "not known")
        return f"{words}, being withdrawn" if self.is_being_withdrawn else words

    @property
    def uri(self) -> str:
        """Address of the file; empty if it is not known."""
        return f"s3://{self.bucket}/{self.key}" if self.bucket and self.key else ""


def place_of(file: FileRow, buckets: Buckets, release: Release | None, *, is_pending: bool) -> Place:
    """Return where a file is.

    :param release: of its held copy, if a later run has re-processed it.
    :param is_pending: whether a later finding has amended the decision, and the file was not moved yet.
    """
    if file.purged_at:
        return Place("purged", has_moved_since=True)
    if release:
        kind = _kind(buckets, release.now[0], release.now[1])
        return Place(kind, *release.now, True, is_pending, release.run_id, release.name)
    return Place(_kind(buckets, file.now[0], file.now[1]), *file.now, bool(file.was), is_pending)


def place_of_copy(name: str, now: tuple[str, str, str], buckets: Buckets, amendments: Amendments) -> Place:
    """Return where the masked copy of a file is.

    :param amendments: of the masked run.
    """
    if done := amendments.done.get(name):
        now = done[1].bucket, done[1].key, done[1].version_id
    is_pending = name in amendments.made and not done
    return Place(_kind(buckets, *now[:2]), *now, bool(done), is_pending)


def _kind(buckets: Buckets, bucket: str, key: str) -> str:
    if not (bucket and key):
        return "unknown"
    if bucket == buckets.bronze:
        return "held" if key.startswith(HELD_PREFIX) else "bronze"
    return {buckets.silver: "silver", buckets.quarantine: "quarantine"}.get(bucket, "unknown")


def reviewer_arn(bucket: str) -> str:
    """Return the ARN of the role that reads quarantined and held files; empty for a bucket of another name."""
    match = _BUCKET.fullmatch(bucket)
    return f"arn:aws:iam::{match[2]}:role/{match[1]}-{REVIEWER}" if match else ""


def profile_commands(role_arn: str) -> list[str]:
    """Return the commands that configure the AWS CLI to assume the role, once."""
    settings = {"role_arn": role_arn, "source_profile": "default", "mfa_serial": "YOUR-MFA-DEVICE-ARN"}
    return [f"aws configure set profile.gate-reviewer.{name} {value}" for name, value in settings.items()]


def read_command(place: Place) -> str:
    """Return the command that reads a file into the current folder; every name from outside is quoted for the shell."""
    profile = " --profile gate-reviewer" if place.kind in {"quarantine", "held"} else ""
    version = f" --version-id {quoted(place.version_id)}" if place.version_id else ""
    target = _PLAIN.sub("_", place.key.rpartition("/")[2]).lstrip("-.") or "file"
    bucket, key = quoted(place.bucket), quoted(place.key)
    return f"aws s3api get-object{profile} --bucket {bucket} --key {key}{version} {target}"


def quoted(text: str) -> str:
    """Return a text as one word of bash and zsh; unprintable characters and direction marks are escaped."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = (c if c.isprintable() and c not in "'\\" else _bytes_of(c) for c in text)
    return f"$'{''.join(escaped)}'"


def _bytes_of(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode(errors="replace"))
