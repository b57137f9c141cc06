"""Presidio with the patterns of the local Macie, run by the Python of its own environment (``.venv/presidio``).

Reads JSON from standard input (``patterns``: name to expression, ``rows``: lists of cells), writes the seconds for
analysing every cell. Only the pattern recognizers are used, without language model, engine or context words, in favour
of Presidio.
"""

import json
import sys
import time

from presidio_analyzer import Pattern, PatternRecognizer


def main() -> None:
    """Measure."""
    request = json.load(sys.stdin)
    recognizers = [
        PatternRecognizer(supported_entity=name, patterns=[Pattern(name, regex, 0.5)])
        for name, regex in request["patterns"].items()
    ]
    found = 0
    began = time.perf_counter()
    for row in request["rows"]:
        for cell in filter(None, row):
            for recognizer in recognizers:
                found += len(recognizer.analyze(cell, recognizer.supported_entities, None))
    sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, "found": found}))


if __name__ == "__main__":
    main()
