"""Write a whole export, patient by patient: memory does not grow with their number."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from random import Random

from localaws.synthea.charts import WRITERS, draw_chart
from localaws.synthea.layouts import Layout
from localaws.synthea.people import Patient, draw_coverages, draw_patient
from localaws.synthea.places import Places, Row
from localaws.synthea.shares import iter_shares, stream
from localaws.synthea.tables import row_counts

_PER_PATIENT = ("encounters", "payer_transitions", *WRITERS)


def generate(out_dir: Path, patients: int, *, seed: int = 1, supplies: int = 0, layout: str = "2020") -> dict[str, int]:
    """Write the CSV files of a made-up Synthea export.

    :param out_dir: folder to write into; made when missing, files of the same names are replaced.
    :param patients: how many patients, 1 or more.
    :param seed: the same seed and counts give the same bytes.
    :param supplies: rows of ``supplies.csv``, which Synthea's own sample leaves empty.
    :param layout: a year of :data:`LAYOUTS`.
    :return: table name to rows written, without the header.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    rows = row_counts(patients, supplies=supplies)
    with ExitStack() as stack:
        files = Files(out_dir, Layout(layout), stack)
        places = Places(seed, rows["organizations"], rows["providers"])
        files.write("payers", places.iter_payers())
        files.write("organizations", places.iter_organizations())
        files.write("providers", places.iter_providers())
        for number, due in enumerate(_iter_due(rows, patients, seed)):
            _write_patient(files, stream(seed, "patient", number), places, due)
        return files.rows


class Files:
    """The open files of an export.

    :ivar rows: table name to rows written.
    """

    def __init__(self, out_dir: Path, layout: Layout, stack: ExitStack) -> None:
        self._layout = layout
        self._files = {table: stack.enter_context(_create(out_dir, table, layout)) for table in layout.headers}
        self.rows = dict.fromkeys(layout.headers, 0)

    def write(self, table: str, rows: Iterable[Row]) -> None:
        """Write rows as they are: no value has a comma, a quote or a line break, and a test holds it to that."""
        for row in rows:
            for target, cells in self._layout.iter_rows(table, row):
                self._files[target].write(f"{','.join(cells)}\n")
                self.rows[target] += 1


def _create(out_dir: Path, table: str, layout: Layout) -> TextIOWrapper:
    file = (out_dir / f"{table}.csv").open("w", encoding="utf-8", newline="\n")
    file.write(f"{layout.headers[table]}\n")
    return file


def _iter_due(rows: dict[str, int], patients: int, seed: int) -> Iterator[dict[str, int]]:
    """Yield, for each patient, how many rows each table is due."""
    shares = (iter_shares(table, rows[table], patients, seed) for table in _PER_PATIENT)
    for due in zip(*shares, strict=True):
        yield dict(zip(_PER_PATIENT, due, strict=True))


def _write_patient(files: Files, rng: Random, places: Places, due: dict[str, int]) -> None:
    patient = draw_patient(rng)
    coverages = draw_coverages(rng, patient, due["payer_transitions"])
    chart = draw_chart(rng, patient, coverages, places, due["encounters"])
    transitions = (
        (patient.id, str(c.start_year), str(c.end_year), places.payer_id(c.payer), c.ownership) for c in coverages
    )
    files.write("payer_transitions", transitions)
    files.write("encounters", (encounter.row for encounter in chart.encounters))
    files.write("patients", [_with_money(patient, [encounter.row for encounter in chart.encounters])])
    for table, iter_rows in WRITERS.items():
        files.write(table, iter_rows(chart, due[table]))


def _with_money(patient: Patient, encounters: list[Row]) -> Row:
    """End a patient's row with HEALTHCARE_EXPENSES and HEALTHCARE_COVERAGE: sums of doubles, with all their digits."""
    expenses, coverage = (sum(float(row[column]) for row in encounters) for column in (11, 12))
    return *patient.columns, str(expenses), str(coverage)
