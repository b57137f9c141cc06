"""What each task of a local Airflow would do once more, and need not.

Nothing here changes what a task does, but for one field of the user agent.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

import aiobotocore.httpsession
import boto3
import botocore.loaders
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import StartupDetails
from jsonschema import Draft202012Validator
from pydantic import JsonValue, TypeAdapter

from dev import botocore_caches

_IMPORTED_BY_TASKS = (
    "airflow.providers.amazon.aws.operators.base_aws",
    "airflow.providers.amazon.aws.sensors.base_aws",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.hitl",
)
_CALLED_BY_TASKS = ("s3", "macie2", "ssm", "sns")
_type_adapter = functools.cache(TypeAdapter)


@functools.cache
def share_between_tasks() -> None:
    """Share between the tasks of this process what does not change."""
    # For one field of the user agent it reads the source files of the whole call stack, once per client.
    AwsGenericHook._get_caller = lambda *_: "Unknown"  # type: ignore[method-assign]
    _cache_botocore_files()
    botocore_caches.install()
    _cache_schema_checks()
    # Each client of a trigger would read the certificates of all authorities; the local AWS is reached without TLS.
    vars(aiobotocore.httpsession)["get_cert_path"] = lambda _verify: None
    # A task would make one for its own description, and one for each of its rendered fields.
    vars(task_runner)["TypeAdapter"] = _type_adapter


def prepare_forks() -> None:
    """Import and read what tasks that are forks of this process would, but for ``plugins/``, which may change."""
    share_between_tasks()
    make_newest_tasks_api_only()
    for name in _IMPORTED_BY_TASKS:
        import_module(name)
    for service in _CALLED_BY_TASKS:
        boto3.Session().client(service)  # type: ignore[call-overload]
    for described in (JsonValue, StartupDetails):
        _type_adapter(described)


def make_newest_tasks_api_only() -> None:
    """Let the API of the tasks be made without its versions for older workers, which takes three quarters of the time.

    Every process that runs, parses or triggers something makes it. Two versions are left: what is no longer in the
    newest one is declared for the one before.
    """
    from airflow.api_fastapi.execution_api.versions import bundle  # takes seconds, which not all tests need

    bundle.versions = bundle.versions[:2]


def _cache_botocore_files() -> None:
    """Share the files that botocore reads between all its sessions: every task creates new ones."""
    for cls, method in (
        (botocore.loaders.JSONFileLoader, "load_file"),
        (botocore.loaders.Loader, "list_available_services"),
        (botocore.loaders.Loader, "list_api_versions"),
    ):
        setattr(cls, method, _cached_by_arguments(getattr(cls, method)))


def _cache_schema_checks() -> None:
    """Cache which schemas jsonschema has found to be valid: every task checks those of all params."""
    check, valid = Draft202012Validator.check_schema, set[str]()

    def check_once(schema: Any, *arguments: Any, **named: Any) -> None:
        if (text := repr(schema)) not in valid:
            check(schema, *arguments, **named)
            valid.add(text)

    Draft202012Validator.check_schema = check_once


def _cached_by_arguments(method: Any) -> Any:
    known: dict[Any, Any] = {}

    def cached(self: Any, *arguments: Any, **named: Any) -> Any:
        key = (arguments, tuple(sorted(named.items())))
        if key not in known:
            known[key] = method(self, *arguments, **named)
        return known[key]

    return cached
