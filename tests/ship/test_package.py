"""What is packaged, and that the same files give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from ship import package
from ship.package import build
from tests.conftest import REPO

COMMITTER = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
INCLUDED = "dags/include/policies/default.json"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *COMMITTER, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """What ships, as in an unpacked source archive: no git, other times, and modes of another umask."""
    folder = tmp_path / "archive"
    for name in ("dags", "include", "plugins"):
        shutil.copytree(REPO / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPO / "requirements.txt", folder)
    for path in folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    return folder


@pytest.fixture
def clone(archive: Path, tmp_path: Path) -> Path:
    """The same files, committed."""
    folder = tmp_path / "clone"
    shutil.copytree(archive, folder, copy_function=shutil.copyfile)
    (folder / ".gitignore").write_text((REPO / ".gitignore").read_text())
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


def litter(folder: Path) -> None:
    """Lay there what tools leave behind, and what git ignores."""
    (folder / "plugins/macie/__pycache__").mkdir(exist_ok=True)
    (folder / "plugins/macie/__pycache__/hook.cpython-312.pyc").write_bytes(b"stale")
    (folder / "plugins/macie/hook.pyc").write_bytes(b"stale")
    (folder / "plugins/.mypy_cache").mkdir()
    (folder / "plugins/.mypy_cache/cache.db").write_bytes(b"cache")


def editor_files(folder: Path) -> None:
    for name in ("plugins/macie/hook.py~", "plugins/macie/.hook.py.swp", "dags/#synthea_gate.py#", "include/.DS_Store"):
        (folder / name).write_text("not to ship")


def contents(dist: Path) -> dict[str, bytes]:
    return {path.relative_to(dist).as_posix(): path.read_bytes() for path in dist.rglob("*") if path.is_file()}


def names_in_zip(dist: Path) -> list[str]:
    with zipfile.ZipFile(dist / "plugins.zip") as packed:
        return packed.namelist()


@NEEDS_GIT
def test_same_commit_gives_the_same_bytes_with_other_files_beside_it(
    archive: Path, clone: Path, tmp_path: Path
) -> None:
    build(clone, tmp_path / "first")
    git(tmp_path, "clone", "--quiet", str(clone), "second-clone")
    litter(tmp_path / "second-clone")
    previous = os.umask(0o077)
    try:
        build(tmp_path / "second-clone", tmp_path / "second")
    finally:
        os.umask(previous)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


@NEEDS_GIT
@pytest.mark.parametrize("options", [["core.autocrlf=true"], ["core.eol=crlf"], ["core.fileMode=false"], []])
def test_clone_has_the_same_bytes_whatever_git_does_with_line_ends_and_under_any_umask(
    tmp_path: Path, options: list[str]
) -> None:
    if not (REPO / ".git").exists():
        pytest.skip("this is not a clone")
    git(tmp_path, "clone", "--quiet", "--no-local", "--depth=1", REPO.as_uri(), "plain")
    before = os.umask(0o077)
    try:
        choices = [part for option in options for part in ("--config", option)]
        git(tmp_path, "clone", "--quiet", "--no-local", "--depth=1", *choices, REPO.as_uri(), "other")
        build(tmp_path / "other", tmp_path / "dist-other")
    finally:
        os.umask(before)
    build(tmp_path / "plain", tmp_path / "dist-plain")
    assert contents(tmp_path / "dist-other") == contents(tmp_path / "dist-plain")
    scripts = [*(tmp_path / "other").rglob("*.sh"), tmp_path / "other/.ci/run"]
    assert len(scripts) > 3
    assert [path.name for path in scripts if b"\r" in path.read_bytes()] == []


@NEEDS_GIT
def test_unpacked_archive_gives_the_same_files_as_a_clone_and_claims_no_commit(
    archive: Path, clone: Path, tmp_path: Path
) -> None:
    litter(archive)
    editor_files(archive)
    of_archive, of_clone = build(archive, tmp_path / "a"), build(clone, tmp_path / "c")
    assert (of_archive["commit"], of_archive["version"]) == (None, None)
    assert len(of_clone["commit"]) == 40
    assert [of_archive[part] for part in ("files", "plugins.zip")] == [
        of_clone[part] for part in ("files", "plugins.zip")
    ]


@NEEDS_GIT
@pytest.mark.parametrize("name", ["plugins/macie/hook.py", "include/policies/default.json", "dags/new.py"])
def test_change_that_is_not_committed_is_refused_by_name_and_the_last_package_stays(
    clone: Path, tmp_path: Path, name: str
) -> None:
    build(clone, tmp_path / "dist")
    before = contents(tmp_path / "dist")
    (clone / name).write_text("# changed")
    with pytest.raises(SystemExit, match=f"(?s)differ from the last commit.*{name}.*PACKAGE_ARGS=--uncommitted"):
        build(clone, tmp_path / "dist")
    assert contents(tmp_path / "dist") == before


@NEEDS_GIT
def test_uncommitted_change_is_packaged_on_request_and_listed_in_the_manifest(clone: Path, tmp_path: Path) -> None:
    (clone / "plugins/macie/new.py").write_text("")
    (clone / "plugins/macie/hook.py").unlink()
    (clone / "README.md").write_text("does not ship")
    litter(clone)
    manifest = build(clone, tmp_path / "dist", uncommitted=True)
    assert manifest["uncommitted"] == ["plugins/macie/hook.py", "plugins/macie/new.py"]
    names = names_in_zip(tmp_path / "dist")
    assert "macie/new.py" in names
    assert not {"macie/hook.py", "macie/hook.pyc"} & set(names)


@NEEDS_GIT
def test_folder_in_which_git_fails_is_refused_with_the_error(archive: Path, tmp_path: Path) -> None:
    git(archive, "init", "--quiet")  # without a commit
    with pytest.raises(SystemExit, match=r"Not packaged: git rev-parse failed: .*HEAD"):
        build(archive, tmp_path / "dist")


@pytest.mark.parametrize("name", package.NEEDED)
def test_archive_that_lost_a_file_without_which_nothing_works_is_refused(
    archive: Path, tmp_path: Path, name: str
) -> None:
    (archive / name).unlink()
    with pytest.raises(SystemExit, match=name):
        build(archive, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_package_has_the_layout_of_mwaa(archive: Path, tmp_path: Path) -> None:
    build(archive, tmp_path / "dist")
    names = names_in_zip(tmp_path / "dist")
    assert names == sorted(names)
    assert {name.partition("/")[0] for name in names} == {
        ".airflowignore",
        "lake_gate",
        "macie",
        "macie_gate_plugin.py",
    }
    places = set(contents(tmp_path / "dist"))
    assert {"plugins.zip", "requirements.txt", "manifest.json", "dags/.airflowignore", INCLUDED} <= places
    assert {place.partition("/")[0] for place in places} == {"plugins.zip", "requirements.txt", "manifest.json", "dags"}
    assert "include/" in (tmp_path / "dist/dags/.airflowignore").read_text().splitlines()


def test_files_of_the_last_package_are_gone_from_the_next(archive: Path, tmp_path: Path) -> None:
    (archive / "dags/old.py").write_text("")
    build(archive, tmp_path / "dist")
    (archive / "dags/old.py").unlink()
    build(archive, tmp_path / "dist")
    assert "dags/old.py" not in contents(tmp_path / "dist")


def test_manifest_has_the_size_and_hash_of_every_file(archive: Path, tmp_path: Path) -> None:
    build(archive, tmp_path / "dist")
    files = contents(tmp_path / "dist")
    manifest = json.loads(files.pop("manifest.json"))
    with zipfile.ZipFile(BytesIO(files["plugins.zip"])) as packed:
        inside = {name: packed.read(name) for name in packed.namelist()}
    for part, found in (("files", files), ("plugins.zip", inside)):
        assert manifest[part] == {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in found.items()
        }


def test_command_prints_a_summary(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(package, "REPO", archive)
    monkeypatch.setattr(package, "DIST", archive / "dist")
    monkeypatch.setattr("sys.argv", ["ship.package"])
    package.main()
    printed = capsys.readouterr().out
    assert "commit           unknown (not a git clone)" in printed
    assert hashlib.sha256((archive / "dist/plugins.zip").read_bytes()).hexdigest() in printed
