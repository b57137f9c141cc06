"""Silver and quarantine as Airflow's assets: what DAGs are scheduled on that read them.

An asset stands for what a feed has in a layer, whatever the bucket is called: the bucket is a setting, which no DAG
file can read while it is parsed, and it differs between environments. So the URI names layer and feed, below a scheme
of our own: Airflow takes URIs that begin with ``x-`` as they are.
Source: https://airflow.apache.org/docs/apache-airflow/stable/authoring-and-scheduling/assets.html#what-is-valid-uri
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

if TYPE_CHECKING:
    from airflow.sdk import Context


def silver(feed: str) -> Asset:
    """Return the asset of what a feed has in silver: an event says that a run was published, or objects withdrawn."""
    return Asset(name=f"silver_{feed}", uri=f"x-lake-gate://silver/{feed}")


def quarantine(feed: str) -> Asset:
    """Return the asset of what a feed has in quarantine: an event says that objects came to it."""
    return Asset(name=f"quarantine_{feed}", uri=f"x-lake-gate://quarantine/{feed}")


def changes(task: str) -> AssetAlias:
    """Return the outlet of a task that changes one of these assets, or none, as is known when it has run.

    :param task: what the alias is called after, ``<dag>_<task>``.
    """
    return AssetAlias(name=f"changes_of_{task}")


def announce(context: Context, outlets: Iterable[Any], asset: Asset, **extra: Any) -> None:
    """Send an event of the asset when the task succeeds.

    :param outlets: the task's; without an alias among them nobody is told.
    :param extra: what the event says: addresses, names and counts.
    """
    for outlet in outlets:
        if isinstance(outlet, AssetAlias):
            context["outlet_events"][outlet].add(asset, extra=extra)
