"""Requests that a page of another origin makes in a browser on this machine, which the server refuses. Pure.

A template can have code that is run here, and any credentials are accepted. Browsers send ``Sec-Fetch-Site`` only to
addresses that they trust, such as those of this machine. A name whose owner lets it point here (DNS rebinding), and
``0.0.0.0``, are known by ``Host``; pages of other origins in older browsers by ``Origin``. Programs send neither
``Sec-Fetch-Site`` nor ``Origin``.
Sources: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site,
https://www.w3.org/TR/secure-contexts/#potentially-trustworthy-origin and
https://emilymstark.com/2024/09/24/the-0.0.0.0-kerfuffle.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_OWN = {None, "none", "same-origin"}
"""Values of ``Sec-Fetch-Site`` of a program, of an address that a person has typed, and of our own pages."""


def is_of_another_origin(environ: Mapping[str, Any]) -> bool:
    """Return whether a page of another origin makes this request.

    :param environ: of WSGI.
    """
    host, origin = environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN")
    if environ.get("HTTP_SEC_FETCH_SITE") not in _OWN or (host is not None and not _is_own(host)):
        return True
    return origin is not None and origin != f"http://{host}"


def _is_own(host: str) -> bool:
    """Return whether a host is an address, ``localhost``, a name below it, or a name without a dot (a container)."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        return not ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return "." not in name or name.endswith(".localhost")
