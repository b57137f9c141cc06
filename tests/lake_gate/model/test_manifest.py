from __future__ import annotations

import pytest

from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject, dataset_of
from tests.json_lines import load


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("patients.csv", "patients"),
        ("2026/north/Patients.CSV", "patients"),
        ("patients.csv.gz", "patients"),
        ("patients", "patients"),
        ("a.b/payer transitions.2026.csv", "payer transitions"),
    ],
)
def test_dataset_is_the_name_of_the_file_without_folder_and_extension(name: str, dataset: str) -> None:
    assert dataset_of(name) == dataset


def test_line_of_an_older_version_is_read_and_a_header_comes_back_as_it_was() -> None:
    old = (
        b'{"name":"a","bucket":"b","key":"k","version_id":"v","etag":"e","size_bytes":1,"sha256":"s","checksum":"c"}\n'
    )
    (landed,) = load(LandedObject, old)
    assert (landed.header, landed.source_etag, landed.part_bytes) == ((), "", 0)
    new = LandedObject("a", "b", "k", "v", "e", 1, "s", "c", header=("id", ""), source_etag="x")
    assert load(LandedObject, jsonl.dump([new])) == [new]
    assert len({landed, new}) == 2
