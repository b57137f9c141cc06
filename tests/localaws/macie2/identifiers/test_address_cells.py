"""Addresses over several cells."""

from __future__ import annotations

import pytest

from localaws.macie2.identifiers.address_cells import start_of_address


@pytest.mark.parametrize(
    ("cells", "at", "start"),
    [
        (["12 Queen St", "Toronto", "ON", "M5H 2M9"], 3, 0),
        (["1 George St", "Sydney", "NSW", "2000"], 3, 0),
        (["1 George St", "Sydney", "NSW", "6000"], 3, None),
        (["10 Downing Street", "London", "SW1A 2AA"], 2, 0),
        (["Hauptstraße 5", "10115", "Berlin"], 1, 0),
        (["x", "10115", "Berlin"], 1, None),
        (["12", "Hauptstraße", "10115", "Berlin"], 2, 0),
        (["PO Box 12", "Salem", "97301"], 2, 0),
        (["Postfach 12", "10115", "Berlin"], 1, 0),
        (["Box 12", "Salem", "97301"], 2, None),
        (["100 Elm St", "Boston, MA", "02108"], 2, 0),
        (["100 Elm St", "Boston Massachusetts", "02108-1234"], 2, 0),
        (["100 Elm St, Boston, MA", "02108"], 1, 0),
        (["100 Elm St", "Boston, MA", "97301"], 2, None),
        (["open", "Boston, MA", "02108"], 2, None),
        (["Carrer de Balmes 100", "08008", "Barcelona"], 1, 0),
    ],
)
def test_address_of_another_country_starts_at_its_street(cells: list[str], at: int, start: int | None) -> None:
    assert start_of_address(cells, at) == start
