"""A proxy in front of the local AWS that writes down every call and does harm to one of them.

A call is what a client's code makes once: botocore repeats it under the same ``amz-sdk-invocation-id``, and all
attempts of it meet the same fault. Who runs the tasks says which one is next (``PUT /faults/task/<task>?pid=<pid>``);
the name of a call begins with it.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.faults.names import call_name, service_of, without_number

HOLD_SECONDS = 60
"""How long a connection is held at most; clients of the tests give up after a second or two."""

_NOT_FORWARDED = {"connection", "keep-alive", "expect", "transfer-encoding", "content-length", "proxy-connection"}
_NOT_ANSWERED = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Fault(StrEnum):
    """What happens to a call."""

    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    THROTTLE = "throttle"
    TIMEOUT = "timeout"
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"
    OUTAGE = "outage"
    MEANWHILE = "meanwhile"


@dataclass
class Armed:
    """One fault for one call.

    :param act: what is done before the call is forwarded, once, for :attr:`Fault.MEANWHILE`.
    :param is_over: an :attr:`Fault.OUTAGE`, which all calls meet that differ in their numbers alone, has ended.
    :param hits: number of attempts that met it.
    """

    call: str
    fault: Fault
    act: Callable[[], object] = lambda: None
    is_over: bool = False
    hits: int = 0

    def is_for(self, call: str) -> bool:
        """Say whether this call meets the fault."""
        if self.fault is Fault.OUTAGE:
            return not self.is_over and without_number(call) == without_number(self.call)
        return call == self.call


@dataclass
class Log:
    """The calls since the last :meth:`Proxy.begin`, and which process runs the tasks."""

    armed: tuple[Armed, ...] = ()
    calls: list[str] = field(default_factory=list)
    task: str = "-"
    pid: int | None = None
    names: dict[str, str] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Answer:
    """What the client is told."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Proxy:
    """The proxy, in threads of its own.

    :param upstream: URL of the local AWS.
    :ivar on_task: called with the name of each task before it runs.
    """

    on_task: Callable[[str], None] = staticmethod(lambda task: None)

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.address = (str(parts.hostname), int(parts.port or 80))
        self._log = Log()
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="proxy", daemon=True)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin(self, *armed: Armed) -> None:
        """Forget the calls so far, and do this harm from now on."""
        with self._lock:
            self._log = Log(armed)

    @property
    def calls(self) -> list[str]:
        """Names of the calls in the order of their first attempts."""
        with self._lock:
            return list(self._log.calls)

    def announce(self, task: str, pid: int) -> None:
        """Take note of the task that runs now, and of its process."""
        with self._lock:
            self._log.task, self._log.pid = task, pid
        self.on_task(task)

    def register(self, invocation: str | None, name: str) -> tuple[Armed | None, int | None]:
        """Write the call down; return the harm that it is to meet, and the pid of the run's process."""
        with self._lock:
            log = self._log
            if invocation is None or invocation not in log.names:
                full = f"{log.task} {name}"
                log.count[full] += 1
                if log.count[full] > 1:
                    full += f" #{log.count[full]}"
                log.calls.append(full)
                log.names[invocation or full] = full
            else:
                full = log.names[invocation]
            hit = next((one for one in log.armed if one.is_for(full)), None)
            if hit:
                hit.hits += 1
            return hit, log.pid


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that give up or are killed are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    """One client's connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1024 * 64

    def log_message(self, *_: Any) -> None:
        pass

    def serve(self) -> None:
        body = self._read_body()
        if self.path.startswith("/faults/task/"):
            self._announce()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        name = call_name(self.command, self.path, headers, body)
        armed, pid = self.server.proxy.register(headers.get("amz-sdk-invocation-id"), name)
        self._meet(armed, pid, service_of(headers), body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = serve  # noqa: N815 - the base class's names

    def _announce(self) -> None:
        parts = urlsplit(self.path)
        task = unquote(parts.path.removeprefix("/faults/task/"))
        self.server.proxy.announce(task, int(parse_qs(parts.query)["pid"][0]))
        self._reply(Answer(204, [], b""))

    def _meet(self, armed: Armed | None, pid: int | None, service: str, body: bytes) -> None:
        match armed.fault if armed else None:
            case Fault.ERROR_BEFORE | Fault.OUTAGE:
                self._reply(failure(service))
            case Fault.THROTTLE:
                self._reply(throttling(service))
            case Fault.ERROR_AFTER:
                self._forward(body)
                self._reply(failure(service))
            case Fault.TIMEOUT:
                self._forward(body)
                self._hold()
            case Fault.KILLED_BEFORE:
                self._kill(pid)
            case Fault.KILLED_AFTER:
                self._forward(body)
                self._kill(pid)
            case _:
                if armed and armed.hits == 1:
                    armed.act()
                self._reply(self._forward(body))

    def _forward(self, body: bytes) -> Answer:
        upstream = HTTPConnection(*self.server.proxy.address, timeout=HOLD_SECONDS)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _NOT_FORWARDED:
                    upstream.putheader(name, value)
            if body or "content-length" in self.headers or self.command in {"PUT", "POST"}:
                upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            return _answer(upstream.getresponse())
        finally:
            upstream.close()

    def _reply(self, answer: Answer) -> None:
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('-',))[0]}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if not any(name.lower() == "content-length" for name, _ in answer.headers) and answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return _read_chunks(self.rfile)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _hold(self) -> None:
        """Answer nothing until the client hangs up."""
        self.close_connection = True
        select.select([self.connection], [], [], HOLD_SECONDS)

    def _kill(self, pid: int | None) -> None:
        """Kill the process of the run, and wait until its end of the connection is gone."""
        self.close_connection = True
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            select.select([self.connection], [], [], HOLD_SECONDS)


def _read_chunks(stream: Any) -> bytes:
    body = bytearray()
    while size := int(stream.readline().partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass  # trailers
    return bytes(body)


def _answer(response: HTTPResponse) -> Answer:
    headers: HTTPMessage = response.headers
    body = response.read()
    kept = [(name, value) for name, value in headers.items() if name.lower() not in _NOT_ANSWERED]
    if not body and "content-length" in headers:  # of HEAD: the length of what is not sent
        kept.append(("Content-Length", headers["content-length"]))
    return Answer(response.status, kept, body)


def failure(service: str) -> Answer:
    """Return HTTP 500 as the service words it."""
    if service == "s3":
        return _s3_error(500, "InternalError")
    if service in {"sns", "sts"}:
        return _query_error(500, "InternalFailure")
    if service == "macie2":
        return _rest_error(500, "InternalServerException")
    return _json_error(500, "InternalServerError")


def throttling(service: str) -> Answer:
    """Return the service's answer to too many requests."""
    if service == "s3":
        return _s3_error(503, "SlowDown")
    if service in {"sns", "sts"}:
        return _query_error(400, "Throttling")
    if service == "macie2":
        return _rest_error(429, "ThrottlingException")
    return _json_error(400, "ThrottlingException")


_TEXT = "made by the tests"


def _s3_error(status: int, code: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{_TEXT}</Message></Error>'
    return Answer(status, [("Content-Type", "application/xml")], body.encode())


def _query_error(status: int, code: str) -> Answer:
    error = f"<Error><Type>Receiver</Type><Code>{code}</Code><Message>{_TEXT}</Message></Error>"
    body = f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
    return Answer(status, [("Content-Type", "text/xml")], body.encode())


def _rest_error(status: int, code: str) -> Answer:
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", code)]
    return Answer(status, headers, f'{{"message": "{_TEXT}"}}'.encode())


def _json_error(status: int, code: str) -> Answer:
    body = f'{{"__type": "{code}", "message": "{_TEXT}"}}'
    return Answer(status, [("Content-Type", "application/x-amz-json-1.1")], body.encode())
