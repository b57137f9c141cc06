"""Shares of rows, and ids."""

from __future__ import annotations

import pytest

from localaws.synthea import SAMPLE_PATIENTS
from localaws.synthea.shares import drawn_id, iter_shares, named_id, stream
from tests.localaws.synthea.test_generate import SAMPLE_ROWS


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("table", sorted(SAMPLE_ROWS))
def test_shares_add_up_to_the_rows_of_the_sample(table: str, seed: int) -> None:
    shares = list(iter_shares(table, SAMPLE_ROWS[table], SAMPLE_PATIENTS, seed))
    assert len(shares) == SAMPLE_PATIENTS
    assert min(shares) >= 0
    assert sum(shares) == SAMPLE_ROWS[table]


def test_no_id_passes_for_a_card_number() -> None:
    rng = stream(1, "ids")
    ids = [text for n in range(20_000) for text in (drawn_id(rng), named_id(1, "provider", n))]
    assert not [text for text in ids if text[:18].replace("-", "").isdecimal()]
