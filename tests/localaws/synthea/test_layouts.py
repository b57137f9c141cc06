"""The public layouts of Synthea's export, with what the shipped identifiers find in them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier
from localaws.synthea import generate
from localaws.synthea.layouts import LAYOUTS

IDENTIFIERS = Path(__file__).parents[3] / "include" / "identifiers"
TABLES = {"2017": 9, "2019": 14, "2020": 16, "2021": 18, "2023": 18}


def shipped() -> list[CustomIdentifier]:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(IDENTIFIERS.glob("*.json"))]
    return [
        CustomIdentifier(id=item["name"], name=item["name"], regex=item["regex"], keywords=tuple(item["keywords"]))
        for item in documents
    ]


def counts(path: Path, managed: tuple[str, ...] = ()) -> Counter[str]:
    with path.open("rb") as stream:
        result = scan(stream, "csv", path.stat().st_size, [CATALOGUE[name] for name in managed], shipped())
    return Counter({item.identifier: item.count for item in result.detections})


@pytest.fixture(params=LAYOUTS)
def export(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Return a layout with the folder of an export in it."""
    generate(tmp_path, 5, seed=3, layout=request.param)
    return request.param, tmp_path


def test_every_row_has_the_columns_of_its_layout(export: tuple[str, Path]) -> None:
    layout, folder = export
    files = {
        path.stem: list(csv.reader(path.read_text(encoding="utf-8").splitlines())) for path in folder.glob("*.csv")
    }
    assert {table: ",".join(rows[0]) for table, rows in files.items()} == LAYOUTS[layout]
    assert len(files) == TABLES[layout]
    assert all(len(row) == len(rows[0]) for rows in files.values() for row in rows)


def test_the_patients_id_is_found_in_every_table_that_refers_to_patients(export: tuple[str, Path]) -> None:
    _, folder = export
    for path in folder.glob("*.csv"):
        header, *rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        refers = bool(rows) and bool({"PATIENT", "PATIENTID"} & set(header))
        assert counts(path)["Patient ID"] == (len(rows) if refers else 0), path.stem


def test_the_people_are_found_in_every_layout(export: tuple[str, Path]) -> None:
    _, folder = export
    found = counts(folder / "patients.csv", ("NAME", "DATE_OF_BIRTH"))
    assert (found["NAME"], found["DATE_OF_BIRTH"] > 0) == (5, True)


def test_a_county_s_number_beside_the_zip_code_is_no_second_address(tmp_path: Path) -> None:
    for layout in ("2020", "2023"):
        generate(tmp_path / layout, 40, seed=3, layout=layout)
    found = [counts(tmp_path / layout / "patients.csv", ("ADDRESS",))["ADDRESS"] for layout in ("2020", "2023")]
    assert found[0] == found[1] > 10
