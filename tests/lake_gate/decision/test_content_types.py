"""Content types that fit the extension of a file."""

from __future__ import annotations

import mimetypes

import pytest

from lake_gate.decision.content_types import fits

# Source: the samples of findings in AWS's documentation and in public repositories of AWS (text/csv ... xlsx).
SEEN = {
    "csv": "text/csv",
    "txt": "text/plain",
    "json": "application/json",
    "avro": "application/avro",
    "parquet": "application/parquet",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gz": "application/gzip",
    "pdf": "application/pdf",
}


@pytest.mark.parametrize("extension", SEEN)
def test_content_type_that_macie_reports_fits_its_extension_alone(extension: str) -> None:
    fitting = {other for other in SEEN if fits(extension, SEEN[other])}
    also = {"csv": {"txt"}, "txt": {"csv"}, "json": {"txt"}}
    assert fitting == {extension} | also.get(extension, set())


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "txt", "xml", "html", "zip", "tar", "pdf", "doc", "xls"])
def test_registered_content_type_fits(extension: str) -> None:
    registered = mimetypes.MimeTypes().types_map[True][f".{extension}"]
    assert fits(extension, registered)
    assert fits(extension.upper(), f"{registered.title()};charset=utf-8")


@pytest.mark.parametrize("content_type", ["", None])
def test_missing_content_type_is_not_compared(content_type: str | None) -> None:
    assert fits("csv", content_type)


@pytest.mark.parametrize("content_type", ["unknown", "csv", "text", "text/csvs", " ", ";", "application/octet-stream"])
def test_other_text_does_not_fit(content_type: str) -> None:
    assert not fits("csv", content_type)


def test_nothing_is_known_about_other_extensions() -> None:
    assert fits("hl7", "application/gzip")
    assert fits("", "text/csv")
