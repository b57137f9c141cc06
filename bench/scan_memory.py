"""Measure the memory of scans of large and of hostile objects, each in a separate process (part of ``bench.scan``).

``python -m bench.scan_memory CASE`` prints the measurements of a case as JSON.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from bench.scale import status_bytes
from localaws.macie2.detection.result import ScanResult
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE, CustomIdentifier

REPO = Path(__file__).resolve().parent.parent
MEMORY_BYTES = 300 * 10**6
LINEAR = 1.5
"""Limit of the time per byte, as a multiple of that of the smallest file."""

_PATIENT = CustomIdentifier(
    "p", "Patient ID", "[a-z,0-9]{8}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{12}", ("PATIENT",)
)
_MB = 10**6


class Stream:
    """Bytes that are generated while they are read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        """Read at most ``size`` bytes."""
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        data, self._left = self._left[:size], self._left[size:]
        return data


def _table(size: int) -> Iterator[bytes]:
    """Generate observations: eight columns, some with many repeated values."""
    yield b"DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE\n"
    made, number = 0, 0
    while made < size:
        block = b"".join(
            b"2015-%02d-%02d,%08x-7a83-43f3-89da-%012x,%08x-9c43-4cf5-8a5c-%012x,%d-%d,Height %d,%d.%d,cm,numeric\n"
            % (n % 12 + 1, n % 28 + 1, n // 250, n // 250, n // 7, n // 7, n % 9999, n % 9, n % 40, n % 999, n % 10)
            for n in range(number, number + 10_000)
        )
        made, number = made + len(block), number + 10_000
        yield block


def _records(size: int) -> Iterator[bytes]:
    """Generate one JSON document."""
    yield b"["
    made, number = 0, 0
    while made < size:
        block = b"".join(
            b'{"id":%d,"ssn":"x","name":{"first":"A","tags":["b",%d,null]},"note":"nothing to see here, move on"},\n'
            % (n, n)
            for n in range(number, number + 1000)
        )
        made, number = made + len(block), number + 1000
        yield block
    yield b"0]"


def _bomb() -> Stream:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.txt", "w") as member:
        for _ in range(1000):
            member.write(b"0" * _MB)
    return Stream(iter([stream.getvalue()]))


def _wide(width: int) -> Stream:
    rows = repeat(b"1," * (width - 1) + b"2\n", 20 * _MB // width)
    return Stream(chain([b",".join(b"c%d" % n for n in range(width)), b"\n"], rows))


CASES: dict[str, tuple[str, Callable[[], Stream]]] = {
    "CSV, 82 MB": ("csv", lambda: Stream(_table(82 * _MB))),
    "CSV, 330 MB": ("csv", lambda: Stream(_table(330 * _MB))),
    "CSV, 1 GB": ("csv", lambda: Stream(_table(1000 * _MB))),
    "JSON, one document of 330 MB": ("json", lambda: Stream(_records(330 * _MB))),
    "JSON lines, 100 MB of near-JSON": ("jsonl", lambda: Stream(chain([b"{"], repeat(b'"a":[{},' * 1000, 12_500)))),
    "JSON, a string of 100 MB": ("json", lambda: Stream(chain([b'{"a":"'], repeat(b"x" * _MB, 100), [b'"}']))),
    "JSON, 50 million brackets": ("json", lambda: Stream(repeat(b"[" * _MB, 50))),
    "text, one line of 100 MB": ("txt", lambda: Stream(repeat(b"no end to this line " * 50_000, 100))),
    "text, 100 MB of keywords": ("txt", lambda: Stream(repeat(b"ssn passport iban dob " * 45_000, 100))),
    "text, 100 MB of near-matches": (
        "txt",
        lambda: Stream(repeat(b"ssn 078-05-112 4539 5787 6362 148 " * 30_000, 100)),
    ),
    "CSV, one line of 100 MB": ("csv", lambda: Stream(repeat(b"1" * _MB, 100))),
    "CSV, a cell of 100 MB": ("csv", lambda: Stream(chain([b'a,b\n1,"'], repeat(b"x y " * 250_000, 100), [b'"\n']))),
    "CSV, 200,000 columns": ("csv", lambda: _wide(200_000)),
    "CSV, a million columns": ("csv", lambda: _wide(_MB)),
    "CSV, 100 MB of quotes": ("csv", lambda: Stream(chain([b"a,b\n"], repeat(b'"x"y"",z\n' * 110_000, 100)))),
    "zip, a bomb of 1 GB": ("zip", _bomb),
    "gzip, 1 GB of CSV": ("gz", lambda: Stream(iter([gzip.compress(b"a,b\n" + b"ssn,1\n" * 160_000_000, 1)]))),
}


def measure() -> bool:
    """Print a line for each case; return whether all stayed within their limits."""
    print(f"{'object':34} {'seconds':>8} {'MB/s':>6} {'memory':>8}  result")
    per_byte: list[float] = []
    are_met = True
    for name in CASES:
        took = _in_process(name)
        is_met = took["memory_bytes"] < MEMORY_BYTES
        if name.startswith("CSV") and took["status"] == "COMPLETE" and name[5:].rstrip(" MGB").isdecimal():
            per_byte.append(took["seconds"] / took["size_bytes"])
            is_met = is_met and per_byte[-1] <= LINEAR * per_byte[0]
        rate = took["size_bytes"] / max(took["seconds"], 0.001) / _MB
        outcome = f"{took['status']} {took['reason'] or ''}".strip()
        beyond = "" if is_met else "   OVER THE LIMIT"
        print(
            f"{name:34} {took['seconds']:8.1f} {rate:6.0f} {took['memory_bytes'] / 1e6:5.0f} MB  {outcome}{beyond}",
            flush=True,
        )
        are_met = are_met and is_met
    return are_met


def _in_process(name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.scan_memory", name], cwd=REPO, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-3000:]}")
    took: dict[str, Any] = json.loads(done.stdout)
    return took


def peak_of(extension: str, make: Callable[[], Iterator[bytes]]) -> int:
    """Scan in this process, and return the peak growth of its memory in bytes."""
    return _scan(extension, lambda: Stream(make()))[0]


def _scan(extension: str, make: Callable[[], Stream]) -> tuple[int, float, ScanResult]:
    managed, custom = tuple(CATALOGUE.values()), (_PATIENT,)
    warm = b"PATIENT,b\nJohn Smith,1 Elm St\n" * 100  # imports and expressions are the same for any size
    scan(io.BytesIO(warm), "csv", len(warm), managed, custom)
    stream = make()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = status_bytes("VmRSS")
    began = time.perf_counter()
    result = scan(stream, extension, 0, managed, custom, name="x.csv.gz")
    return status_bytes("VmHWM") - before, time.perf_counter() - began, result


def _run(name: str) -> None:
    grown, seconds, result = _scan(*CASES[name])
    facts = {"seconds": seconds, "size_bytes": result.size_classified_bytes, "memory_bytes": grown}
    sys.stdout.write(json.dumps({**facts, "status": str(result.status), "reason": result.reason}))


if __name__ == "__main__":
    _run(sys.argv[1])
