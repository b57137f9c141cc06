"""Addresses over several cells of a row."""

from __future__ import annotations

import pytest

from tests.localaws.macie2.detection.scans import places, scan_text


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("12 Elm St,Boston,MA,02139", [(2, 2, "street")]),
        ("12 Elm St,Boston,MA,00001", []),
        ("12 Elm St,Boston,,02139", [(2, 2, "street")]),
    ],
    ids=["whole", "unassigned code", "empty state"],
)
def test_an_address_over_several_cells_is_located_at_its_first(row: str, expected: list[tuple[int, int, str]]) -> None:
    assert places(scan_text(f"id,street,city,state,zip\n1,{row}\n", managed="ADDRESS")) == expected


LAYOUTS = [
    "67 Botley Road,OXFORD,,OX2 0AA,GB",
    "12 High Street,Totnes,Devon,TQ9 5NJ",
    "Rose Cottage,Church Lane,Totnes,Devon,TQ9 5NJ",
    "Hauptstraße 5,Tübingen,Baden-Württemberg,72070",
    "Hauptstraße,5,72070,Tübingen,Baden-Württemberg",
    "Lange Reihe,12a,21335,Lüneburg",
    "Am Markt,5,Berlin,Berlin,10115",
    "Schloßallee,3,D-97070,Würzburg",
    "Bahnhofstr. 3,2. OG,97070,Würzburg",
    "Calle Mayor,5,Cádiz,Andalucía,11001",
    "Calle Mayor,5,2º B,11001,Cádiz,Andalucía",
    "Via Roma,12/A,38122,Trento,TN",
    "Via Roma 12,Trento,TN,Trentino-Alto Adige,38122",
    "12,rue de la Paix,74000,Annecy,Auvergne-Rhône-Alpes",
    "12 bis,rue de la Paix,Annecy,Haute-Savoie,74000",
    "PSC 808 Box 18,APO,AE,09618",
    "Unit 45013 Box 2666,FPO,AP,96338",
    "12,Main Street,Boston,,02108",
    "12 Main St,Boston,MA,02861",
    "12 King St W,Toronto,,M5H 2N2",
    "12 George St,Sydney,,2000",
    "12 Main St,Tulsa,OK,74103",
    "12 Main St,Walpole,Massachusetts,Norfolk County,25021,02081",
]


@pytest.mark.parametrize("row", LAYOUTS)
def test_a_row_has_one_address_in_the_layouts_of_its_country(row: str) -> None:
    header = ",".join(f"column {at}" for at in range(row.count(",") + 1))
    assert len(places(scan_text(f"{header}\n{row}\n{row}\n", managed="ADDRESS"))) == 2


@pytest.mark.parametrize(
    "table",
    [
        "service,status,requests\nLogin,OK,73101\nLogin,OK,45382\nSearch,OK,12345\n",
        "door,direction,count\nGate,IN,46001\nGate,IN,12303\nDock,IN,12001\n",
        "a,city,state,county,fips\n12 Elm St,Walpole,Massachusetts,Norfolk County,25021\n",
        "a,city,state,zip\n12 Elm St,Boston,MA,99501\n",
        "item,name,count,code,site\n1001,Place Mat,3,10115,Berlin\n",
        "product,unit,count\nLisinopril 10 MG Oral Tablet,Box,12500\n",
    ],
)
def test_a_number_beside_words_is_no_address(table: str) -> None:
    assert places(scan_text(table, managed="ADDRESS")) == []


def test_a_cell_with_a_whole_address_counts_once() -> None:
    table = 'a,city,state,zip\n"12 Elm St, Boston, MA 02139",Boston,MA,02139\n'
    assert len(places(scan_text(table, managed="ADDRESS"))) == 1
