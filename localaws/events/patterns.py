"""Event patterns. moto does not look into lists of objects, where EventBridge matches any element.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.events.models import EventPattern as MotoEventPattern
from moto.events.utils import EventMessageType

_MISSING = object()


class EventPattern(MotoEventPattern):
    """A pattern that looks into lists, also of objects."""

    def matches_event(self, event: EventMessageType) -> bool:
        """Return whether the event has what the pattern names; one without a pattern matches all."""
        return _matches(self.get_pattern(), event)


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    """Return whether the value, or one element of a list, has all that the pattern names."""
    if isinstance(value, list):
        return any(_matches(pattern, element) for element in value)
    fields = value if isinstance(value, Mapping) else {}
    return all(
        any(_matches(condition, value) for condition in wanted)
        if name == "$or"
        else _field_matches(wanted, fields.get(name, _MISSING))
        for name, wanted in pattern.items()
    )


def _field_matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return _matches(wanted, value)
    return any(_condition_holds(condition, value) for condition in wanted)


def _condition_holds(condition: Any, value: Any) -> bool:
    if isinstance(condition, Mapping) and "exists" in condition:
        is_leaf = value is not _MISSING and not isinstance(value, Mapping)
        return bool(is_leaf is condition["exists"])
    return any(_leaf_matches(condition, leaf) for leaf in _leaves(value))


def _leaf_matches(condition: Any, leaf: Any) -> bool:
    if isinstance(condition, Mapping):
        return bool(MotoEventPattern._does_item_match_named_filter(leaf, dict(condition)))
    if isinstance(condition, bool) is not isinstance(leaf, bool):  # to Python, true is 1
        return False
    return bool(condition == leaf)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        for element in value:
            yield from _leaves(element)
    elif value is not _MISSING and not isinstance(value, Mapping):
        yield value
