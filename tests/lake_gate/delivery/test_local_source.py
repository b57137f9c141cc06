"""Local sources: what is on the worker's disk, and never what a link leads to."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lake_gate.delivery.local_source import LocalSource
from lake_gate.delivery.source_files import SourceFile
from lake_gate.errors import SourceError, SourceUnreachableError


def contents(source: Path | str, root: Path | str = "/") -> dict[str, bytes]:
    found = {}
    for file in LocalSource(str(source), str(root)).files():
        with file.open() as content:
            found[file.name] = content.read()
        assert file.size_bytes == len(found[file.name])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "in/a.csv").write_bytes(b"A")
    (tmp_path / "in/sub/b.csv").write_bytes(b"B")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a.csv").write_bytes(b"secret")
    (tmp_path / "secret/b.csv").write_bytes(b"secret")
    return tmp_path


def test_folder_file_and_root_itself_are_deliveries(folder: Path) -> None:
    files = {"a.csv": b"A", "sub/b.csv": b"B"}
    assert contents(folder / "in", folder) == contents(f"file://{folder}/in") == contents(folder / "in", "/") == files
    assert contents(folder / "in", folder / "in") == files
    assert contents(folder / "in/a.csv", folder) == {"a.csv": b"A"}


def test_link_that_leads_to_the_root_is_followed_for_it_is_its_owners(folder: Path) -> None:
    (folder / "root").symlink_to(folder / "in")
    assert contents(folder / "root/sub", folder / "root") == {"b.csv": b"B"}


@pytest.mark.parametrize("place", ["in/link.csv", "in/sub/link.csv", "in/.hidden"])
def test_link_in_a_folder_is_refused_by_name(folder: Path, place: str) -> None:
    (folder / place).symlink_to(folder / "secret/a.csv")
    with pytest.raises(SourceError, match=rf"'{place.removeprefix('in/')}' is a symbolic link"):
        contents(folder / "in")


def to_file(folder: Path) -> None:
    (folder / "in/a.csv").unlink()
    (folder / "in/a.csv").symlink_to(folder / "secret/a.csv")


def to_folder(folder: Path) -> None:
    (folder / "in/sub").rename(folder / "was")
    (folder / "in/sub").symlink_to(folder / "secret")


def to_parent(folder: Path) -> None:
    (folder / "in").rename(folder / "was")
    (folder / "in").symlink_to(folder / "secret")


def to_pipe(folder: Path) -> None:
    (folder / "in/a.csv").unlink()
    os.mkfifo(folder / "in/a.csv")


@pytest.mark.parametrize("swap", [to_file, to_folder, to_parent, to_pipe], ids=lambda swap: swap.__name__)
def test_what_is_swapped_in_after_the_check_is_not_read(folder: Path, swap: Callable[[Path], None]) -> None:
    files = LocalSource(str(folder / "in"), str(folder)).files()
    swap(folder)
    read = {file.name: read_or_refused(file) for file in files}
    assert b"secret" not in read.values()
    assert None in read.values()


def read_or_refused(file: SourceFile) -> bytes | None:
    try:
        with file.open() as content:
            return content.read()
    except SourceUnreachableError as error:
        assert file.name in error.problem  # noqa: PT017
        return None


def test_link_that_is_swapped_in_while_a_folder_is_listed_is_not_followed(folder: Path) -> None:
    local = LocalSource(str(folder / "in"), str(folder))
    to_parent(folder)
    with pytest.raises(SourceError, match="without following a link"):
        local.files()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))


@pytest.mark.parametrize("make", [pipe, socket_at], ids=lambda make: make.__name__)
def test_what_is_no_file_is_refused_by_name_and_not_waited_for(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / "in/special.csv")
    with pytest.raises(SourceError, match=r"'special.csv' is neither a file nor a folder"):
        contents(folder / "in")


def test_device_is_refused() -> None:
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        contents("/dev/zero")


@pytest.mark.parametrize(("place", "name"), [("in/sub", "the folder 'sub/'"), ("in/a.csv", r"'a\.csv'")])
def test_what_may_not_be_read_is_named(folder: Path, place: str, name: str) -> None:
    (folder / place).chmod(0)
    if os.geteuid():
        with pytest.raises(SourceError, match=rf"{name}: this worker may not read it"):
            contents(folder / "in")
        return
    for path in (folder, *folder.parents):  # pytest's own folders are for their owner alone
        path.chmod(path.stat().st_mode | 0o5) if path.is_relative_to("/tmp") and path != Path("/tmp") else None
    output = as_another_user(lambda: contents(folder / "in"))
    assert name.replace("\\", "") in output
    assert "this worker may not read it" in output


def as_another_user(act: Callable[[], object]) -> str:
    """Return what acting as a user without rights ends in; root may read everything."""
    read, write = os.pipe()
    if not os.fork():
        os.setgid(65534)
        os.setuid(65534)
        try:
            output = repr(act())
        except BaseException as error:
            output = str(error)
        os.write(write, output.encode())
        os._exit(0)
    os.wait()
    return os.read(read, 9999).decode()


@pytest.mark.parametrize(("source", "root"), [("in", ""), ("in", "secret"), ("in/../secret", "in"), ("/etc", "in")])
def test_source_outside_of_the_root_is_refused(folder: Path, source: str, root: str) -> None:
    with pytest.raises(SourceError, match="local_source_root"):
        contents(folder / source, folder / root if root else "")


@pytest.mark.parametrize("source", ["~nobody_such/x", "/tmp/\0x", "/tmp/\ud800x"])
def test_path_that_no_file_can_have_is_refused(source: str) -> None:
    with pytest.raises(SourceError, match="not a valid path on this worker"):
        contents(source)


@pytest.mark.parametrize("place", ["gone", "gone/deeper", "in/a.csv/x"])
def test_source_that_is_not_there_is_refused(folder: Path, place: str) -> None:
    with pytest.raises(SourceError, match=r"no such file or folder|without following"):
        contents(folder / place)


def test_tree_that_is_deeper_than_a_name_is_long_is_refused(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(4):
        deep = deep / ("d" * 200)
        deep.mkdir()
    with pytest.raises(SourceError, match="longer than 700 bytes"):
        contents(tmp_path)
