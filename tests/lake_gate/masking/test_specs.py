"""Reading of masking specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake_gate.errors import FinalGateError, MaskingSpecError
from lake_gate.include import fingerprint
from lake_gate.masking.specs import read_spec
from tests.lake_gate.masking.tables import content_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    (tmp_path / "masking").mkdir()
    return tmp_path / "masking"


def test_spec_has_the_hash_of_its_content(folder: Path) -> None:
    content = content_of(identifiers={"NAME": {"method": "null"}})
    (folder / "own.json").write_text(json.dumps(content))
    assert read_spec("own").sha256 == fingerprint(content)


@pytest.mark.parametrize("text", ["{", "[]", '{"key_version": 1}'])
def test_file_that_is_not_valid_is_an_error_with_its_path(folder: Path, text: str) -> None:
    (folder / "own.json").write_text(text)
    with pytest.raises(MaskingSpecError, match=r"masking/own\.json is not a valid masking spec"):
        read_spec("own")


@pytest.mark.parametrize("name", ["../policies/default", "a/b", "", "A", "a.b"])
def test_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(MaskingSpecError, match="the name of a masking spec"):
        read_spec(name)


def test_missing_spec_is_an_error() -> None:
    with pytest.raises(FinalGateError, match="was not found"):
        read_spec("missing")


def test_shipped_spec_is_valid() -> None:
    assert read_spec("synthea_safe_harbor").datasets.keys() >= {"patients", "claims"}
