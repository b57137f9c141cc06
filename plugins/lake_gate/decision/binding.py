"""Decides which version of an object an observation is about: the one it names, or the only one it can mean. Pure.

An observation that names a version is judged by that name and the ETag. One that names none counts for the landed
version only where nothing else was ever there: see :meth:`History.has_only`, with the same ETag and size. An
observation is about another version only if it names one by a well-formed id. All else (an id that is ``null`` or
cannot be read, the landed version with another ETag) proves nothing, and counts against the object: no promotion
overlooks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lake_gate.model.evidence import UNKNOWN, Evidence, Observation
from lake_gate.model.manifest import LandedObject

_VERSION_ID = re.compile(r"[A-Za-z0-9._-]{1,1024}")
NULL_VERSION = "null"
_NO_VERSION_IDS = frozenset({"", NULL_VERSION, UNKNOWN})
"""Ids that do not tell one version from another. Objects written without versioning have ``null``, and a later object
of the key may have the same; one that cannot be read is kept as *unknown*.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
"""


@dataclass(frozen=True, slots=True)
class History:
    """Versions of one key, as S3 listed them when the evidence had been gathered.

    :param versioning: of the bucket: ``Enabled``, ``Suspended``, or empty where it never was on.
    :param versions: ids of versions that hold content, the latest first.
    :param markers: ids of delete markers.
    """

    versioning: str
    versions: tuple[str, ...]
    markers: tuple[str, ...]

    @classmethod
    def from_json(cls, content: Any) -> History:
        """Read what :meth:`to_json` made.

        :raises ValueError: when it is something else.
        """
        if not isinstance(content, Mapping) or set(content) != {field.name for field in fields(cls)}:
            raise ValueError("not a history: other members")
        ids = [content["versions"], content["markers"]]
        is_known = isinstance(content["versioning"], str) and all(isinstance(one, (list, tuple)) for one in ids)
        if not is_known or not all(isinstance(version_id, str) for one in ids for version_id in one):
            raise ValueError("not a history: members of another type")
        return cls(content["versioning"], *map(tuple, ids))

    def to_json(self) -> dict[str, Any]:
        """Return it as its document has it."""
        return asdict(self)

    def has_only(self, version_id: str) -> bool:
        """Whether the key has never held anything but this version, as far as S3 can show."""
        is_kept = self.versioning == "Enabled" and version_id not in _NO_VERSION_IDS
        return is_kept and self.versions == (version_id,) and not self.markers


@dataclass(frozen=True, slots=True)
class Bound:
    """What Macie says of one key, sorted by whether it is about the landed version.

    :param own: what is about the landed version.
    :param suspected: observations that name the landed version or have its ETag, and cannot be bound to it.
    :param unplaced: observations that name neither a version that can be read nor the landed ETag.
    :param is_inferred: at least one of ``own`` names no version.
    :param is_other_seen: there is anything else than ``own``.
    """

    own: Evidence
    suspected: tuple[Observation, ...] = ()
    unplaced: tuple[Observation, ...] = ()
    is_inferred: bool = False
    is_other_seen: bool = False


def bind(landed: LandedObject, evidence: Evidence, history: History | None = None) -> Bound:
    """Sort the evidence about a key by whether it is about the landed version.

    :param history: of the key, None where it was not looked at: then nothing is inferred.
    """
    everything = (*evidence.results, *evidence.findings)
    if any(seen.version_id not in {"", landed.version_id} for seen in everything):
        history = None  # Macie has seen a version that the history does not show
    own = Evidence(*(_about(landed, part, history) for part in (evidence.results, evidence.findings)))
    bound = (*own.results, *own.findings)
    unbound = [seen for seen in everything if not (is_about(seen, landed, history) or _is_about_another(seen, landed))]
    return Bound(
        own,
        suspected=tuple(seen for seen in unbound if _is_suspected(seen, landed)),
        unplaced=tuple(seen for seen in unbound if not _is_suspected(seen, landed)),
        is_inferred=any(not seen.version_id for seen in bound),
        is_other_seen=len(everything) > len(bound),
    )


def is_about(seen: Observation, landed: LandedObject, history: History | None = None) -> bool:
    """Whether an observation about a key counts for the landed version of it.

    :param history: of the key, None where it was not looked at: then what names no version does not count.
    """
    if seen.version_id:
        return seen.version_id == landed.version_id and seen.etag == landed.etag
    if history is None or not history.has_only(landed.version_id):
        return False
    return _has_etag_of(seen, landed) and seen.size_bytes == landed.size_bytes


def may_be_about(seen: Observation, landed: LandedObject) -> bool:
    """Whether an observation of the same key can be about this version: what is severe must then be acted upon.

    What names no version that can be read, and has the same ETag or none, may be about any version of its key.
    """
    if names_version(seen):
        return seen.version_id == landed.version_id
    return not seen.etag or seen.etag == landed.etag


def names_version(seen: Observation) -> bool:
    """Return whether an observation names a version by an id that S3 gives to one version alone."""
    return seen.version_id not in _NO_VERSION_IDS and _VERSION_ID.fullmatch(seen.version_id) is not None


def _is_about_another(seen: Observation, landed: LandedObject) -> bool:
    return names_version(seen) and seen.version_id != landed.version_id


def _is_suspected(seen: Observation, landed: LandedObject) -> bool:
    return seen.version_id == landed.version_id or _has_etag_of(seen, landed)


def _about(landed: LandedObject, part: Iterable[Observation], history: History | None) -> tuple[Observation, ...]:
    return tuple(seen for seen in part if is_about(seen, landed, history))


def _has_etag_of(seen: Observation, landed: LandedObject) -> bool:
    return bool(seen.etag) and seen.etag == landed.etag
