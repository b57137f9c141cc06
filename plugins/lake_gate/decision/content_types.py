"""Content types that files with an extension may have; pure.

Macie reports the content type of each object that it analysed, but it is not documented whether it reads a file by
its extension or by its bytes. If both differ (a gzip file named ``patients.csv``), nothing proves that the analysis
has read what the file contains.
"""

from __future__ import annotations

_TABLE = {"text/csv", "text/plain", "text/tab-separated-values", "application/csv"}
_JSON = {"application/json", "application/x-ndjson", "application/jsonl", "text/json", "text/plain"}
_TEXT = {"text/plain", "text/csv", "text/tab-separated-values"}
_HTML = {"text/html", "application/xhtml+xml", "text/plain"}
_GZIP = {"application/gzip", "application/x-gzip"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
# Seen in records of Macie: text/csv, text/plain, application/json, avro, parquet, zip and the one for xlsx. The others
# are the registered names and the common ones of file-type detectors.
_EXPECTED = {
    **dict.fromkeys(("csv", "tsv", "tab", "psv"), _TABLE),
    **dict.fromkeys(("json", "jsonl", "ndjson"), _JSON),
    **dict.fromkeys(("txt", "text", "log"), _TEXT),
    "xml": {"application/xml", "text/xml", "text/plain"},
    **dict.fromkeys(("htm", "html"), _HTML),
    "parquet": {"application/parquet", "application/x-parquet", "application/vnd.apache.parquet"},
    "avro": {"application/avro", "application/x-avro", "avro/binary"},
    "zip": {"application/zip"},
    "tar": {"application/tar", "application/x-tar"},
    **dict.fromkeys(("gz", "gzip", "tgz"), _GZIP),
    "pdf": {"application/pdf"},
    "doc": {"application/msword"},
    "docx": {f"{_OFFICE}.wordprocessingml.document"},
    "xls": {"application/vnd.ms-excel"},
    "xlsx": {f"{_OFFICE}.spreadsheetml.sheet"},
}


def fits(extension: str, content_type: str | None) -> bool:
    """Whether a file with this extension may have this content type.

    A missing content type fits, and so does any if the extension is unknown: there is nothing to compare.

    :param extension: without the dot; upper and lower case are the same.
    :param content_type: as Macie reports it (``text/csv``, ``text/csv; charset=utf-8``).
    """
    expected = _EXPECTED.get(extension.lower())
    return not content_type or expected is None or content_type.partition(";")[0].strip().lower() in expected
