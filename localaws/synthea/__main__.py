"""``python -m localaws.synthea OUT_DIR --patients 100 --seed 1``: write a made-up Synthea export."""

import argparse
import sys
from pathlib import Path

from localaws.synthea.generate import generate
from localaws.synthea.layouts import LAYOUTS


def main(arguments: list[str] | None = None) -> int:
    """Write the files and say how many rows they have.

    :param arguments: the command line without the program's name; None: the process's own.
    :return: the exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m localaws.synthea", description="Write a made-up Synthea CSV export."
    )
    parser.add_argument("out_dir", type=Path, help="folder to write into; made when missing, files in it are replaced")
    parser.add_argument(
        "--patients", type=int, default=100, help="how many patients (default: 100; the public sample has 1171)"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed and count, same bytes (default: 1)")
    parser.add_argument("--supplies", type=int, default=0, help="rows of supplies.csv (default: 0, as in the sample)")
    parser.add_argument("--layout", choices=LAYOUTS, default="2020", help="year of the layout (default: 2020)")
    options = parser.parse_args(arguments)
    if options.patients < 1 or options.supplies < 0:
        parser.error("--patients must be 1 or more, and --supplies 0 or more")
    rows = generate(
        options.out_dir, options.patients, seed=options.seed, supplies=options.supplies, layout=options.layout
    )
    sys.stdout.write(
        f"{options.out_dir}: {len(rows)} files, {sum(rows.values()):,} rows, {options.patients:,} patients\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
