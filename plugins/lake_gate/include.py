"""Find and read the files of ``include/``: feeds while DAGs are parsed, all others in tasks."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from airflow.configuration import conf

from lake_gate import feed
from lake_gate.errors import FeedError, FinalGateError
from lake_gate.feed import Feed


def include_path(name: str) -> str:
    """Return the path of a file or folder of ``include/``.

    It is searched in ``$LAKE_GATE_INCLUDE``, then in the DAGs folder (as on MWAA), then beside it (as in the repo).

    :raises FinalGateError: when it does not exist there.
    """
    dags = Path(conf.get("core", "dags_folder"))
    roots = [dags / "include", dags.parent / "include"]
    if set_by_environment := os.environ.get("LAKE_GATE_INCLUDE"):
        roots.insert(0, Path(set_by_environment))
    for root in roots:
        if (root / name).exists():
            return str(root / name)
    raise FinalGateError(f"{name} was not found in {', '.join(map(str, roots))}")


def read_job_spec(name: str) -> dict[str, Any]:
    """Return the job spec of that name: a body of CreateClassificationJob with placeholders."""
    spec: dict[str, Any] = json.loads(Path(include_path(f"job_specs/{name}.json")).read_text(encoding="utf-8"))
    return spec


def read_feeds() -> tuple[list[Feed], list[FeedError]]:
    """Return the feeds by name, and an error for each invalid file: it must not stop the other feeds."""
    feeds: list[Feed] = []
    errors: list[FeedError] = []
    for path in sorted(Path(include_path("feeds")).glob("*.json")):
        try:
            feeds.append(feed.parse(path.stem, json.loads(path.read_text(encoding="utf-8"))))
        except ValueError as problem:
            errors.append(FeedError(str(path), str(problem)))
    return feeds, errors


def fingerprint(content: Any) -> str:
    """Return the SHA-256 of the content of a file of ``include/``: its JSON with sorted keys and no white space."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
