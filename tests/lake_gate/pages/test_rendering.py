from __future__ import annotations

from pathlib import Path

import pytest

from lake_gate.pages.rendering import HERE, STATIC
from tests.lake_gate.pages.conftest import Browser, Written, entry, row

TEMPLATES = sorted((HERE / "templates").iterdir())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_script_and_no_style_of_their_own(path: Path) -> None:
    text = path.read_text()
    assert "style=" not in text
    assert "<style" not in text
    assert " on" not in [word[:3] for word in text.split("<") if "=" in word.partition(">")[0] and " on" in word[:4]]
    assert text.count("<script") == text.count("<script src=")
    assert "| safe" not in text
    assert "autoescape" not in text


@pytest.mark.parametrize("path", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_static_files_ask_no_other_host(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in text
    assert "https:" not in text
    assert "innerHTML" not in text


def test_every_response_has_the_headers(viewer: Browser, stranger: Browser, written: Written) -> None:
    written.run(entry())
    written.index(row())
    for answer in (
        viewer.get("/gate/"),
        viewer.get("/gate/nothing"),
        stranger.get("/gate/"),
        viewer.get("/gate/static/gate.css"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_only_static_files_are_cached(viewer: Browser, stranger: Browser, written: Written) -> None:
    assert viewer.get("/gate/").headers["cache-control"] == "private, no-store"
    assert stranger.get("/gate/static/gate.js").headers["cache-control"] == "public, max-age=86400"
    assert stranger.get("/gate/static/nothing").headers["cache-control"] == "private, no-store"
