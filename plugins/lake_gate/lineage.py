"""OpenLineage datasets that a step reads and writes. Imported by OpenLineage's provider alone.

A dataset is the folder of a feed in a bucket (``s3://lake-silver``, ``synthea``), the same for every run: with a
dataset per run, lineage would begin again every night. The run is the version of the dataset.
Source of the names: https://openlineage.io/docs/spec/naming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lake_gate.model.run import HELD_PREFIX, Run

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

type Place = tuple[str, str]
"""Namespace and name of a dataset."""


def feed_in(bucket: str, run: Run, *, is_held: bool = False) -> Place:
    """Return the dataset of a feed in a bucket, or of its held objects in bronze."""
    return f"s3://{bucket}", (HELD_PREFIX if is_held else "") + run.feed


def delivery_at(source: str) -> Place:
    """Return the dataset of a delivery.

    :param source: without user, password and signature, see :func:`lake_gate.delivery.source.redact`.
    """
    if "://" not in source:
        return "file", source
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or "/"


def lineage(run: Run, *, inputs: list[Place], outputs: list[Place]) -> OperatorLineage[Any, Any]:
    """Return the datasets for OpenLineage, with the run as their version."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    return OperatorLineage(
        inputs=[_dataset(run, place) for place in inputs], outputs=[_dataset(run, place) for place in outputs]
    )


def _dataset(run: Run, place: Place) -> Any:
    from airflow.providers.common.compat.openlineage.facet import Dataset
    from openlineage.client.facet_v2 import dataset_version_dataset

    namespace, name = place
    version = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=run.folder)
    return Dataset(namespace=namespace, name=name, facets={"version": version})
