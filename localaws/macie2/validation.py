"""Validate requests against botocore's model of the operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from localaws.macie2.exceptions import ValidationException

#: Source: https://docs.aws.amazon.com/macie/latest/user/tagging-resources.html
_MOST_TAGS = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256

_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "double": (int, float),
    "float": (int, float),
    "integer": (int,),
    "list": (list,),
    "long": (int,),
    "map": (dict,),
    "string": (str,),
    "structure": (dict,),
}


def validated(operation: OperationModel, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are in the model, without nulls.

    :raises ValidationException: naming every member that is missing, of a wrong type, out of range or not in its enum.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    problems: list[str] = []
    known = of_shape(shape, dict(parameters))
    problems.extend(_problems(shape, known, ""))
    if problems:
        count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
        raise ValidationException(f"{count} detected: {'; '.join(problems)}")
    assert isinstance(known, dict)  # noqa: S101 - pruning keeps the type; narrows for mypy
    return known


def from_text(shape: Shape, values: list[str]) -> Any:
    """Convert the text of a query string to the type of the shape; leave other text to validation."""
    if isinstance(shape, ListShape):
        return values
    value = values[0]
    if shape.type_name in ("integer", "long"):
        return int(value) if value.lstrip("-").isdigit() else value
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return value


def of_shape(shape: Shape, value: Any, *, keep_nulls: bool = False) -> Any:
    """Drop members that the model does not have, and nulls unless they are kept: the service ignores both."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {
            name: of_shape(member, value[name], keep_nulls=keep_nulls)
            for name, member in shape.members.items()
            if name in value and (keep_nulls or value[name] is not None)
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [of_shape(shape.member, element, keep_nulls=keep_nulls) for element in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: of_shape(shape.value, element, keep_nulls=keep_nulls) for key, element in value.items()}
    return value


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    expected = _TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean")):
        yield f"value at '{path}' must be of type {shape.type_name}"
        return
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"value at '{path}' must be one of: {', '.join(shape.enum)}"
    yield from _range_problems(shape, value, path)
    for inner, element, inner_path in _elements(shape, value, path):
        yield from _problems(inner, element, inner_path)
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                yield f"value at '{_join(path, name)}' must not be null"


def _elements(shape: Shape, value: Any, path: str) -> Iterator[tuple[Shape, Any, str]]:
    if isinstance(shape, StructureShape):
        yield from ((shape.members[name], element, _join(path, name)) for name, element in value.items())
    elif isinstance(shape, ListShape):
        yield from ((shape.member, element, f"{path}[{index}]") for index, element in enumerate(value))
    elif isinstance(shape, MapShape):
        yield from ((shape.value, element, _join(path, key)) for key, element in value.items())


def _range_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    measure: Callable[[Any], float] = len if isinstance(value, (str, list, dict)) else float
    what = "length" if measure is len else "value"
    for bound, breaks in (("min", float.__lt__), ("max", float.__gt__)):
        if bound in shape.metadata and breaks(float(measure(value)), float(shape.metadata[bound])):
            yield f"value at '{path}' must have a {what} of {bound} {shape.metadata[bound]}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse too many or too long tags, and keys that AWS reserves."""
    if len(tags) > _MOST_TAGS:
        raise ValidationException(f"A resource can have at most {_MOST_TAGS} tags")
    for key, value in tags.items():
        if not 1 <= len(key) <= _LONGEST_KEY or key.lower().startswith("aws:"):
            raise ValidationException(f"A tag key must have 1 to {_LONGEST_KEY} characters and not start with aws:")
        if len(value) > _LONGEST_VALUE:
            raise ValidationException(f"A tag value must have at most {_LONGEST_VALUE} characters")


def check_length(name: str, value: str, least: int, most: int) -> None:
    """Refuse a text that is too short or too long.

    :raises ValidationException: naming the member and its limits.
    """
    if not least <= len(value) <= most:
        raise ValidationException(f"{name} must have {least} to {most} characters")
