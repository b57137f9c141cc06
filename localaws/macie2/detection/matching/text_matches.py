"""Matches of the identifiers in running text.

Managed identifiers are only searched around their keywords, or around a likely match of one without keywords.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localaws.macie2.detection.matching.matcher import Matcher
from localaws.macie2.identifiers.matching import PROXIMITY, Probe

# A match near a keyword is shorter than this.
_AROUND = PROXIMITY + 482
# Characters searched on both sides of a window, so that a match that is cut there does not count.
_EDGE = 64

type Span = tuple[int, int]


def iter_matches(matcher: Matcher, text: str) -> Iterator[tuple[Probe, list[Span]]]:
    """Yield the spans of the matches of every probe that has any."""
    found = dict(_iter_all(matcher, text))
    for identifier, spans in matcher.outermost(text, found).items():
        if spans:
            yield matcher.probes[identifier], list(spans)


def _iter_all(matcher: Matcher, text: str) -> Iterator[tuple[str, list[Span]]]:
    windows = _around_keywords(matcher, text)
    anywhere = _around_unkeyed(matcher, text)
    for probe in matcher.probes.values():
        if probe.id in matcher.custom:
            spans = list(probe.spans(text, is_open=False))
        else:
            own = windows.get(probe.id, [])
            spans = list(_within(probe, text, _merged([*own, *anywhere]) if probe.unkeyed and anywhere else own))
        if spans:
            yield probe.id, spans


def _around_keywords(matcher: Matcher, text: str) -> dict[str, list[Span]]:
    windows: dict[str, list[Span]] = {}
    for ids, start, end in matcher.keywords.iter_places(text):
        for identifier in ids:
            _append(windows.setdefault(identifier, []), (start - _AROUND, end + _AROUND))
    return windows


def _around_unkeyed(matcher: Matcher, text: str) -> list[Span]:
    windows: list[Span] = []
    for match in matcher.unkeyed.re2.finditer(text) if matcher.unkeyed.re2 else ():
        _append(windows, (match.start() - _AROUND, match.end() + _AROUND))
    return windows


def _merged(windows: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for window in sorted(windows):
        _append(merged, window)
    return merged


def _append(windows: list[Span], window: Span) -> None:
    """Add a window that begins where the last one does, or later; to that one, when they touch."""
    if windows and window[0] <= windows[-1][1]:
        windows[-1] = (windows[-1][0], max(windows[-1][1], window[1]))
    else:
        windows.append(window)


def _within(probe: Probe, text: str, windows: Iterable[Span]) -> Iterator[Span]:
    for first, last in windows:
        begin = max(0, first - _EDGE)
        for start, end in probe.spans(text[begin : last + _EDGE], is_open=False):
            if first <= begin + start < last:
                yield begin + start, begin + end
