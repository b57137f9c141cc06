"""The scan of an object: a file, or an archive with its files."""

from __future__ import annotations

from localaws.macie2.detection.readers.objects import skipped
from localaws.macie2.detection.result import ScanStatus
from tests.localaws.macie2.detection.readers.test_archives import zipped
from tests.localaws.macie2.detection.scans import PATIENT, counts, scan_text


def test_a_skipped_object_has_a_reason_and_nothing_else() -> None:
    result = skipped("INVALID_OBJECT_STATE")
    assert (result.status, result.reason, result.mime_type) == (ScanStatus.SKIPPED, "INVALID_OBJECT_STATE", None)
    assert (result.size_classified_bytes, result.detections, result.embedded) == (0, (), ())


def test_the_detections_of_an_archive_add_up_those_of_its_files() -> None:
    archive = zipped(a__csv=b"PATIENT\nP1234\n", b__csv=b"PATIENT\nP1234\nP5678\n")
    result = scan_text(archive, PATIENT, managed="", extension="zip")
    assert counts(result) == {"patient": 3}
    assert [(file.path, counts(file)) for file in result.embedded] == [  # type: ignore[arg-type]
        ("a.csv", {"patient": 1}),
        ("b.csv", {"patient": 2}),
    ]
