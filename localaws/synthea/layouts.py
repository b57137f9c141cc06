"""The five public layouts of Synthea's CSV export, and how rows of April 2020 are written in them.

Sources, by layout: the headers in ``CSVExporter.java`` of https://github.com/synthetichealth/synthea as its public
history and copies have them (2017: the first version in Java; 2019: with payers; 2020: the public sample of April 2020;
2021: with claims; 2023: version 3), and for 2023 also the column lists of public projects that load its files. What the
columns hold that April 2020 lacks is made up: that code was the source of names, not of values.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from localaws.synthea.tables import HEADERS

type Cells = Mapping[str, str]

_CLAIMS: Final = {
    "claims": "Id,PATIENTID,PROVIDERID,PRIMARYPATIENTINSURANCEID,SECONDARYPATIENTINSURANCEID,DEPARTMENTID,"
    "PATIENTDEPARTMENTID,DIAGNOSIS1,DIAGNOSIS2,DIAGNOSIS3,DIAGNOSIS4,DIAGNOSIS5,DIAGNOSIS6,DIAGNOSIS7,DIAGNOSIS8,"
    "REFERRINGPROVIDERID,APPOINTMENTID,CURRENTILLNESSDATE,SERVICEDATE,SUPERVISINGPROVIDERID,STATUS1,STATUS2,STATUSP,"
    "OUTSTANDING1,OUTSTANDING2,OUTSTANDINGP,LASTBILLEDDATE1,LASTBILLEDDATE2,LASTBILLEDDATEP,HEALTHCARECLAIMTYPEID1,"
    "HEALTHCARECLAIMTYPEID2",
    "claims_transactions": "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,METHOD,FROMDATE,TODATE,PLACEOFSERVICE,"
    "PROCEDURECODE,MODIFIER1,MODIFIER2,DIAGNOSISREF1,DIAGNOSISREF2,DIAGNOSISREF3,DIAGNOSISREF4,UNITS,DEPARTMENTID,NOTES,UNITAMOUNT,"
    "TRANSFEROUTID,TRANSFERTYPE,PAYMENTS,ADJUSTMENTS,TRANSFERS,OUTSTANDING,APPOINTMENTID,LINENOTE,PATIENTINSURANCEID,"
    "FEESCHEDULEID,PROVIDERID,SUPERVISINGPROVIDERID",
}
_2017: Final = {
    "allergies": HEADERS["allergies"],
    "careplans": "ID,START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
    "conditions": HEADERS["conditions"],
    "encounters": "ID,DATE,PATIENT,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
    "immunizations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
    "medications": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
    "observations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS",
    "patients": "ID,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,"
    "GENDER,BIRTHPLACE,ADDRESS",
    "procedures": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
}
_2019: Final = {
    **{table: HEADERS[table] for table in ("allergies", "careplans", "conditions", "imaging_studies", "observations")},
    "encounters": "Id,START,STOP,PATIENT,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,COST,PAYER_COVERAGE,REASONCODE,"
    "REASONDESCRIPTION",
    "immunizations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST",
    "medications": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,DISPENSES,TOTALCOST,REASONCODE,"
    "REASONDESCRIPTION",
    "organizations": "Id,NAME,ADDRESS,CITY,STATE,ZIP,PHONE,UTILIZATION",
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,"
    "GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,ZIP",
    "payer_transitions": "PATIENT,YEAR,PAYER,OWNERSHIP",
    "payers": "Id,NAME,ADDRESS,CITY,STATE,ZIP,PHONE,AMOUNT_COVERED,REVENUE,ENCOUNTER_UTILIZATION,UNIQUE_CUSTOMERS,"
    "QOLS_AVG",
    "procedures": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST,REASONCODE,REASONDESCRIPTION",
    "providers": "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,UTILIZATION",
}
_2021: Final = {
    **HEADERS,
    **_CLAIMS,
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,INSTANCE_UID,SOP_CODE,SOP_DESCRIPTION,PROCEDURE_CODE",
    "procedures": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
}
_2023: Final = {
    **_2021,
    "allergies": "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1,"
    "REACTION2,DESCRIPTION2,SEVERITY2",
    "conditions": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION",
    "observations": "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,MIDDLE,LAST,SUFFIX,MAIDEN,MARITAL,RACE,"
    "ETHNICITY,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,FIPS,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE,"
    "INCOME",
    "payer_transitions": "PATIENT,MEMBERID,START_DATE,END_DATE,PAYER,SECONDARY_PAYER,PLAN_OWNERSHIP,OWNER_NAME",
    "payers": HEADERS["payers"].replace("Id,NAME,", "Id,NAME,OWNERSHIP,"),
    "procedures": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    "providers": "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,LAT,LON,ENCOUNTERS,PROCEDURES",
}
LAYOUTS: Final[dict[str, dict[str, str]]] = {
    "2017": _2017,
    "2019": _2019,
    "2020": HEADERS,
    "2021": {table: _2021[table] for table in sorted(_2021)},
    "2023": {table: _2023[table] for table in sorted(_2023)},
}
"""Headers by layout and table."""

# Source: https://www.census.gov/library/reference/code-lists/ansi.html (counties of Massachusetts)
_COUNTIES: Final = (
    *("Barnstable", "Berkshire", "Bristol", "Dukes", "Essex", "Franklin", "Hampden", "Hampshire", "Middlesex"),
    *("Nantucket", "Norfolk", "Plymouth", "Suffolk", "Worcester"),
)
_FIPS: Final = {f"{county} County": str(25_001 + 2 * at) for at, county in enumerate(_COUNTIES)}
_RENAMED: Final = {
    "ID": "Id",
    "COST": "BASE_COST",
    "STATE": "STATE_HEADQUARTERED",
    "ENCOUNTER_UTILIZATION": "COVERED_ENCOUNTERS",
    "YEAR": "START_YEAR",
    "PLAN_OWNERSHIP": "OWNERSHIP",
    "ENCOUNTERS": "UTILIZATION",
    "PATIENTID": "PATIENT",
    "PROVIDERID": "PROVIDER",
    "SUPERVISINGPROVIDERID": "PROVIDER",
    "PRIMARYPATIENTINSURANCEID": "PAYER",
    "PATIENTINSURANCEID": "PAYER",
    "APPOINTMENTID": "Id",
    "DIAGNOSIS1": "REASONCODE",
    "SERVICEDATE": "START",
    "CURRENTILLNESSDATE": "START",
    "LASTBILLEDDATE1": "STOP",
    "LASTBILLEDDATEP": "STOP",
    "FROMDATE": "START",
    "TODATE": "STOP",
    "PROCEDURECODE": "CODE",
    "AMOUNT": "TOTAL_CLAIM_COST",
    "UNITAMOUNT": "TOTAL_CLAIM_COST",
    "PLACEOFSERVICE": "ORGANIZATION",
}
_FIXED: Final = {
    "SYSTEM": "http://snomed.info/sct",
    "CATEGORY": "laboratory",
    "PROCEDURES": "0",
    "DEPARTMENTID": "5",
    "PATIENTDEPARTMENTID": "5",
    "STATUS1": "CLOSED",
    "STATUSP": "CLOSED",
    "OUTSTANDING1": "0.0",
    "OUTSTANDINGP": "0.0",
    "OUTSTANDING": "0.0",
    "HEALTHCARECLAIMTYPEID1": "2",
    "HEALTHCARECLAIMTYPEID2": "0",
    "METHOD": "",
    "UNITS": "1",
    "DIAGNOSISREF1": "1",
    "FEESCHEDULEID": "1",
    "OWNERSHIP": "PRIVATE",
}


def _uuid_like(*parts: str) -> str:
    """Return an id that follows from other values, and begins with a letter, as no card's number does."""
    digits = "".join(f"{zlib.crc32('/'.join((*parts, str(at))).encode()):08x}" for at in range(4))
    return f"c{digits[1:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _dicom_uid(cells: Cells) -> str:
    return f"1.2.840.99999999.1.{zlib.crc32(cells['Id'].encode())}"


