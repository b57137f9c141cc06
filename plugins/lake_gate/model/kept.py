"""Filter of Macie's records that keeps names of places and identifiers, positions and counts. Pure.

Macie copies text out of the objects that it reads: names of columns (the first row, if a CSV has no header), paths into
JSON documents, references of cells, names of the files in an archive. None of it is kept. A record is rebuilt from the
members listed below; members that Macie adds later are dropped until they are listed here.

Nothing that a decision may rest on is lost: a value that does not have the shape of Macie's words becomes *unknown*,
for which :mod:`lake_gate.model.evidence` has a reason to hold, and a part that cannot be parsed still claims that
something was found.

Source of the members: shape Finding of the API, discovery results:
https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lake_gate.model.names import UNKNOWN

type Keep = Callable[[Any], Any]
"""Returns the part of a value that is kept, None if nothing is."""


def without_values(record: Any) -> dict[str, Any]:
    """Return a discovery result or an element of GetFindings, of any shape, without text of the object.

    All members that filters of findings can name are kept, because suppression rules use them.
    Source: https://docs.aws.amazon.com/macie/latest/user/findings-filter-fields.html
    """
    return {"id": UNKNOWN, **(_record(record) or {})}


def _word(pattern: str) -> Keep:
    """Keep text that matches; other values become *unknown*."""
    shape = re.compile(pattern, re.ASCII)

    def keep(value: Any) -> Any:
        if value is None or value == "":
            return value
        return value if isinstance(value, str) and shape.fullmatch(value) else UNKNOWN

    return keep


def _shaped(pattern: str) -> Keep:
    """Keep text that matches and drop other values; for members that no decision rests on."""
    shape = re.compile(pattern)
    return lambda value: value if isinstance(value, str) and shape.fullmatch(value) else None


def _count(value: Any) -> Any:
    """Keep a number, which discovery results write as text; other values become *unknown*."""
    if value is None or value == "":
        return value
    kept = _position(value)
    return UNKNOWN if kept is None else kept


def _position(value: Any) -> Any:
    """Keep a number."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST
    return value if is_number or (isinstance(value, str) and _DIGITS.fullmatch(value)) else None


_MOST = 10**18
_DIGITS = re.compile("-?[0-9]{1,18}")


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _claim(value: Any) -> bool:
    """Keep whether there is a value."""
    return bool(value)


def _struct(
    members: Mapping[str, Keep], *, always: Mapping[str, Any] | None = None, unreadable: Mapping[str, Any] | None = None
) -> Keep:
    """Keep these members of an object.

    :param always: default members of a value that is not empty.
    :param unreadable: members that replace a value that is not an object.
    """
    defaults = dict(always or {})

    def keep(value: Any) -> dict[str, Any] | None:
        if not value:
            return None
        if not isinstance(value, Mapping):
            return {**defaults, **(unreadable or {})}
        value = _spelled(value, members)
        kept = {name: keep_member(value[name]) for name, keep_member in members.items() if name in value}
        return {**defaults, **{name: member for name, member in kept.items() if member is not None}}

    return keep


def _spelled(value: Mapping[str, Any], members: Mapping[str, Keep]) -> Mapping[str, Any]:
    """Return the object with the spelling of ``members``; of two spellings with different values neither is kept.

    Findings and results have ``eTag``, events in AWS's user guide ``etag``.

    Source: https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
    """
    if value.keys() <= members.keys():
        return value
    names = {name.lower(): name for name in members}
    spelled: dict[str, Any] = {}
    for name, content in value.items():
        known = names.get(name.lower(), name) if isinstance(name, str) else name
        if known not in spelled or spelled[known] in (None, ""):
            spelled[known] = content
        elif content not in (None, "", spelled[known]):
            spelled[known] = _CONTRADICTION
    return spelled


_CONTRADICTION = ("two", "spellings")
"""Matches no member: it becomes *unknown*, or an element without members."""


def _each(keep_item: Keep) -> Keep:
    """Keep a list; a value that is not a list, or not a valid element, becomes an element without members."""

    def keep(value: Any) -> list[Any] | None:
        if not isinstance(value, list):
            return [{}] if value else None
        return [keep_item(item) or {} for item in value]

    return keep


