"""docker-compose.yaml: valid by the specification, loopback only, no root, no secrets, limits, one Airflow."""

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from jsonschema import Draft7Validator

REPO = Path(__file__).parents[1]
TEXT = (REPO / "docker-compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCHEMA = Draft7Validator(json.loads((REPO / "tests/compose_schema/compose-spec.json").read_text()))
ON_DEMAND = {"test"}
ONE_SHOTS = {"airflow-init", "keys", "localaws-setup"}
LONG_RUNNING = sorted(SERVICES.keys() - ONE_SHOTS - ON_DEMAND)
PUBLIC_IMAGES = {"postgres:16", "redis:7"}
AIRFLOW = sorted(
    name for name, service in SERVICES.items() if "AIRFLOW__CORE__EXECUTOR" in service.get("environment", {})
)
OPTIONS = sorted(name for name in SERVICES["worker"]["environment"] if name.startswith("AIRFLOW__"))


def test_the_file_follows_the_compose_specification() -> None:
    assert [error.message for error in SCHEMA.iter_errors(COMPOSE)] == []


@pytest.mark.parametrize(
    ("path", "misspelt"),
    [
        ((), "service"),
        (("services", "worker"), "mem_limits"),
        (("services", "worker"), "depend_on"),
        (("services", "worker", "healthcheck"), "retrys"),
        (("services", "keys", "build"), "docker_file"),
        (("services", "worker", "depends_on", "redis"), "conditions"),
    ],
)
def test_a_misspelt_key_is_refused(path: tuple[str, ...], misspelt: str) -> None:
    compose = copy.deepcopy(COMPOSE)
    part = compose
    for name in path:
        part = part[name]
    part[misspelt] = "1"
    assert not SCHEMA.is_valid(compose)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_reached_from_this_machine_only(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert SERVICES[name].get("network_mode", "none") == "none"


def test_airflow_s_page_and_the_local_aws_alone_are_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"api-server", "localaws"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_no_privileges_and_a_memory_limit(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service.get("user") not in {"root", "0", "0:0"}
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_not_root(name: str) -> None:
    service = SERVICES[name]
    if service["image"] in PUBLIC_IMAGES:  # theirs begin as root
        assert service["user"] in {"postgres", "redis"}
    else:
        [dockerfile] = {
            builder["build"]["dockerfile"]
            for builder in SERVICES.values()
            if builder["image"] == service["image"] and "build" in builder
        }
        text = (REPO / dockerfile).read_text()
        assert "USER 10001" in text or "FROM apache/airflow:" in text  # whose user is 50000


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ON_DEMAND))
def test_service_that_mounts_files_of_the_repository_can_run_as_the_user_that_may_read_them(name: str) -> None:
    if any(mount.startswith(".") for mount in SERVICES[name].get("volumes", [])):
        assert SERVICES[name]["user"].startswith("${HOST_UID:-")


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


@pytest.mark.parametrize("name", sorted(ON_DEMAND))
def test_the_tests_start_only_on_demand(name: str) -> None:
    assert SERVICES[name]["profiles"] == ["test"]
    assert SERVICES[name]["restart"] == "no"
    assert SERVICES[name]["network_mode"] == "none"
    assert not any(name in service.get("depends_on", {}) for service in SERVICES.values())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_mounted_code_and_deliveries_cannot_be_changed_and_are_labelled_for_containers(name: str) -> None:
    folders = [mount for mount in SERVICES[name].get("volumes", []) if mount.startswith((".", "$"))]
    assert all(mount.endswith(":ro,z") for mount in folders)
    assert all((REPO / mount.split(":")[0]).exists() for mount in folders if not mount.startswith("$"))


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"keys"}))
def test_keys_are_written_by_their_maker_only(name: str) -> None:
    assert all(mount.endswith(":ro") for mount in SERVICES[name].get("volumes", []) if mount.startswith("keys:"))


