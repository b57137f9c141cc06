"""moto's own tests of Macie, run against the local AWS: who used moto's Macie finds nothing missing.

The tests are those of the very moto that is installed; `make setup` unpacks them from its source distribution.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from localaws.macie2.dials import Settings, dials
from localaws.server import LocalAws
from tests.conftest import REPO

MOTO_S_TESTS = REPO / ".venv/moto/tests/test_macie"


@pytest.fixture
def endpoint_url(aws: LocalAws) -> Iterator[str]:
    """The local AWS, whose sessions and invitations are as in moto, also after the resets between moto's tests."""
    dials.start_with(Settings(as_moto=True))
    yield aws.endpoint_url
    dials.start_with(Settings())


@pytest.mark.slow
def test_all_of_moto_s_own_tests_of_macie_pass(endpoint_url: str, tmp_path: Path) -> None:
    assert MOTO_S_TESTS.is_dir(), f"moto's own tests are not in {MOTO_S_TESTS}: run `make setup`"
    report = tmp_path / "report.xml"
    options = ["-c", os.devnull, "--rootdir", str(MOTO_S_TESTS), "-p", "no:cacheprovider", "-q", f"--junitxml={report}"]
    environment = {**os.environ, "TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": endpoint_url}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(MOTO_S_TESTS)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    [suite] = ElementTree.parse(report).iter("testsuite")
    assert int(suite.attrib["tests"]) > 10
    assert suite.attrib["skipped"] == "0"
