"""A patient's chart: encounters, and the rows that depend on them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Final

from localaws.synthea import codes
from localaws.synthea.people import Coverage, Patient, payer_in
from localaws.synthea.places import Places, Row
from localaws.synthea.shares import drawn_id

_VISIT: Final = 129.16
"""The cost of an encounter in Synthea, in dollars; a shot costs 140.52."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """One encounter as the rows that hang on it see it."""

    id: str
    start: datetime
    payer_id: str
    row: Row

    @property
    def at(self) -> str:
        """The start, in Synthea's format of times."""
        return _moment(self.start)


@dataclass(frozen=True, slots=True)
class Chart:
    """One patient with encounters in the order of time, at least one."""

    patient: Patient
    encounters: Sequence[Encounter]
    rng: Random

    def visits(self, count: int) -> Iterator[Encounter]:
        """Yield ``count`` encounters, in the order of time and spread over the chart; some more than once."""
        for number in range(count):
            yield self.encounters[number * len(self.encounters) // count]


def draw_chart(rng: Random, patient: Patient, coverages: list[Coverage], places: Places, count: int) -> Chart:
    """Draw a patient's encounters."""
    born = datetime.combine(patient.birth, time())
    lived_seconds = (patient.last_day - patient.birth).days * 86_400
    starts = sorted(rng.randrange(lived_seconds) for _ in range(count))
    known = [rng.randrange(places.providers) for _ in range(4)]
    doctors = [(places.organization_id(provider), places.provider_id(provider)) for provider in known]
    years = range(patient.birth.year, patient.last_day.year + 1)
    payers = {year: payer_in(year, coverages, places) for year in years}
    moments = (born + timedelta(seconds=start) for start in starts)
    encounters = (_draw_encounter(rng, patient.id, moment, rng.choice(doctors), payers) for moment in moments)
    return Chart(patient, tuple(encounters), rng)


def _draw_encounter(rng: Random, patient_id: str, start: datetime, doctor: Row, payers: dict[int, str]) -> Encounter:
    encounter_id, payer_id = drawn_id(rng), payers[start.year]
    kind, term = rng.choice(codes.ENCOUNTERS)
    stop = start + timedelta(minutes=rng.choice((15, 15, 30, 60)))
    covered = rng.choice(("0.00", "49.16", "54.16", "89.16", "129.16"))
    row = (
        *(encounter_id, _moment(start), _moment(stop), patient_id, *doctor, payer_id),
        *(kind, *term, f"{_VISIT}", f"{_VISIT}", covered, *_reason(rng)),
    )
    return Encounter(encounter_id, start, payer_id, row)


def _moment(at: datetime) -> str:
    return f"{at.isoformat()}Z"


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _later(rng: Random, at: datetime, days: int) -> datetime:
    return at + timedelta(days=rng.randint(7, days))


def _reason(rng: Random) -> Row:
    """Draw REASONCODE and REASONDESCRIPTION, which are often empty."""
    return rng.choice(codes.CONDITIONS) if rng.randrange(100) < 45 else ("", "")


def iter_allergies(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``allergies``: all found at one encounter."""
    found, rng = chart.rng.choice(chart.encounters), chart.rng
    for _ in range(count):
        stop = _day(_later(rng, found.start, 9_000)) if rng.randrange(100) < 11 else ""
        yield _day(found.start), stop, chart.patient.id, found.id, *rng.choice(codes.ALLERGIES)


def iter_careplans(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``careplans``."""
    rng = chart.rng
    for visit in chart.visits(count):
        stop = _day(_later(rng, visit.start, 700)) if rng.randrange(100) < 56 else ""
        reason = rng.choice(codes.CONDITIONS) if rng.randrange(10) else ("", "")
        yield drawn_id(rng), _day(visit.start), stop, chart.patient.id, visit.id, *rng.choice(codes.CAREPLANS), *reason


def iter_conditions(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``conditions``."""
    for visit in chart.visits(count):
        stop = _day(_later(chart.rng, visit.start, 60)) if chart.rng.randrange(100) < 55 else ""
        yield _day(visit.start), stop, chart.patient.id, visit.id, *chart.rng.choice(codes.CONDITIONS)


def iter_devices(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``devices``; the UDI is in GS1 form: item, made on, good until, lot, serial number."""
    rng = chart.rng
    for visit in chart.visits(count):
        made, expires = visit.start - timedelta(days=21), visit.start + timedelta(days=25 * 365)
        item, lot, serial = (_long_number(rng, digits) for digits in (14, rng.randint(7, 19), rng.randint(5, 18)))
        udi = f"(01){item}(11){made:%y%m%d}(17){expires:%y%m%d}(10){lot}(21){serial}"
        yield visit.at, "", chart.patient.id, visit.id, *rng.choice(codes.DEVICES), udi


def _long_number(rng: Random, digits: int) -> str:
    """Draw a number that begins with 7, as no card's does."""
    return f"7{rng.randrange(10 ** (digits - 1)):0{digits - 1}}"


def iter_imaging_studies(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``imaging_studies``."""
    for visit in chart.visits(count):
        yield drawn_id(chart.rng), visit.at, chart.patient.id, visit.id, *chart.rng.choice(codes.IMAGING)


def iter_immunizations(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``immunizations``."""
    for visit in chart.visits(count):
        yield visit.at, chart.patient.id, visit.id, *chart.rng.choice(codes.VACCINES), "140.52"


def iter_medications(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``medications``."""
    rng = chart.rng
    for visit in chart.visits(count):
        stop = _moment(_later(rng, visit.start, 400)) if rng.randrange(100) < 90 else ""
        cents, dispenses = rng.randint(500, 70_000), rng.randint(1, 14)
        covered = 0 if rng.randrange(2) else rng.randint(0, cents)
        money = (f"{cents / 100:.2f}", f"{covered / 100:.2f}", str(dispenses), f"{cents * dispenses / 100:.2f}")
        keys = (chart.patient.id, visit.payer_id, visit.id)
        yield visit.at, stop, *keys, *rng.choice(codes.MEDICATIONS), *money, *_reason(rng)


def iter_observations(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``observations``; a tenth belongs to no encounter."""
    rng, patient_id = chart.rng, chart.patient.id
    for number, visit in enumerate(chart.visits(count)):
        if rng.randrange(10):
            keys, measure = (visit.at, patient_id, visit.id), codes.MEASURES[number % len(codes.MEASURES)]
        else:
            keys, measure = (f"{_day(visit.start)}T00:00:00Z", patient_id, ""), rng.choice(codes.LIFE_SCORES)
        value = rng.choice(measure.texts) if measure.texts else f"{rng.uniform(measure.low, measure.high):.1f}"
        yield *keys, measure.code, measure.description, value, measure.units, "text" if measure.texts else "numeric"


def iter_procedures(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``procedures``."""
    rng = chart.rng
    for visit in chart.visits(count):
        cost = f"{rng.randint(20_000, 1_500_000) / 100:.2f}"
        yield visit.at, chart.patient.id, visit.id, *rng.choice(codes.PROCEDURES), cost, *_reason(rng)


def iter_supplies(chart: Chart, count: int) -> Iterator[Row]:
    """Yield rows of ``supplies``."""
    for visit in chart.visits(count):
        yield (
            _day(visit.start),
            chart.patient.id,
            visit.id,
            *chart.rng.choice(codes.SUPPLIES),
            str(chart.rng.randint(1, 50)),
        )


WRITERS: Final[dict[str, Callable[[Chart, int], Iterator[Row]]]] = {
    "allergies": iter_allergies,
    "careplans": iter_careplans,
    "conditions": iter_conditions,
    "devices": iter_devices,
    "imaging_studies": iter_imaging_studies,
    "immunizations": iter_immunizations,
    "medications": iter_medications,
    "observations": iter_observations,
    "procedures": iter_procedures,
    "supplies": iter_supplies,
}
"""The generator of each table that depends on encounters."""
