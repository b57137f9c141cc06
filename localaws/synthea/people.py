"""Patients: their identity, dates of life and payers."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from localaws.synthea import words
from localaws.synthea.places import NO_INSURANCE, Places
from localaws.synthea.shares import drawn_id

EXPORTED_ON: Final = date(2020, 4, 26)
"""Nothing in the files is later, but for dates that lie in the future by their nature."""

_ADULT: Final = 18
_DRIVES: Final = 16
_RACES: Final = ("white",) * 82 + ("black",) * 9 + ("asian",) * 8 + ("native",)


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient: ``columns`` holds the row up to LON; the money at its end is known when the encounters are."""

    id: str
    birth: date
    last_day: date
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A payer from one year to another: a row of ``payer_transitions``."""

    start_year: int
    end_year: int
    payer: int
    ownership: str


def draw_patient(rng: Random) -> Patient:
    """Draw one patient."""
    birth = EXPORTED_ON - timedelta(days=rng.randint(60, 105 * 365))
    lived_days = (EXPORTED_ON - birth).days
    death = birth + timedelta(days=rng.randint(lived_days // 2, lived_days)) if rng.randrange(100) < 15 else None
    last_day = death or EXPORTED_ON
    patient_id, gender = drawn_id(rng), rng.choice("FM")
    columns = (
        *(patient_id, birth.isoformat(), death.isoformat() if death else ""),
        *_papers(rng, age := (last_day - birth).days // 365),
        *_name(rng, gender, age),
        *(rng.choice(_RACES), "nonhispanic" if rng.randrange(10) else "hispanic", gender, words.birthplace(rng)),
        *_home(rng),
    )
    return Patient(patient_id, birth, last_day, columns)


def _papers(rng: Random, age: int) -> tuple[str, str, str]:
    """Draw SSN (area 999, which is never issued), DRIVERS and PASSPORT."""
    ssn = f"999-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"
    drivers = f"S999{rng.randint(10000, 99999)}" if age >= _DRIVES else ""
    passport = f"X{rng.randint(10_000_000, 99_999_999)}X" if age >= _ADULT and rng.randrange(20) else ""
    return ssn, drivers, passport


def _name(rng: Random, gender: str, age: int) -> tuple[str, ...]:
    """Draw PREFIX, FIRST, LAST, SUFFIX, MAIDEN and MARITAL."""
    first, last = words.numbered(words.given_name(rng, gender)), words.numbered(words.surname(rng))
    if age < _ADULT:
        return "", first, last, "", "", ""
    marital = rng.choice(("M", "M", "M", "M", "S"))
    wife = gender == "F" and marital == "M"
    prefix = "Mr." if gender == "M" else "Mrs." if wife else "Ms."
    suffix = "" if rng.randrange(80) else rng.choice(("JD", "MD", "PhD"))
    return prefix, first, last, suffix, words.numbered(words.surname(rng)) if wife else "", marital


def _home(rng: Random) -> tuple[str, ...]:
    """Draw ADDRESS, CITY, STATE, COUNTY, ZIP (empty for almost half, as in Synthea), LAT and LON."""
    town = rng.choice(words.TOWNS)
    zip_code = town.zip_code if rng.randrange(100) < 54 else ""
    place = (str(town.latitude + rng.uniform(-0.05, 0.05)), str(town.longitude + rng.uniform(-0.05, 0.05)))
    return words.street(rng), town.name, "Massachusetts", town.county, zip_code, *place


def draw_coverages(rng: Random, patient: Patient, count: int) -> list[Coverage]:
    """Draw who paid, in the order of time and without gaps after the first."""
    first, last = patient.birth.year, patient.last_day.year
    starts = sorted(rng.randint(first, last) for _ in range(count))
    following = [*starts, last + 1][1:]
    ends = [max(start, then - 1) for start, then in zip(starts, following, strict=True)]
    return [
        Coverage(start, end, rng.randrange(NO_INSURANCE + 1), _ownership(rng, end - first))
        for start, end in zip(starts, ends, strict=True)
    ]


def _ownership(rng: Random, age: int) -> str:
    return "Guardian" if age < _ADULT else rng.choice(("Self", "Self", "Self", "Spouse", ""))


def payer_in(year: int, coverages: list[Coverage], places: Places) -> str:
    """Return the id of the payer of a year; before the first coverage that of NO_INSURANCE."""
    started = (coverage.payer for coverage in reversed(coverages) if coverage.start_year <= year)
    return places.payer_id(next(started, NO_INSURANCE))
