"""Silver and quarantine as Airflow assets, on which consuming DAGs are scheduled.

An asset is the data of a feed in a layer, independent of the bucket: the name of the bucket is a setting, which differs
between environments and is not known while a DAG file is parsed. So the URI names layer and feed, with a custom scheme:
Airflow accepts URIs that begin with ``x-`` as they are.
Source: https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/assets.html#what-is-valid-uri
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

if TYPE_CHECKING:
    from airflow.sdk import Context


def silver(feed: str) -> Asset:
    """Return the asset of a feed in silver; events: a run was published, objects were withdrawn."""
    return Asset(name=f"silver_{feed}", uri=f"x-lake-gate://silver/{feed}")


def quarantine(feed: str) -> Asset:
    """Return the asset of a feed in quarantine; event: objects were added."""
    return Asset(name=f"quarantine_{feed}", uri=f"x-lake-gate://quarantine/{feed}")


def changes(task: str) -> AssetAlias:
    """Return the outlet of a task that may change one of these assets; whether it did is known after it has run.

    :param task: ``<dag>_<task>``, part of the alias's name.
    """
    return AssetAlias(name=f"changes_of_{task}")


def announce(context: Context, outlets: Iterable[Any], asset: Asset, **extra: Any) -> None:
    """Send an event of the asset when the task succeeds.

    :param outlets: outlets of the task; without an alias among them no event is sent.
    :param extra: content of the event: addresses, names and counts.
    """
    for outlet in outlets:
        if isinstance(outlet, AssetAlias):
            context["outlet_events"][outlet].add(asset, extra=extra)
