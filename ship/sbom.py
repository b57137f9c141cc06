"""Write the bill of materials of the package, ``dist/sbom.cdx.json``: CycloneDX 1.6.

It lists the files of the manifest and the distributions that MWAA installs or provides for them: requirements.txt with
all dependencies, in the versions of ``requirements/airflow.lock``, with their hashes. The same package gives the same
bytes. Source: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).resolve().parent.parent
LOCK = REPO / "requirements" / "airflow.lock"
NAME = "sbom.cdx.json"
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_ROOT = "lake-gate"


def build(dist: Path, lock: Path = LOCK) -> dict[str, Any]:
    """Return the bill of materials of the package in ``dist``.

    :raises SystemExit: when installed distributions, whose dependencies are read, differ from the lock.
    """
    manifest = json.loads((dist / "manifest.json").read_text())
    direct = [Requirement(line) for line in _lines((dist / "requirements.txt").read_text())]
    pinned = _pinned(lock.read_text())
    needs = _closure(direct)
    if others := sorted(name for name in needs if pinned.get(name, ("", []))[0] != distribution(name).version):
        raise SystemExit(f"Installed versions differ from the lock: {', '.join(others)}. Run make setup, or make lock.")
    files = [
        {"type": "file", "bom-ref": name, "name": name, "hashes": [_sha256(file["sha256"])]}
        for name, file in manifest["files"].items()
    ]
    root = {"type": "application", "bom-ref": _ROOT, "name": _ROOT, "version": manifest["version"] or "unknown"}
    roots = [_purl(canonicalize_name(requirement.name), pinned) for requirement in direct]
    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [*files, *(_library(name, *pinned[name]) for name in sorted(needs))],
        "dependencies": [
            {"ref": _ROOT, "dependsOn": [*manifest["files"], *roots]},
            *({"ref": _purl(name, pinned), "dependsOn": _purls(needs[name], pinned)} for name in sorted(needs)),
        ],
    }
    return {**bom, "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom))}"}


def _lines(text: str) -> Iterator[str]:
    yield from (line for line in (line.partition("#")[0].strip() for line in text.splitlines()) if line)


def _pinned(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Return version and hashes of each pin; the first one where systems differ."""
    found: dict[str, tuple[str, list[str]]] = {}
    starts = list(_PIN.finditer(lock))
    for pin, end in zip(starts, [*(pin.start() for pin in starts[1:]), len(lock)], strict=True):
        found.setdefault(pin[1], (pin[2], _HASH.findall(lock[pin.start() : end])))
    return found


def _closure(direct: Iterable[Requirement]) -> dict[str, list[str]]:
    """Return the dependencies of each distribution, for all that the direct ones need."""
    needs: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    left = [(canonicalize_name(needed.name), extra) for needed in direct for extra in ("", *needed.extras)]
    while left:
        name, extra = left.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for needed in map(Requirement, distribution(name).requires or []):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                needs.setdefault(name, set()).add(canonicalize_name(needed.name))
                left += [(canonicalize_name(needed.name), more) for more in ("", *needed.extras)]
        needs.setdefault(name, set())
    return {name: sorted(those) for name, those in needs.items()}


def _library(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    # A version has several distributions, but a component has one hash: so they are those of the external reference.
    source = {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/"}
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        **_licence(name),
        "externalReferences": [{**source, "hashes": [_sha256(digest) for digest in hashes]}],
    }


def _licence(name: str) -> dict[str, Any]:
    about = distribution(name).metadata
    if expression := about.get("License-Expression"):
        return {"licenses": [{"expression": expression}]}
    classifiers = about.get_all("Classifier") or []
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    return {"licenses": [{"license": {"name": licence}} for licence in named]} if named else {}


def _sha256(content: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": content}


def _purl(name: str, pinned: Mapping[str, tuple[str, list[str]]]) -> str:
    return f"pkg:pypi/{name}@{pinned[name][0]}"


def _purls(names: Iterable[str], pinned: Mapping[str, tuple[str, list[str]]]) -> list[str]:
    return [_purl(name, pinned) for name in names]


def main() -> None:
    """Write the bill of materials of the package in dist/."""
    path = REPO / "dist" / NAME
    bom = build(path.parent)
    path.write_text(json.dumps(bom, indent=2) + "\n")
    print(f"{path}: {len(bom['components'])} components")


if __name__ == "__main__":
    main()
