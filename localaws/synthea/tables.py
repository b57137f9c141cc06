"""The tables of a Synthea export: headers and numbers of rows."""

from typing import Final

SAMPLE_PATIENTS: Final = 1171
"""Patients in Synthea's public sample of April 2020, whose proportions :func:`row_counts` keeps."""

HEADERS: Final[dict[str, str]] = {
    "allergies": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
    "careplans": "Id,START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
    "conditions": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
    "devices": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,UDI",
    "encounters": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,"
    "DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE,REASONCODE,REASONDESCRIPTION",
    "imaging_studies": "Id,DATE,PATIENT,ENCOUNTER,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE,"
    "MODALITY_DESCRIPTION,SOP_CODE,SOP_DESCRIPTION",
    "immunizations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST",
    "medications": "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,"
    "REASONCODE,REASONDESCRIPTION",
    "observations": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
    "organizations": "Id,NAME,ADDRESS,CITY,STATE,ZIP,LAT,LON,PHONE,REVENUE,UTILIZATION",
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,MARITAL,RACE,ETHNICITY,"
    "GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,COUNTY,ZIP,LAT,LON,HEALTHCARE_EXPENSES,HEALTHCARE_COVERAGE",
    "payer_transitions": "PATIENT,START_YEAR,END_YEAR,PAYER,OWNERSHIP",
    "payers": "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,AMOUNT_COVERED,AMOUNT_UNCOVERED,REVENUE,"
    "COVERED_ENCOUNTERS,UNCOVERED_ENCOUNTERS,COVERED_MEDICATIONS,UNCOVERED_MEDICATIONS,COVERED_PROCEDURES,"
    "UNCOVERED_PROCEDURES,COVERED_IMMUNIZATIONS,UNCOVERED_IMMUNIZATIONS,UNIQUE_CUSTOMERS,QOLS_AVG,"
    "MEMBER_MONTHS",
    "procedures": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,REASONCODE,REASONDESCRIPTION",
    "providers": "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,LAT,LON,UTILIZATION",
    "supplies": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,QUANTITY",
}

PAYERS: Final = 10
"""Payers do not grow with the patients."""

_SAMPLE_ROWS: Final[dict[str, int]] = {
    "allergies": 597,
    "careplans": 3_483,
    "conditions": 8_376,
    "devices": 78,
    "encounters": 53_346,
    "imaging_studies": 855,
    "immunizations": 15_478,
    "medications": 42_989,
    "observations": 299_697,
    "organizations": 1_119,
    "patients": SAMPLE_PATIENTS,
    "payer_transitions": 3_801,
    "procedures": 34_981,
    "providers": 5_855,
}


def row_counts(patients: int, *, supplies: int = 0) -> dict[str, int]:
    """Return the number of rows of each table, without the header.

    :param patients: how many patients, 1 or more.
    :param supplies: rows of ``supplies``, which is empty in the sample.
    :return: table name to rows, in the order of :data:`HEADERS`; for 1,171 patients exactly the sample's numbers.
    """
    scaled = {
        table: (rows * patients + SAMPLE_PATIENTS // 2) // SAMPLE_PATIENTS for table, rows in _SAMPLE_ROWS.items()
    }
    scaled |= {table: max(1, scaled[table]) for table in ("organizations", "providers")}
    return dict(sorted((scaled | {"payers": PAYERS, "supplies": supplies}).items()))
