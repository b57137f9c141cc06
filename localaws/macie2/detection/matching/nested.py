"""Matches inside longer matches of other identifiers, which do not count: a card number in a UDI, for example."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

type Span = tuple[int, int]
type Spans = Mapping[str, Sequence[Span]]


def without_nested(spans: Spans, containers: Container[str] = ()) -> dict[str, list[Span]]:
    """Return the spans that are not inside a longer one of another identifier, in the order in which they came.

    :param spans: of each identifier, in one text.
    :param containers: identifiers whose matches may hold values of their own, so that nothing inside is dropped.
    """
    nested = _nested(spans, containers) if len(spans) > 1 else frozenset()
    return {
        identifier: [span for span in found if (identifier, span) not in nested] for identifier, found in spans.items()
    }


def _nested(spans: Spans, containers: Container[str]) -> frozenset[tuple[str, Span]]:
    """Go through all spans by their start, the longer first; keep those of two identifiers that reach furthest."""
    nested: set[tuple[str, Span]] = set()
    furthest: dict[str, Span] = {}
    everything = ((span, identifier) for identifier, found in spans.items() for span in found)
    for span, identifier in sorted(everything, key=lambda hit: (hit[0][0], -hit[0][1])):
        if any(other != identifier and outer[1] >= span[1] and outer != span for other, outer in furthest.items()):
            nested.add((identifier, span))
        elif identifier not in containers:
            if identifier not in furthest or span[1] > furthest[identifier][1]:
                furthest[identifier] = span
            if len(furthest) > 2:
                del furthest[min(furthest, key=lambda name: furthest[name][1])]
    return frozenset(nested)
