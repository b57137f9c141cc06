"""Sources: every kind that a delivery may come as, and everything that is refused before anything is landed."""

from __future__ import annotations

import http.server
import io
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lake_gate.delivery import source
from lake_gate.delivery.source import check_address, fingerprint, open_source, redact, select_files, trim
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError, SourceUnreachableError
from tests.lake import Lake

FILES = {"patients.csv": b"Id\n1\n", "2026/01/visits é.csv": b"Id\n2\n"}


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def in_folder(lake: Lake, tmp_path: Path) -> str:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return str(tmp_path)


def in_zip(lake: Lake, tmp_path: Path) -> str:
    (tmp_path / "delivery.zip").write_bytes(zipped(FILES))
    return f"file://{tmp_path}/delivery.zip"


def in_s3(lake: Lake, tmp_path: Path) -> str:
    for name, content in FILES.items():
        lake.put(lake.outputs["SourceBucket"], f"in/today/{name}", content)
    lake.put(lake.outputs["SourceBucket"], "in/today/", b"")
    lake.put(lake.outputs["SourceBucket"], "in/today-not/other.csv", b"x")
    return f"s3://{lake.outputs['SourceBucket']}/in/today"


def in_s3_zip(lake: Lake, tmp_path: Path) -> str:
    lake.put(lake.outputs["SourceBucket"], "in/delivery.zip", zipped(FILES))
    return f"s3://{lake.outputs['SourceBucket']}/in/delivery.zip"


@pytest.mark.parametrize("make", [in_folder, in_zip, in_s3, in_s3_zip], ids=lambda f: f.__name__)
def test_delivery_is_read_with_its_folders(lake: Lake, tmp_path: Path, make: Callable[[Lake, Path], str]) -> None:
    assert contents(lake, make(lake, tmp_path)) == FILES


def contents(lake: Lake, address: str, root: str = "/") -> dict[str, bytes]:
    found = {}
    with open_source(address, lake.s3, root, allowed_hosts=["127.0.0.1"]) as files:
        for file in files:
            with file.open() as content:
                found[file.name] = content.read()
            assert len(found[file.name]) == file.size_bytes
    return found


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]"])
def test_link_local_addresses_where_credentials_are_served_are_refused(lake: Lake, host: str) -> None:
    with pytest.raises(SourceError, match="link-local"):
        contents(lake, f"http://{host}/latest/meta-data/")


def test_redirect_to_a_link_local_address_is_refused(lake: Lake) -> None:
    with redirecting_to("http://169.254.169.254/") as url, pytest.raises(SourceError, match="link-local"):
        contents(lake, url)


def test_redirects_without_end_are_refused(lake: Lake) -> None:
    with redirecting_to("/again") as url, pytest.raises(SourceError, match="redirects more than"):
        contents(lake, url)


@contextmanager
def redirecting_to(address: str) -> Iterator[str]:
    class Redirecting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/d.zip"
        finally:
            server.shutdown()
            thread.join()


def test_zip_is_read_from_a_web_address(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "d.zip").write_bytes(zipped(FILES))
    with served(tmp_path) as url:
        assert contents(lake, f"{url}/d.zip?version=1") == FILES


def test_web_address_that_is_not_there_is_refused(lake: Lake, tmp_path: Path) -> None:
    with served(tmp_path) as url, pytest.raises(SourceError, match="answered 404"):
        contents(lake, f"{url}/d.zip")


def test_server_that_does_not_answer_may_be_tried_again(lake: Lake, tmp_path: Path) -> None:
    with served(tmp_path) as url:
        pass
    with pytest.raises(SourceUnreachableError):
        contents(lake, f"{url}/d.zip")


def test_web_page_instead_of_a_zip_is_refused(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "d.zip").write_bytes(b"<html>sign in first</html>")
    with served(tmp_path) as url, pytest.raises(SourceError, match="not a readable zip") as error:
        contents(lake, f"{url}/d.zip")
    assert "sign in" not in str(error.value)


