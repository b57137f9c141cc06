"""Download a zip from a web address, protected against server-side request forgery.

The IP addresses of a host are looked up once and checked, and the connection is made to an address that was checked;
the name is used only for ``Host`` and for the certificate. Redirects are checked in the same way. Proxies and passwords
(.netrc) of the worker's environment are ignored.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from typing import IO, cast
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import certifi

from lake_gate.delivery.disk import is_full
from lake_gate.delivery.source_files import CHUNK_BYTES, copy_bounded
from lake_gate.errors import SourceError, SourceUnreachableError

DOWNLOAD_SECONDS = 3600
"""Deadline of a response, from the first byte to the last; half of the task's timeout."""
_CONNECT_SECONDS = 10
_READ_SECONDS = 60  # between two pieces of a response
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSED = {401, 403, 404, 410}
_PORTS = {"http": 80, "https": 443}
_IN_A_PATH = "%/:=&?~+!$,;'@()*[]"

_NAT64 = IPv6Network("64:ff9b::/96")
_SIIT = IPv6Network("::ffff:0:0:0/96")
_ONLY_IPV4 = (IPv6Network("::ffff:0:0/96"), _NAT64, _SIIT)
"""IPv6 forms of the IPv4 address at their end.

Source: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2, https://www.rfc-editor.org/rfc/rfc6052#section-2.1,
https://www.rfc-editor.org/rfc/rfc2765#section-2.1
"""
_ISATAP = {0x00005EFE, 0x02005EFE}
"""Bits before the IPv4 address at the end of an ISATAP address: https://www.rfc-editor.org/rfc/rfc5214#section-6.1"""
_NEVER: tuple[IPv4Network | IPv6Network, ...] = (IPv6Network("fd00:ec2::/32"), IPv4Network("192.0.0.192/32"))
"""Addresses other than the link-local ones where AWS and others serve a worker's credentials, time and DNS.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html,
https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
"""
_GLOBAL = IPv6Network("2000::/3")
"""IPv6 addresses that IANA assigns to hosts, except for the special ones below.

Source: https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
"""
_SPECIAL: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")),
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
)
"""Addresses without a single host, or that contain other addresses; Python's list differs between versions.

Source: https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml,
https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
"""

type Address = IPv4Address | IPv6Address