def test_no_secret_is_written_in_the_file() -> None:
    secret = re.compile(r"(?m)^\s*(\w*(?:SECRET|PASSWORD|KEY|TOKEN|CONN_|_CONN|BACKEND|BROKER_URL)\w*):\s*(.+)")
    written = {(name, value) for name, value in secret.findall(TEXT) if not name.endswith(("_CMD", "_FILE"))}
    assert {value.split(" #")[0].strip('"') for _, value in written} == {"aws://", "local"}  # not secret
    assert not re.search(r"://\w+:[^@\s]+@", TEXT)  # no password in an address
    assert not re.search(r"^\s*[A-Z_]*(SECRET|PASSWORD|KEY)", (REPO / ".env.example").read_text(), re.MULTILINE)


def test_keys_are_random_generated_once_and_consistent(tmp_path: Path) -> None:
    def make(folder: str) -> dict[str, str]:
        (tmp_path / folder).mkdir(exist_ok=True)
        subprocess.run(["bash", REPO / "docker/make-keys.sh", tmp_path / folder], check=True)
        return {file.name: file.read_text() for file in (tmp_path / folder).iterdir()}

    keys = make("a")
    assert make("a") == keys
    assert all(value != keys[name] for name, value in make("b").items())
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=\n", keys["fernet"])
    assert all(re.fullmatch(r"[0-9a-f]{64}", keys[name]) for name in ("jwt", "postgres", "redis"))
    assert keys["postgres"] in keys["database-url"]
    assert keys["postgres"] in keys["result-backend"]
    assert keys["redis"] in keys["broker-url"]
    assert f"requirepass {keys['redis']}\n" in keys["redis.conf"]


@pytest.mark.parametrize("option", OPTIONS)
def test_airflow_knows_every_option(option: str) -> None:
    _, section, name = option.removesuffix("_CMD").lower().split("__")
    if section in {"celery", "celery_broker_transport_options", "lake_gate"}:
        return  # the first two are the Celery provider's, which is in the images only; the third is ours
    assert conf.get_default_value(section, name) is not None or name in {
        "base_url",
        "jwt_secret",
        "execution_api_server_url",
    }
    if option.endswith("_CMD"):  # of any other option Airflow would not run the command
        assert (section, name) in conf.sensitive_config_values


def test_no_task_waits_in_redis_for_a_free_worker() -> None:
    # What waits there for longer than task_queued_timeout is taken for lost.
    settings = SERVICES["worker"]["environment"]
    assert settings["AIRFLOW__CORE__PARALLELISM"] == settings["AIRFLOW__CELERY__WORKER_CONCURRENCY"]


def test_redis_takes_no_task_for_lost_that_may_still_be_running() -> None:
    seconds = int(SERVICES["worker"]["environment"]["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"])
    hours = re.findall(
        r'"execution_timeout": timedelta\(hours=(\d+)\)', "".join(f.read_text() for f in (REPO / "dags").glob("*.py"))
    )
    assert seconds > max(map(int, hours)) * 3600


def test_all_of_airflow_runs_with_one_set_of_settings() -> None:
    assert set(AIRFLOW) == {"airflow-init", "api-server", "dag-processor", "scheduler", "triggerer", "worker"}
    settings = [{k: v for k, v in SERVICES[name]["environment"].items() if k != "DUMB_INIT_SETSID"} for name in AIRFLOW]
    assert all(environment == settings[0] for environment in settings)


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


@pytest.mark.parametrize("package", ["apache-airflow-providers-celery", "redis", "psycopg2-binary", "asyncpg"])
def test_the_lock_of_the_image_has_the_libraries_of_celery(package: str) -> None:
    # The public slim image has none of them.
    assert re.search(rf"(?m)^{package}==", (REPO / "requirements/airflow.lock").read_text())


def test_an_image_is_built_by_one_service_only() -> None:
    # Docker Compose builds in parallel, and two builds of one tag can collide; the others find the image by its name.
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted({service["image"] for service in SERVICES.values()} - PUBLIC_IMAGES)


def test_every_image_has_a_fixed_tag() -> None:
    named = [service["image"] for service in SERVICES.values()]
    named += re.findall(r"(?m)^FROM (\S+)", "".join(f.read_text() for f in (REPO / "docker").glob("*.Dockerfile")))
    assert all(re.search(r":(?!latest$)[\w.-]+$", image) for image in named)
