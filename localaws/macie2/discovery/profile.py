"""The sensitivity profile of a bucket: what automated discovery analysed, found and scored.

Source: shapes ResourceStatistics, Detection and ResourceProfileArtifact of the macie2 API. AWS publishes the ranges of
the score and not how Macie calculates it: within a range it is ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localaws.macie2.findings.documents import Analysis
from localaws.macie2.storage.s3 import S3Object

#: Type (``CUSTOM`` or ``MANAGED``) and id of an identifier.
type Identifier = tuple[str, str]

_DENIED, _EMPTY, _NOT_ANALYSED, _HIGHEST = -1, 1, 50, 100
_SKIPPED_BECAUSE = {
    "totalItemsSkippedInvalidEncryption": "INVALID_ENCRYPTION",
    "totalItemsSkippedInvalidKms": "INVALID_KMS_KEY",
    "totalItemsSkippedPermissionDenied": "PERMISSION_DENIED",
}


@dataclass(frozen=True, slots=True)
class AnalysedObject:
    """The outcome of an object, without places.

    :param version: see :func:`version_of`.
    """

    version: tuple[str, str]
    status: str
    reason: str | None
    size_classified_bytes: int
    counts: Mapping[Identifier, int]


@dataclass(slots=True)
class Profile:
    """The profile of a bucket.

    :param is_denied: Macie could not list the bucket when it was sampled last.
    :param is_overridden: the score was set to 100 by a user.
    :param suppressed: identifiers that do not count for the score.
    """

    objects: dict[str, AnalysedObject] = field(default_factory=dict)
    is_denied: bool = False
    is_overridden: bool = False
    suppressed: frozenset[Identifier] = frozenset()
    analysed_at: datetime | None = None
    updated_at: datetime | None = None

    def analysed_version(self, key: str) -> tuple[str, str] | None:
        """Return which version of an object was analysed last, None if none was."""
        known = self.objects.get(key)
        return known.version if known else None

    def add(self, analysis: Analysis, moment: datetime) -> None:
        """Add the analysis of an object; it replaces that of an earlier version."""
        result = analysis.result
        counts = {
            ("MANAGED" if found.category else "CUSTOM", found.identifier): found.count for found in result.detections
        }
        known = AnalysedObject(
            version_of(analysis.object), str(result.status), result.reason, result.size_classified_bytes, counts
        )
        self.objects = {**self.objects, analysis.object.key: known}  # a copy: requests read it meanwhile
        self.analysed_at = self.updated_at = moment

    def keep(self, keys: Collection[str]) -> None:
        """Forget the objects that the bucket does not have any more."""
        self.objects = {key: known for key, known in self.objects.items() if key in keys}

    def is_sensitive(self, known: AnalysedObject) -> bool:
        """Return whether something was found in an object that is not suppressed."""
        return bool(known.counts.keys() - self.suppressed)

    def counts(self) -> Counter[Identifier]:
        """Return the occurrences of each identifier."""
        total: Counter[Identifier] = Counter()
        for known in self.objects.values():
            total.update(known.counts)
        return total

    def statistics(self) -> dict[str, int]:
        """Return the ``ResourceStatistics``."""
        counts, skipped = self.counts(), [known for known in self.objects.values() if known.status == "SKIPPED"]
        return {
            "totalBytesClassified": sum(known.size_classified_bytes for known in self.objects.values()),
            "totalDetections": counts.total(),
            "totalDetectionsSuppressed": sum(counts[identifier] for identifier in self.suppressed),
            "totalItemsClassified": len(self.objects) - len(skipped),
            "totalItemsSensitive": sum(bool(known.counts) for known in self.objects.values()),
            "totalItemsSkipped": len(skipped),
            **{name: sum(known.reason == reason for known in skipped) for name, reason in _SKIPPED_BECAUSE.items()},
        }

    def score(self, bucket: Mapping[str, Any]) -> int | None:
        """Return the sensitivity score, None for a bucket that is not sampled and cannot be listed.

        The larger the share of sensitive objects, the closer it is to 99; of analysed clean ones, to 1.

        :param bucket: ``objectCount`` and ``classifiableObjectCount`` of its ``BucketMetadata``, if it can be listed.
        """
        if self.is_overridden:
            return _HIGHEST
        if self.is_denied:
            return _DENIED
        classified = [known for known in self.objects.values() if known.status != "SKIPPED"]
        if "objectCount" not in bucket:
            return None
        if not bucket["objectCount"]:
            return _EMPTY
        if not classified:
            return _NOT_ANALYSED
        if sensitive := sum(map(self.is_sensitive, classified)):
            return 51 + 48 * sensitive // len(classified)
        analysed: float = len(classified) / max(bucket["classifiableObjectCount"], len(classified))
        return round(49 - 48 * analysed)


def version_of(stored: S3Object) -> tuple[str, str]:
    """Return what differs between the versions of an object: version id, and ETag in an unversioned bucket."""
    return stored.version_id, stored.e_tag
