"""Hold every answer of the local Macie, as it goes over the wire, against botocore's model."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

_TYPES: dict[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "double": (int, float),
    "integer": int,
    "long": int,
    "string": str,
    "timestamp": str,
}


def check_answers(client: Any) -> None:
    """Make the client assert that every answer has known members of the right types only."""
    client.meta.events.register("before-parse.macie2", _check)


def _check(operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] >= 300:
        return
    assert response_dict["status_code"] == operation_model.http["responseCode"], operation_model.name
    if response_dict["body"]:
        _fits(operation_model.output_shape, json.loads(response_dict["body"]), operation_model.name)


def _fits(shape: Shape | None, value: Any, path: str) -> None:
    if shape is None:
        assert value == {}, path
    elif isinstance(shape, StructureShape):
        assert not value.keys() - shape.members.keys(), path
        for name, inner in value.items():
            if inner is not None:
                _fits(shape.members[name], inner, f"{path}.{name}")
    elif isinstance(shape, (ListShape, MapShape)):
        inner_shape, elements = (shape.member, value) if isinstance(shape, ListShape) else (shape.value, value.values())
        for inner in elements:
            _fits(inner_shape, inner, f"{path}[]")
    else:
        assert isinstance(value, _TYPES[shape.type_name]), path
        if isinstance(shape, StringShape) and shape.enum:
            assert value in shape.enum, path
        if shape.type_name == "timestamp":
            datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
            assert len(value) == len("2026-01-01T00:00:00.000Z"), path
