"""Downloads a zip from a web address, and from no place that the worker alone can reach.

The addresses of a host are looked up once and checked, and the connection is made to the very address that was checked;
the name is used for ``Host``, for the certificate, and for nothing else. Every redirect goes through the same. Neither
proxies nor passwords (.netrc) are taken from the worker's environment.
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
"""For one answer, from the first byte to the last; half of what the task may take."""
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 60  # between two pieces of an answer
_MAX_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSED = {401, 403, 404, 410}
_PORTS = {"http": 80, "https": 443}
_IN_A_PATH = "%/:=&?~+!$,;'@()*[]"

_NAT64 = IPv6Network("64:ff9b::/96")
_SIIT = IPv6Network("::ffff:0:0:0/96")
_ONLY_IPV4 = (IPv6Network("::ffff:0:0/96"), _NAT64, _SIIT)
"""Forms that are nothing but the IPv4 address at their end.

Source: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2, https://www.rfc-editor.org/rfc/rfc6052#section-2.1,
https://www.rfc-editor.org/rfc/rfc2765#section-2.1
"""
_ISATAP = {0x00005EFE, 0x02005EFE}
"""What stands before the IPv4 address at the end of an ISATAP address: https://www.rfc-editor.org/rfc/rfc5214#section-6.1"""
_NEVER: tuple[IPv4Network | IPv6Network, ...] = (IPv6Network("fd00:ec2::/32"), IPv4Network("192.0.0.192/32"))
"""Beside link-local addresses: where AWS, and others, serve a worker's credentials, time and names.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html,
https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
"""
_GLOBAL = IPv6Network("2000::/3")
"""The only IPv6 addresses that IANA gives to hosts; what it has set apart in it is below.

Source: https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
"""
_SPECIAL: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")),
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
)
"""Addresses of no single host, or that carry others; Python's own list differs from version to version.

Source: https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml,
https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
"""

type Address = IPv4Address | IPv6Address


def check_host(source: str, address: str, allowed_hosts: Collection[str] = ()) -> list[str]:
    """Return the IP addresses of the host of a web address, looked up now and found to be public.

    Link-local addresses and those like them, where a worker's credentials are served, are refused in any case.
    Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

    :param source: as it is shown in errors.
    :param allowed_hosts: names of hosts whose addresses need not be public.
    :raises SourceError: when it is not the address of a public host.
    :raises SourceUnreachableError: when the name of the host is not known.
    """
    parts = _split(source, address)
    try:
        # The IDNA form: what is looked up is what the certificate names.
        found = socket.getaddrinfo(_host(parts), _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceUnreachableError(
            source, "its host is not known (a password in an address must be percent-encoded)"
        ) from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    is_allowed = _host(parts) in {name.strip().lower() for name in allowed_hosts}
    for ip in (form for text in addresses for form in _forms(ip_address(text.partition("%")[0]))):
        if ip.is_link_local or any(ip in network for network in _NEVER):
            raise SourceError(
                source, "it leads to a link-local address, or to another one where credentials are served"
            )
        if not is_allowed and not _is_public(ip):
            hint = f"to allow it, add {_host(parts)} (host only) to the SSM parameter /lake_gate/allowed_source_hosts, "
            hint += "then clear read_settings with its downstream tasks"
            raise SourceError(source, f"it leads to an address that is not public; {hint}")
    return addresses


def download(source: str, address: str, into: IO[bytes], allowed_hosts: Collection[str] = ()) -> None:
    """Copy what a web address leads to.

    :param source: as it is shown in errors: without user, password and signature.
    :raises SourceError: when it leads where nothing may be asked, or does not exist, or is too large.
    :raises SourceUnreachableError: when it did not answer as it should.
    """
    is_over = Event()
    try:
        for _ in range(_MAX_REDIRECTS):
            with _asked(source, address, allowed_hosts, is_over) as answer:
                if answer.status not in _REDIRECTS:
                    _copy(source, answer, into)
                    if is_over.is_set():  # then the answer has ended as it would at its end
                        raise TimeoutError
                    break
                address = _redirected(source, address, answer.headers.get("Location", ""))
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


def _forms(ip: Address) -> Iterator[Address]:
    """Yield the address, and the IPv4 addresses that it is another form of: all of them are to be public."""
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
    raise SourceError(source, "it leads to something that is no http(s) address")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    return host if host.isascii() else host.encode("idna").decode()


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


@contextmanager
def _asked(source: str, address: str, allowed_hosts: Collection[str], is_over: Event) -> Iterator[HTTPResponse]:
    """Ask one of the addresses that were checked, which nobody looks up again."""
    ips, parts = check_host(source, address, allowed_hosts), _split(source, address)
    connection = HTTPConnection(_host(parts), _port(parts), timeout=_ANSWER_SECONDS)
    connection.default_port = _PORTS[parts.scheme]
    connection.sock = plain_or_tls = _connected(ips, parts)

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            socket.socket.shutdown(plain_or_tls, socket.SHUT_RDWR)  # not TLS's own, which a reader would not notice

    timer = Timer(DOWNLOAD_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        connection.request("GET", _target(parts), headers=_headers(parts))
        with closing(connection.getresponse()) as answer:  # which the connection would leave open
            yield answer
    except ValueError as error:  # of http.client, for what cannot stand in a request; its text may have it
        raise SourceError(source, f"it cannot be asked for ({type(error).__name__})") from None
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
    plain.settimeout(_ANSWER_SECONDS)
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
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(who.encode()).decode()}"
    return headers


def _redirected(source: str, address: str, location: str) -> str:
    there = urljoin(address, location)
    if not location or (urlsplit(address).scheme == "https" and urlsplit(there).scheme != "https"):
        raise SourceError(source, "it redirects from https to an address that is not, or to none")
    return there


def _copy(source: str, answer: HTTPResponse, into: IO[bytes]) -> None:
    if answer.status in _REFUSED:
        raise SourceError(source, f"the server answered {answer.status}")
    if answer.status != HTTPStatus.OK:
        raise SourceUnreachableError(source, f"the server answered {answer.status}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceError(source, "the server packs its answer though it was asked not to")
    copy_bounded(source, cast("IO[bytes]", _Pieces(answer.read1)), into)
    if answer.length:
        raise SourceUnreachableError(source, f"the answer ended {answer.length} bytes early")


class _Pieces:
    """An answer that is read as it comes: who sends a byte a minute is noticed by the deadline."""

    def __init__(self, read1: Callable[[int], bytes]) -> None:
        self._read1 = read1

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Return what has come."""
        return self._read1(size)
