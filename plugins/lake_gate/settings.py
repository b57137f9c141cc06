"""Settings of the gate, from SSM Parameter Store: a parameter per field, below a common path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from lake_gate.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SETTINGS_PATH = "/lake_gate"

_READ: dict[str, Callable[[str], Any]] = {"str": str, "int": int, "float": float}
_NUMBERS = {"int": re.compile(r"[0-9]+"), "float": re.compile(r"[0-9]+(\.[0-9]+)?")}
_EXPECTED = {"int": "a whole number of seconds", "float": "a number such as 0.85"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Values that differ between environments.

    The source of the nightly run is not a field: its address may hold a password or a signature, and settings go into
    XCom. See :func:`load_source`.

    :param high_topic_arn: SNS topic for runs with High findings, and for failures.
    :param low_topic_arn: SNS topic for all other runs.
    :param local_source_root: folder below which local sources are allowed; empty: no local source is read, so that a
        run cannot land the worker's own files.
    :param allowed_source_hosts: comma-separated names of hosts that a web address may lead to although their addresses
        are not public; none by default.
    :param evidence_settle_seconds: how long results and findings must stay unchanged after the job is complete.
    :param evidence_deadline_seconds: when the gate stops waiting for that and holds objects without evidence.
    :param results_bucket: bucket for Macie's discovery results, encrypted with the key ``results_key_arn``.
    :param dead_letter_queue_url: SQS queue for messages that arrived as events of Macie and are not valid.
    :param masking_key: id, ARN or alias (``alias/...``) of the HMAC key in KMS from which the keys of masking are
        derived; needed by feeds with a masking spec.
    :param ledger_bucket: bucket of the ledgers, see :mod:`lake_gate.ledger.chain`; by default the bronze bucket.
    :param releaser_role_arn: role that reads the quarantined versions whose review was approved; empty: files do not
        come back from quarantine.
    :param purger_role_arn: role that deletes the quarantined versions whose purge was approved; empty: none is purged.
    :param scan_usd_per_gb: price of a GB in the first of Macie's bands.
    """

    bronze_bucket: str
    silver_bucket: str
    quarantine_bucket: str
    high_topic_arn: str
    low_topic_arn: str
    local_source_root: str = ""
    evidence_settle_seconds: int = 300
    evidence_deadline_seconds: int = 3600
    results_bucket: str = ""
    results_key_arn: str = ""
    dead_letter_queue_url: str = ""
    scan_usd_per_gb: float = 1.0
    allowed_source_hosts: str = ""
    masking_key: str = ""
    ledger_bucket: str = ""
    releaser_role_arn: str = ""
    purger_role_arn: str = ""

    @property
    def ledger(self) -> str:
        """The bucket of the ledgers."""
        return self.ledger_bucket or self.bronze_bucket

    @classmethod
    def from_parameters(cls, values: Mapping[str, str], path: str = SETTINGS_PATH) -> Settings:
        """Build the settings from parameter values by field name; other parameters are ignored.

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
            if (pattern := _NUMBERS.get(str(field.type))) and not pattern.fullmatch(value):
                problems.append(f"{path}/{field.name} must be {_EXPECTED[str(field.type)]}")
                continue
            known[field.name] = _READ[str(field.type)](value)
        if problems:
            raise SettingsError(path, problems)
        settings = cls(**known)
        if problems := settings._contradictions(path):
            raise SettingsError(path, problems)
        return settings

    def _contradictions(self, path: str) -> list[str]:
        buckets = {self.bronze_bucket, self.silver_bucket, self.quarantine_bucket}
        problems = []
        if len(buckets) < 3:  # a move within a bucket would delete the only copy, or expose quarantined objects
            problems.append(
                f"{path}/bronze_bucket, silver_bucket and quarantine_bucket must be three different buckets"
            )
        if self.evidence_settle_seconds >= self.evidence_deadline_seconds:
            problems.append(f"{path}/evidence_settle_seconds must be less than evidence_deadline_seconds")
        return problems

    def require(self, *names: str) -> Settings:
        """Check that these optional fields have a value, and return the settings.

        :raises SettingsError: naming every parameter that is missing.
        """
        if missing := [name for name in names if not getattr(self, name)]:
            raise SettingsError(SETTINGS_PATH, [f"{SETTINGS_PATH}/{name} is missing" for name in missing])
        return self

    def to_json(self) -> dict[str, str | int | float]:
        """Return the settings as a flat dict, for XCom."""
        return asdict(self)


def load_settings(client: SSMClient, path: str = SETTINGS_PATH, *, topics: Mapping[str, str] | None = None) -> Settings:
    """Read all parameters below the path.

    :param topics: names of the parameters for ``high_topic_arn`` and ``low_topic_arn``, if they have other names.
    :raises SettingsError: when a parameter is missing or unusable.
    """
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    found = {p["Name"].removeprefix(f"{path}/"): p["Value"] for page in pages for p in page["Parameters"]}
    topics = topics or {}
    if missing := [name for name in topics.values() if name not in found]:
        raise SettingsError(path, [f"{path}/{name} is missing" for name in missing])
    return Settings.from_parameters({**found, **{field: found[name] for field, name in topics.items()}}, path)


def load_source(client: SSMClient, source: str = "", path: str = SETTINGS_PATH) -> str:
    """Return the source of a run: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip.

    :param source: a complete address, which is returned as it is; or a path below the source of the settings, empty for
        that source itself.
    :raises SettingsError: when the settings have no source and it is needed.
    """
    if "://" in source or source.startswith(("/", "~")):
        return source
    try:
        root = client.get_parameter(Name=f"{path}/source", WithDecryption=True)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        raise SettingsError(path, [f"{path}/source is missing"]) from None
    return f"{root.rstrip('/')}/{source}" if source else root
