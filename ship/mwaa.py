"""MWAA: update of an environment to uploaded versions, and its REST API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ship.changes import Show

_FAILED = {"UPDATE_FAILED", "UNAVAILABLE", "CREATE_FAILED", "DELETING", "DELETED"}
"""Source: https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html"""
MOST_PATH_CHARACTERS = 64
"""Source: https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html"""


def update(
    client: Any,
    name: str,
    bucket: str,
    versions: Mapping[str, str],
    show: Show = print,
    *,
    deadline_seconds: float = 90 * 60,
    poll_seconds: float = 15,
) -> None:
    """Update the environment and wait for the end of the update; skip it when it has these versions.

    :param versions: ``PluginsObjectVersion`` and ``RequirementsObjectVersion``.
    :raises SystemExit: when the environment uses another bucket, or the update fails or takes too long.
    """
    try:
        before = client.get_environment(Name=name)["Environment"]
    except client.exceptions.ResourceNotFoundException:
        show(f"MWAA environment {name} does not exist yet. Create it with this role and bucket, then deploy again.")
        return
    if before["SourceBucketArn"].rpartition(":")[2] != bucket:
        raise SystemExit(f"{name} uses {before['SourceBucketArn']}; set AirflowBucket to that bucket.")
    wanted = {
        "PluginsS3Path": "plugins.zip",
        "PluginsS3ObjectVersion": versions["PluginsObjectVersion"],
        "RequirementsS3Path": "requirements.txt",
        "RequirementsS3ObjectVersion": versions["RequirementsObjectVersion"],
    }
    if _has_versions(before, wanted):
        show(f"{name}: unchanged")
        return
    show(f"{name}: updating, which takes 10 to 30 minutes")
    client.update_environment(Name=name, **wanted)
    end = time.monotonic() + deadline_seconds
    while not (
        (now := client.get_environment(Name=name)["Environment"])["Status"] == "AVAILABLE"
        and _has_versions(now, wanted)
    ):
        last = now.get("LastUpdate", {})
        has_failed = last.get("Status") == "FAILED" and last != before.get("LastUpdate")
        if has_failed or now["Status"] in _FAILED or time.monotonic() > end:
            reason = last.get("Error", {}).get("ErrorMessage", "no reason given")
            raise SystemExit(f"{name} is {now['Status']}, not updated: {reason}\nThe DAGs were not uploaded.")
        time.sleep(poll_seconds)


@dataclass(frozen=True, slots=True)
class RestApi:
    """Airflow's REST API through MWAA, authenticated by AWS credentials.

    Source: https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html
    """

    client: Any
    environment: str

    def get(self, path: str) -> dict[str, Any]:
        """Return the response to a GET of a path below ``/api/v2``."""
        return self._invoke(path, "GET")

    def post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the response to a POST to a path below ``/api/v2``."""
        return self._invoke(path, "POST", Body=content)

    def _invoke(self, path: str, method: str, **more: Any) -> dict[str, Any]:
        if len(path) > MOST_PATH_CHARACTERS:
            raise ValueError(f"MWAA accepts paths of {MOST_PATH_CHARACTERS} characters, this has {len(path)}: {path}")
        response = self.client.invoke_rest_api(Name=self.environment, Path=path, Method=method, **more)
        content: dict[str, Any] = response["RestApiResponse"]
        return content


def _has_versions(environment: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    return all(environment.get(key) == value for key, value in wanted.items())
