"""The sample of a bucket that a day of automated discovery analyses.

AWS does not publish how Macie selects representative objects. Here they are the first by a hash of their keys, so that
the same bucket has the same samples.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable

from localaws.macie2.discovery.profile import Profile, version_of
from localaws.macie2.storage.inventory import is_classifiable
from localaws.macie2.storage.s3 import S3Object

#: Bounds the work of a day.
OBJECTS_PER_BUCKET = 25


def sample(objects: Iterable[S3Object], profile: Profile) -> list[S3Object]:
    """Return the objects to analyse: those that can be, and whose latest version was not."""
    open_objects = (
        candidate
        for candidate in objects
        if is_classifiable(candidate) and profile.analysed_version(candidate.key) != version_of(candidate)
    )
    return heapq.nsmallest(OBJECTS_PER_BUCKET, open_objects, key=lambda candidate: _place(candidate.key))


def _place(key: str) -> tuple[bytes, str]:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest(), key
