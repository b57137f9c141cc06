"""Find out which observations are about the landed version of an object. Pure.

An observation with a version id is about the landed version if version id and ETag are equal. An observation without a
version id is about the landed version only if ETag and size are equal and the key never had another version, see
:meth:`History.has_only`. An observation is about another version only if it names that version by a well-formed id.
All others (version id ``null`` or unreadable, the landed version id with another ETag) do not count as evidence for a
promotion, but can prevent one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lake_gate.model.evidence import Evidence, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.names import UNKNOWN

_VERSION_ID = re.compile(r"[A-Za-z0-9._-]{1,1024}")
NULL_VERSION = "null"
_NO_VERSION_IDS = frozenset({"", NULL_VERSION, UNKNOWN})
"""Version ids that do not identify a version. Objects written without versioning have ``null``, and so may a later
object of the same key; an unreadable id is kept as *unknown*.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
"""


@dataclass(frozen=True, slots=True)
class History:
    """Versions of one key, as S3 listed them after the evidence was gathered.

    :param versioning: of the bucket: ``Enabled``, ``Suspended``, or empty if it was never enabled.
    :param versions: ids of the versions with content, the latest first.
    :param markers: ids of delete markers.
    """

    versioning: str
    versions: tuple[str, ...]
    markers: tuple[str, ...]

    @classmethod
    def from_json(cls, content: Any) -> History:
        """Parse the result of :meth:`to_json`.

        :raises ValueError: when the content has other members or types.
        """
        if not isinstance(content, Mapping) or set(content) != {field.name for field in fields(cls)}:
            raise ValueError("not a history: unexpected members")
        lists = [content["versions"], content["markers"]]
        is_valid = isinstance(content["versioning"], str) and all(isinstance(ids, (list, tuple)) for ids in lists)
        if not is_valid or not all(isinstance(version_id, str) for ids in lists for version_id in ids):
            raise ValueError("not a history: members have a wrong type")
        return cls(content["versioning"], *map(tuple, lists))

    def to_json(self) -> dict[str, Any]:
        """Return the history as a JSON object, for documents."""
        return asdict(self)

    def has_only(self, version_id: str) -> bool:
        """Whether the key has never had any other version or a delete marker, as far as S3 shows."""
        is_unique = self.versioning == "Enabled" and version_id not in _NO_VERSION_IDS
        return is_unique and self.versions == (version_id,) and not self.markers


@dataclass(frozen=True, slots=True)
class Bound:
    """Evidence about one key, sorted by whether it is about the landed version.

    :param own: evidence about the landed version.
    :param suspected: observations with the landed version id or the landed ETag that are not bound to the version.
    :param unplaced: observations with neither a usable version id nor the landed ETag.
    :param is_inferred: at least one observation in ``own`` names no version.
    :param has_others: there are observations that are not in ``own``.
    """

    own: Evidence
    suspected: tuple[Observation, ...] = ()
    unplaced: tuple[Observation, ...] = ()
    is_inferred: bool = False
    has_others: bool = False


def bind(landed: LandedObject, evidence: Evidence, history: History | None = None) -> Bound:
    """Sort the evidence about a key by whether it is about the landed version.

    :param history: of the key; without it no version is inferred.
    """
    everything = (*evidence.results, *evidence.findings)
    if any(observation.version_id not in {"", landed.version_id} for observation in everything):
        history = None  # Macie names a version that the history does not show
    own = Evidence(*(_about(landed, part, history) for part in (evidence.results, evidence.findings)))
    bound = (*own.results, *own.findings)
    unbound = [
        observation
        for observation in everything
        if not (is_about(observation, landed, history) or _is_about_another(observation, landed))
    ]
    return Bound(
        own,
        suspected=tuple(observation for observation in unbound if _is_suspected(observation, landed)),
        unplaced=tuple(observation for observation in unbound if not _is_suspected(observation, landed)),
        is_inferred=any(not observation.version_id for observation in bound),
        has_others=len(everything) > len(bound),
    )


def is_about(observation: Observation, landed: LandedObject, history: History | None = None) -> bool:
    """Whether an observation about the same key is about the landed version.

    :param history: of the key; without it an observation that names no version is not bound.
    """
    if observation.version_id:
        return observation.version_id == landed.version_id and observation.etag == landed.etag
    if history is None or not history.has_only(landed.version_id):
        return False
    return _has_etag_of(observation, landed) and observation.size_bytes == landed.size_bytes


def may_be_about(observation: Observation, landed: LandedObject) -> bool:
    """Whether an observation about the same key can be about this version, so that a severe one requires action.

    An observation without a usable version id, and with the same ETag or none, can be about any version of the key.
    """
    if names_version(observation):
        return observation.version_id == landed.version_id
    return not observation.etag or observation.etag == landed.etag


def names_version(observation: Observation) -> bool:
    """Whether an observation names a version by an id that S3 gives to one version only."""
    return observation.version_id not in _NO_VERSION_IDS and _VERSION_ID.fullmatch(observation.version_id) is not None


def _is_about_another(observation: Observation, landed: LandedObject) -> bool:
    return names_version(observation) and observation.version_id != landed.version_id


def _is_suspected(observation: Observation, landed: LandedObject) -> bool:
    return observation.version_id == landed.version_id or _has_etag_of(observation, landed)


def _about(landed: LandedObject, part: Iterable[Observation], history: History | None) -> tuple[Observation, ...]:
    return tuple(observation for observation in part if is_about(observation, landed, history))


def _has_etag_of(observation: Observation, landed: LandedObject) -> bool:
    return bool(observation.etag) and observation.etag == landed.etag
