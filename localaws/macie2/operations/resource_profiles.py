"""The sensitivity profiles of buckets.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/resource-profiles.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.discovery.profile import Profile
from localaws.macie2.exceptions import ResourceNotFoundException, ValidationException
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.paging import page

#: Source: shape UpdateResourceProfileRequest of the macie2 API.
_OVERRIDE = 100
_OWN_SCORE = "within AWS's ranges the score is calculated in a way of our own; AWS does not publish its own"


class ResourceProfiles(Area):
    """The profiles of an account's buckets, by the names of the buckets."""

    profiles: dict[str, Profile]

    def forget(self) -> None:
        super().forget()
        self.profiles = {}

    @partly_implemented(_OWN_SCORE)
    def get_resource_profile(self, request: Request) -> Answer:
        bucket = self._bucket(request)
        profile = self.profile(str(bucket["bucketName"]))
        return {
            "profileUpdatedAt": profile.updated_at,
            "sensitivityScore": bucket["sensitivityScore"],
            "sensitivityScoreOverridden": profile.is_overridden,
            "statistics": profile.statistics(),
        }

    def update_resource_profile(self, request: Request) -> Answer:
        """Set the highest score, or let it be calculated again."""
        override = request.get("sensitivityScoreOverride")
        if override not in (None, _OVERRIDE):
            raise ValidationException(f"sensitivityScoreOverride must be {_OVERRIDE} or null")
        profile = self._kept_profile(request)
        profile.is_overridden, profile.updated_at = override is not None, now()
        return {}

    def list_resource_profile_artifacts(self, request: Request) -> Answer:
        """Return the objects that were analysed, by their keys."""
        bucket = self._bucket(request)
        profile = self.profile(str(bucket["bucketName"]))
        artifacts = [
            {
                "arn": f"{bucket['bucketArn']}/{key}",
                "classificationResultStatus": known.status,
                "sensitive": bool(known.counts),
            }
            for key, known in sorted(profile.objects.items())
        ]
        return page("artifacts", artifacts, request)

    def list_resource_profile_detections(self, request: Request) -> Answer:
        """Return what was found, most frequent first."""
        profile = self.profile(str(self._bucket(request)["bucketName"]))
        custom = self.macie.custom_data_identifiers
        detections = [
            {
                "arn": self.arn("custom-data-identifier", identifier) if kind == "CUSTOM" else None,
                "count": count,
                "id": identifier,
                "name": custom[identifier].to_detect().name if identifier in custom else identifier,
                "suppressed": (kind, identifier) in profile.suppressed,
                "type": kind,
            }
            for (kind, identifier), count in sorted(profile.counts().items(), key=lambda item: (-item[1], item[0]))
        ]
        return page("detections", detections, request)

    def update_resource_profile_detections(self, request: Request) -> Answer:
        """Replace the identifiers that do not count for the score.

        :raises ValidationException: for an identifier that found nothing in the bucket.
        """
        profile = self._kept_profile(request)
        wanted = frozenset((item.get("type"), item.get("id")) for item in request.get("suppressDataIdentifiers", []))
        if wanted - profile.counts().keys():
            raise ValidationException("suppressDataIdentifiers must name identifiers that found data in the bucket")
        profile.suppressed, profile.updated_at = wanted, now()
        return {}

    def profile(self, bucket_name: str) -> Profile:
        """Return the profile of a bucket, an empty one if it has none; a member sees that of its administrator."""
        return self.macie.in_charge().macie.profiles.get(bucket_name, Profile())

    def _kept_profile(self, request: Request) -> Profile:
        self.macie.assert_in_charge()
        return self.profiles.setdefault(str(self._bucket(request)["bucketName"]), Profile())

    def _bucket(self, request: Request) -> Mapping[str, Any]:
        """Return the ``BucketMetadata`` of the bucket.

        :raises ResourceNotFoundException: when neither the account nor a member has it.
        """
        for bucket in self.macie.described_buckets():
            if bucket["bucketArn"] == request["resourceArn"]:
                return bucket
        raise ResourceNotFoundException
