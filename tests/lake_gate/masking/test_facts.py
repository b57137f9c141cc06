"""Facts about the United States."""

from __future__ import annotations

from lake_gate.masking.facts import SPARSE_ZIP3, STATES


def test_list_of_sparse_areas_has_the_17_prefixes_of_the_guidance() -> None:
    assert len(SPARSE_ZIP3) == 17
    assert all(len(prefix) == 3 and prefix.isdigit() for prefix in SPARSE_ZIP3)


def test_states_are_those_of_the_postal_service() -> None:
    assert len(STATES) == 56  # 50 states, DC and five territories
    assert (STATES["MA"], STATES["DC"], STATES["VI"]) == ("Massachusetts", "District of Columbia", "Virgin Islands")
    assert all(len(abbreviation) == 2 and abbreviation.isupper() for abbreviation in STATES)
