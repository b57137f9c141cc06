"""Breaks the safety code, one breakage after another, and runs the tests that must notice (`make mutants`).

Each breakage is made in a copy of the repository. It counts as noticed only when a test fails because of it: one
that does not compile, whose tests cannot be collected, or whose tests do not end without being expected to, is missed.
The exit code is 0 only when all are noticed.

``noticed.json`` keeps, for each breakage, a fingerprint of the code and the tests with which it was last noticed.
``--changed`` takes those whose fingerprint is another one now, and a tenth of the rest that changes every day.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from tests.mutants.catalogue import MUTANTS, Mutant

REPO = Path(__file__).resolve().parents[2]
STATE = Path(__file__).with_name("noticed.json")
MOST_SECONDS = 600
ENDLESS_SECONDS = 180
"""For breakages that make a wait endless."""
_SHARES = 10
_LEFT_OUT = (".git", ".venv", ".local", "__pycache__", ".*_cache", ".hypothesis", "dist")


def main() -> None:
    """Try the chosen breakages, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    parser.add_argument("--only", default="", help="text that the names must hold")
    parser.add_argument("--path", default="", help="text that the paths of the broken files must hold")
    parser.add_argument("--changed", action="store_true", help="what changed since it was last noticed, and a tenth")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=inf, help="begin none after so many; they stay due")
    options = parser.parse_args()
    known = read_state()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name and options.path in mutant.path]
    if options.changed:
        chosen = due(chosen, known, datetime.now(UTC).toordinal())
    began = time.monotonic()
    deadline = began + options.minutes * 60
    noticed: dict[Mutant, bool] = {}
    with ThreadPoolExecutor(options.workers) as pool:
        results = pool.map(lambda mutant: _try(mutant) if time.monotonic() < deadline else None, chosen)
        for mutant, is_noticed in zip(chosen, results, strict=True):
            if is_noticed is not None:
                noticed[mutant] = is_noticed
                known[mutant.name] = fingerprint(mutant) if is_noticed else ""
                write_state(known)
    print(f"{sum(noticed.values())} of {len(noticed)} breakages noticed, {time.monotonic() - began:.0f} s")
    if late := len(chosen) - len(noticed):
        print(f"  not tried in {options.minutes:g} minutes: {late}; they stay due")
    for name in (mutant.name for mutant, is_noticed in noticed.items() if not is_noticed):
        print(f"  missed: {name}")
    sys.exit(0 if all(noticed.values()) and (noticed or options.changed) else 1)


def due(mutants: list[Mutant], known: dict[str, str], day: int) -> list[Mutant]:
    """Return the breakages whose code or tests changed since they were noticed, and the tenth of the rest for that day.

    :param day: number of the day.
    """
    share = day % _SHARES
    return [
        mutant
        for number, mutant in enumerate(mutants)
        if known.get(mutant.name) != fingerprint(mutant) or number % _SHARES == share
    ]


def fingerprint(mutant: Mutant) -> str:
    """Return a hash of the breakage, of the file that it breaks and of its tests."""
    digest = hashlib.sha256(f"{mutant.old}\0{mutant.new}\0".encode())
    for path in (mutant.path, *mutant.tests):
        digest.update((REPO / path).read_bytes())
    return digest.hexdigest()


def read_state() -> dict[str, str]:
    """Return the fingerprints with which the breakages were last noticed, by name."""
    state: dict[str, str] = json.loads(STATE.read_text()) if STATE.exists() else {}
    return state


def write_state(state: dict[str, str]) -> None:
    """Keep the fingerprints of the breakages that are in the catalogue."""
    names = {mutant.name for mutant in MUTANTS}
    kept = {name: value for name, value in sorted(state.items()) if name in names and value}
    STATE.write_text(json.dumps(kept, indent=1) + "\n")


def compiles(path: str, code: str) -> bool:
    """Return whether a file with this content can be loaded: what Python refuses proves nothing."""
    if not path.endswith(".py"):
        return True
    try:
        compile(code, path, "exec")
    except SyntaxError:
        return False
    return True


def _try(mutant: Mutant) -> bool:
    """Return whether the tests notice the breakage."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "repo"
        shutil.copytree(REPO, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        broken = copy / mutant.path
        code = broken.read_text().replace(mutant.old, mutant.new)
        if code == broken.read_text() or not compiles(mutant.path, code):
            return _say("MISSED", mutant, "the breakage does not apply, or does not compile")
        broken.write_text(code)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": f"{copy / 'plugins'}{os.pathsep}{copy}"}
        seconds = ENDLESS_SECONDS if mutant.is_endless else MOST_SECONDS
        try:
            done = subprocess.run(
                command, cwd=copy, env=environment, timeout=seconds, capture_output=True, text=True, check=False
            )
        except subprocess.TimeoutExpired:
            return _say("noticed" if mutant.is_endless else "MISSED", mutant, "the tests do not end")
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if done.returncode == 1 and failed:
        return _say("noticed", mutant, failed[0].rpartition("::")[2])
    return _say("MISSED", mutant, "all tests pass" if done.returncode == 0 else f"no test failed ({done.returncode})")


def _say(word: str, mutant: Mutant, by: str) -> bool:
    print(f"{word:8} {mutant.name:50} {mutant.path:36} {by}", flush=True)
    return word == "noticed"


if __name__ == "__main__":
    main()
