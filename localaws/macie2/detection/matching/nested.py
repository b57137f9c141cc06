"""Matches inside longer matches of other identifiers, which do not count: a card number in a UDI, for example."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

type Span = tuple[int, int]
type Spans = Mapping[str, Sequence[Span]]
type Hit = tuple[str, Span]


def without_nested(spans: Spans, may_hide: Callable[[Hit, Hit], bool]) -> dict[str, list[Span]]:
    """Return the spans that no longer one of another identifier hides, in the order in which they came.

    :param spans: of each identifier, in one text.
    :param may_hide: tells whether a match hides another one inside of it.
    """
    nested = _nested(spans, may_hide) if len(spans) > 1 else frozenset()
    return {
        identifier: [span for span in found if (identifier, span) not in nested] for identifier, found in spans.items()
    }


def _nested(spans: Spans, may_hide: Callable[[Hit, Hit], bool]) -> frozenset[Hit]:
    """Go through all spans by their start, the longer first; keep that of each identifier that reaches furthest."""
    nested: set[Hit] = set()
    furthest: dict[str, Span] = {}
    everything = ((span, identifier) for identifier, found in spans.items() for span in found)
    for span, identifier in sorted(everything, key=lambda hit: (hit[0][0], -hit[0][1])):
        furthest = {other: outer for other, outer in furthest.items() if outer[1] > span[0]}
        around = [hit for hit in furthest.items() if hit[0] != identifier and hit[1][1] >= span[1] and hit[1] != span]
        if any(may_hide(outer, (identifier, span)) for outer in around):
            nested.add((identifier, span))
        elif identifier not in furthest or span[1] > furthest[identifier][1]:
            furthest[identifier] = span
    return frozenset(nested)
