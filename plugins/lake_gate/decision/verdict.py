"""A verdict: the evidence by which an earlier run cleared certain bytes, kept under their SHA-256. Pure.

It speaks for an object of the same bytes, dataset and extension that would be scanned by the same rules. It is no
licence: whoever uses it decides on its evidence anew.
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


_HASHED = {"type": "object", "properties": {"sha256": {"type": "string"}}, "required": ["sha256"]}
_RULES = {
    "type": "object",
    "properties": {
        "identifiers": {"type": "object", "additionalProperties": _HASHED},
        "job_spec": _HASHED,
        "policy": {
            "allOf": [_HASHED],
            "properties": {"quarantine_threshold": {"type": "string"}, "also": _HASHED},
            "required": ["quarantine_threshold"],
        },
    },
    "required": ["identifiers", "job_spec", "policy"],
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What an object is scanned and judged by; every part is a SHA-256 but the threshold.

    :param identifiers: of the custom data identifiers, by name.
    :param job_spec: of the job spec, as its file says it.
    :param policy: of the policy; of both, where a run names another one than its feed's.
    :param quarantine_threshold: the stricter one of policy and run.
    """

    identifiers: dict[str, str]
    job_spec: str
    policy: str
    quarantine_threshold: str

    @classmethod
    def from_record(cls, rules: Mapping[str, Any]) -> Rules:
        """Take them from ``rules`` of a run record.

        :raises ValueError: when they are something else; nothing of the content is in the text.
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
        """Return the SHA-256 of the rules, and of what besides the bytes they are applied to."""
        facts = [_SCHEMA, asdict(self), dataset_of(landed.name), extension_of(landed.name)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def hashes_of(identifiers: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the SHA-256 of each custom data identifier by its name."""
    return {name: one["sha256"] for name, one in identifiers.items()}


def hash_of_policies(described: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a run is judged by, as its plan describes it; of each, where they are two."""
    hashes = [one["sha256"] for one in (described, described.get("also")) if one]
    return "+".join(hashes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """By what an earlier run cleared certain bytes.

    :param rules: see :meth:`Rules.fingerprint`.
    :param run_id: the run that cleared them, on a scan of its own.
    :param record_uri: where its record is.
    :param job_id: its classification job.
    :param cleared_at: when that job was created, in UTC: it read the object later.
    :param evidence: what the job said of the object: names and counts.
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

        :param evidence: what was said of this version of it.
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
        """Read what :meth:`to_json` made.

        :raises ValueError: when it is something else.
        """
        try:
            facts = {key: content[key] for key in (*_TEXTS, "size_bytes")}
            evidence = Evidence(*(tuple(map(Observation.from_json, content[part])) for part in ("results", "findings")))
            is_known = content["schema"] == _SCHEMA and all(isinstance(facts[key], str) for key in _TEXTS)
            is_known = is_known and type(facts["size_bytes"]) is int
        except (KeyError, TypeError, ValueError) as wrong:
            raise ValueError(f"no verdict ({type(wrong).__name__})") from None
        if not is_known:
            raise ValueError("no verdict of this schema")
        return cls(**facts, evidence=evidence)

    def to_json(self) -> dict[str, Any]:
        """Return it as its document has it."""
        facts = {key: getattr(self, key) for key in (*_TEXTS, "size_bytes")}
        return {
            "schema": _SCHEMA,
            **facts,
            "results": [one.to_json() for one in self.evidence.results],
            "findings": [one.to_json() for one in self.evidence.findings],
        }

    @property
    def key(self) -> str:
        """Key of its document in bronze."""
        return key_of(self.sha256, self.rules)

    @property
    def job(self) -> Job:
        """The job that it rests on: only what such a job said is ever kept."""
        return Job(self.job_id, "COMPLETE", "NONE", 100, settled=True)

    @property
    def source(self) -> dict[str, str]:
        """What a run record says of a verdict that was reused."""
        return {"run_id": self.run_id, "record_uri": self.record_uri, "cleared_at": self.cleared_at}

    def speaks_for(self, landed: LandedObject) -> bool:
        """Whether it is about exactly these bytes, in a file of the same kind."""
        mine = (self.sha256, self.size_bytes, self.dataset, self.extension)
        return mine == (landed.sha256, landed.size_bytes, dataset_of(landed.name), extension_of(landed.name))

    def evidence_about(self, landed: LandedObject) -> Evidence:
        """Return its evidence as said of the landed version, which has the same bytes."""
        return Evidence(
            tuple(_moved_to(landed, seen) for seen in self.evidence.results),
            tuple(_moved_to(landed, seen) for seen in self.evidence.findings),
        )


_TEXTS = ("sha256", "dataset", "extension", "rules", "run_id", "record_uri", "job_id", "cleared_at")


def key_of(sha256: str, rules: str) -> str:
    """Return the key of the verdict on such bytes by such rules."""
    return f"{PREFIX}{sha256}/{rules}.json"


def _moved_to(landed: LandedObject, seen: Observation) -> Observation:
    return replace(seen, bucket=landed.bucket, key=landed.key, version_id=landed.version_id, etag=landed.etag)