def test_user_password_and_signature_of_an_address_are_never_shown(lake: Lake, tmp_path: Path) -> None:
    address = "https://user:secret@example.test:8443/d.zip?X-Amz-Signature=secret#secret"
    assert redact(address) == "https://example.test:8443/d.zip"
    assert redact("ftp://user:secret@example.test/d.zip") == "ftp://example.test/d.zip"
    with served(tmp_path) as url, pytest.raises(SourceError) as error:
        contents(lake, url.replace("http://", "http://me:secret@") + "/d.zip?token=secret")
    assert "secret" not in str(error.value)


def test_single_file_is_a_delivery(lake: Lake, tmp_path: Path) -> None:
    in_folder(lake, tmp_path)
    assert list(contents(lake, f"{tmp_path}/patients.csv")) == ["patients.csv"]
    assert list(contents(lake, in_s3(lake, tmp_path) + "/patients.csv")) == ["patients.csv"]


def test_hidden_files_are_no_part_of_a_delivery(lake: Lake, tmp_path: Path) -> None:
    hidden = {".DS_Store": b"x", "a/.gitkeep": b"", "__MACOSX/._a.csv": b"x", "a.csv": b"1"}
    (tmp_path / "d.zip").write_bytes(zipped(hidden))
    assert list(contents(lake, f"{tmp_path}/d.zip")) == ["a.csv"]


@pytest.mark.parametrize(
    "name", ["../a.csv", "a/../../b.csv", "/etc/a.csv", "a//b.csv", "C:/a.csv", "a\\..\\b.csv", "a\nb.csv", "x" * 800]
)
def test_zip_whose_names_lead_out_is_refused(lake: Lake, tmp_path: Path, name: str) -> None:
    (tmp_path / "d.zip").write_bytes(zipped({"ok.csv": b"1", name: b"2"}))
    with pytest.raises(SourceError, match="nothing was landed"):
        contents(lake, f"{tmp_path}/d.zip")


def test_zip_bomb_is_refused_by_its_own_directory(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "d.zip").write_bytes(zipped({"zeros.csv": bytes(50 * 1024**2)}, compresslevel=9))
    with pytest.raises(SourceError, match="zip bomb"):
        contents(lake, f"{tmp_path}/d.zip")