_id = _word(r"[A-Za-z0-9._:-]{1,128}")
_arn = _word(r"arn:[!-~]{1,500}")
_capitals = _word(r"[A-Z0-9_]{1,100}")
_setting = _word(r"[A-Za-z0-9:_-]{1,64}")
_time = _shaped(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_name = _shaped("[^\ud800-\udfff]{1,1024}")
"""Name of a bucket, key, owner or tag, which is not content of an object. Names in S3 have a UTF-8 form."""

_range = _struct(dict.fromkeys(("start", "end", "startColumn"), _position))
_occurrences = _struct(
    {
        "cells": _each(_struct({"row": _position, "column": _position})),
        "records": _each(_struct({"recordIndex": _position})),
        "lineRanges": _each(_range),
        "offsetRanges": _each(_range),
        "pages": _each(_struct({"pageNumber": _position, "lineRange": _range, "offsetRange": _range})),
    }
)
"""Positions of occurrences; names of columns are added by position, from the manifest."""

_identifier = _word(r"[A-Z0-9_]{1,100}(\([A-Z0-9_]{1,100}\))?")  # CREDIT_CARD_NUMBER_(NO_KEYWORD)
_managed = _struct({"type": _identifier, "count": _count, "occurrences": _occurrences})
_custom = _struct(
    {
        "name": _word("[^\x00-\x1f\x7f\ud800-\udfff]{1,128}"),
        "arn": _arn,
        "count": _count,
        "occurrences": _occurrences,
    }
)
_result = _struct(
    {
        "status": _struct({"code": _capitals, "reason": _capitals}),
        "additionalOccurrences": _claim,
        "sizeClassified": _count,
        "mimeType": _word(r"[A-Za-z]{1,20}/[A-Za-z0-9.+-]{1,100}(; ?charset=[A-Za-z0-9-]{1,20})?"),
        "sensitiveData": _each(_struct({"category": _capitals, "totalCount": _count, "detections": _each(_managed)})),
        "customDataIdentifiers": _struct(
            {"totalCount": _count, "detections": _each(_custom)}, unreadable={"totalCount": UNKNOWN}
        ),
    }
)
_blocked = _struct(
    dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), _flag)
)
_allowed = _struct(dict.fromkeys(("allowsPublicReadAccess", "allowsPublicWriteAccess"), _flag))
_encryption = _struct({"encryptionType": _setting, "kmsMasterKeyId": _word(r"[\w:/.+=,@-]{1,2048}")})
_tags = _each(_struct({"key": _name, "value": _name}))
_bucket = _struct(
    {
        "name": _name,
        "arn": _arn,
        "createdAt": _time,
        "owner": _struct({"displayName": _name, "id": _name}),
        "allowsUnencryptedObjectUploads": _setting,
        "defaultServerSideEncryption": _encryption,
        "tags": _tags,
        "publicAccess": _struct(
            {
                "effectivePermission": _setting,
                "permissionConfiguration": _struct(
                    {
                        "accountLevelPermissions": _struct({"blockPublicAccess": _blocked}),
                        "bucketLevelPermissions": _struct(
                            {
                                "accessControlList": _allowed,
                                "blockPublicAccess": _blocked,
                                "bucketPolicy": _allowed,
                            }
                        ),
                    }
                ),
            }
        ),
    }
)
_etag = _word(r'"?[A-Za-z0-9-]{1,64}"?')
_object = _struct(
    {
        "key": _name,
        "path": _name,
        "extension": _name,
        "bucketArn": _arn,
        "versionId": _word(r"[A-Za-z0-9._-]{1,1024}"),
        "eTag": _etag,
        "size": _count,
        "lastModified": _time,
        "storageClass": _setting,
        "serverSideEncryption": _encryption,
        "publicAccess": _flag,
        "tags": _tags,
        # The name comes from within the archive: only the existence of the file is kept.
        "embeddedFileDetails": _struct(
            {"fileSize": _count, "fileLastModified": _time},
            always={"filePath": UNKNOWN},
        ),
    }
)
_affected = _struct({"s3Bucket": _bucket, "s3Object": _object})


def _resources(value: Any) -> dict[str, Any] | None:
    """Keep the bucket and object; path and extension only if they follow from the key."""
    kept: dict[str, Any] | None = _affected(value)
    found = (kept or {}).get("s3Object") or {}
    key, bucket = found.get("key", ""), ((kept or {}).get("s3Bucket") or {}).get("name")
    if found.get("path") != f"{bucket}/{key}":
        found.pop("path", None)
    if not key.endswith(found.get("extension", "")):
        del found["extension"]
    return kept


_record = _struct(
    {
        "id": _id,
        "schemaVersion": _word(r"[0-9.]{1,16}"),
        "accountId": _word(r"[0-9]{12}"),
        "partition": _setting,
        "region": _setting,
        "type": _word(r"[A-Za-z0-9]{1,40}:[A-Za-z0-9]{1,40}/[A-Za-z0-9]{1,60}"),
        "category": _capitals,
        "severity": _struct({"description": _word("[A-Za-z]{1,20}"), "score": _count}, always={"description": UNKNOWN}),
        "count": _count,
        "archived": _flag,
        "sample": _flag,
        "createdAt": _time,
        "updatedAt": _time,
        "classificationDetails": _struct(
            {
                "jobArn": _arn,
                "jobId": _id,
                "originType": _capitals,
                "detailedResultsLocation": _word(r"s3://[!-~]{1,1200}"),
                "result": _result,
            }
        ),
        "resourcesAffected": _resources,
    }
)
