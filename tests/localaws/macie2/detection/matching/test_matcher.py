"""All identifiers at once find what each finds alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.macie2.detection.allowed import AllowedTexts
from localaws.macie2.identifiers.keywords import keyword_regex
from tests.examples import examples
from tests.localaws.macie2.detection.test_oracle import ALLOWED, MATCHERS, NAMES, TEXTS


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12), NAMES, st.sampled_from([None, ALLOWED]), st.integers(1, 20))
def test_hits_in_many_values_are_those_of_each(
    values: list[str], name: str, allowed: AllowedTexts | None, times: int
) -> None:
    matcher = MATCHERS[allowed]
    is_open = matcher.opened_by(name)
    # Repeated, so that both few and many values are looked at: the ways part there.
    series = pl.Series([value + " " * time for value in values for time in range(times)], dtype=pl.String)
    plain: dict[str, dict[str, int]] = {}
    for value in set(series):
        for probe in matcher.probes.values():
            found = sum(1 for _ in probe.spans(value, is_open=probe.id in is_open))
            if found:
                plain.setdefault(probe.id, {})[value] = found
    assert matcher.hits(series.unique(), is_open) == plain


@settings(max_examples=examples(150), deadline=None)
@given(TEXTS, NAMES)
def test_a_probe_is_open_where_its_own_keywords_are_and_nowhere_else(text: str, name: str) -> None:
    matcher = MATCHERS[None]
    expected = {
        probe.id
        for probe in matcher.probes.values()
        if (regex := keyword_regex(probe.keywords)) and regex.re2.search(text + name)
    }
    assert matcher.opened_by(text + name) == expected
