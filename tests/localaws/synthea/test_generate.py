"""The made-up Synthea export: its shape, its keys and its repeatability."""

import csv
import hashlib
import re
import tracemalloc
from pathlib import Path

import pytest

from localaws.synthea import HEADERS, SAMPLE_PATIENTS, generate, row_counts

type Tables = dict[str, list[dict[str, str]]]


PATIENTS = 40


SAMPLE = Path(__file__).parents[3].parent / "shared" / "data" / "synthea_apr2020"


SAMPLE_ROWS = {
    "allergies": 597,
    "careplans": 3_483,
    "conditions": 8_376,
    "devices": 78,
    "encounters": 53_346,
    "imaging_studies": 855,
    "immunizations": 15_478,
    "medications": 42_989,
    "observations": 299_697,
    "organizations": 1_119,
    "patients": 1_171,
    "payer_transitions": 3_801,
    "payers": 10,
    "procedures": 34_981,
    "providers": 5_855,
    "supplies": 0,
}


REFERENCES = {
    "PATIENT": "patients",
    "ENCOUNTER": "encounters",
    "PAYER": "payers",
    "PROVIDER": "providers",
    "ORGANIZATION": "organizations",
}


SHAPES = {
    ("patients", "Id"): r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    ("patients", "BIRTHDATE"): r"\d{4}-\d\d-\d\d",
    ("patients", "SSN"): r"999-\d\d-\d{4}",
    ("patients", "DRIVERS"): r"(S999\d{5})?",
    ("patients", "PASSPORT"): r"(X\d{8}X)?",
    ("patients", "FIRST"): r"[^\W\d]+( [^\W\d]+)?\d{1,3}",
    ("patients", "LAST"): r"[^\W\d]+('[^\W\d]+)?\d{1,3}",
    ("patients", "BIRTHPLACE"): r"[\w -]+  [\w ]+  [A-Z]{2}",
    ("patients", "ADDRESS"): r"\d{3,4} [\w' ]+( (Unit|Apt|Suite) \d{1,2})?",
    ("patients", "ZIP"): r"(0[12]\d{3})?",
    ("organizations", "Id"): r"[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    ("organizations", "ZIP"): r"0[12]\d{3}(-\d{4})?",
    ("organizations", "PHONE"): r"(\d{3}-555-\d{4})?",
    ("payers", "PHONE"): r"(1-8\d\d-555-\d{4})?",
    ("encounters", "START"): r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    ("observations", "TYPE"): r"numeric|text",
    ("devices", "UDI"): r"\(01\)\d{14}\(11\)\d{6}\(17\)\d{6}\(10\)\d+\(21\)\d+",
    ("supplies", "QUANTITY"): r"\d+",
}


@pytest.fixture(scope="module")
def out_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of one small export."""
    folder = tmp_path_factory.mktemp("synthea")
    generate(folder, PATIENTS, seed=7, supplies=25)
    return folder


@pytest.fixture(scope="module")
def tables(out_dir: Path) -> Tables:
    """Return the rows of the export, read by a CSV reader that knows nothing about the writer."""
    return {
        path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in out_dir.glob("*.csv")
    }


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_bytes_are_the_same_when_seed_and_count_are(out_dir: Path, tmp_path: Path) -> None:
    generate(tmp_path, PATIENTS, seed=7, supplies=25)
    assert digests(tmp_path) == digests(out_dir)


def test_every_table_of_patients_differs_when_the_seed_differs(out_dir: Path, tmp_path: Path) -> None:
    generate(tmp_path, PATIENTS, seed=8, supplies=25)
    same = [name for name, digest in digests(tmp_path).items() if digest == digests(out_dir)[name]]
    assert same == []


def test_row_counts_are_the_samples_when_patients_are() -> None:
    assert row_counts(SAMPLE_PATIENTS) == SAMPLE_ROWS
    assert sum(SAMPLE_ROWS.values()) + len(SAMPLE_ROWS) == 471_852


@pytest.mark.parametrize(("patients", "supplies"), [(1, 0), (2, 3), (PATIENTS, 25)])
def test_files_have_as_many_rows_as_are_returned(patients: int, supplies: int, tmp_path: Path) -> None:
    returned = generate(tmp_path, patients, supplies=supplies)
    lines = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in tmp_path.iterdir()}
    assert lines == returned == row_counts(patients, supplies=supplies)
    assert returned["encounters"] >= patients


def test_headers_are_those_of_the_real_files() -> None:
    if not SAMPLE.is_dir():
        pytest.skip(f"the real files are not there: {SAMPLE}")
    real = {path.stem: path.read_text(encoding="utf-8").partition("\n")[0] for path in SAMPLE.glob("*.csv")}
    assert real == {table: HEADERS[table] for table in real}
    assert len(real) == 12


def test_every_row_has_a_value_for_every_column_and_nothing_to_quote(out_dir: Path, tables: Tables) -> None:
    assert set(tables) == set(HEADERS)
    for table, rows in tables.items():
        text = (out_dir / f"{table}.csv").read_text(encoding="utf-8")
        assert text.startswith(f"{HEADERS[table]}\n")
        assert not set('"\r') & set(text)
        assert all(None not in row and None not in row.values() for row in rows), table


def test_every_key_resolves(tables: Tables) -> None:
    ids = {table: {row["Id"] for row in tables[table]} for table in REFERENCES.values()}
    for table, rows in tables.items():
        for column in REFERENCES.keys() & HEADERS[table].split(","):
            used = {row[column] for row in rows} - {""}
            assert used <= ids[REFERENCES[column]], f"{table}.{column}"


def test_ids_are_unique(tables: Tables) -> None:
    for table, rows in tables.items():
        assert len({row.get("Id", number) for number, row in enumerate(rows)}) == len(rows), table


def test_only_observations_have_rows_without_an_encounter(tables: Tables) -> None:
    loose = {table for table, rows in tables.items() if any(row.get("ENCOUNTER") == "" for row in rows)}
    assert loose == {"observations"}


def test_a_row_belongs_to_the_patient_of_its_encounter(tables: Tables) -> None:
    patient_of = {row["Id"]: row["PATIENT"] for row in tables["encounters"]}
    for table, rows in tables.items():
        assert all(patient_of[row["ENCOUNTER"]] == row["PATIENT"] for row in rows if row.get("ENCOUNTER")), table


def test_encounters_lie_within_the_life_of_their_patient(tables: Tables) -> None:
    lives = {row["Id"]: (row["BIRTHDATE"], row["DEATHDATE"] or "2020-04-26") for row in tables["patients"]}
    for row in tables["encounters"]:
        birth, last_day = lives[row["PATIENT"]]
        assert birth <= row["START"][:10] <= last_day


def test_an_encounters_provider_works_for_its_organization(tables: Tables) -> None:
    employer = {row["Id"]: row["ORGANIZATION"] for row in tables["providers"]}
    assert all(employer[row["PROVIDER"]] == row["ORGANIZATION"] for row in tables["encounters"])


@pytest.mark.parametrize(("table", "column"), SHAPES)
def test_values_have_syntheas_shape(tables: Tables, table: str, column: str) -> None:
    odd = [row[column] for row in tables[table] if not re.fullmatch(SHAPES[table, column], row[column])]
    assert tables[table]
    assert odd == []


def test_memory_does_not_grow_with_the_patients(tmp_path: Path) -> None:
    peaks = []
    for patients in (10, 80):
        tracemalloc.start()
        generate(tmp_path, patients)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
