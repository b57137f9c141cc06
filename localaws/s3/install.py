"""Put this S3 in the place of moto's own, in process and for the server."""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import moto.core.responses
import moto.core.serialize
import moto.s3.responses
from botocore.utils import parse_to_aware_datetime
from moto.core.serialize import AttributePicker, XFormedAttributePicker
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from localaws.s3.backend import S3Backend
from localaws.s3.responses import S3Response

_ALPHABET = string.ascii_letters + string.digits


def install() -> None:
    """Make moto serve S3 from here; calling it again changes nothing.

    moto makes its routes anew from the name in its module when it starts to mock or to serve, and backends from the
    class that it keeps; those that it has made already stay, with their buckets, and become ours.
    """
    moto.s3.responses.S3Response = S3Response  # type: ignore[misc]
    s3_backends.backend = S3Backend
    for account in s3_backends.values():
        account.backend = S3Backend
        for existing in account.values():
            existing.__class__ = S3Backend
    moto.core.responses.gen_amzn_requestid_long = request_id  # type: ignore[assignment, attr-defined]
    moto.core.serialize.parse_to_aware_datetime = aware_datetime  # type: ignore[attr-defined]
    for picker in (AttributePicker, XFormedAttributePicker):
        picker.get_possible_keys = _remembered(picker.get_possible_keys)  # type: ignore[assignment, method-assign]


def _remembered(possible_keys: Callable[..., Iterator[str]]) -> Callable[..., Iterable[str]]:
    """Remember under which keys the members of an answer can be; moto works it out anew for each member of each answer.

    Of dicts alone, as of an object its class counts, too.
    """
    if hasattr(possible_keys, "__wrapped__"):
        return possible_keys
    known: WeakKeyDictionary[Any, dict[tuple[Any, ...], tuple[str, ...]]] = WeakKeyDictionary()

    @functools.wraps(possible_keys)
    def remembered(picker: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict or context.shape is None:
            return possible_keys(picker, context)
        keys = known.setdefault(context.shape, {})
        of = (context.key, *picker.alias_providers)
        if of not in keys:
            keys[of] = tuple(possible_keys(picker, context))
        return keys[of]

    return remembered


def request_id(headers: dict[str, Any]) -> str:
    """Number a request as moto does, which draws each of the 52 characters by itself."""
    drawn = "".join(mock_random.choices(_ALPHABET, k=52))
    headers["x-amzn-requestid"] = drawn
    return drawn


def aware_datetime(value: int | str | datetime) -> datetime:
    """Read a time as botocore does, and thirty times as fast when it is one in ISO 8601.

    moto keeps the times of objects as text and reads them again for every answer: an eighth of what a copy costs.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            read = datetime.fromisoformat(value)
            if read.tzinfo is not None:
                return read
    return parse_to_aware_datetime(value)  # type: ignore[arg-type]
