from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from lake_gate.display.environment import environment


@pytest.mark.parametrize("name", ["page.html", "page.txt", "page"])
def test_everything_is_escaped_whatever_a_template_is_called(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{{ name }} {{ name | shown }}")
    page = environment(tmp_path).get_template(name).render(name="<b>{{7*7}}\u202e")
    assert page == "&lt;b&gt;{{7*7}}\u202e &lt;b&gt;{{7*7}}\\u202e"


def test_a_missing_value_is_an_error_and_not_an_empty_cell(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ missing }}")
    with pytest.raises(UndefinedError):
        environment(tmp_path).get_template("page.html").render()
