"""boto3's requests to the local AWS of this process, without sockets: a third of the time of tests went into them.

Everything above is botocore's and everything below is the local AWS as it is served; between them stands what HTTP and
cheroot make of a request. Requests of other processes and of aiobotocore, all to other servers, and all with unusual
headers go over HTTP. Nothing times out here.
"""

from __future__ import annotations

import functools
import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import botocore.httpsession
from botocore.awsrequest import AWSResponse
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.util.url import _encode_target

from localaws.server import complete_environ

type Application = Callable[..., Any]

log = logging.getLogger(__name__)
_NAME = re.compile("[A-Za-z0-9-]+")
_VALUE = re.compile("[ -~]{0,8000}")
_ANSWERED = re.compile("[^\r\n\u0100-\U0010ffff]*")
_served: dict[str, Application] = {}
"""By scheme, host and port."""


def install() -> None:
    """Let botocore look for a server in this process first; call once in a process."""
    over_http = URLLib3Session.send

    def send(self: URLLib3Session, request: Any) -> AWSResponse:
        application = _served.get(_origin(request.url))
        proxies: Any = self._proxy_config  # type: ignore[attr-defined]
        if application is None or proxies.proxy_url_for(request.url) or not _is_plain(request.headers):
            return over_http(self, request)
        return _send(application, request)

    URLLib3Session.send = send  # type: ignore[method-assign]
    # A client makes its TLS context although the local AWS speaks HTTP.
    botocore.httpsession.create_urllib3_context = functools.cache(botocore.httpsession.create_urllib3_context)


@contextmanager
def served(endpoint_url: str, application: Application) -> Iterator[None]:
    """Take the requests to a server in this process to its application."""
    _served[endpoint_url] = application
    try:
        yield
    finally:
        del _served[endpoint_url]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_plain(headers: Mapping[str, str | bytes]) -> bool:
    """Whether neither ``http.client`` nor cheroot looks twice at these headers; all others go over HTTP."""
    texts = [(_text(name), _text(value)) for name, value in headers.items()]
    return all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in texts)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _send(application: Application, request: Any) -> AWSResponse:
    try:
        environ = _environ_of(request)
    except Exception as error:  # as botocore does
        raise HTTPClientError(error=error) from error
    try:
        status, headers, content = _call(application, environ)
    except Exception:  # as cheroot does
        log.exception("The local AWS failed")
        status, headers, content = HTTPStatus.INTERNAL_SERVER_ERROR, HTTPHeaderDict(), b""
    headers.setdefault("Date", formatdate(usegmt=True))
    raw = HTTPResponse(
        io.BytesIO(content),
        headers,
        status,
        preload_content=False,
        decode_content=False,
        request_method=request.method,
    )
    response = AWSResponse(request.url, status, raw.headers, raw)  # type: ignore[arg-type]
    if not request.stream_output:
        assert response.content is not None  # read now, as botocore does
    return response


def _call(application: Application, environ: dict[str, Any]) -> tuple[int, HTTPHeaderDict, bytes]:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return written.append

    answer = application(environ, start_response)
    try:
        written.extend(answer)
    finally:
        getattr(answer, "close", lambda: None)()
    ((line, named),) = started
    status, headers, content = int(line.split()[0]), HTTPHeaderDict(named), b"".join(written)
    if not all(_ANSWERED.fullmatch(value) for _, value in named):
        raise ValueError("a header that cannot be sent")
    if environ["REQUEST_METHOD"] == "HEAD" or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return status, headers, b""
    if int(headers.get("Content-Length", len(content))) != len(content):
        raise ValueError("the content has another length than its header says")
    return status, headers, content


def _environ_of(request: Any) -> dict[str, Any]:
    """Return a request as cheroot hands it over (``cheroot.wsgi.Gateway_10.get_environ``)."""
    url = urlsplit(request.url)
    target = _encode_target(f"{url.path or '/'}?{url.query}" if url.query else url.path or "/")
    headers = {"Host": url.netloc, "Accept-Encoding": "identity"}
    headers.update((_text(name).title(), _text(value).strip()) for name, value in request.headers.items())
    is_chunked = headers.get("Transfer-Encoding") == "chunked"
    body = _read(request.body)
    if not is_chunked and int(headers.get("Content-Length", len(body))) != len(body):
        raise ValueError("the body has another length than its header says")
    environ = {
        "ACTUAL_SERVER_PROTOCOL": "HTTP/1.1",
        "QUERY_STRING": target.partition("?")[2],
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "1",
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": target,
        "SCRIPT_NAME": "",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": io.StringIO(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": is_chunked,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": url.scheme,
        "wsgi.version": (1, 0),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    return complete_environ(environ, headers)


def _read(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("latin-1")
    return bytes(body.read()) if hasattr(body, "read") else bytes(body)
