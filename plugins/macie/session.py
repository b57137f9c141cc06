"""The Macie session and the repository for discovery results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from macie.account import Account, Change

if TYPE_CHECKING:
    from mypy_boto3_macie2.type_defs import S3DestinationTypeDef


def reconcile_session(account: Account) -> Iterator[Change]:
    """Enable Macie, or resume it if it is suspended."""
    hook = account.hook
    status = hook.get_session_status()
    change = Change(kind="session", name=hook.conn_region_name, action="keep", why="enabled", id=None)
    if status != "ENABLED":
        if not account.is_dry_run:
            hook.enable()
        change["action"] = "enable"
        # Source: API operation UpdateMacieSession, status PAUSED
        change["why"] = "was suspended, which cancels all jobs" if status == "PAUSED" else "was not enabled"
    yield change


def reconcile_results_repository(account: Account, wanted: S3DestinationTypeDef) -> Iterator[Change]:
    """
    Set the repository for discovery results.

    :param wanted: bucketName, keyPrefix and kmsKeyArn
    """
    found: Mapping[str, Any] = account.results_repository() or {}
    differences = [key for key, value in wanted.items() if (found.get(key) or "") != value]
    name = "/".join(filter(None, [wanted["bucketName"], wanted.get("keyPrefix")]))
    change = Change(kind="results_repository", name=name, action="keep", why="unchanged", id=None)
    if differences:
        if not account.is_dry_run:
            account.client.put_classification_export_configuration(configuration={"s3Destination": wanted})
        change["action"] = "update" if found else "create"
        change["why"] = f"{' and '.join(differences)} changed" if found else "did not exist"
    yield change
