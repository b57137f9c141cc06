"""requirements.txt: MWAA can install it in each of its images, and nothing in it is for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import REPO
from tests.test_structure import imports_of

REQUIREMENTS = [
    Requirement(line)
    for line in (REPO / "requirements.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
SHIPPED = [path for folder in ("plugins", "dags") for path in (REPO / folder).rglob("*.py")]
LOCKS = sorted(REPO.glob("requirements/airflow*.lock"))
USED_BY_NAME = {"apache-airflow-providers-amazon[aiobotocore]": ".get_async_conn()"}
"""Extras, which no module imports, and how it is seen that they are used."""


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^ ;]+)", path.read_text(), re.MULTILINE))


def test_requirements_are_plain_ones_that_leave_the_constraints_to_the_image() -> None:
    """MWAA adds its image's own where no line, comments too, looks as if it named others.

    Source: https://github.com/aws/amazon-mwaa-docker-images (images/airflow/*/python/mwaa/utils/user_requirements.py)
    """
    assert REQUIREMENTS
    assert not re.search(r"-c |--constraint ", (REPO / "requirements.txt").read_text())
    assert not [requirement for requirement in REQUIREMENTS if requirement.url or requirement.marker]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_requirement_is_used(requirement: Requirement) -> None:
    package = requirement.name.replace("apache-airflow-providers-", "airflow.providers.").replace("-", ".")
    assert any(name.startswith(f"{package}.") for path in SHIPPED for name in imports_of(path))
    for extra in requirement.extras:
        sign = USED_BY_NAME[f"{requirement.name}[{extra}]"]
        assert any(sign in path.read_text() for path in SHIPPED)


def test_nothing_has_to_be_fetched() -> None:
    """MWAA's web server has no way to a package index when access to it is private; its image has the providers' own.

    Source: https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
    """
    assert {requirement.name for requirement in REQUIREMENTS} == {"apache-airflow-providers-amazon"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_requirement_is_fulfilled_under_the_constraints_of_each_image(
    requirement: Requirement, lock: Path
) -> None:
    """The locks were compiled from it under those constraints, and the tests run on what is locked."""
    assert requirement.specifier.contains(locked(lock)[requirement.name])


def test_each_of_two_images_has_a_lock() -> None:
    assert len({locked(lock)["apache-airflow"] for lock in LOCKS}) == len(LOCKS) == 2
