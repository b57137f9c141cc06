"""The buckets of the account, and of its members when it administers some.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/datasources-s3.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.utils import get_service_model

from localaws.macie2.clock import now
from localaws.macie2.exceptions import ResourceNotFoundException, ValidationException
from localaws.macie2.findings import criteria
from localaws.macie2.jobs.bucket_jobs import job_details
from localaws.macie2.jobs.scope import compare
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.paging import page
from localaws.macie2.storage.inventory import describe
from localaws.macie2.storage.s3 import Storage

type Bucket = Mapping[str, Any]

#: Source: shape BucketSortCriteria.
_SORT_FIELDS = (
    "accountId",
    "bucketName",
    "classifiableObjectCount",
    "classifiableSizeInBytes",
    "objectCount",
    "sensitivityScore",
    "sizeInBytes",
)
#: The same fields as SearchResources names them.
_SEARCH_SORT_FIELDS = {
    "ACCOUNT_ID": "accountId",
    "RESOURCE_NAME": "bucketName",
    "S3_CLASSIFIABLE_OBJECT_COUNT": "classifiableObjectCount",
    "S3_CLASSIFIABLE_SIZE_IN_BYTES": "classifiableSizeInBytes",
}
_SEARCH_FIELDS = {
    "ACCOUNT_ID": ("accountId",),
    "AUTOMATED_DISCOVERY_MONITORING_STATUS": ("automatedDiscoveryMonitoringStatus",),
    "S3_BUCKET_EFFECTIVE_PERMISSION": ("publicAccess", "effectivePermission"),
    "S3_BUCKET_NAME": ("bucketName",),
    "S3_BUCKET_SHARED_ACCESS": ("sharedAccess",),
}
_SUMS = ("classifiableObjectCount", "classifiableSizeInBytes", "objectCount", "sizeInBytes", "sizeInBytesCompressed")
_UNCLASSIFIABLE = ("unclassifiableObjectCount", "unclassifiableObjectSizeInBytes")
_OWN_SCORE = "sensitivityScore is calculated in a way of our own; AWS publishes its ranges alone"
#: The range of sensitivity scores of each group. Source: shape BucketStatisticsBySensitivity.
_SENSITIVITY = {
    "classificationError": range(-1, 0),
    "notClassified": range(50, 51),
    "notSensitive": range(1, 50),
    "sensitive": range(51, 101),
}


class Buckets(Area):
    """The buckets in the local S3, read at each call."""

    @partly_implemented(_OWN_SCORE)
    def describe_buckets(self, request: Request) -> Answer:
        condition = request.get("criteria", {})
        criteria.check(condition, get_service_model("macie2").shape_for("BucketMetadata"))
        matching = [bucket for bucket in self.described_buckets() if criteria.matches(bucket, condition)]
        return page("buckets", criteria.ordered(matching, request.get("sortCriteria", {}), _SORT_FIELDS), request)

    @partly_implemented(_OWN_SCORE)
    def search_resources(self, request: Request) -> Answer:
        blocks = request.get("bucketCriteria", {})
        included, excluded = (_conditions(blocks.get(name, {})) for name in ("includes", "excludes"))
        matching = [
            bucket
            for bucket in self.described_buckets()
            if all(_holds(term, bucket) for term in included)
            and not (excluded and all(_holds(term, bucket) for term in excluded))
        ]
        sort = dict(request.get("sortCriteria", {}))
        if attribute := sort.get("attributeName"):
            sort["attributeName"] = _SEARCH_SORT_FIELDS[attribute]
        shape: Any = get_service_model("macie2").shape_for("MatchingBucket")
        resources = [
            {"matchingBucket": {name: value for name, value in bucket.items() if name in shape.members}}
            for bucket in criteria.ordered(matching, sort, _SORT_FIELDS)
        ]
        return page("matchingResources", resources, request)

    @partly_implemented(_OWN_SCORE)
    def get_bucket_statistics(self, request: Request) -> Answer:
        buckets = self.described_buckets(request.get("accountId"))
        sums = {name: sum(bucket.get(name, 0) for bucket in buckets) for name in _SUMS}
        unclassifiable = {
            name: {
                part: sum(bucket.get(name, {}).get(part, 0) for bucket in buckets)
                for part in ("fileType", "storageClass", "total")
            }
            for name in _UNCLASSIFIABLE
        }
        return {
            **sums,
            **unclassifiable,
            **_counts(buckets),
            "bucketCount": len(buckets),
            "bucketStatisticsBySensitivity": {
                group: _aggregated([bucket for bucket in buckets if bucket["sensitivityScore"] in scores])
                for group, scores in _SENSITIVITY.items()
            },
            "lastUpdated": now(),
        }

    def bucket_count(self) -> int:
        """Return how many buckets the account itself has."""
        return len(self._storage({self.account_id}).list_buckets(self.account_id))

    def described_buckets(self, account_id: str | None = None) -> list[Bucket]:
        """Return the buckets by their names.

        :param account_id: only the buckets of this account.
        """
        accounts = self.macie.accounts()
        if account_id not in (None, *accounts):
            raise ResourceNotFoundException
        storage = self._storage(set(accounts))
        jobs = list(self.macie.jobs.values())
        described = [
            {**facts, **self.macie.discovery_of(facts), "jobDetails": job_details(bucket, jobs)}
            for account in ([account_id] if account_id else accounts)
            for bucket in storage.list_buckets(account)
            for facts in [describe(bucket, storage)]
        ]
        return sorted(described, key=lambda bucket: str(bucket["bucketName"]))

    def _storage(self, accounts: set[str]) -> Storage:
        return Storage(accounts, self.region_name, self.partition)


def _aggregated(buckets: Sequence[Bucket]) -> dict[str, int]:
    """Return the ``SensitivityAggregations`` of buckets."""
    return {
        "classifiableSizeInBytes": sum(bucket.get("classifiableSizeInBytes", 0) for bucket in buckets),
        "publiclyAccessibleCount": sum(bucket["publicAccess"]["effectivePermission"] == "PUBLIC" for bucket in buckets),
        "totalCount": len(buckets),
        "totalSizeInBytes": sum(bucket.get("sizeInBytes", 0) for bucket in buckets),
    }


def _counts(buckets: Sequence[Bucket]) -> dict[str, dict[str, int]]:
    """Count the buckets by how they can be reached and are encrypted."""
    permission = Counter(bucket["publicAccess"]["effectivePermission"] for bucket in buckets)
    encryption = Counter("s3" if bucket["serverSideEncryption"]["type"] == "AES256" else "kms" for bucket in buckets)
    uploads = Counter(bucket["allowsUnencryptedObjectUploads"] for bucket in buckets)
    shared = Counter(bucket["sharedAccess"] for bucket in buckets)
    return {
        "bucketCountByEffectivePermission": {
            "publiclyAccessible": permission["PUBLIC"],
            "publiclyReadable": permission["PUBLIC"],
            "publiclyWritable": 0,
            "unknown": permission["UNKNOWN"],
        },
        "bucketCountByEncryptionType": {
            "kmsManaged": encryption["kms"],
            "s3Managed": encryption["s3"],
            "unencrypted": 0,
            "unknown": 0,
        },
        "bucketCountByObjectEncryptionRequirement": {
            "allowsUnencryptedObjectUploads": uploads["TRUE"],
            "deniesUnencryptedObjectUploads": uploads["FALSE"],
            "unknown": uploads["UNKNOWN"],
        },
        "bucketCountBySharedAccessType": {
            "external": shared["EXTERNAL"],
            "internal": shared["INTERNAL"],
            "notShared": shared["NOT_SHARED"],
            "unknown": shared["UNKNOWN"],
        },
    }


def _conditions(block: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the conditions of a block.

    :raises ValidationException: for a condition without content.
    """
    terms: list[Mapping[str, Any]] = [
        condition
        for criterion in block.get("and", [])
        for condition in (criterion.get("simpleCriterion"), criterion.get("tagCriterion"))
    ]
    conditions = [condition for condition in terms if condition]
    for condition in conditions:
        if not condition.get("comparator") or not (
            condition.get("tagValues") or (condition.get("key") and condition.get("values"))
        ):
            raise ValidationException("A criterion must have a comparator, and a key with values or tagValues")
    return conditions


def _holds(condition: Mapping[str, Any], bucket: Bucket) -> bool:
    if wanted := condition.get("tagValues"):
        tags = {tag["key"]: tag["value"] for tag in bucket["tags"]}
        has_any = any(
            pair.get("key") in tags and pair.get("value", tags[pair["key"]]) in ("", tags[pair["key"]])
            for pair in wanted
        )
        return has_any is (condition["comparator"] == "EQ")
    value: Any = bucket
    for name in _SEARCH_FIELDS[condition["key"]]:
        value = value[name]
    return compare(condition["comparator"], value, condition["values"])
