"""Measure the masking of a table (`make bench`): speed beside plain rewrites of the same file, and memory by size.

The table is ``encounters`` of Synthea's layout of 2020, with 45 visits of each patient in a row, as Synthea writes
them; the spec is the shipped one: five columns become tokens, two dates are shifted, eight are kept. Compared are

* the masking alone, and with its checks, as a task does both;
* a rewrite with the csv module: every cell is parsed and written again;
* a rewrite with polars, if ``--polars`` names a Python that has it.

Times are CPU seconds of the process, the best of several turns that alternate. Exit status 1 means that a target was
missed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import hmac
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from bench.scale import status_bytes
from lake_gate.delivery.header import SAMPLE_BYTES, header_of
from lake_gate.masking.dialect import find_dialect
from lake_gate.masking.files import mask_file
from lake_gate.masking.keys import Keys
from lake_gate.masking.masker import mask_stream
from lake_gate.masking.plan import plan_columns
from lake_gate.masking.spec import parse
from lake_gate.model.manifest import LandedObject

REPO = Path(__file__).resolve().parent.parent
_MB = 10**6
SIZES = {"82 MB": 82 * _MB, "330 MB": 330 * _MB, "1 GB": 1000 * _MB}
MEMORY_BYTES = 200 * _MB
RATIO = 0.5
"""Target: the masking is at least this fast, as a share of the csv module's rewrite."""
HEADER = (
    b"Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,"
    b"TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION\n"
)
POLARS = "import polars, sys, time; began = time.process_time(); \
polars.read_csv(sys.argv[1], infer_schema=False).write_csv(sys.argv[2]); print(time.process_time() - began)"


def main() -> None:
    """Print the tables; exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.masking", description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--polars", type=Path, help="the Python that has polars")
    parser.add_argument("--only", choices=("speed", "memory"))
    parser.add_argument("--case", type=Path, help="mask this file and print the memory that it took")
    options = parser.parse_args()
    if options.case:
        print(_memory_of(options.case))
        return
    are_met = []
    if options.only != "memory":
        are_met.append(_speed(options.turns, options.polars))
    if options.only != "speed":
        are_met.append(_memory())
    sys.exit(not all(are_met))


def _speed(turns: int, polars: Path | None) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encounters.csv"
        size = write_table(path, 20 * _MB)
        ways: dict[str, Callable[[], float]] = {
            "rewrite with csv": lambda: _timed(lambda: _rewrite(path)),
            "masking": lambda: _timed(lambda: _mask(path, is_checked=False)),
            "masking and checks": lambda: _timed(lambda: _mask(path, is_checked=True)),
        }
        if polars:
            ways["rewrite with polars"] = lambda: _polars(polars, path)
        seconds = {name: min(times) for name, times in _turns(ways, turns).items()}
    plain = seconds["rewrite with csv"]
    for name, best in seconds.items():
        print(f"{name:20} {size / best / _MB:7.1f} MB/s {plain / best:6.2f} of the rewrite with csv", flush=True)
    return plain / seconds["masking"] >= RATIO


def _turns(ways: dict[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            times[name].append(way())
    return times


def _timed(function: Callable[[], object]) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began


def _rewrite(path: Path) -> None:
    with path.open(newline="") as source, tempfile.TemporaryFile("w", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(csv.reader(source))


def _polars(python: Path, path: Path) -> float:
    command = [str(python), "-c", POLARS, str(path), str(path.with_suffix(".out"))]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _mask(path: Path, *, is_checked: bool) -> None:
    content = json.loads((REPO / "include/masking/synthea_safe_harbor.json").read_text())
    spec = parse("synthea_safe_harbor", content, sha256="", this_year=2026)
    keys = Keys(lambda message: hmac.digest(b"a key", message, "sha256"), spec.key_version)
    with path.open("rb") as source, tempfile.TemporaryFile() as target:
        head = source.read(SAMPLE_BYTES)
        sha256 = hashlib.file_digest(path.open("rb"), "sha256").hexdigest() if is_checked else ""
        facts = ("encounters.csv", "b", "k", "v", "e", path.stat().st_size, sha256, "c")
        landed = LandedObject(*facts, header=header_of(path.name, head, is_whole=False))
        if is_checked:
            mask_file(source, target, landed=landed, spec=spec, found=[], keys=keys)
        elif dialect := find_dialect(path.name, head):
            plan = plan_columns(landed, head.decode().splitlines()[0].split(","), spec, [])
            mask_stream(source, target, dialect, plan, spec, keys)


def _memory() -> bool:
    are_met = True
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            path = Path(folder) / "encounters.csv"
            write_table(path, size)
            command = [sys.executable, "-m", "bench.masking", "--case", str(path)]
            began = time.perf_counter()
            grown = int(subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout)
            is_met = grown < MEMORY_BYTES
            took = f"{grown / _MB:5.0f} MB of memory, {time.perf_counter() - began:6.1f} s"
            print(f"{name:8} {took}{'' if is_met else '   OVER THE LIMIT'}", flush=True)
            are_met = are_met and is_met
    return are_met


def _memory_of(path: Path) -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = status_bytes("VmRSS")
    _mask(path, is_checked=True)
    return status_bytes("VmHWM") - before


def write_table(path: Path, size: int) -> int:
    """Write the table; return its size, which is about the size asked for."""
    with path.open("wb") as file:
        file.write(HEADER)
        for block in _iter_patients(Random(1)):
            if file.tell() >= size:
                break
            file.write(block)
        return file.tell()


def _iter_patients(rng: Random) -> Iterator[bytes]:
    """Yield the visits of one patient after the other."""
    organizations, providers, payers = ([_uuid(rng) for _ in range(count)] for count in (1_100, 5_800, 10))
    kinds = [
        (kind, str(rng.randrange(10**7, 10**9)), " ".join(["Encounter for"] + ["problem"] * (number % 4)))
        for number, kind in enumerate(["wellness", "ambulatory", "outpatient", "inpatient", "urgentcare"] * 8)
    ]
    while True:
        block, patient, provider = io.StringIO(), _uuid(rng), rng.randrange(5_800)
        for _ in range(45):
            kind, code, description = kinds[rng.randrange(len(kinds))]
            day = f"{rng.randrange(1950, 2025)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            hour, cost = rng.randrange(23), rng.randrange(10_000)
            reason = f"{code},Disorder" if cost % 3 else ","
            block.write(
                f"{_uuid(rng)},{day}T{hour:02}:42:44Z,{day}T{hour + 1:02}:12:44Z,{patient},"
                f"{organizations[provider % 1_100]},{providers[provider]},{payers[provider % 10]},{kind},{code},"
                f"{description},129.16,{cost}.16,{cost // 2}.0,{reason}\n"
            )
        yield block.getvalue().encode()


def _uuid(rng: Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


if __name__ == "__main__":
    main()
