"""``python -m scoreboard`` measures and writes the page; ``--check`` measures and compares."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from localaws.macie2.identifiers import CATALOGUE
from scoreboard import layouts, metrics, origins, ours, page, tables
from scoreboard.data import SPECS

REPO = Path(__file__).resolve().parents[1]
PAGE = REPO / "docs" / "reports" / "scoreboard.md"
PRESIDIO_PYTHON = REPO / ".venv" / "presidio" / "bin" / "python"


def run_presidio(python: Path = PRESIDIO_PYTHON) -> None:
    """Measure Presidio in its own environment and keep its numbers in the repository.

    :raises FileNotFoundError: when the environment was not made.
    """
    if not python.exists():
        raise FileNotFoundError(f"{python} is missing: make it with requirements/presidio.lock")
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    done = subprocess.run(  # noqa: S603 - our own module
        [python, "-m", "scoreboard.presidio_run"],
        cwd=REPO,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    page.PRESIDIO.write_text(done.stdout, encoding="utf-8")


def measure() -> tuple[str, list[str]]:
    """Measure ours; return the page and what is wrong."""
    scores = ours.score_all()
    wrong = metrics.problems(scores)
    unmeasured = sorted(entry.id for entry in CATALOGUE.values() if entry.is_implemented and entry.id not in scores)
    unimplemented = sorted(spec.identifier for spec in SPECS if not CATALOGUE[spec.identifier].is_implemented)
    wrong += [f"{identifier} is implemented and not measured" for identifier in unmeasured]
    wrong += [f"{identifier} has samples and is not implemented" for identifier in unimplemented]
    found = tables.found_in_tables()
    wrong += [f"Synthea's {table}: false alarms {counts}" for table, counts in tables.false_alarms(found).items()]
    by_layout = layouts.measure()
    wrong += metrics.problems({"ADDRESS": {"over several columns": sum(by_layout.values(), metrics.Score())}})
    return page.write(scores, ours.also_reported(), found, by_layout, origins.measure()), wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when all is as it should be, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m scoreboard", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare with docs/reports/scoreboard.md instead of writing it"
    )
    parser.add_argument("--presidio", action="store_true", help="measure Presidio again though the data is the same")
    options = parser.parse_args(arguments)
    if not options.check and (options.presidio or not page.is_presidio_current()):
        run_presidio()
    text, wrong = measure()
    if not page.is_presidio_current():
        wrong.append("Presidio was measured on other data: run `make scoreboard`")
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        wrong.append("docs/reports/scoreboard.md is not what is measured now: run `make scoreboard`")
    for problem in wrong:
        sys.stderr.write(f"{problem}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
