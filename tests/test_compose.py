"""What docker-compose.yaml promises: loopback only, no root, limits, and the Airflow that the lock names."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPO = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((REPO / "docker-compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOTS = {"airflow-init", "localaws-setup"}
LONG_RUNNING = sorted(SERVICES.keys() - ONE_SHOTS)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_reached_from_this_machine_only(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "network_mode" not in SERVICES[name]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_no_privileges_and_a_memory_limit(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("user") not in {"root", "0", "0:0"}
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_a_service_that_stays_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_a_one_shot_ends_once_and_is_waited_for(name: str) -> None:
    # `docker compose up --wait` takes an ended container for a failure unless a service waits for its success.
    conditions = [service.get("depends_on", {}).get(name, {}).get("condition") for service in SERVICES.values()]
    assert SERVICES[name]["restart"] == "no"
    assert "service_completed_successfully" in conditions


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_mounted_code_and_deliveries_cannot_be_changed(name: str) -> None:
    folders = [mount for mount in SERVICES[name].get("volumes", []) if mount.startswith((".", "$"))]
    assert all(mount.endswith(":ro") for mount in folders)


def test_the_image_is_the_airflow_and_python_of_the_lock() -> None:
    image = re.search(
        r"FROM apache/airflow:slim-([\d.]+)-python([\d.]+)", (REPO / "docker/airflow.Dockerfile").read_text()
    )
    locked = re.search(r"^apache-airflow==([\d.]+)", (REPO / "requirements/airflow.lock").read_text(), re.MULTILINE)
    assert image is not None
    assert locked is not None
    assert image[1] == locked[1]
    assert image[2] == (REPO / ".python-version").read_text().strip()
    assert SERVICES["scheduler"]["image"].endswith(f":{locked[1]}")


def test_an_image_is_built_by_one_service_only() -> None:
    # Docker Compose builds in parallel, and two builds of one tag can collide; the others find the image by its name.
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted({service["image"] for service in SERVICES.values()} - {"postgres:16"})
