"""Breaks the safety code, one breakage after another, and runs the tests that must notice (`make mutants`).

Each breakage is made in a copy of the repository. It counts as noticed only when a test fails because of it: one
that does not compile, whose tests cannot be collected, or whose tests do not end without being expected to, is missed.
The exit code is 0 only when all are noticed.

``noticed.json`` keeps, for each breakage, a fingerprint of the code and the tests with which it was last noticed, and
the test that failed, which is tried first the next time. ``--changed`` takes those whose fingerprint is another one
now, and a fortieth of the rest that changes every day.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.pytest_runs import PytestRuns

REPO = Path(__file__).resolve().parents[2]
STATE = Path(__file__).with_name("noticed.json")
MOST_SECONDS = 600
ENDLESS_SECONDS = 180
"""For breakages that make a wait endless."""
_SHARES = 40
_LEFT_OUT = (".git", ".venv", ".local", ".*_cache", ".hypothesis", "dist")


@dataclass(frozen=True, slots=True)
class Noticed:
    """How a breakage was last noticed.

    :param fingerprint: of its code and tests at that time, see :func:`fingerprint`.
    :param by: the test that failed, as pytest names it; empty if the tests did not end.
    """

    fingerprint: str
    by: str


def main() -> None:
    """Try the chosen breakages, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=__doc__)
    parser.add_argument("--only", default="", help="text that the names must hold")
    parser.add_argument("--path", default="", help="text that the paths of the broken files must hold")
    parser.add_argument("--changed", action="store_true", help="what changed, and a fortieth of the rest")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=inf, help="begin none after so many; they stay due")
    options = parser.parse_args()
    known = read_state()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name and options.path in mutant.path]
    if options.changed:
        chosen = due(chosen, known, datetime.now(UTC).toordinal())
    began = time.monotonic()
    deadline = began + options.minutes * 60
    tried: dict[Mutant, Noticed | None] = {}
    with ThreadPoolExecutor(options.workers) as pool, Tries(options.workers) as tries:
        tasks = ((mutant, known.get(mutant.name)) for mutant in chosen)
        results = pool.map(lambda task: tries.make(*task) if time.monotonic() < deadline else _LATE, tasks)
        for mutant, noticed in zip(chosen, results, strict=True):
            if noticed is not _LATE:
                tried[mutant] = noticed
                known.pop(mutant.name, None)
                known |= {mutant.name: noticed} if noticed else {}
                write_state(known)
    missed = [mutant.name for mutant, noticed in tried.items() if not noticed]
    print(f"{len(tried) - len(missed)} of {len(tried)} breakages noticed, {time.monotonic() - began:.0f} s")
    if late := len(chosen) - len(tried):
        print(f"  not tried in {options.minutes:g} minutes: {late}; they stay due")
    for name in missed:
        print(f"  missed: {name}")
    sys.exit(0 if not missed and (tried or options.changed) else 1)


_LATE = Noticed("", "")
"""In place of what came of a breakage that was not tried in time."""


def due(mutants: list[Mutant], known: Mapping[str, Noticed], day: int) -> list[Mutant]:
    """Return the breakages whose code or tests changed since they were noticed, and a fortieth of the rest.

    :param day: number of the day.
    """
    share = day % _SHARES
    return [
        mutant
        for number, mutant in enumerate(mutants)
        if number % _SHARES == share
        or mutant.name not in known
        or known[mutant.name].fingerprint != fingerprint(mutant)
    ]


def fingerprint(mutant: Mutant) -> str:
    """Return a hash of the breakage, of the file that it breaks and of its tests."""
    digest = hashlib.sha256(f"{mutant.old}\0{mutant.new}\0".encode())
    for path in (mutant.path, *mutant.tests):
        digest.update((REPO / path).read_bytes())
    return digest.hexdigest()


def read_state() -> dict[str, Noticed]:
    """Return how the breakages were last noticed, by name."""
    state = json.loads(STATE.read_text()) if STATE.exists() else {}
    return {name: Noticed(**noticed) for name, noticed in state.items()}


def write_state(state: Mapping[str, Noticed]) -> None:
    """Keep how the breakages that are in the catalogue were noticed."""
    names = {mutant.name for mutant in MUTANTS}
    kept = {name: asdict(noticed) for name, noticed in sorted(state.items()) if name in names}
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


class Tries:
    """Tries breakages, as many at once as there are workers."""

    def __init__(self, workers: int) -> None:
        self._idle: SimpleQueue[PytestRuns] = SimpleQueue()
        self._all = [PytestRuns() for _ in range(workers)]
        for runs in self._all:
            self._idle.put(runs)

    def __enter__(self) -> Tries:
        return self

    def __exit__(self, *_: object) -> None:
        for runs in self._all:
            runs.close()

    def make(self, mutant: Mutant, before: Noticed | None = None) -> Noticed | None:
        """Break a copy of the repository, and return which test noticed it; None if none did.

        :param before: how it was noticed before.
        """
        runs = self._idle.get()
        try:
            by, why = _try(runs, mutant, before.by if before else "")
        finally:
            self._idle.put(runs)
        word = "MISSED" if by is None else "noticed"
        print(f"{word:8} {mutant.name:50} {mutant.path:36} {by or why}", flush=True)
        return None if by is None else Noticed(fingerprint(mutant), by)


def _try(runs: PytestRuns, mutant: Mutant, first: str) -> tuple[str | None, str]:
    """Return the test that fails, empty for tests that should not end and do not; and why none does.

    :param first: the test that is run before the others, if any.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "repo"
        shutil.copytree(REPO, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        if not _break(copy, mutant):
            return None, "the breakage does not apply, or does not compile"
        if first and (failed := runs.run(copy, [first], MOST_SECONDS).failed):
            return failed, ""
        result = runs.run(copy, mutant.tests, ENDLESS_SECONDS if mutant.is_endless else MOST_SECONDS)
    if result.code is None:
        return ("" if mutant.is_endless else None), "the tests do not end"
    return result.failed, "all tests pass" if result.code == 0 else f"no test failed ({result.code})"


def _break(copy: Path, mutant: Mutant) -> bool:
    """Break the copy; return whether that changed anything that can be loaded."""
    broken = copy / mutant.path
    code = broken.read_text()
    new = code.replace(mutant.old, mutant.new)
    for compiled in (broken.parent / "__pycache__").glob(f"{broken.stem}.*"):
        compiled.unlink()
    broken.write_text(new)
    return new != code and compiles(mutant.path, new)


if __name__ == "__main__":
    main()
