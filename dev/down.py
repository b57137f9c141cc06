"""Stop the processes that `make run` and `make up` started."""

from __future__ import annotations

from shlex import quote

from dev import services
from dev.local import NAME
from dev.paths import STATE


def main() -> None:
    """Stop the services that were started here and are still running."""
    stopped = [service for name in ("airflow", "local-aws") if (service := services.running(name))]
    for service in stopped:
        services.stop(service)
        print(f"Stopped {service.name}")
    if any(service.name == NAME for service in stopped):
        print("The buckets of the local AWS are gone, Airflow's runs are not.")
        print(f"For a fresh start: rm -r {quote(str(STATE))}")
    if not stopped:
        print("No service was running")


if __name__ == "__main__":
    main()