def _whole_address(cells: Cells) -> str:
    return " ".join(part for part in (cells["ADDRESS"], cells["CITY"], "MA", cells["ZIP"], "US") if part)


_MADE: Final[dict[tuple[str, str], Callable[[Cells], str]]] = {
    ("encounters", "COST"): lambda cells: cells["BASE_ENCOUNTER_COST"],
    ("encounters", "DATE"): lambda cells: cells["START"][:10],
    ("patients", "FIPS"): lambda cells: _FIPS.get(cells["COUNTY"], ""),
    ("patients", "MIDDLE"): lambda cells: cells["MAIDEN"],
    ("patients", "INCOME"): lambda cells: str(10_000 + zlib.crc32(cells["Id"].encode()) % 190_000),
    ("payer_transitions", "MEMBERID"): lambda cells: _uuid_like("member", cells["PATIENT"]),
    ("payer_transitions", "START_DATE"): lambda cells: f"{cells['START_YEAR']}-01-01T00:00:00Z",
    ("payer_transitions", "END_DATE"): lambda cells: f"{cells['END_YEAR']}-12-31T00:00:00Z",
    ("procedures", "START"): lambda cells: cells["DATE"],
    ("procedures", "STOP"): lambda cells: cells["DATE"],
    ("imaging_studies", "SERIES_UID"): _dicom_uid,
    ("imaging_studies", "INSTANCE_UID"): _dicom_uid,
    ("imaging_studies", "PROCEDURE_CODE"): lambda cells: cells["BODYSITE_CODE"],
    ("allergies", "SYSTEM"): lambda _: "SNOMED-CT",
    ("allergies", "TYPE"): lambda _: "allergy",
    ("allergies", "CATEGORY"): lambda _: "environment",
    ("claims", "Id"): lambda cells: _uuid_like("claim", cells["Id"]),
    ("claims_transactions", "ID"): lambda cells: _uuid_like("charge", cells["Id"]),
    ("claims_transactions", "CLAIMID"): lambda cells: _uuid_like("claim", cells["Id"]),
    ("claims_transactions", "CHARGEID"): lambda _: "1",
    ("claims_transactions", "TYPE"): lambda _: "CHARGE",
    ("claims_transactions", "NOTES"): lambda cells: cells["DESCRIPTION"],
}


