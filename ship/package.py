"""Build the package for MWAA in ``dist/``: plugins.zip, the DAGs with ``include/``, requirements.txt, and a manifest.

The package holds the files that git tracks, and the same files give the same bytes on every machine: a hash shows
whether plugins.zip or requirements.txt have changed. Only these two need an update of the environment.
Source: https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags.html

In an unpacked source archive, without git, it holds the files with the suffixes of :data:`SUFFIXES`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
DIST = REPO / "dist"
SHIPPED = {"dags": "dags", "include": "dags/include", "plugins": "plugins", "requirements.txt": "requirements.txt"}
"""Paths in the repo, and in the package: MWAA reads no other folder than ``dags/``, so that has ``include/``."""

NEEDED = ("plugins/.airflowignore", "dags/.airflowignore", "requirements.txt")
"""Files without which the package does not work: without the first, Airflow executes every module as a plugin."""

SUFFIXES = {".py", ".json", ".md", ".txt", ".html", ".css", ".js", ".svg"}
MIDNIGHT_OF_ZIP = (1980, 1, 1, 0, 0, 0)
PLUGINS, MANIFEST = "plugins.zip", "manifest.json"


def build(repo: Path, dist: Path, *, uncommitted: bool = False) -> dict[str, Any]:
    """Write the package and return its manifest.

    :param uncommitted: whether to package uncommitted changes; the manifest then lists their files.
    :raises SystemExit: when the package cannot be built; ``dist`` is not changed then.
    """
    names = _names(repo)
    if missing := [name for name in NEEDED if name not in names]:
        raise SystemExit(f"Not packaged: {', '.join(missing)} is missing, and required on MWAA.")
    origin = _origin(repo)
    if origin["uncommitted"] and not uncommitted:
        raise SystemExit(_refusal(origin["uncommitted"]))
    files = {_place(name): (repo / name).read_bytes() for name in names}
    inside = {place.removeprefix("plugins/"): files.pop(place) for place in list(files) if place.startswith("plugins/")}
    files[PLUGINS] = _zip(inside)
    manifest = {**origin, "files": _described(files), PLUGINS: _described(inside)}
    files[MANIFEST] = json.dumps(manifest, indent=2).encode() + b"\n"
    _write(files, dist)
    return manifest


def _names(repo: Path) -> list[str]:
    """Return the paths of the packaged files in the repo."""
    if not _has_git(repo):
        found = [path for name in SHIPPED for path in [repo / name, *(repo / name).rglob("*")] if path.is_file()]
        return sorted(path.relative_to(repo).as_posix() for path in found if _is_packaged(path))
    # Includes files that are neither tracked nor ignored: they are refused unless the caller allows them.
    listed = _git(repo, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SHIPPED).split("\0")
    return sorted({name for name in listed if name and (repo / name).is_file()})


def _is_packaged(path: Path) -> bool:
    return path.name == ".airflowignore" or (path.suffix in SUFFIXES and not path.name.startswith("."))


def _origin(repo: Path) -> dict[str, Any]:
    """Return commit and version of the files, and the files that differ from the commit."""
    if not _has_git(repo):
        return {"commit": None, "version": None, "uncommitted": []}
    commit = _git(repo, "rev-parse", "HEAD").strip()
    version = _git(repo, "describe", "--tags", "--always").strip()
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    changed = [entry[3:] for entry in _git(repo, "status", *options, "--", *SHIPPED).split("\0") if entry]
    return {"commit": commit, "version": version, "uncommitted": sorted(changed)}


def _has_git(repo: Path) -> bool:
    return (repo / ".git").exists() and shutil.which("git") is not None


def _git(repo: Path, *arguments: str) -> str:
    # The folder may belong to another user, as in a container, and a commit may be in progress.
    command = ["git", "--no-optional-locks", "-c", f"safe.directory={repo}", "-C", str(repo), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"Not packaged: git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _refusal(changed: list[str]) -> str:
    listed = "".join(f"\n  {name}" for name in changed)
    return (
        f"Not packaged: these files differ from the last commit:{listed}\n"
        "Commit them, stash them (git stash --include-untracked), or package them as they are, for a test in an "
        "environment of your own: make package PACKAGE_ARGS=--uncommitted"
    )


def _place(name: str) -> str:
    top, _, rest = name.partition("/")
    return f"{SHIPPED[top]}/{rest}" if rest else SHIPPED[top]


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack files so that the bytes depend only on names and contents.

    Not compressed: the output of zlib differs between versions, and the file is small.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, MIDNIGHT_OF_ZIP)
            entry.create_system = 3  # Unix, whose file modes the next line means
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def _described(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    }


def _write(files: Mapping[str, bytes], dist: Path) -> None:
    """Write to a temporary folder first: a package is complete or missing."""
    partial = dist.with_name(f"{dist.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name, content in files.items():
        path = partial / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if dist.exists():
        shutil.rmtree(dist)
    partial.rename(dist)


def _summary(manifest: Mapping[str, Any]) -> str:
    files, inside = manifest["files"], manifest[PLUGINS]
    dags = [file["bytes"] for name, file in files.items() if name.startswith("dags/")]
    commit = manifest["commit"] or "unknown (not a git clone)"
    lines = {
        "commit": f"{commit}, with uncommitted changes" if manifest["uncommitted"] else commit,
        PLUGINS: f"{len(inside)} files, {_kb(files[PLUGINS]['bytes'])}, SHA-256 {files[PLUGINS]['sha256']}",
        "dags/": f"{len(dags)} files, {_kb(sum(dags))}, with dags/include/",
        "requirements.txt": _kb(files["requirements.txt"]["bytes"]),
        MANIFEST: "every file with its size and SHA-256",
    }
    return "\n".join(["In dist/", *(f"  {name:16} {text}" for name, text in lines.items())])


def _kb(size: int) -> str:
    return f"{size / 1000:.1f} kB"


def main() -> None:
    """Build the package for MWAA."""
    parser = argparse.ArgumentParser(prog="python -m ship.package", description=main.__doc__)
    parser.add_argument("--uncommitted", action="store_true", help="also package uncommitted changes")
    arguments = parser.parse_args()
    print(_summary(build(REPO, DIST, uncommitted=arguments.uncommitted)))


if __name__ == "__main__":
    main()
