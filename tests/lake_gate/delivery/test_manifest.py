from __future__ import annotations

import pytest

from lake_gate.delivery.manifest import dataset_of


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
