"""Breaks the safety code, one breakage after another, and runs the tests that must notice (`make mutants`).

Each breakage is made in a copy of the repo. The exit code is 0 only when the tests noticed all of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.catalogue import MUTANTS, Mutant

REPO = Path(__file__).resolve().parents[2]
WORKERS = 2
MOST_SECONDS = 150
"""A breakage that makes a wait endless shows by tests that do not end."""
NOTICED, MISSED = 1, 0
"""Exit codes of pytest: tests failed, all passed. Anything else says that no test was run."""


def main() -> None:
    """Try the breakages whose names hold a text, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    parser.add_argument("--only", default="", help="text that the names must hold")
    chosen = [mutant for mutant in MUTANTS if parser.parse_args().only in mutant.name]
    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        missed = [mutant for mutant, noticed in zip(chosen, pool.map(_try, chosen), strict=True) if not noticed]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} breakages noticed, {time.monotonic() - began:.0f} s")
    sys.exit(1 if missed or not chosen else 0)


def _try(mutant: Mutant) -> bool:
    """Return whether the tests notice the breakage."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "repo"
        shutil.copytree(REPO, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".local", "__pycache__", ".*_cache"))
        broken = copy / mutant.path
        broken.write_text(broken.read_text().replace(mutant.old, mutant.new))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": f"{copy / 'plugins'}{os.pathsep}{copy}"}
        bounded = {"timeout": MOST_SECONDS, "capture_output": True, "text": True, "check": False}
        try:
            done = subprocess.run(command, cwd=copy, env=environment, **bounded)
        except subprocess.TimeoutExpired:
            print(f"noticed  {mutant.name:50} {mutant.path:36} the tests do not end", flush=True)
            return True
    word = {NOTICED: "noticed", MISSED: "MISSED"}.get(done.returncode, f"NOT TESTED ({done.returncode})")
    by = next((line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    print(f"{word:8} {mutant.name:50} {mutant.path:36} {by.rpartition('::')[2]}", flush=True)
    return done.returncode == NOTICED


if __name__ == "__main__":
    main()
