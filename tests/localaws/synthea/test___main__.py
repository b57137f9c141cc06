"""The command line of the generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from localaws.synthea import row_counts
from localaws.synthea.__main__ import main


def test_the_command_line_writes_the_files_and_says_how_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "new" / "folder"), "--patients", "2", "--seed", "3"]) == 0
    assert capsys.readouterr().out.endswith(f": 16 files, {sum(row_counts(2).values()):,} rows, 2 patients\n")
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 16


def test_the_command_line_refuses_zero_patients(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--patients", "0"])
    assert list(tmp_path.iterdir()) == []
