"""The delivery of a scenario: a file of every kind, small and known byte by byte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PATIENT = "76982e06-f8b8-4509-9ca3-65a99c8650fe"

HIGH, MEDIUM, CLEAN, ODD, PDF = "high.csv", "medium.csv", "clean.csv", "sp ace+plus%20é.csv", "notes.pdf"

FILES = {
    HIGH: b"SSN\n219-09-9999\n",
    MEDIUM: b"PATIENT\n" + PATIENT.encode() + b"\n",
    CLEAN: b"CODE,UNITS\n1,2\n",
    ODD: b"CODE,UNITS\n3,4\n",
    PDF: b"%PDF-1.7 not analysed",
}
EXPECTED = {HIGH: "quarantine", MEDIUM: "promote", CLEAN: "promote", ODD: "promote", PDF: "hold"}

INTRUDER = b"SSN\n078-05-1121\nput here by somebody else\n"
"""What somebody writes over a landed object; it would be quarantined if it were scanned."""


@dataclass(frozen=True)
class Delivery:
    """Files by name, and where each of them is expected to go."""

    files: dict[str, bytes]
    expected: dict[str, str]

    def write(self, folder: Path) -> None:
        """Make the folder that is delivered."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


SMALL = Delivery(FILES, EXPECTED)
MASKED = Delivery(
    {
        "patients.csv": f"Id,BIRTHDATE,SSN,FIRST\n{PATIENT},1970-02-03,219-09-9999,Abe\n".encode(),
        "conditions.csv": f"START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n2020-01-02,,{PATIENT},,1,Mould\n".encode(),
        CLEAN: FILES[CLEAN],
        PDF: FILES[PDF],
    },
    {"patients.csv": "mask", "conditions.csv": "mask", CLEAN: "promote", PDF: "hold"},
)
"""For a feed that masks."""
MASKING = {"policy": "deidentified", "masking": "synthea_safe_harbor"}
"""What makes the feed ``synthea`` one that masks."""
