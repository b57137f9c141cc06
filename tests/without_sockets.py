"""boto3's requests to the local AWS of this process, without sockets: a third of the time of tests went into them.

Everything above is botocore's and everything below is the local AWS as it is served; between them stands what HTTP and
cheroot make of a request. Requests of other processes and of aiobotocore, and all to other servers, go over HTTP.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.util.url import _encode_target

from localaws.server import complete_environ

type Application = Callable[..., Any]

_served: dict[str, Application] = {}
"""By host and port."""


def install() -> None:
    """Let botocore look for a server in this process first; call once in a process."""
    over_http = URLLib3Session.send

    def send(self: URLLib3Session, request: Any) -> AWSResponse:
        application = _served.get(urlsplit(request.url).netloc)
        return over_http(self, request) if application is None else _send(application, request)

    URLLib3Session.send = send  # type: ignore[method-assign]


@contextmanager
def served(endpoint_url: str, application: Application) -> Iterator[None]:
    """Take the requests to a server in this process to its application."""
    host = urlsplit(endpoint_url).netloc
    _served[host] = application
    try:
        yield
    finally:
        del _served[host]


def _send(application: Application, request: Any) -> AWSResponse:
    try:
        environ = _environ_of(request)
    except Exception as error:  # as botocore does
        raise HTTPClientError(error=error) from error
    status, headers, content = _call(application, environ)
    if request.method == "HEAD" or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        content = b""
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
    ((status, headers),) = started
    return int(status.split()[0]), HTTPHeaderDict(headers), b"".join(written)


def _environ_of(request: Any) -> dict[str, Any]:
    """Return a request as cheroot hands it over (``cheroot.wsgi.Gateway_10.get_environ``)."""
    url = urlsplit(request.url)
    target = _encode_target(f"{url.path or '/'}?{url.query}" if url.query else url.path or "/")
    headers = {"Host": url.netloc, "Accept-Encoding": "identity"}
    headers.update((_text(name).title(), _text(value)) for name, value in request.headers.items())
    is_chunked = headers.get("Transfer-Encoding") == "chunked"
    body = _read(request.body)
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


def _text(value: str | bytes) -> str:
    """Return a header as the server sees it.

    :raises ValueError: when ``http.client`` does not send it.
    """
    encoded = value.encode("latin-1") if isinstance(value, str) else bytes(value)
    if b"\r" in encoded or b"\n" in encoded:
        raise ValueError("a header with a line break")
    return encoded.decode("latin-1").strip()


def _read(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("latin-1")
    return bytes(body.read()) if hasattr(body, "read") else bytes(body)
