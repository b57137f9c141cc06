"""JSON Lines of flat dataclasses: one object per line, so that a file can be read in byte ranges. Pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def dump_line(item: DataclassInstance) -> bytes:
    """Return the dataclass as a line of compact JSON, newline included."""
    return to_line(dataclasses.asdict(item))


def to_line(content: Any) -> bytes:
    """Return the content as a line of compact JSON, newline included."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def dump(items: Iterable[DataclassInstance]) -> bytes:
    """Return the lines of the dataclasses, in the order given."""
    return b"".join(map(dump_line, items))


def parse(content: bytes | str) -> Any:
    """Parse JSON whose value can be written again.

    :raises ValueError: when it is not JSON, or nested too deeply; the message has nothing of the content.
    """
    raw = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
    try:
        parsed = json.loads(raw)
        if b"\\u" in raw:  # possibly a lone surrogate, which no document, key or message can hold
            json.dumps(parsed, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if raw.count(b"[") + raw.count(b"{") > _MOST_LEVELS and _is_deep(parsed):
        raise ValueError(f"nested more than {_MOST_LEVELS} levels deep")
    return parsed


_MOST_LEVELS = 64
"""Most levels of nested objects and lists. Python parses more levels than it writes, and code that walks them
recurses.
"""


def _is_deep(parsed: Any) -> bool:
    level = [parsed]
    for _ in range(_MOST_LEVELS + 1):
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(outer: Any) -> Iterable[Any]:
    if isinstance(outer, dict):
        return outer.values()
    return outer if isinstance(outer, list) else ()


def from_dict[T](cls: type[T], content: Any) -> T:
    """Build a dataclass from a JSON object, checking the name and type of every member.

    Members that are dataclasses themselves must have been built before.

    :raises ValueError: with the names of the members that are missing or have the wrong type; nothing of the content.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"not a {cls.__name__}: not an object")  # noqa: TRY004 - the same error for all mismatches
    kinds, required = _members(cls)  # type: ignore[arg-type]
    problems = [f"{name} is missing" for name in required if name not in content]
    if unknown := sum(name not in kinds for name in content):
        problems.append(f"{unknown} unknown member(s)")
    problems += [f"{name} has the wrong type" for name, kind in kinds.items() if not _matches(kind, content, name)]
    if problems:
        raise ValueError(f"not a {cls.__name__}: {', '.join(problems)}")
    return cls(**{name: _restored(kinds[name], value) for name, value in content.items()})


@cache
def _members(cls: type[Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the type of each field by name, and the names of the fields without a default."""
    kinds, fields = get_type_hints(cls), dataclasses.fields(cls)
    required = [field.name for field in fields if field.default is field.default_factory is dataclasses.MISSING]
    return {field.name: kinds[field.name] for field in fields}, required


def _matches(kind: Any, content: Mapping[str, Any], name: str) -> bool:
    return name not in content or _fits(kind, content[name])


def _fits(kind: Any, value: Any) -> bool:
    if type(value) is kind or kind is Any:
        return True
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return any(_fits(member, value) for member in args)
    if origin in {dict, Mapping}:
        return isinstance(value, dict) and all(_fits(args[0], k) and _fits(args[1], v) for k, v in value.items())
    if origin in {list, tuple, Sequence}:
        return isinstance(value, (list, tuple)) and all(_fits(args[0], item) for item in value)
    if kind in {str, int, bool}:
        return False  # isinstance would accept True as an int
    return type(value) is int if kind is float else isinstance(value, kind)


def _restored(kind: Any, value: Any) -> Any:
    """Turn the list of a tuple field into a tuple again."""
    is_tuple = isinstance(value, list) and tuple in {get_origin(member) for member in (kind, *get_args(kind))}
    return tuple(value) if is_tuple else value
