"""The local AWS as a background process: one per checkout, shared by `make run` and `make up`."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

from dev import services
from dev.paths import STATE

NAME = "local-aws"


def local_aws() -> services.Service:
    """Return the local AWS, started if it is not running."""
    if (service := services.ready(NAME)) is not None and _is_up(service.url):
        return service
    if service is not None:
        services.stop(service)
    port_file = STATE / "local-aws.port"
    port_file.unlink(missing_ok=True)
    command = services.python("-m", "localaws.server", "--host", "127.0.0.1", "--port-file", str(port_file))
    return services.start(NAME, command, {}, lambda: _url(port_file), seconds=60)


def _url(port_file: Path) -> str | None:
    return f"http://127.0.0.1:{port_file.read_text().strip()}" if port_file.exists() else None


def _is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/moto-api/", timeout=10).close()  # noqa: S310 - our own loopback address
    except (urllib.error.URLError, OSError):
        return False
    return True
