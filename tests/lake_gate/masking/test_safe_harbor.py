"""The shipped spec on the generated tables of all layouts, and on the real ones."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest

from lake_gate.masking.report import MaskReport
from lake_gate.masking.spec import MaskingSpec, Method
from lake_gate.masking.specs import read_spec
from localaws.macie2.documented_identifiers import DOCUMENTED
from localaws.synthea.generate import generate
from localaws.synthea.layouts import LAYOUTS
from tests.lake_gate.masking.tables import keys_of, mask

type Columns = dict[tuple[str, str], list[str]]
"""Cells by table and column."""

ALLOWED = {Method.YEAR, Method.ZIP3, Method.STATE, Method.ROUND, Method.DATE_SHIFT}
"""Methods whose results may be values of the original: the year 1989, the state MA, another person's date."""


@pytest.fixture(scope="module")
def spec() -> MaskingSpec:
    return read_spec("synthea_safe_harbor")


@pytest.fixture(scope="module", params=[*LAYOUTS, "real"])
def delivery(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated delivery of each layout, and the real files."""
    if request.param == "real":
        real: Path = request.getfixturevalue("real_delivery")
        return real
    folder = tmp_path_factory.mktemp(request.param)
    generate(folder, 30, seed=3, supplies=5, layout=request.param)
    return folder


@pytest.fixture(scope="module")
def masked(delivery: Path, spec: MaskingSpec) -> tuple[Columns, Columns, dict[str, MaskReport]]:
    """The columns of all tables, before and after, and the reports."""
    before: Columns = {}
    after: Columns = {}
    reports = {}
    for path in sorted(delivery.glob("*.csv")):
        copy, reports[path.stem] = mask(path.read_bytes(), spec, name=path.name)
        before |= columns_of(path.stem, path.read_bytes())
        after |= columns_of(path.stem, copy)
    return before, after, reports


def columns_of(table: str, content: bytes) -> Columns:
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return {(table, name): [row[at] for row in rows] for at, name in enumerate(header)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_column_of_every_table_is_masked_or_harmless_for_a_reason(layout: str, spec: MaskingSpec) -> None:
    columns = [(table, name.lower()) for table, header in LAYOUTS[layout].items() for name in header.split(",")]
    rules = {(table, name): spec.datasets[table].columns[name] for table, name in columns}
    assert all(
        rule.reason[:3] in {f"{letter}: " for letter in "ABCDEFGHIJKLMNOPQR"} or rule.method is Method.KEEP
        for rule in rules.values()
    )
    assert all(rule.reason.startswith("Harmless") == (rule.method is Method.KEEP) for rule in rules.values())


def test_spec_names_no_column_that_no_layout_has(spec: MaskingSpec) -> None:
    known = {
        (table, name.lower())
        for headers in LAYOUTS.values()
        for table, header in headers.items()
        for name in header.split(",")
    }
    assert {(table, name) for table, rules in spec.datasets.items() for name in rules.columns} == known
    assert len(spec.datasets) == 18


def test_identifiers_of_the_spec_are_documented_or_the_custom_ones(spec: MaskingSpec) -> None:
    custom = {"Patient ID", "US Driver License", "US Passport"}
    unknown = {name for name in spec.identifiers if "*" not in name} - DOCUMENTED - custom
    assert not unknown
    assert not {name for name in ("AWS_CREDENTIALS", "JSON_WEB_TOKEN", "PGP_PRIVATE_KEY") if spec.rule_for(name)}


def test_every_join_has_as_many_rows_as_before(
    masked: tuple[Columns, Columns, dict[str, MaskReport]], spec: MaskingSpec
) -> None:
    before, after, _ = masked
    keys = [
        (table, name) for table, name in before if spec.datasets[table].columns[name.lower()].method is Method.TOKEN
    ]
    counts = {key: (Counter(before[key]), Counter(after[key])) for key in keys}
    joined = 0
    for one, other in combinations(keys, 2):
        first, second = (joins(counts[one][at], counts[other][at]) for at in (0, 1))
        assert first == second, (one, other)
        joined += first > 0
    assert joined > len(before) / 10


def joins(one: Mapping[str, int], other: Mapping[str, int]) -> int:
    return sum(count * other.get(value, 0) for value, count in one.items() if value)


def test_no_original_value_is_in_a_masked_column(
    masked: tuple[Columns, Columns, dict[str, MaskReport]], spec: MaskingSpec
) -> None:
    before, after, _ = masked
    methods = {(table, name): spec.datasets[table].columns[name.lower()].method for table, name in before}
    originals = {
        value for key, cells in before.items() if methods[key] is not Method.KEEP for value in cells if len(value) >= 3
    }
    strict = {key for key, method in methods.items() if method not in ALLOWED | {Method.KEEP}}
    assert strict
    assert not {key: found for key in strict if (found := originals & set(after[key]))}
    precise = {key for key, method in methods.items() if method is Method.YEAR or method is Method.ZIP3}
    assert not {key for key in precise if any(len(cell) > 4 for cell in after[key])}
    dates = {key for key, method in methods.items() if method is Method.DATE_SHIFT}
    assert not {
        key
        for key in dates
        for old, new in zip(before[key], after[key], strict=True)
        if old[:10] == new[:10] != "" and new[:10] != f"{spec.oldest_year}-01-01"
    }


def test_unmasked_columns_are_equal_and_copies_are_the_same_again(
    delivery: Path, masked: tuple[Columns, Columns, dict[str, MaskReport]], spec: MaskingSpec
) -> None:
    before, after, reports = masked
    assert before.keys() == after.keys()
    kept = [key for key in before if spec.datasets[key[0]].columns[key[1].lower()].method is Method.KEEP]
    assert all(before[key] == after[key] for key in kept)
    for table, report in reports.items():
        again = mask((delivery / f"{table}.csv").read_bytes(), spec, name=f"{table}.csv", keys=keys_of())[1]
        assert again == report


def test_no_date_tells_that_a_person_is_over_89(
    masked: tuple[Columns, Columns, dict[str, MaskReport]], spec: MaskingSpec
) -> None:
    _, after, _ = masked
    methods = {(table, name): spec.datasets[table].columns[name.lower()].method for table, name in after}
    years = {
        cell[:4]
        for key, cells in after.items()
        if methods[key] in {Method.YEAR, Method.DATE_SHIFT}
        for cell in cells
        if cell
    }
    assert min(years) >= str(spec.oldest_year)


def test_risk_is_known_for_patients_alone(masked: tuple[Columns, Columns, dict[str, MaskReport]]) -> None:
    _, _, reports = masked
    assert [table for table, report in reports.items() if report.risk] == ["patients"]
    risk = reports["patients"].risk
    assert risk
    assert risk.smallest_group
    assert {name.upper() for name in risk.quasi_identifiers} <= {"BIRTHDATE", "ZIP", "GENDER", "RACE", "ETHNICITY"}
