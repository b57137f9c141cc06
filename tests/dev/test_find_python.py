"""Search for Python 3.12, the only requirement of a machine, and the advice on how to install it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "dev" / "find-python.sh"


def find(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script on a machine that has only what is in the folder."""
    bash = shutil.which("bash")
    assert bash
    if not (path / "cat").exists():
        (path / "cat").symlink_to(shutil.which("cat") or "/bin/cat")
    return subprocess.run(
        [bash, str(SCRIPT)], env={"PATH": str(path), **environment}, capture_output=True, text=True, check=False
    )


def put(folder: Path, name: str, *, is_suitable: bool = True) -> Path:
    """Create a Python of that name: a wrapper of the current one, or one that fails the check."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n' if is_suitable else "#!/bin/sh\nexit 1\n"
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("name", ["python3.12", "python3", "python"])
def test_python_is_printed_when_it_is_a_3_12_with_any_name(tmp_path: Path, name: str) -> None:
    program = put(tmp_path, name)
    found = find(tmp_path)
    assert (found.returncode, found.stdout, found.stderr) == (0, f"{program}\n", "")


def test_python_of_another_version_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, "python3", is_suitable=False)
    program = put(tmp_path, "python")
    assert find(tmp_path).stdout == f"{program}\n"


def test_named_python_is_printed_when_it_is_a_3_12(tmp_path: Path) -> None:
    put(tmp_path, "python3.12")
    (tmp_path / "elsewhere").mkdir()
    program = put(tmp_path / "elsewhere", "my-python")
    assert find(tmp_path, PYTHON=str(program)).stdout == f"{program}\n"


def test_search_of_this_machine_prints_a_python_3_12(tmp_path: Path) -> None:
    put(tmp_path, "python3")
    found = find(tmp_path).stdout.strip()
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("Python 3.12.")


@pytest.mark.parametrize("has_another", [False, True], ids=["no Python", "another version"])
def test_advice_is_printed_without_a_python_3_12(tmp_path: Path, has_another: bool) -> None:
    if has_another:
        put(tmp_path, "python3", is_suitable=False)
    found = find(tmp_path, PYTHON="/nowhere/python")
    assert (found.returncode, found.stdout) == (1, "")
    for way in ("Python 3.12", "apt-get install python3.12", "brew install python@3.12", "pyenv", "PYTHON="):
        assert way in found.stderr


def test_script_can_be_run_as_the_makefile_does() -> None:
    assert os.access(SCRIPT, os.X_OK)
