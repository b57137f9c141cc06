"""The input of a target: the event, a part of it, a constant, or a template with parts of it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html. What EventBridge does
with the quotes was seen in its recorded answers (LocalStack's ``test_events_inputs.snapshot.json``): a template that is
a string is sent with its quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([\w/-]+)|\[(\d+|\*)\]|\['([^']+)'\]")
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_QUOTE = re.compile(r'(?<!\\)"')
_MISSING = object()


def text_for(target: Mapping[str, Any], event: Mapping[str, Any], reserved: Mapping[str, Any]) -> str:
    """Return the input of the target.

    :param target: as PutTargets takes it.
    :param reserved: the variables that EventBridge gives to every template, by their names.
    """
    if "Input" in target:
        return str(target["Input"])
    if path := target.get("InputPath"):
        return _json(_at(event, path))
    if transformer := target.get("InputTransformer"):
        paths = transformer.get("InputPathsMap") or {}
        return _fill(transformer["InputTemplate"], {**reserved, **{name: _at(event, paths[name]) for name in paths}})
    return _json(event)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """Put the values in the place of their names: as text within quotes and in plain text, else as JSON."""
    template = template.strip()
    is_json = template.startswith(("{", "["))
    filled, end, is_quoted = [], 0, False
    for found in _PLACEHOLDER.finditer(template):
        between = template[end : found.start()]
        is_quoted ^= len(_QUOTE.findall(between)) % 2 == 1
        value = values.get(found[1], found[0])  # anything but a variable stays
        value = "" if value is _MISSING else value
        if is_json and not is_quoted:
            value = _json(value)
        elif not isinstance(value, str):
            value = _json(value).replace('"', "")
        elif is_quoted:
            value = _json(value)[1:-1]
        filled += [between, value]
        end = found.end()
    return "".join([*filled, template[end:]])


def _json(value: Any) -> str:
    return json.dumps(None if value is _MISSING else value, separators=(",", ":"), ensure_ascii=False)


def _at(event: Any, path: str) -> Any:
    """Return what is at a JSON path, of the kinds that EventBridge knows."""
    values, is_many = [event], False
    for step in _STEP.finditer(path.removeprefix("$")):
        name, index = step[1] or step[3], step[2]
        if index == "*":
            is_many = True
            values = [element for value in values if isinstance(value, list) for element in value]
        elif index:
            values = [value[int(index)] for value in values if isinstance(value, list) and int(index) < len(value)]
        else:
            values = [value[name] for value in values if isinstance(value, Mapping) and name in value]
    if is_many:
        return values
    return values[0] if values else _MISSING
