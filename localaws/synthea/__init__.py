"""Synthea-shaped CSV files of any size, generated from a seed: demos, tests and benchmarks need no download.

The sixteen tables of Synthea's April 2020 export with its headers, value shapes, proportions and traps: digits behind
names, two spaces where a comma would be, empty ZIPs, keys that may be empty, accents, doubles with sixteen digits.
Every value is drawn from made-up lists; the clinical codes are public. Totals in ``payers`` and
``organizations`` are plausible, not sums.

The other public layouts (2017, 2019, 2021, 2023 with its 18 tables) are the same rows, written in their columns.

Command line: ``python -m localaws.synthea OUT_DIR --patients 100 --seed 1 --layout 2023``.

Source: https://github.com/synthetichealth/synthea/wiki/CSV-File-Data-Dictionary
"""

from localaws.synthea.generate import generate
from localaws.synthea.tables import HEADERS, SAMPLE_PATIENTS, row_counts

__all__ = ["HEADERS", "SAMPLE_PATIENTS", "generate", "row_counts"]
