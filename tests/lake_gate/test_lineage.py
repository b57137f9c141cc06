"""OpenLineage datasets: named by its rules, with the run as their version."""

from __future__ import annotations

import pytest

from lake_gate.lineage import delivery_at, feed_in, lineage
from lake_gate.model.run import Run

RUN = Run("synthea", "manual__1")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3://lake-source/deliveries/2026/", ("s3://lake-source", "deliveries/2026")),
        ("s3://lake-source", ("s3://lake-source", "/")),
        ("https://example.org/in/d.zip", ("https://example.org", "in/d.zip")),
        ("/deliveries/clinic", ("file", "/deliveries/clinic")),
    ],
)
def test_delivery_is_named_by_where_it_is(source: str, expected: tuple[str, str]) -> None:
    assert delivery_at(source) == expected


def test_feed_is_one_dataset_in_each_bucket_and_held_files_are_another() -> None:
    assert feed_in("lake-silver", RUN) == ("s3://lake-silver", "synthea")
    assert feed_in("lake-bronze", RUN, is_held=True) == ("s3://lake-bronze", "held/synthea")


def test_datasets_come_with_the_run_as_their_version() -> None:
    sent = lineage(RUN, inputs=[feed_in("bronze", RUN)], outputs=[feed_in("silver", RUN)])
    assert [(dataset.namespace, dataset.name) for dataset in (*sent.inputs, *sent.outputs)] == [
        ("s3://bronze", "synthea"),
        ("s3://silver", "synthea"),
    ]
    assert {dataset.facets["version"].datasetVersion for dataset in (*sent.inputs, *sent.outputs)} == {"manual__1"}
