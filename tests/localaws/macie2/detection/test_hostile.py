"""Objects that are made to harm: a scan of them ends, in bounded memory, with a result."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from bench.scan_memory import Stream
from localaws.macie2.detection.readers import csv_reader, json_reader
from localaws.macie2.detection.result import ScanResult, ScanStatus
from localaws.macie2.detection.scanner import scan
from localaws.macie2.identifiers import CATALOGUE
from tests.localaws.macie2.detection.scans import PATIENT, counts, scan_text

REPO = Path(__file__).resolve().parents[4]


MB = 1_000_000


def scan_parts(parts: Iterator[bytes], extension: str) -> ScanResult:
    """Scan bytes that are made while they are read."""
    return scan(Stream(parts), extension, 0, tuple(CATALOGUE.values()), [PATIENT], chunk_bytes=1 << 18)


HOSTILE: dict[str, tuple[str, Callable[[int], Iterator[bytes]]]] = {
    "one line": ("txt", lambda size: repeat(b"no end to this line " * 500, size // 10_000)),
    "keywords": ("txt", lambda size: repeat(b"ssn passport iban dob " * 500, size // 11_000)),
    "near-matches": ("txt", lambda size: repeat(b"ssn 078-05-112 4539 5787 6362 148 " * 300, size // 10_200)),
    "one CSV line": ("csv", lambda size: repeat(b"1" * 10_000, size // 10_000)),
    "one CSV cell": ("csv", lambda size: chain([b'a,b\n1,"'], repeat(b"x y " * 2500, size // 10_000), [b'"\n'])),
    "quotes": ("csv", lambda size: chain([b"a,b\n"], repeat(b'"x"y"",z\n' * 1000, size // 9000))),
    "rows of any length": ("csv", lambda size: chain([b"a,b\n"], repeat(b",\n,,,,\n\n1\n" * 1000, size // 11_000))),
    "open JSON": ("jsonl", lambda size: chain([b"{"], repeat(b'"a":[{},' * 1000, size // 8000))),
    "one JSON string": ("json", lambda size: chain([b'{"a":"'], repeat(b"x" * 10_000, size // 10_000), [b'"}'])),
    "one JSON object": ("json", lambda size: chain([b'{"a":1'], (b',"k%d":"%d"' % (n, n) for n in range(size // 20)))),
    "brackets": ("json", lambda size: repeat(b"[" * 10_000, size // 10_000)),
    "numbers": ("json", lambda size: repeat(b"9" * 10_000, size // 10_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_bounded_whatever_the_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAXIMUM_RECORD_BYTES", 1 << 19)
    monkeypatch.setattr(json_reader, "MAXIMUM_VALUE", 1 << 19)
    extension, make = HOSTILE[name]
    scan_parts(make(20_000), extension)
    tracemalloc.start()
    try:
        result = scan_parts(make(MB), extension)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.status is not ScanStatus.SKIPPED or result.reason == "JSON_NESTING_LEVEL_OVER_LIMIT"
    assert peak < 40 * MB


#: Texts on which an expression that goes back would take years, with what is found in them.
SLOW: dict[str, tuple[str, bytes]] = {
    "comments without a tag": ("csv", b"<!---->" * 500 + b"x\nssn\n219-09-9999\n"),
    "comments that begin only": ("csv", b"<!-- " * 800 + b"\nssn\n219-09-9999\n"),
    "separators of spaces": ("csv", b"sep=" + b" " * 60_000 + b"x\nssn\n219-09-9999\n"),
    "a word before a region": ("txt", b"A" * 200_000 + b", MA 02139, ssn 219-09-9999"),
    "spaces before a region": ("txt", b"Aa" + b" " * 200_000 + b"MA 02139, ssn 219-09-9999"),
    "full stops before a region": ("txt", b"A." * 100_000 + b", MA 02139, ssn 219-09-9999"),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_expression_takes_longer_than_the_text_is_long(name: str) -> None:
    extension, data = SLOW[name]
    assert counts(scan_text(data, extension=extension))["USA_SOCIAL_SECURITY_NUMBER"] == 1


def test_what_no_cell_and_no_value_can_hold_is_read_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "MAXIMUM_RECORD_BYTES", 1000)
    monkeypatch.setattr(json_reader, "MAXIMUM_VALUE", 1000)
    for extension, opening in (("csv", 'a,b\n1,"'), ("json", '{"a":"')):
        text = opening + "x " * 5000 + "patient P1234" + " y" * 5000
        result = scan_text(text, PATIENT, managed="", extension=extension, chunk_bytes=100)
        assert (result.status, counts(result)) == (ScanStatus.COMPLETE, {"patient": 1})


@pytest.mark.slow
def test_a_large_document_grows_no_process() -> None:
    code = (
        "import sys; from itertools import chain, repeat; from bench.scan_memory import peak_of\n"
        "rows = chain([b'['], repeat(b'{\"ssn\":\"x\",\"a\":[1,2]},' * 1000, 400), [b'0]'])\n"
        "sys.stdout.write(str(peak_of('json', lambda: rows)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200 * MB


def test_a_stream_that_is_read_a_byte_at_a_time_gives_the_same() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(1 if size else 0)

        read1 = read

    data = b"PATIENT,b\nP1234,ssn 078-05-1120\n"
    quick = scan(io.BytesIO(data), "csv", len(data), tuple(CATALOGUE.values()), [PATIENT])
    assert scan(Slow(data), "csv", len(data), tuple(CATALOGUE.values()), [PATIENT]) == quick
