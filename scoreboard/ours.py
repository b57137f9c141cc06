"""The local Macie on the labelled data."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, ManagedIdentifier
from scoreboard.data import BY_MACIES_RULES, SPECS, samples_of
from scoreboard.metrics import Score
from scoreboard.sample import Sample, Spec
from scoreboard.shapes import SHAPES, Rendered, render


def found_in(rendered: Rendered, managed: Sequence[ManagedIdentifier]) -> dict[str, list[bool]]:
    """Scan a file; tell per identifier which samples hold a finding of it."""
    result = scan(io.BytesIO(rendered.data), rendered.shape, len(rendered.data), managed, ())
    if result.status != "COMPLETE":
        raise RuntimeError(f"a {rendered.shape} of the scoreboard was {result.status}: {result.reason}")
    return {item.identifier: _hit(rendered, item.occurrences) for item in result.detections}


def _hit(rendered: Rendered, occurrences: Iterable[Any]) -> list[bool]:
    starts = {_position(occurrence) for occurrence in occurrences}
    return [any(first <= start <= last for start in starts) for first, last in rendered.places]


def _position(occurrence: Any) -> int:
    for name in ("row", "record_index", "start"):
        if hasattr(occurrence, name):
            return int(getattr(occurrence, name))
    raise TypeError(f"an occurrence of an unknown kind: {type(occurrence).__name__}")


def score_samples(identifier: str, samples: Sequence[Sample], shape: str) -> Score:
    """Score one identifier, alone, on some samples in one shape."""
    rendered = render(samples, shape)
    found = found_in(rendered, [CATALOGUE[identifier]]).get(identifier, [False] * len(samples))
    return Score.of((sample.is_true for sample in samples), found)


def score_all(shapes: Sequence[str] = SHAPES) -> dict[str, dict[str, Score]]:
    """Score every implemented identifier: by identifier and shape."""
    return {
        spec.identifier: {shape: score_samples(spec.identifier, samples_of(spec), shape) for shape in shapes}
        for spec in SPECS
        if CATALOGUE[spec.identifier].is_implemented
    }


def score_comparable(identifiers: Iterable[str], shape: str) -> Score:
    """Score some identifiers together, without the values that only Macie's own rules exclude."""
    chosen = frozenset(identifiers)
    return sum((_comparable(spec, shape) for spec in SPECS if spec.identifier in chosen), Score())


def _comparable(spec: Spec, shape: str) -> Score:
    samples = [sample for sample in samples_of(spec) if sample.kind not in BY_MACIES_RULES]
    return score_samples(spec.identifier, samples, shape)


def also_reported(shape: str = "csv") -> dict[str, dict[str, int]]:
    """Scan every identifier's valid values for all identifiers: how many are also reported as which other one."""
    managed = tuple(CATALOGUE.values())
    found: dict[str, dict[str, int]] = {}
    for spec in SPECS:
        valid = [sample for sample in samples_of(spec) if sample.is_true]
        hits = found_in(render(valid, shape), managed)
        others = {name: sum(hit) for name, hit in hits.items() if name != spec.identifier and any(hit)}
        if others:
            found[spec.identifier] = others
    return found
