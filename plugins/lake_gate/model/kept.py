"""What the gate keeps of Macie's records: names of places and identifiers, positions, counts. Pure.

Macie copies text out of the objects that it reads: names of columns (the first row, where a CSV has no header), paths
into JSON documents, references of cells, names of the files in an archive. Nothing of that is kept. A record is built
again from the members below alone; a member that Macie adds one day is left out until it stands here.

What a decision can rest on never vanishes: a value that does not have the shape of Macie's words becomes *unknown*, for
which :mod:`lake_gate.model.evidence` has a reason to hold, and a part that cannot be read goes on claiming that
something was found.

Source of the members: shape Finding of the API, discovery results:
https://docs.aws.amazon.com/macie/latest/user/discovery-results-repository-s3.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lake_gate.model.evidence import UNKNOWN

type Keep = Callable[[Any], Any]
"""Returns what is kept of a value, None for nothing."""


def without_values(record: Any) -> dict[str, Any]:
    """Return what is kept of a discovery result or of an element of GetFindings, whatever its shape.

    All that filters of findings can name is kept, for suppression rules do; none of it is text of an object.
    Source: https://docs.aws.amazon.com/macie/latest/user/findings-filter-fields.html
    """
    return {"id": UNKNOWN, **(_record(record) or {})}


def _word(pattern: str) -> Keep:
    """Keep text of this shape; what is there and has another one becomes *unknown*."""
    shape = re.compile(pattern, re.ASCII)

    def keep(value: Any) -> Any:
        if value is None or value == "":
            return value
        return value if isinstance(value, str) and shape.fullmatch(value) else UNKNOWN

    return keep


def _shaped(pattern: str) -> Keep:
    """Keep text of this shape, and nothing else: for what no decision rests on."""
    shape = re.compile(pattern)
    return lambda value: value if isinstance(value, str) and shape.fullmatch(value) else None


def _count(value: Any) -> Any:
    """Keep a number, which discovery results write as text; what is there and is none becomes *unknown*."""
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
    """Keep whether something is claimed, however it is written."""
    return bool(value)


def _struct(
    members: Mapping[str, Keep], *, always: Mapping[str, Any] | None = None, unreadable: Mapping[str, Any] | None = None
) -> Keep:
    """Keep these members of an object.

    :param always: members that what is not empty has in any case.
    :param unreadable: what takes the place of something that is not an object.
    """
    at_least = dict(always or {})

    def keep(value: Any) -> dict[str, Any] | None:
        if not value:
            return None
        if not isinstance(value, Mapping):
            return {**at_least, **(unreadable or {})}
        value = _spelled(value, members)
        kept = {name: of(value[name]) for name, of in members.items() if name in value}
        return {**at_least, **{name: one for name, one in kept.items() if one is not None}}

    return keep


def _spelled(value: Mapping[str, Any], members: Mapping[str, Keep]) -> Mapping[str, Any]:
    """Return the object with its members spelled as here; where two spellings contradict each other, neither is kept.

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
"""Not of the shape of any member: it becomes *unknown*, or an element without members."""


def _each(of: Keep) -> Keep:
    """Keep a list; what is not a list, or not an element of one, becomes an element without members."""

    def keep(value: Any) -> list[Any] | None:
        if not isinstance(value, list):
            return [{}] if value else None
        return [of(item) or {} for item in value]

    return keep


_id = _word(r"[A-Za-z0-9._:-]{1,128}")
_arn = _word(r"arn:[!-~]{1,500}")
_capitals = _word(r"[A-Z0-9_]{1,100}")
_setting = _word(r"[A-Za-z0-9:_-]{1,64}")
_time = _shaped(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_name = _shaped("[^\ud800-\udfff]{1,1024}")
"""Of a bucket, a key, an owner, a tag: not from within an object. What has no UTF-8 is not a name in S3."""

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
"""Where something was found, in numbers: names of columns are joined by position, from the manifest."""

_managed = _struct({"type": _capitals, "count": _count, "occurrences": _occurrences})
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
        "mimeType": _word(r"[a-z]{1,20}/[A-Za-z0-9.+-]{1,100}"),
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
        # Named within the archive: that there is such a file is kept, and not what it is called.
        "embeddedFileDetails": _struct(
            {"fileSize": _count, "fileLastModified": _time},
            always={"filePath": UNKNOWN},
        ),
    }
)
_affected = _struct({"s3Bucket": _bucket, "s3Object": _object})


def _resources(value: Any) -> dict[str, Any] | None:
    """Keep which object it is; of path and extension only what the key says, too."""
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
