"""A harness for the tests of faults: it takes seconds to start, so all tests of a process share it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localaws.server import LocalAws
from tests.faults.deliveries import MASKING
from tests.faults.harness import Harness
from tests.faults.scenario import Outcome, play


@pytest.fixture(scope="session")
def harness(local_aws: LocalAws) -> Iterator[Harness]:
    with Harness(local_aws.endpoint_url) as harness:
        yield harness


@pytest.fixture(scope="session")
def masking_harness(local_aws: LocalAws) -> Iterator[Harness]:
    """One whose feed masks."""
    with Harness(local_aws.endpoint_url, **MASKING) as harness:
        yield harness


@pytest.fixture(scope="session")
def recorded(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run without any fault, and its calls."""
    return play(harness, tmp_path_factory.mktemp("recorded"))
