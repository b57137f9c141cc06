"""Verdicts: the evidence on which an earlier run promoted or masked certain bytes, kept under their SHA-256. Pure.

A verdict applies to an object with the same bytes, dataset and extension that would be scanned by the same rules. It
does not allow a promotion by itself: a run that reuses it decides on its evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lake_gate.model.evidence import Evidence, Job, Observation
from lake_gate.model.manifest import LandedObject, dataset_of
from lake_gate.model.schema import iter_redacted_problems
from lake_gate.scan.scope import extension_of

PREFIX = "_verdicts/"
_SCHEMA = "lake-gate/verdict/1"


_HASH = {"type": "object", "properties": {"sha256": {"type": "string"}}, "required": ["sha256"]}
_RULES = {
    "type": "object",
    "properties": {
        "identifiers": {"type": "object", "additionalProperties": _HASH},
        "job_spec": _HASH,
        "policy": {
            "allOf": [_HASH],
            "properties": {"quarantine_threshold": {"type": "string"}, "also": _HASH},
            "required": ["quarantine_threshold"],
        },
    },
    "required": ["identifiers", "job_spec", "policy"],
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules that an object is scanned and judged by.

    :param identifiers: SHA-256 of the custom data identifiers, by name.
    :param job_spec: SHA-256 of the file of the job spec.
    :param policy: SHA-256 of the policy; of both, if run and feed name different policies.
    :param quarantine_threshold: the stricter threshold of policy and run.
    """

    identifiers: dict[str, str]
    job_spec: str
    policy: str
    quarantine_threshold: str

    @classmethod
    def from_record(cls, rules: Mapping[str, Any]) -> Rules:
        """Parse ``rules`` of a run record.

        :raises ValueError: when they have an unexpected shape; the text contains nothing of the content.
        """
        if problems := list(iter_redacted_problems(_RULES, rules)):
            raise ValueError(f"rules: {problems[0]}")
        return cls(
            identifiers=hashes_of(rules["identifiers"]),
            job_spec=rules["job_spec"]["sha256"],
            policy=hash_of_policies(rules["policy"]),
            quarantine_threshold=rules["policy"]["quarantine_threshold"],
        )

    def fingerprint(self, landed: LandedObject) -> str:
        """Return the SHA-256 of the rules together with the object's dataset and extension."""
        facts = [_SCHEMA, asdict(self), dataset_of(landed.name), extension_of(landed.name)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def hashes_of(identifiers: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the SHA-256 of each custom data identifier by its name."""
    return {name: identifier["sha256"] for name, identifier in identifiers.items()}


def hash_of_policies(described: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the run's policy, as its plan describes it; of two policies both, joined by ``+``."""
    return "+".join(policy["sha256"] for policy in (described, described.get("also")) if policy)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Evidence on which an earlier run promoted certain bytes, or their masked copy.

    :param rules: see :meth:`Rules.fingerprint`.
    :param run_id: the run that promoted the bytes after its own scan.
    :param record_uri: address of the run's record.
    :param job_id: classification job of the run.
    :param cleared_at: creation time of the job, in UTC; the job read the object later.
    :param evidence: results and findings of the job about the object: names and counts.
    :param is_revoked: more was found in these bytes than the evidence has.
    """

    sha256: str
    size_bytes: int
    dataset: str
    extension: str
    rules: str
    run_id: str
    record_uri: str
    job_id: str
    cleared_at: str
    evidence: Evidence
    is_revoked: bool = False

    @classmethod
    def on(cls, landed: LandedObject, evidence: Evidence, rules: Rules, cleared: Mapping[str, str]) -> Verdict:
        """Return the verdict on a landed object.

        :param evidence: evidence about the landed version.
        :param cleared: ``run_id``, ``record_uri``, ``job_id`` and ``cleared_at``.
        """
        return cls(
            sha256=landed.sha256,
            size_bytes=landed.size_bytes,
            dataset=dataset_of(landed.name),
            extension=extension_of(landed.name),
            rules=rules.fingerprint(landed),
            run_id=cleared["run_id"],
            record_uri=cleared["record_uri"],
            job_id=cleared["job_id"],
            cleared_at=cleared["cleared_at"],
            evidence=evidence,
        )

    @classmethod
    def from_json(cls, content: Any) -> Verdict:
        """Parse the result of :meth:`to_json`.

        :raises ValueError: when the content has another schema, other members or other types.
        """
        try:
            facts = {key: content[key] for key in (*_TEXTS, "size_bytes")}
            evidence = Evidence(*(tuple(map(Observation.from_json, content[part])) for part in ("results", "findings")))
            is_valid = content["schema"] == _SCHEMA and all(isinstance(facts[key], str) for key in _TEXTS)
            is_valid = is_valid and type(facts["size_bytes"]) is int
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a verdict ({type(error).__name__})") from None
        if not is_valid:
            raise ValueError("not a verdict: another schema, or members have a wrong type")
        return cls(**facts, evidence=evidence)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as a JSON object, for documents."""
        facts = {key: getattr(self, key) for key in (*_TEXTS, "size_bytes")}
        return {
            "schema": _SCHEMA,
            **facts,
            "results": [result.to_json() for result in self.evidence.results],
            "findings": [finding.to_json() for finding in self.evidence.findings],
        }

    @property
    def key(self) -> str:
        """Key of the verdict's document in bronze."""
        return key_of(self.sha256, self.rules)

    @property
    def job(self) -> Job:
        """The job behind the evidence, as it must have been for a promotion."""
        return Job(self.job_id, "COMPLETE", "NONE", 100, settled=True)

    @property
    def source(self) -> dict[str, str]:
        """Origin of the verdict, for the record of a run that reuses it."""
        return {"run_id": self.run_id, "record_uri": self.record_uri, "cleared_at": self.cleared_at}

    def applies_to(self, landed: LandedObject) -> bool:
        """Whether bytes, dataset and extension are the same."""
        mine = (self.sha256, self.size_bytes, self.dataset, self.extension)
        return mine == (landed.sha256, landed.size_bytes, dataset_of(landed.name), extension_of(landed.name))

    def evidence_about(self, landed: LandedObject) -> Evidence:
        """Return the evidence as observations about the landed version, which has the same bytes."""
        return Evidence(
            tuple(_transferred(result, landed) for result in self.evidence.results),
            tuple(_transferred(finding, landed) for finding in self.evidence.findings),
        )


_TEXTS = ("sha256", "dataset", "extension", "rules", "run_id", "record_uri", "job_id", "cleared_at")


def key_of(sha256: str, rules: str) -> str:
    """Return the key of the verdict on these bytes by these rules.

    :param rules: see :meth:`Rules.fingerprint`.
    """
    return f"{PREFIX}{sha256}/{rules}.json"


def _transferred(observation: Observation, landed: LandedObject) -> Observation:
    return replace(observation, bucket=landed.bucket, key=landed.key, version_id=landed.version_id, etag=landed.etag)
