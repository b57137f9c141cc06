"""Stops what `make run` and `make up` started, and nothing else."""

from __future__ import annotations

from dev import services


def main() -> None:
    """Stop the services whose process ids are written down and still theirs."""
    stopped = [service for name in ("airflow", "local-aws") if (service := services.running(name))]
    for service in stopped:
        services.stop(service)
        print(f"Stopped {service.name}")
    if not stopped:
        print("Nothing was running")


if __name__ == "__main__":
    main()
