"""Masking of a landed file: its report, and what makes it fail."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lake_gate.errors import MaskCheckError, NoMaskingRuleError, RiskTooHighError
from lake_gate.masking.files import mask_file
from lake_gate.masking.report import Risk
from tests.conftest import REPO
from tests.lake_gate.masking.tables import KEEP, NULL, TOKEN, keys_of, landed_as, mask, spec_of

COLUMNS = {"Id": TOKEN, "SSN": NULL, "ZIP": {"method": "zip3"}, "GENDER": KEEP}
CONTENT = "Id,SSN,ZIP,GENDER\n" + "".join(f"p{n},999-76-{n:04},0101{n % 10},{'FM'[n % 2]}\n" for n in range(100))


def test_report_has_what_a_record_needs() -> None:
    spec = spec_of(COLUMNS, quasi_identifiers=["ZIP", "GENDER"], min_k=50)
    masked, report = mask(CONTENT, spec)
    assert (report.rows, report.columns, report.size_bytes) == (100, 4, len(masked))
    assert report.sha256 == hashlib.sha256(masked).hexdigest()
    assert report.methods == {"Id": "token", "SSN": "null", "ZIP": "zip3"}
    assert (report.spec, report.spec_sha256, report.key_version) == ("test", "hash", 1)
    assert report.key_fingerprint == keys_of().fingerprint
    assert (report.collisions, report.risk) == (0, Risk(("ZIP", "GENDER"), 50, 0, 0.0))


def test_group_below_min_k_is_an_error() -> None:
    spec = spec_of(COLUMNS, quasi_identifiers=["ZIP", "GENDER"], min_k=51)
    with pytest.raises(RiskTooHighError, match=r"has 50 row\(s\), and min_k"):
        mask(CONTENT, spec)


def test_table_without_rows_has_no_risk() -> None:
    spec = spec_of(COLUMNS, quasi_identifiers=["ZIP"], min_k=50)
    masked, report = mask("Id,SSN,ZIP\n", spec)
    assert (masked, report.rows) == (b"Id,SSN,ZIP\n", 0)
    assert report.risk == Risk(("ZIP",), None, 0, 0.0)


@pytest.mark.parametrize("name", ["t.pdf", "t.csv.gz", "t.json"])
def test_file_that_is_not_a_table_has_no_rule(name: str) -> None:
    with pytest.raises(NoMaskingRuleError, match="only tables of delimited text"):
        mask(CONTENT, spec_of(COLUMNS), name=name)


def test_spec_that_forgets_a_column_is_an_error() -> None:
    columns = {name: rule for name, rule in COLUMNS.items() if name != "SSN"}
    with pytest.raises(NoMaskingRuleError, match="SSN"):
        mask(CONTENT, spec_of(columns))


def test_bytes_that_are_not_those_that_were_landed_are_not_masked() -> None:
    landed = replace(landed_as("t.csv", CONTENT.encode()), sha256="0" * 64)
    with pytest.raises(MaskCheckError, match="not the landed object"):
        mask_file(
            io.BytesIO(CONTENT.encode()), io.BytesIO(), landed=landed, spec=spec_of(COLUMNS), found=[], keys=keys_of()
        )


def test_keys_of_another_version_than_the_spec_are_refused() -> None:
    with pytest.raises(MaskCheckError, match="another version"):
        mask(CONTENT, spec_of(COLUMNS, key_version=2), keys=keys_of(version=1))


MEMORY = """
import hashlib, pathlib, resource, sys, tempfile
from tests.lake_gate.masking.tables import *

cells = ["{n:07}", "1d604da9-9a81-4ba9-80c2-de33{n:08}", "20{y}-05-25T10:00:00Z", "999-76-{n}", "x" * 80]
row = ",".join(cells) + "\\n"
columns = {"Id": TOKEN, "PATIENT": TOKEN, "START": SHIFT, "SSN": NULL, "NOTE": KEEP}
path = pathlib.Path(sys.argv[1])
with path.open("w") as file:
    file.write(",".join(columns) + "\\n")
    for n in range(int(sys.argv[2])):
        file.write(row.format(n=n, y=10 + n % 90))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with path.open("rb") as source, tempfile.TemporaryFile() as target:
    landed = landed_as("t.csv", path.open("rb").read(100_000))
    sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    landed = type(landed)(*("t.csv", "b", "k", "v", "e", path.stat().st_size, sha256, "c"), header=landed.header)
    report = mask_file(source, target, landed=landed, spec=spec_of(columns), found=[], keys=keys_of())
assert report.rows == int(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Every row has values of its own, which no cache can forget cheaply."""
    path = os.pathsep.join(str(folder) for folder in (REPO, REPO / "plugins"))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "t.csv"), "250000"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 100_000  # kB; 76,000 for four times as many rows, too
