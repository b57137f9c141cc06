"""Dialect of a table: encoding, mark and delimiter."""

from __future__ import annotations

import pytest

from lake_gate.masking.dialect import Dialect, find_dialect

UTF8 = ("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("name", "head", "dialect"),
    [
        ("a.csv", b"a,b\n1,2\n", Dialect(",", *UTF8)),
        ("a.CSV", b"a;b\n1,5;2\n", Dialect(";", *UTF8)),
        ("a.csv", b'"a;b;c;d","b"\n', Dialect(",", *UTF8)),
        ("a.csv", b'"a"";b","b"\n', Dialect(",", *UTF8)),
        ("a.csv", b"a\n", Dialect(",", *UTF8)),
        ("a.csv", b"", Dialect(",", *UTF8)),
        ("a.tsv", b"a,b\tc\n", Dialect("\t", *UTF8)),
        ("a.psv", b"a,b|c\n", Dialect("|", *UTF8)),
        ("a.csv", b"\xef\xbb\xbfa,b\n", Dialect(",", *UTF8, b"\xef\xbb\xbf")),
        ("a.csv", "\ufeffa;b\n".encode("utf-16-le"), Dialect(";", "utf-16-le", "surrogatepass", b"\xff\xfe")),
        ("a.csv", "\ufeffa;b\n".encode("utf-16-be"), Dialect(";", "utf-16-be", "surrogatepass", b"\xfe\xff")),
        ("a.csv", b"sep=|\r\na|b,c,d\r\n", Dialect("|", *UTF8, b"", "sep=|\r\n")),
        ("a.csv", b"Stra\xdfe,b\n", Dialect(",", *UTF8)),
    ],
)
def test_dialect_is_found(name: str, head: bytes, dialect: Dialect) -> None:
    assert find_dialect(name, head) == dialect


@pytest.mark.parametrize("name", ["a.pdf", "a.csv.gz", "a.json", "a.parquet"])
def test_file_of_another_kind_is_not_a_table(name: str) -> None:
    assert find_dialect(name, b"a,b\n1,2\n") is None
