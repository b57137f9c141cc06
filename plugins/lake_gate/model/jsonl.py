"""JSON Lines of flat dataclasses: one object a line, so that a file can be read in byte ranges. Pure."""

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
    """Return the dataclass as one line of compact JSON, newline included."""
    return to_line(dataclasses.asdict(item))


def to_line(content: Any) -> bytes:
    """Return what JSON can hold as one line of it, compact, newline included."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def dump(items: Iterable[DataclassInstance]) -> bytes:
    """Return one line per dataclass, in the order given."""
    return b"".join(map(dump_line, items))


def parse(content: bytes | str) -> Any:
    """Return what JSON says; what it returns can be written again.

    :raises ValueError: when it is not JSON, or nested too deeply; the text of the error has nothing of the content.
    """
    raw = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
    try:
        parsed = json.loads(raw)
        if b"\\u" in raw:  # maybe half of a surrogate pair, which no document, key or message can hold
            json.dumps(parsed, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if raw.count(b"[") + raw.count(b"{") > _MOST_LEVELS and _is_deep(parsed):
        raise ValueError(f"nested more than {_MOST_LEVELS} levels deep")
    return parsed


_MOST_LEVELS = 64
"""Of objects and lists in each other. Python reads more of them than it writes, and code that walks them recurses."""


def _is_deep(parsed: Any) -> bool:
    level = [parsed]
    for _ in range(_MOST_LEVELS + 1):
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(outer: Any) -> Iterable[Any]:
    if isinstance(outer, dict):
        return outer.values()
    return outer if isinstance(outer, list) else ()


def load[T](cls: type[T], data: bytes) -> list[T]:
    """Return the dataclasses that :func:`dump` wrote.

    :raises ValueError: when a line is something else, see :func:`from_dict`.
    """
    # Not str.splitlines(): it also splits at U+2028 and its kind, which may stand inside a JSON string.
    return [from_dict(cls, parse(line)) for line in data.split(b"\n") if line]


def from_dict[T](cls: type[T], content: Any) -> T:
    """Return the dataclass that a JSON object holds: every member by its name and its type.

    Members that are dataclasses themselves are expected as such: read them first.

    :raises ValueError: with the names of the members that are missing or of another type; nothing of the content.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"not a {cls.__name__}: not an object")  # noqa: TRY004 - one error for all that does not fit
    kinds, required = _members(cls)  # type: ignore[arg-type]
    problems = [f"{name} is missing" for name in required if name not in content]
    if unknown := sum(name not in kinds for name in content):
        problems.append(f"{unknown} unknown member(s)")
    problems += [f"{name} has another type" for name, kind in kinds.items() if not _may_be(kind, content, name)]
    if problems:
        raise ValueError(f"not a {cls.__name__}: {', '.join(problems)}")
    return cls(**{name: _as_kept(kinds[name], value) for name, value in content.items()})


@cache
def _members(cls: type[Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the type of each field by its name, and the names of those that have no default."""
    kinds, fields = get_type_hints(cls), dataclasses.fields(cls)
    required = [one.name for one in fields if one.default is one.default_factory is dataclasses.MISSING]
    return {one.name: kinds[one.name] for one in fields}, required


def _may_be(kind: Any, content: Mapping[str, Any], name: str) -> bool:
    return name not in content or _fits(kind, content[name])


def _fits(kind: Any, value: Any) -> bool:
    if type(value) is kind or kind is Any:
        return True
    origin, of = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return any(_fits(one, value) for one in of)
    if origin in {dict, Mapping}:
        return isinstance(value, dict) and all(_fits(of[0], key) and _fits(of[1], each) for key, each in value.items())
    if origin in {list, tuple, Sequence}:
        return isinstance(value, (list, tuple)) and all(_fits(of[0], each) for each in value)
    if kind in {str, int, bool}:
        return False  # True is an int for Python, and none for JSON
    return type(value) is int if kind is float else isinstance(value, kind)


def _as_kept(kind: Any, value: Any) -> Any:
    """Return a list as the tuple that it was before it became JSON, where the field is one."""
    is_tuple = isinstance(value, list) and tuple in {get_origin(one) for one in (kind, *get_args(kind))}
    return tuple(value) if is_tuple else value
