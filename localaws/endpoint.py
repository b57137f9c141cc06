"""The addresses of the servers of this process: functions call back to one of them."""

from __future__ import annotations

_urls: list[str] = []


def opened(url: str) -> None:
    """Note a server that accepts requests."""
    _urls.append(url)


def closed(url: str) -> None:
    """Forget a server that has stopped."""
    _urls.remove(url)


def loopback_url() -> str | None:
    """Return the address of the latest server, on this machine; None: there is no server."""
    return _urls[-1].replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:") if _urls else None
