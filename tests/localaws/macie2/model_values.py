"""Requests made from botocore's model: minimal ones, wrong ones, and any that the model allows."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from hypothesis import strategies as st

MODEL = botocore.session.get_session().get_service_model("macie2")
OPERATIONS = sorted(MODEL.operation_names)
#: What a member of each type must not be.
_WRONG: dict[str, Any] = {
    "boolean": "perhaps",
    "double": "much",
    "integer": "many",
    "list": {"a": "map"},
    "long": "many",
    "map": ["a list"],
    "string": {"a": "map"},
    "structure": "a text",
    "timestamp": {"a": "map"},
}


def operation(name: str) -> OperationModel:
    return MODEL.operation_model(name)


def minimal(shape: Shape | None) -> Any:
    """Return the least that the shape allows."""
    if shape is None:
        return {}
    if isinstance(shape, StructureShape):
        return {name: minimal(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [minimal(shape.member)]
    if isinstance(shape, MapShape):
        return {"key": minimal(shape.value)}
    if isinstance(shape, StringShape):
        return shape.enum[0] if shape.enum else "a" * max(1, shape.metadata.get("min", 1))
    return {"boolean": True}.get(shape.type_name, max(1, shape.metadata.get("min", 1)))


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire."""

    method: str
    path: str
    body: bytes | None


def request(name: str, parameters: dict[str, Any]) -> Request:
    """Put the parameters where the model says, without checking them."""
    model = operation(name)
    path, query, body = model.http["requestUri"], [], dict(parameters)
    for member, shape in model.input_shape.members.items() if model.input_shape else ():
        where, key = shape.serialization.get("location"), shape.serialization.get("name", member)
        if member not in parameters or where not in ("uri", "querystring"):
            continue
        value = body.pop(member)
        if where == "uri":
            path = path.replace(f"{{{key}}}", urllib.parse.quote(str(value), safe=""))
        else:
            query += [(key, str(item)) for item in (value if isinstance(value, list) else [value])]
    has_body = model.http["method"] not in ("GET", "DELETE")
    suffix = f"?{urllib.parse.urlencode(query)}" if query else ""
    return Request(model.http["method"], path + suffix, json.dumps(body).encode() if has_body else None)


def wrong(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield requests in each of which one member is missing, of a wrong type or not in its enum, and what that is."""
    shape = operation(name).input_shape
    good = minimal(shape)
    if shape is None:
        return
    for member, inner in shape.members.items():
        where = inner.serialization.get("location")
        if member in shape.required_members and where != "uri":
            yield f"no {member}", {key: value for key, value in good.items() if key != member}
        if where is None or (where == "querystring" and inner.type_name == "integer"):
            yield f"wrong {member}", {**good, member: _WRONG[inner.type_name]}
        if isinstance(inner, StringShape) and inner.enum:
            yield f"other {member}", {**good, member: "SOMETHING_ELSE"}
        if isinstance(inner, ListShape) and where is None:
            yield f"wrong element of {member}", {**good, member: [_WRONG[inner.member.type_name]]}


def allowed(shape: Shape | None, depth: int = 0) -> st.SearchStrategy[Any]:
    """Anything that the model allows, plausible texts among it."""
    if shape is None:
        return st.just({})
    if isinstance(shape, StructureShape):
        members = {name: allowed(member, depth + 1) for name, member in shape.members.items()}
        required = {name: item for name, item in members.items() if name in shape.required_members}
        optional = {name: item for name, item in members.items() if name not in shape.required_members}
        return st.fixed_dictionaries(required, optional=optional)
    if isinstance(shape, ListShape):
        return st.lists(allowed(shape.member, depth + 1), min_size=shape.metadata.get("min", 0), max_size=2)
    if isinstance(shape, MapShape):
        return st.dictionaries(_TEXTS, allowed(shape.value, depth + 1), max_size=2)
    if isinstance(shape, StringShape):
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max", 2000)
        texts = _TEXTS.map(lambda text: text.ljust(least, "a")[:most])
        return st.sampled_from(shape.enum) if shape.enum else texts
    if shape.type_name == "boolean":
        return st.booleans()
    return st.integers(shape.metadata.get("min", -1), shape.metadata.get("max", 2**40))


ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "bronze",
            "123456789012",
            "111122223333",
            "true",
            "severity.description",
            "createdAt",
            "archived",
            "bucketName",
            "objectCount",
            "2026-01-01T00:00:00Z",
            "[A-Z]{3}",
            "arn:aws:kms:us-east-1:123456789012:key/1",
            "MONTH_TO_DATE",
        ]
    ),
)
