"""Bytes of another format than the extension are never a clean file, however few they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
import zlib
from pathlib import Path

import polars as pl
import pytest

from localaws.macie2.detection.result import ScanStatus
from tests.localaws.macie2.detection.scans import SSN, counts, scan_text

TABLE = "name,ssn\nAda Marlowe,536-22-8726\n"
MALFORMED, UNSUPPORTED = "MALFORMED_FILE", "UNSUPPORTED_FILE_TYPE_EXCEPTION"


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", TABLE)
    return buffer.getvalue()


def _frame(method: str) -> bytes:
    buffer = io.BytesIO()
    getattr(pl.DataFrame({"name": ["Ada Marlowe"], "ssn": ["536-22-8726"]}), method)(buffer)
    return buffer.getvalue()


def _sqlite() -> bytes:
    with sqlite3.connect(":memory:") as database:
        database.execute("create table people (name text, ssn text)")
        return database.serialize()


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32\nsize 12345\n"
# An ORC file of one column begins so: the magic, and a stream of protocol buffers.
ORC = b"ORC\x0a\x13\x0a\x06\x08\x02\x10\x00\x18\x00\x0a\x09\x12\x02\x18\x02"
OTHER_FORMATS = {
    "gzip": gzip.compress(TABLE.encode()),
    "zip": _zip(),
    "empty zip": b"PK\x05\x06" + bytes(18),
    "bzip2": bz2.compress(TABLE.encode()),
    "xz": lzma.compress(TABLE.encode()),
    "zstd": b"\x28\xb5\x2f\xfd\x20\x0aname,ssn\nA",
    "tar": _tar(),
    "zlib": zlib.compress(TABLE.encode() * 20),
    "avro": _frame("write_avro"),
    "parquet": _frame("write_parquet"),
    "arrow": _frame("write_ipc"),
    "orc": ORC,
    "sqlite": _sqlite(),
    "pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40),
    "rtf": rb"{\rtf1 name ssn}",
    "utf-16-le": TABLE.encode("utf-16-le"),
    "utf-16-be": TABLE.encode("utf-16-be"),
    "Cyrillic utf-16": "имя,телефон\nАнна Петрова,+7 495 123\n".encode("utf-16-le"),
    "Chinese utf-16": "姓名,电话\n王小明,13800138000\n".encode("utf-16-be"),
    "utf-32-le": TABLE.encode("utf-32-le"),
    "utf-32-be": TABLE.encode("utf-32-be"),
    "utf-32 with mark": TABLE.encode("utf-32"),
    "big-endian utf-32 with mark": b"\x00\x00\xfe\xff" + TABLE.encode("utf-32-be"),
    "EBCDIC": TABLE.encode("cp037"),
    "EBCDIC of mainframes": TABLE.replace("\n", "\x85").encode("cp1140"),
    "German EBCDIC": TABLE.replace("Marlowe", "Müller").encode("cp273"),
    "html": b"<!DOCTYPE html>\n<html><body><table><tr><td>1</td></tr></table></body></html>",
    "html of Excel": b"\n <html xmlns:x='urn:schemas-microsoft-com:office:excel'><table></table>",
    "html table": b"<table border=1><tr><td>Name</td></tr></table>",
    "xml": b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook><Row/></Workbook>',
    "xml without a declaration": b"<Error><Code>AccessDenied</Code></Error>",
    "xml with a prefix": b'<ns:Envelope xmlns:ns="urn:x"><ns:Body/></ns:Envelope>',
    "part of html": b'<a href="/moved">Moved</a>',
    "short German EBCDIC": "Müller;Straße 5\n".encode("cp273"),
    "EBCDIC with packed numbers": "ADA MARLOWE         ".encode("cp037") + b"\x01\x23\x45\x67\x8c",
    "pdf after a line": b"\n%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "link of git-annex": b"../.git/annex/objects/xx/yy/SHA256E-s6--d54b.csv/SHA256E-s6--d54b.csv",
    "DVC": b"outs:\n- md5: a304afb96060aad90176268345e10355\n  path: data.csv\n",
    "Ansible Vault": b"$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "cms": b"-----BEGIN CMS-----\nMIIB\n-----END CMS-----\n",
    "Git LFS": LFS.encode(),
    "git-annex": b"/annex/objects/SHA256E-s31390--f50d7ac4c6b9031379986bc362fcefb65f1e52621ce1708d537e740fefc59cc0.csv",
    "encrypted": b"Salted__" + bytes(range(130, 170)),
    "pgp": b"-----BEGIN PGP MESSAGE-----\n\nhQEMA1234567890\n-----END PGP MESSAGE-----\n",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(8),
}


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "jsonl", "txt"])
@pytest.mark.parametrize("name", OTHER_FORMATS)
def test_another_format_is_skipped_whatever_the_size(name: str, extension: str) -> None:
    result = scan_text(OTHER_FORMATS[name], extension=extension)
    reason = UNSUPPORTED if extension == "txt" else MALFORMED
    assert (result.status, result.reason, result.mime_type) == (ScanStatus.SKIPPED, reason, None)


def test_an_encrypted_private_key_is_a_text_to_be_scanned() -> None:
    key = f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{'MIIFHDBOBgkq' * 8}\n-----END ENCRYPTED PRIVATE KEY-----\n"
    assert counts(scan_text(key, managed="PKCS", extension="txt")) == {"PKCS": 1}


@pytest.mark.parametrize("extension", ["csv", "tsv"])
@pytest.mark.parametrize(
    "text", ['{"a": 1, "b": 2}', '[\n {"ssn": "536-22-8726"}]', '{"a": 1}\n{"a": 2}\n', '\ufeff{"error": "none"}']
)
def test_json_is_no_table(text: str, extension: str) -> None:
    result = scan_text(text, extension=extension)
    assert (result.status, result.reason) == (ScanStatus.SKIPPED, MALFORMED)


@pytest.mark.parametrize(
    "text",
    [
        "<TICKER>,<SSN>\nA,536-22-8726\n",
        '"{""a"": 1}",ssn\n1,536-22-8726\n',
        "[name],[ssn]\nx,536-22-8726\n",
        "{name},{ssn}\nx,536-22-8726\n",
    ],
)
def test_a_table_with_marks_of_other_formats_is_read(text: str) -> None:
    assert scan_text(text, managed=SSN).status == ScanStatus.COMPLETE


@pytest.mark.parametrize("name", ["gzip", "avro", "utf-16-le", "EBCDIC", "Git LFS"])
def test_another_format_in_an_archive_makes_the_archive_incomplete(name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", OTHER_FORMATS[name])
        archive.writestr("b.csv", TABLE)
    result = scan_text(buffer.getvalue(), extension="zip", managed=SSN)
    assert (result.status, result.reason) == (ScanStatus.PARTIAL, "ARCHIVE_CONTAINS_UNPROCESSED_FILES")


CODE_PAGES = ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "cp437", "cp850", "mac-roman"]


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_text_with_accents_is_no_other_format(encoding: str) -> None:
    text = "naïveté,ssn\nJosé Müller é ü ö,536-22-8726\nêtre,219-09-9999\n"
    assert counts(scan_text(text.encode(encoding), managed=SSN)) == {SSN: 2}


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Анна Петрова"),
        ("koi8-r", "Анна Петрова"),
        ("shift-jis", "山田太郎"),
        ("gb18030", "王小明"),
        ("cp1253", "Άννα"),
    ],
)
def test_text_in_another_script_is_scanned_for_what_is_ascii(encoding: str, name: str) -> None:
    assert counts(scan_text(f"{name},ssn\n{name},536-22-8726\n".encode(encoding), managed=SSN)) == {SSN: 1}


@pytest.mark.parametrize(
    "header", ["ORC_ID", "PARENT_ID", "PAR1", "RIFF", "ID3", "version", "SEQ", "BZh9", "MSCF", "<5"]
)
def test_header_that_begins_like_another_format_is_read(header: str) -> None:
    assert counts(scan_text(f"{header},ssn\n1,536-22-8726\n", managed=SSN)) == {SSN: 1}


def test_a_stray_control_character_in_a_text_makes_it_no_other_format() -> None:
    assert counts(scan_text("name,ssn\n" + "x,y\n" * 50 + "A\x00da,536-22-8726\n", managed=SSN)) == {SSN: 1}


@pytest.mark.parametrize("extension", ["html", "xml", "svg", ""])
def test_markup_under_its_own_name_is_read_as_text(extension: str) -> None:
    result = scan_text(b"<html><td>ssn</td><td>536-22-8726</td></html>", managed=SSN, extension=extension)
    assert (result.status, counts(result)) == (ScanStatus.COMPLETE, {SSN: 1})


@pytest.mark.parametrize(
    ("extension", "text", "mime_type"),
    [
        ("json", TABLE, "text/plain"),
        ("jsonl", "This is a note.\n", "text/plain"),
        ("json", '{"ssn": "536-22-8726"', "application/json"),
        ("csv", '"never closed\nname,ssn\nAda,536-22-8726\n', "text/plain"),
        ("csv", TABLE, "text/csv"),
    ],
)
def test_mime_type_is_that_of_the_content(extension: str, text: str, mime_type: str) -> None:
    assert scan_text(text, extension=extension).mime_type == mime_type


def test_content_of_the_shared_samples_is_never_clean() -> None:
    folder = Path(__file__).resolve().parents[6] / "shared" / "cases" / "deliveries"
    if not folder.is_dir():
        pytest.skip(f"no samples in {folder}")
    for name in ("gzip_named.csv", "utf16_without_bom.csv"):
        assert scan_text((folder / name).read_bytes()).status is ScanStatus.SKIPPED