class Layout:
    """One layout: which tables there are, and how a row of April 2020 is written in them.

    :param name: a key of :data:`LAYOUTS`.
    """

    def __init__(self, name: str) -> None:
        self.headers = LAYOUTS[name]
        self._is_same = {table: header == HEADERS.get(table) for table, header in self.headers.items()}
        self._has_whole_address = name == "2017"

    def iter_rows(self, table: str, row: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what a row of April 2020 becomes: the table with its row; nothing where the layout has no such table.

        An encounter also becomes a claim and its transaction where there are such tables.
        """
        for target in (table, *_CLAIMS) if table == "encounters" else (table,):
            if target in self.headers:
                yield target, row if self._is_same[target] else self._arranged(table, target, row)

    def _arranged(self, table: str, target: str, row: tuple[str, ...]) -> tuple[str, ...]:
        cells = dict(zip(HEADERS[table].split(","), row, strict=True))
        return tuple(self._cell(target, column, cells) for column in self.headers[target].split(","))

    def _cell(self, target: str, column: str, cells: Cells) -> str:
        if self._has_whole_address and (target, column) == ("patients", "ADDRESS"):
            return _whole_address(cells)
        if make := _MADE.get((target, column)):
            return make(cells)
        if column in cells and target not in _CLAIMS:
            return cells[column]
        return cells.get(_RENAMED.get(column, ""), _FIXED.get(column, ""))