def test_zip_whose_directory_lies_about_a_size_is_refused(lake: Lake, tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.csv": bytes(1000)}))
    central = packed.rindex(b"PK\x01\x02")
    packed[central + 24 : central + 28] = (10).to_bytes(4, "little")
    (tmp_path / "d.zip").write_bytes(packed)
    with pytest.raises(SourceError, match="not a readable zip"):
        contents(lake, f"{tmp_path}/d.zip")


def test_zip_with_overlapping_members_is_refused(lake: Lake, tmp_path: Path) -> None:
    packed = bytearray(zipped({"a.csv": os.urandom(3000), "b.csv": os.urandom(3000)}))
    second = packed.rindex(b"PK\x01\x02")
    packed[second + 42 : second + 46] = (0).to_bytes(4, "little")  # points at the first member's data
    (tmp_path / "d.zip").write_bytes(packed)
    with pytest.raises(SourceError):
        contents(lake, f"{tmp_path}/d.zip")


def test_damaged_and_cut_zips_are_refused(lake: Lake, tmp_path: Path) -> None:
    packed = zipped({"a.csv": os.urandom(5000)})
    (tmp_path / "cut.zip").write_bytes(packed[:3000])
    (tmp_path / "damaged.zip").write_bytes(packed[:2000] + b"\x00" * 10 + packed[2010:])
    for name in ("cut", "damaged"):
        with pytest.raises(SourceError, match="not a readable zip"):
            contents(lake, f"{tmp_path}/{name}.zip")


def test_same_name_twice_is_refused(lake: Lake, tmp_path: Path) -> None:
    packed = zipped({"a.csv": b"1", "b.csv": b"2"}).replace(b"b.csv", b"a.csv")
    (tmp_path / "d.zip").write_bytes(packed)
    with pytest.raises(SourceError, match="twice"):
        contents(lake, f"{tmp_path}/d.zip")


def test_symbolic_links_are_refused(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    with pytest.raises(SourceError, match="symbolic link"):
        contents(lake, str(tmp_path))


@pytest.mark.parametrize("address", ["s3://no-such-bucket-anywhere/x/", "/no/such/folder"])
def test_source_that_does_not_exist_is_an_error_and_not_an_empty_delivery(lake: Lake, address: str) -> None:
    with pytest.raises(SourceError, match=r"exist|no such"):
        contents(lake, address)


def test_empty_prefix_is_an_empty_delivery(lake: Lake) -> None:
    assert contents(lake, f"s3://{lake.outputs['SourceBucket']}/nothing/") == {}


@pytest.mark.parametrize("root", ["", "/somewhere/else"])
def test_local_source_outside_of_the_allowed_root_is_refused(lake: Lake, tmp_path: Path, root: str) -> None:
    in_folder(lake, tmp_path)
    with pytest.raises(SourceError, match="local_source_root"):
        contents(lake, str(tmp_path), root)


def test_local_source_cannot_climb_out_of_its_root(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    in_folder(lake, tmp_path)
    with pytest.raises(SourceError, match="must be below"):
        contents(lake, f"{tmp_path}/root/../patients.csv", str(tmp_path / "root"))


def test_object_that_changes_while_it_is_read_is_not_taken(lake: Lake, tmp_path: Path) -> None:
    address = in_s3(lake, tmp_path)
    with open_source(address, lake.s3, "") as files:
        for file in files:
            lake.put(lake.outputs["SourceBucket"], f"in/today/{file.name}", b"changed")
            with pytest.raises(SourceUnreachableError, match=r"PreconditionFailed|412"):
                file.open()


def test_file_above_the_size_of_one_put_is_refused(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_OBJECT_BYTES", 4)
    with pytest.raises(SourceError, match="larger than 4 bytes"):
        contents(lake, in_folder(lake, tmp_path))


@pytest.mark.parametrize(
    "address",
    [
        "https://me:hunter2@example.org/d.zip",
        "HTTPS://me:hunter2@example.org/d.zip",
        " https://me:hunter2@example.org/d.zip",
        "https://me:hunter2/x@example.org/d.zip",
        "https://me:hunter2?x@example.org/d.zip",
        "https://me:hunter2#x@example.org/d.zip",
        "https:/me:hunter2@example.org/d.zip",
        "https:me:hunter2@example.org/d.zip",
        "https://[hunter2",
        "https://example.org:hunter2/",
        "s3a://key:hunter2@bucket/x",
        "s3://key:hunter2@bucket/x",
        "s3://key:hunter2/x@bucket/x",
        "s3://bucket/x.zip?X-Amz-Signature=hunter2",
        "https://example.org/d.zip?sig=hunter2",
        "https://example.org/d.zip#hunter2",
    ],
)
def test_no_form_of_an_address_shows_what_is_secret_in_it(address: str) -> None:
    assert "hunter2" not in redact(address)


SLIPS = [
    *("'https://u:hunter2@files.example/x.zip?sig=hunter2'", "<https://u:hunter2@files.example/x.zip?sig=hunter2>"),
    *("https//u:hunter2@files.example/x", "u:hunter2@files.example/x", "s3:/AKIA:hunter2@b/k", "sftp:/u:hunter2@h/x"),
    *("https://user:42#hunter2@files.example/x", "https://user:42/hunter2@files.example/x", "http s://u:hunter2@h/x"),
    *("https://user:42?hunter2@files.example/x", "//u:hunter2@h/x", "file://u:hunter2@h/x", "file:/u:hunter2@h/x"),
    *("\u2060https://u:hunter2@h/x", "ht\u2060tps://u:hunter2@h/x", "URL=https://u:hunter2@h/x", "hunter2@h/x"),
    *("https://h.example/x.zip;sig=hunter2", "https://h.example/x.zip%3Fsig=hunter2", "in/x.zip?sig=hunter2"),
    *("https://h.example/x.zip%253Fsig=hunter2", "s3://b/x.zip%3FX-Amz-Signature=hunter2", "s3://b/x;sig=hunter2"),
    *("s3://b/in/u:hunter2@h/x", "s3://b/in/https://h/hunter2@h", "held://u:hunter2@h", "curl 'https://u:hunter2@h/'"),
]


@pytest.mark.parametrize("address", SLIPS)
def test_address_with_a_slip_shows_nothing_secret_wherever_it_is_refused(lake: Lake, address: str) -> None:
    assert "hunter2" not in redact(address)
    for act in (check_address, lambda _: contents(lake, address, "/nowhere"), lambda _: contents(lake, address, "")):
        try:
            act(address)
        except (SourceError, SourceUnreachableError) as error:
            assert "hunter2" not in repr(error.args) + str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "address", ["s3:/bucket/x", "S3:/bucket/x", "sftp:/h/x", "https:/h/x", "https:h/x", "file:/x", "held:/x"]
)
def test_address_that_lacks_a_slash_is_refused_and_not_taken_for_a_path(address: str) -> None:
    with pytest.raises(SourceError, match="no // after the first colon"):
        check_address(address)


@pytest.mark.parametrize("address", ["u:hunter2@h/x", "https//u:p@h/x", "URL=https://h/x", "//h/x", "file://h/x"])
def test_address_with_another_slip_is_refused_and_not_taken_for_a_path(address: str) -> None:
    with pytest.raises(SourceError, match="neither a plain path nor an address"):
        check_address(address)


@pytest.mark.parametrize("source", ["", "in/", "in/2026:01/", "/a b/", "~/in", "file:///in", "s3://b/k", "held://*"])
@pytest.mark.parametrize("around", [("", ""), ("'", "'"), ("<", ">"), ('\u2060 "', '"\n')])
def test_source_without_a_slip_is_taken_without_what_stands_around_it(source: str, around: tuple[str, str]) -> None:
    pasted = f"{around[0]}{source}{around[1]}"
    check_address(pasted)
    assert trim(pasted) == source


@pytest.mark.parametrize("source", ["s3://lake/in/a b/", "/deliveries/a@b:c/", "held://*", "file:///x", "in/2026:01/"])
def test_source_without_a_secret_is_shown_as_it_is(source: str) -> None:
    assert redact(source) == source


DIFFERENT = [
    ("https://h.example/pkg@1/patients.zip", "https://h.example/pkg@2/claims.zip"),
    ("https://h.example:8443/pkg@1/a.zip", "https://h.example:8443/pkg@2/a.zip"),
    ("https://h.example/a%3Fb=1", "https://h.example/a%3Fb=2"),
    ("https://h.example/a;v=1", "https://h.example/a;v=2"),
    ("https://h.example/a.zip", "https://h.example:8443/a.zip"),
    ("s3://b/a;1", "s3://b/a;2"),
    ("s3://b/a:1@x", "s3://b/a:2@x"),
    ("/in/a:1@x", "/in/a:2@x"),
    *(
        (f"https://h.example/d.zip?{name}=1", f"https://h.example/d.zip?{name}=2")
        for name in ("date", "key", "shipping_id", "st", "code", "postcode", "author", "session", "sv", "expires")
    ),
    ("https://h.example/d.zip?sig=1&st=1&code=1", "https://h.example/d.zip?sig=1&st=1&code=2"),
]


@pytest.mark.parametrize(("source", "other"), DIFFERENT)
def test_two_sources_have_two_fingerprints(source: str, other: str) -> None:
    assert fingerprint(source) != fingerprint(other)


@pytest.mark.parametrize(
    "names",
    [
        ("X-Amz-Signature", "X-Amz-Date", "X-Amz-Credential", "X-Amz-Security-Token", "x-amz-expires"),
        ("X-Goog-Signature", "X-Goog-Date", "X-Goog-Credential"),
        ("AWSAccessKeyId", "Signature", "Expires"),
        ("GoogleAccessId", "Signature", "Expires"),
        ("Policy", "Signature", "Key-Pair-Id"),
        ("sv", "sr", "sig", "st", "se", "sp", "spr"),
    ],
)
def test_new_signature_is_the_same_source(names: tuple[str, ...]) -> None:
    first, second = ("&".join(f"{name}={value}" for name in names) for value in "ab")
    assert len({fingerprint(f"https://h.example/d.zip?v=1&{query}") for query in (first, second)}) == 1


def test_fingerprint_tells_sources_apart_and_not_their_signatures() -> None:
    address = "https://me:a@example.org/d.zip?"
    same = {fingerprint(address + query) for query in ("sig=1&se=2&v=1", "v=1&se=3&sig=4", "v=1&sig=&se=")}
    assert len(same | {fingerprint("https://you:b@example.org/d.zip?v=1&sig=9&se=1")}) == 1
    other = [
        address,
        address + "v=2&sig=1&se=2",
        "https://example.org/e.zip?v=1&sig=1&se=2",
        "s3://a/b/",
        "s3://a/c/",
        "/a",
    ]
    assert len({*same, *map(fingerprint, other)}) == 7


MARKERS = ["_SUCCESS", "a/_SUCCESS", "a_$folder$", "_started_7289", "a/_committed_7289", "_committed_vacuum12"]
LIKE_MARKERS = [
    "_SUCCESS.csv",
    "_success",
    "_committed_",
    "_started_1.csv",
    "x_committed_1",
    "SUCCESS",
    "_metadata.csv",
]


def of_size(name: str, size: int) -> SourceFile:
    return SourceFile(name, size, io.BytesIO)


def test_markers_of_jobs_are_left_out_and_named_and_nothing_else_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="lake_gate.delivery.source")
    files = [*(of_size(name, 0) for name in MARKERS), *(of_size(name, 9) for name in LIKE_MARKERS), of_size(".x", 9)]
    assert [file.name for file in select_files("x", files)] == sorted(LIKE_MARKERS)
    assert "hidden or as markers of jobs" in caplog.text
    assert all(repr(name) in caplog.text for name in (*MARKERS, ".x"))


def test_file_with_the_name_of_a_marker_and_more_content_than_one_is_landed() -> None:
    large = [of_size("_SUCCESS", 2 * 1024**2), of_size("_committed_1", 2 * 1024**2), of_size("a_$folder$", 1)]
    assert [file.name for file in select_files("x", large)] == ["_SUCCESS", "_committed_1", "a_$folder$"]
    assert select_files("x", [of_size("_SUCCESS", 900)]) == []  # the summary that S3A's committers write


@pytest.mark.parametrize("blank", [" ", "\n", "\r\n", "\t", "\u00a0", "\u200b", "\ufeff"])
def test_blanks_around_a_pasted_address_are_no_part_of_it(lake: Lake, tmp_path: Path, blank: str) -> None:
    for make in (in_folder, in_s3):
        assert contents(lake, blank + make(lake, tmp_path) + blank) == FILES


def test_archived_zip_is_refused(lake: Lake) -> None:
    lake.put(lake.outputs["SourceBucket"], "d.zip", zipped(FILES), StorageClass="GLACIER")
    with pytest.raises(SourceError, match="archived"):
        contents(lake, f"s3://{lake.outputs['SourceBucket']}/d.zip")


@pytest.mark.parametrize("source", ["/tmp/\0x", "s3://b/\ud800x", "in/\ud800", "https://h/\x07x"])
def test_source_that_is_no_text_is_refused_and_not_repeated(lake: Lake, source: str) -> None:
    assert redact(source).encode() == b"(an address that cannot be read)"
    for act in (check_address, lambda _: contents(lake, source)):
        with pytest.raises(SourceError, match="invalid characters"):
            act(source)


def test_names_of_files_that_are_left_out_set_off_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="lake_gate.delivery.source")
    select_files("x", [of_size(".lake_gate alarm: failed: x", 1)])
    assert "hidden or as markers of jobs" in caplog.text
    assert "lake_gate alarm" not in caplog.text
