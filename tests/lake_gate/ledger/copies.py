"""A small ledger with its documents in a folder, made without the code under test."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

AMENDED = "_runs/synthea/1/amendments/e.jsonl"
LEDGER = "_ledger/synthea"
DOCUMENTS = {
    "_runs/synthea/1/manifest.jsonl": b'{"name":"a"}\n',
    "_runs/synthea/1/decisions.jsonl": b'{"outcome":"hold"}\n',
    AMENDED: b'{"decision":{}}\n',
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def record_of(number: int, names: tuple[str, ...] = ()) -> bytes:
    folder = f"_runs/synthea/{number}/"
    named = {name: {"version_id": f"v-{name}", "sha256": sha256(DOCUMENTS[folder + name])} for name in names}
    return json.dumps({"run": {"run_id": str(number)}, "documents": named}).encode()


def line_of(number: int, key: str, content: bytes, before: bytes | None, **changes: Any) -> bytes:
    line = {
        "sequence": number,
        "at": f"2026-01-02T03:04:0{number}+00:00",
        "kind": "record" if key.endswith("record.json") else "amendment",
        "uri": f"s3://bronze/{key}",
        "version_id": f"v{number}",
        "sha256": sha256(content),
        "previous": sha256(before) if before else "0" * 64,
    }
    return json.dumps({**line, **changes}, separators=(",", ":")).encode() + b"\n"


def name_of(number: int) -> str:
    return f"{9_999_999_999 - number:010d}-{number:010d}.json"


def make(folder: Path) -> str:
    """Write the copy of a bucket, and return the head of its ledger."""
    records = {
        "_runs/synthea/1/record.json": record_of(1, ("manifest.jsonl", "decisions.jsonl")),
        "_runs/synthea/2/record.json": record_of(2),
    }
    lines: list[bytes] = []
    for key in ("_runs/synthea/1/record.json", AMENDED, "_runs/synthea/2/record.json"):
        content = {**DOCUMENTS, **records}[key]
        lines.append(line_of(len(lines) + 1, key, content, lines[-1] if lines else None))
    files = {**DOCUMENTS, **records, **{f"{LEDGER}/{name_of(i)}": line for i, line in enumerate(lines, 1)}}
    for key, content in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return f"{len(lines)}:{sha256(lines[-1])}"
