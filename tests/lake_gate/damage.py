"""Damages to the documents of a run: at any place of them, or as a whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import Phase
from hypothesis import strategies as st

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Phases of tests whose examples write documents: to find a smaller one takes too long."""

CELL = "cell 4711"
"""A value that no error may show."""


@contextmanager
def showing_no_cell(*errors: type[Exception]) -> Iterator[None]:
    """Fail when one of these errors about a damaged document shows a value of it."""
    try:
        yield
    except errors as error:
        if CELL in str(error):
            pytest.fail(f"shows a value: {error}")
        raise


type Path = tuple[str | int, ...]
type Damage = Callable[[bytes], bytes]


def _nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = CELL
    for _ in range(levels):
        value = wrap(value)
    return value


VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**30, "", CELL, "yesterday", [], {}, [CELL], [[CELL]], {CELL: CELL}, [{CELL: 1}]),
    *(_nested(30, lambda value: [value]), _nested(70, lambda value: [value]), _nested(70, lambda value: {"a": value})),
]
_CHANGES = ("drop", "replace", "nest in a list", "nest in an object", "add")
_OF_TEXT: dict[str, Damage] = {
    "empty": lambda _: b"",
    "not JSON": lambda _: CELL.encode(),
    "not text": lambda _: b"\xff\xfe\x00",
    "endless": lambda _: b"[" * 100_000,
    "a list": lambda _: b"[]",
    "no member": lambda _: b"{}",
    "a half of a pair": lambda content: content.replace(b'": "', b'": "\\ud800').replace(b'":"', b'":"\\ud800'),
    "not a number": lambda content: content.replace(b"1", b"NaN"),
    "every line twice": lambda content: b"".join(line + b"\n" + line + b"\n" for line in content.split(b"\n") if line),
}


def _paths(content: Any, at: Path = ()) -> Iterator[Path]:
    """Yield the place of everything in a document, at every depth."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, value in inside:
        yield (*at, name)
        yield from _paths(value, (*at, name))


def _changed(content: Any, path: Path, change: str, value: Any) -> Any:
    *outer, last = path
    at = content
    for name in outer:
        at = at[name]
    if change == "drop":
        del at[last]
    elif change == "add" and isinstance(at[last], dict):
        at[last][CELL] = value
    else:
        wrapped = {"nest in a list": [at[last]], "nest in an object": {"a": at[last]}}
        at[last] = wrapped.get(change, value)
    return content


def _items(content: bytes) -> list[bytes]:
    """Return the document, or its lines where it has many."""
    try:
        json.loads(content)
    except ValueError:
        return [line for line in content.split(b"\n") if line]
    return [content]


def _in_a_line(number: int, place: int, change: str, value: Any) -> Damage:
    def damage(content: bytes) -> bytes:
        lines = _items(content)
        if not lines:
            return json.dumps(value).encode()
        line = json.loads(lines[number % len(lines)])
        paths = list(_paths(line))
        lines[number % len(lines)] = json.dumps(
            _changed(line, paths[place % len(paths)], change, value) if paths else value
        ).encode()
        return b"\n".join(lines) + b"\n"

    return damage


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """Return a change of a document."""
    kind = draw(st.sampled_from(["line", "line", "line", "cut", "text"]))
    if kind == "text":
        return _OF_TEXT[draw(st.sampled_from(sorted(_OF_TEXT)))]
    if kind == "cut":
        share = draw(st.floats(0, 1))
        return lambda content: content[: int(len(content) * share)]
    places = draw(st.integers(0, 9)), draw(st.integers(0, 199))
    return _in_a_line(*places, draw(st.sampled_from(_CHANGES)), draw(st.sampled_from(VALUES)))


def damaged(name: str, content: bytes, damage: Damage) -> bytes:
    """Return the content of a document, damaged; of a packed one what is packed, and at times the packing."""
    if not name.endswith(".gz"):
        return damage(content)
    try:
        return gzip.compress(damage(gzip.decompress(content)))
    except ValueError:
        return damage(content)
