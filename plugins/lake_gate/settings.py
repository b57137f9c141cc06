"""Settings of the gate, from SSM Parameter Store under one path: one parameter per field, named like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from lake_gate.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SETTINGS_PATH = "/lake_gate"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between environments.

    Where the nightly run finds its delivery is no field: its address may hold a password or a signature, and settings
    go into XCom. See :func:`load_source`.

    :param high_topic_arn: SNS topic for runs with High findings, and for failures.
    :param low_topic_arn: SNS topic for all other runs.
    :param local_source_root: folders and files below it may be delivered; empty: no local source is read, so that
        who may start a run cannot land a worker's own files.
    :param evidence_settle_seconds: how long results and findings must stay unchanged after the job is complete.
    :param evidence_deadline_seconds: when the gate stops waiting for that and holds what is not proven.
    """

    bronze_bucket: str
    silver_bucket: str
    quarantine_bucket: str
    high_topic_arn: str
    low_topic_arn: str
    local_source_root: str = ""
    evidence_settle_seconds: int = 300
    evidence_deadline_seconds: int = 3600

    @classmethod
    def from_parameters(cls, values: Mapping[str, str], path: str = SETTINGS_PATH) -> Settings:
        """Build the settings from parameter values by field name; others are ignored.

        :raises SettingsError: naming every parameter that is missing or not a number.
        """
        problems: list[str] = []
        known: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in values:
                if field.default is MISSING:
                    problems.append(f"{path}/{field.name} is missing")
                continue
            value = values[field.name]
            if field.type == "int" and not value.isdecimal():
                problems.append(f"{path}/{field.name} must be a whole number of seconds")
                continue
            known[field.name] = int(value) if field.type == "int" else value
        if problems:
            raise SettingsError(path, problems)
        settings = cls(**known)
        if problems := settings._contradictions(path):
            raise SettingsError(path, problems)
        return settings

    def _contradictions(self, path: str) -> list[str]:
        buckets = {self.bronze_bucket, self.silver_bucket, self.quarantine_bucket}
        problems = []
        if len(buckets) < 3:  # a move within a bucket would delete the only copy, or show what is quarantined
            problems.append(f"{path}/bronze_bucket, silver_bucket and quarantine_bucket must be three buckets")
        if self.evidence_settle_seconds >= self.evidence_deadline_seconds:
            problems.append(f"{path}/evidence_settle_seconds must be less than evidence_deadline_seconds")
        return problems

    def to_json(self) -> dict[str, str | int]:
        """Return the settings as a flat dict, for XCom."""
        return asdict(self)


def load_settings(client: SSMClient, path: str = SETTINGS_PATH) -> Settings:
    """Read all parameters below the path.

    :raises SettingsError: when one is missing or unusable.
    """
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    found = {p["Name"].removeprefix(f"{path}/"): p["Value"] for page in pages for p in page["Parameters"]}
    return Settings.from_parameters(found, path)


def load_source(client: SSMClient, path: str = SETTINGS_PATH) -> str:
    """Return where the nightly run finds its delivery: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip.

    :raises SettingsError: when it is not set.
    """
    try:
        return client.get_parameter(Name=f"{path}/source", WithDecryption=True)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        raise SettingsError(path, [f"{path}/source is missing"]) from None
