"""Finds the files of ``include/``: job specs, identifiers and policies, read inside tasks, never while parsing."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from airflow.configuration import conf

from lake_gate.errors import FinalGateError, PolicyError
from lake_gate.policy import Policy, parse


def include_path(name: str) -> str:
    """Return the path of a file or folder of ``include/``.

    Looked for in ``$LAKE_GATE_INCLUDE``, then in the DAGs folder (where MWAA has it), then beside it (as in the repo).

    :raises FinalGateError: when it is in none of them.
    """
    dags = Path(conf.get("core", "dags_folder"))
    roots = [dags / "include", dags.parent / "include"]
    if set_by_environment := os.environ.get("LAKE_GATE_INCLUDE"):
        roots.insert(0, Path(set_by_environment))
    for root in roots:
        if (root / name).exists():
            return str(root / name)
    raise FinalGateError(f"{name} was found in none of {', '.join(map(str, roots))}")


def read_job_spec(name: str) -> dict[str, Any]:
    """Return the job spec of that name: a body of CreateClassificationJob with placeholders."""
    spec: dict[str, Any] = json.loads(Path(include_path(f"job_specs/{name}.json")).read_text(encoding="utf-8"))
    return spec


def read_policy(name: str) -> tuple[Policy, str]:
    """Return the policy of that name, and its :func:`fingerprint`.

    :raises PolicyError: naming the file and every key in it that is wrong.
    """
    path = include_path(f"policies/{name}.json")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return parse(name, content), fingerprint(content)
    except ValueError as problem:
        raise PolicyError(path, str(problem)) from None


def fingerprint(content: Any) -> str:
    """Return the SHA-256 of what a file of ``include/`` says: its JSON with sorted keys and no white space."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