def check_host(source: str, address: str, allowed_hosts: Collection[str] = ()) -> list[str]:
    """Look up the host of a web address and return its IP addresses, which must be public.

    Link-local and similar addresses, where a worker's credentials are served, are always refused.
    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

    :param source: name of the source in errors.
    :param allowed_hosts: names of hosts whose addresses need not be public.
    :raises SourceError: when the host is not public.
    :raises SourceUnreachableError: when the host is unknown.
    """
    parts = _split(source, address)
    try:
        # The IDNA form, so that the same name is looked up and compared with the certificate.
        found = socket.getaddrinfo(_host(parts), _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceUnreachableError(
            source, "its host is not known (a password in an address must be percent-encoded)"
        ) from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    is_allowed = _host(parts) in {name.strip().lower() for name in allowed_hosts}
    for ip in (form for text in addresses for form in _embedded_addresses(ip_address(text.partition("%")[0]))):
        if ip.is_link_local or any(ip in network for network in _NEVER):
            raise SourceError(
                source, "it leads to a link-local address, or to another address where credentials are served"
            )
        if not is_allowed and not _is_public(ip):
            hint = f"to allow it, add {_host(parts)} (host only) to the SSM parameter /lake_gate/allowed_source_hosts, "
            hint += "then clear read_settings with its downstream tasks"
            raise SourceError(source, f"it leads to an address that is not public; {hint}")
    return addresses


def download(source: str, address: str, into: IO[bytes], allowed_hosts: Collection[str] = ()) -> None:
    """Download a web address, following redirects.

    :param source: name of the source in errors, without user, password and signature.
    :raises SourceError: when a host is not allowed, or the file does not exist or is too large.
    :raises SourceUnreachableError: when the server did not answer as expected.
    """
    is_over = Event()
    try:
        for _ in range(_MAX_REDIRECTS):
            with _request(source, address, allowed_hosts, is_over) as response:
                if response.status not in _REDIRECTS:
                    _copy(source, response, into)
                    if is_over.is_set():  # the shutdown looks like the end of the response
                        raise TimeoutError
                    break
                address = _redirect_target(source, address, response.headers.get("Location", ""))
        else:
            raise SourceError(source, f"it redirects more than {_MAX_REDIRECTS} times")
    except (OSError, HTTPException) as error:
        if isinstance(error, OSError) and is_full(error):
            raise
        problem = f"it took more than {DOWNLOAD_SECONDS} seconds" if is_over.is_set() else type(error).__name__
        raise SourceUnreachableError(source, problem) from None


def _is_public(ip: Address) -> bool:
    if any(ip in network for network in _SPECIAL) or (ip.version == 6 and ip not in _GLOBAL):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_unspecified


def _embedded_addresses(ip: Address) -> Iterator[Address]:
    """Yield the address and the IPv4 addresses that it embeds; all of them must be public."""
    if isinstance(ip, IPv4Address):
        yield ip
        return
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    is_only_ipv4 = any(ip in network for network in _ONLY_IPV4)
    is_isatap = int(ip) >> 32 & 0xFFFFFFFF in _ISATAP
    yield from filter(None, [ip.sixtofour, *(ip.teredo or ()), last if is_only_ipv4 or is_isatap else None])
    if not is_only_ipv4:
        yield ip


def _split(source: str, address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        if parts.scheme in _PORTS and parts.hostname and parts.port != 0 and _host(parts):
            return parts
    except ValueError:
        pass
    raise SourceError(source, "it is not a valid http(s) address, or redirects to one that is not")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    return host if host.isascii() else host.encode("idna").decode()


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


@contextmanager
def _request(source: str, address: str, allowed_hosts: Collection[str], is_over: Event) -> Iterator[HTTPResponse]:
    """Send the request to one of the checked IP addresses, without a second lookup."""
    ips, parts = check_host(source, address, allowed_hosts), _split(source, address)
    connection = HTTPConnection(_host(parts), _port(parts), timeout=_READ_SECONDS)
    connection.default_port = _PORTS[parts.scheme]
    connection.sock = plain_or_tls = _connected(ips, parts)

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(
                plain_or_tls, socket.SHUT_RDWR
            )  # not the method of TLS, which a blocked read does not notice

    timer = Timer(DOWNLOAD_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        connection.request("GET", _target(parts), headers=_headers(parts))
        with closing(connection.getresponse()) as response:  # the connection does not close it
            yield response
    except ValueError as error:  # http.client refuses characters; its message may contain the address
        raise SourceError(source, f"it cannot be requested ({type(error).__name__})") from None
    finally:
        timer.cancel()
        connection.close()


def _connected(ips: list[str], parts: SplitResult) -> socket.socket:
    for left, ip in enumerate(ips, 1 - len(ips)):
        try:
            plain = socket.create_connection((ip, _port(parts)), timeout=_CONNECT_SECONDS)
            break
        except OSError:
            if not left:
                raise
    plain.settimeout(_READ_SECONDS)
    if parts.scheme == "http":
        return plain
    try:
        context = ssl.create_default_context(cafile=certifi.where())
        return context.wrap_socket(plain, server_hostname=_host(parts))
    except BaseException:
        plain.close()
        raise


def _target(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return quote((parts.path or "/") + query, safe=_IN_A_PATH)


def _headers(parts: SplitResult) -> dict[str, str]:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "lake-gate"}
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return headers


def _redirect_target(source: str, address: str, location: str) -> str:
    target = urljoin(address, location)
    if not location or (urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https"):
        raise SourceError(source, "it redirects from https to an address without https, or without a location")
    return target


def _copy(source: str, response: HTTPResponse, into: IO[bytes]) -> None:
    if response.status in _REFUSED:
        raise SourceError(source, f"the server answered {response.status}")
    if response.status != HTTPStatus.OK:
        raise SourceUnreachableError(source, f"the server answered {response.status}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceError(source, "the server compresses its response although Accept-Encoding is identity")
    copy_bounded(source, cast("IO[bytes]", _PieceReader(response.read1)), into)
    if response.length:
        raise SourceUnreachableError(source, f"the response ended {response.length} bytes early")


class _PieceReader:
    """Reader that returns bytes as they arrive, so that the deadline also ends a very slow response."""

    def __init__(self, read1: Callable[[int], bytes]) -> None:
        self._read1 = read1

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Return the bytes that have arrived."""
        return self._read1(size)
