"""Windows around keywords find what a search of the whole text finds."""

from __future__ import annotations

import random

from hypothesis import given, settings

from localaws.macie2.detection.matching.text_matches import iter_matches
from tests.examples import examples
from tests.localaws.macie2.detection.test_oracle import MATCHERS, PIECES, TEXTS


@settings(max_examples=examples(150), deadline=None)
@given(TEXTS)
def test_matches_in_a_text_are_those_of_every_probe_in_all_of_it(text: str) -> None:
    matcher = MATCHERS[None]
    quick = {probe.id: sorted(spans) for probe, spans in iter_matches(matcher, text)}
    plain = {probe.id: sorted(probe.spans(text, is_open=False)) for probe in matcher.probes.values()}
    assert quick == {identifier: spans for identifier, spans in plain.items() if spans}


def test_matches_far_from_each_other_are_found_in_a_long_text() -> None:
    chance = random.Random(7)
    text = "".join(chance.choice([*PIECES, " lorem ipsum dolor sit amet " * 9, "7" * 60]) for _ in range(1500))
    matcher = MATCHERS[None]
    quick = {probe.id: sorted(spans) for probe, spans in iter_matches(matcher, text)}
    plain = {probe.id: sorted(probe.spans(text, is_open=False)) for probe in matcher.probes.values()}
    assert quick == {identifier: spans for identifier, spans in plain.items() if spans}
