"""Stop the processes that `make run` and `make up` started."""

from __future__ import annotations

from dev import services


def main() -> None:
    """Stop the services that were started here and are still running."""
    stopped = [service for name in ("airflow", "local-aws") if (service := services.running(name))]
    for service in stopped:
        services.stop(service)
        print(f"Stopped {service.name}")
    if not stopped:
        print("No service was running")


if __name__ == "__main__":
    main()
