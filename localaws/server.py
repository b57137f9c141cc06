"""Serve the local AWS: moto's services, with Macie, the safe parts of S3 and the rules of EventBridge from here.

``python -m localaws.server --port 5000`` prints its URL when it is ready and stops on SIGINT and SIGTERM.
``with LocalAws() as aws: boto3.client("s3", endpoint_url=aws.endpoint_url)`` does the same in a thread.

moto's own endpoints (``/moto-api/reset`` …) work as in moto. ``/localaws/macie2/dials`` sets Macie's dials: GET returns
all, PUT sets those in its JSON object, DELETE restores the initial ones, as moto's reset does.
``/localaws/s3/age`` dates the content of a bucket back, by POST ``{"bucket": "b", "seconds": 86400}``.
``/localaws/iam`` is the switch of IAM (:mod:`localaws.iam.enforcement`), which is off until PUT ``{"enforced": true}``,
or on from the start with ``LOCALAWS_ENFORCE_IAM=true``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot.wsgi import Gateway_10, Server
from flask import Flask
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

import localaws.answers
import localaws.awslambda.install
import localaws.events.install
import localaws.macie2.install
import localaws.s3.install
from localaws import endpoint
from localaws.browsers import is_of_another_origin
from localaws.cloudformation.callbacks import MOST_BYTES, callbacks
from localaws.cloudformation.callbacks import PATH as CALLBACKS_PATH
from localaws.iam.enforcement import Enforced
from localaws.iam.switch import switch
from localaws.macie2.dials import Settings, dials
from localaws.macie2.models import macie2_backends
from localaws.s3.age import make_older

type Environ = dict[str, Any]
type StartResponse = Callable[..., Any]

DIALS_PATH = "/localaws/macie2/dials"
AGE_PATH = "/localaws/s3/age"
_THREADS = 16


def _create_app(service: Any) -> Flask:
    """Make moto's application of one service; what we add to CloudFormation is added when it is first asked for."""
    if service == "cloudformation":
        # Takes seconds: moto's CloudFormation imports every service that it can make.
        import localaws.cloudformation.install

        localaws.cloudformation.install.install()
    return create_backend_app(service)


class _Dispatcher(DomainDispatcherApplication):
    """moto's choice of a service, cached by host: moto lists its package's folder for every request."""

    def __init__(self) -> None:
        super().__init__(_create_app)
        self._services: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._services:
            self._services[host] = super().get_backend_for_host(host)
        return self._services[host]


class Application:
    """The WSGI application: the dials, the age of objects, the switch of IAM, and moto for everything else."""

    def __init__(self) -> None:
        localaws.answers.install()
        localaws.awslambda.install.install()
        localaws.events.install.install()
        localaws.macie2.install.install()
        localaws.s3.install.install()
        self._moto = Enforced(_Dispatcher())

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if is_of_another_origin(environ):
            return _refuse(start_response)
        if environ["PATH_INFO"] == DIALS_PATH:
            return _serve_dials(environ, start_response)
        if environ["PATH_INFO"] == AGE_PATH:
            return _make_older(environ, start_response)
        if environ["PATH_INFO"].startswith(CALLBACKS_PATH):
            return _receive_callback(environ, start_response)
        return self._moto(environ, start_response)


class _Gateway(Gateway_10):
    """Pass on what moto needs and WSGI lacks."""

    def get_environ(self) -> Environ:  # type: ignore[override]
        environ: Environ = super().get_environ()  # type: ignore[no-untyped-call]
        return complete_environ(environ, (name.decode("latin-1") for name in self.req.inheaders))


def complete_environ(environ: Environ, names: Iterable[str]) -> Environ:
    """Give moto what its own server gives it: the path as sent, the decoded path and the names of metadata headers.

    moto routes by ``RAW_URI``, which cheroot calls ``REQUEST_URI``; cheroot leaves an encoded slash encoded.

    :param names: of the request's headers.
    """
    raw = environ["RAW_URI"] = environ["REQUEST_URI"]
    path = urlsplit(raw).path if "://" in raw.partition("?")[0] else raw.partition("?")[0]
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name for name in names if should_preserve_original_header_name(name)
    }
    return environ


class LocalAws:
    """The server in a thread of its own.

    :param port: 0 for any free one.
    :param settings: the dials to start with and to restore on a reset.
    :param application: what to serve instead of all of it: an :class:`Application` that the caller wraps.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        settings: Settings | None = None,
        *,
        application: Callable[..., Any] | None = None,
        threads: int = _THREADS,
    ) -> None:
        if settings is not None:
            dials.start_with(settings)
        application = application or Application()
        self._server = Server((host, port), application, numthreads=threads, request_queue_size=128)
        self._server.gateway = _Gateway
        self._server.shutdown_timeout = 1
        self._thread = threading.Thread(target=self._server.serve, name="local-aws", daemon=True)

    @property
    def application(self) -> Callable[..., Any]:
        """The WSGI application that is served."""
        served: Callable[..., Any] = self._server.wsgi_app
        return served

    @property
    def endpoint_url(self) -> str:
        host, port = self._server.bind_addr[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Listen; requests are accepted when this returns."""
        self._server.prepare()
        self._thread.start()
        endpoint.opened(self.endpoint_url)

    def stop(self) -> None:
        endpoint.closed(self.endpoint_url)
        self._server.stop()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def settings_from_environment(environment: dict[str, str]) -> Settings:
    """Read ``LOCALAWS_FINDINGS_LAG_SECONDS``, ``LOCALAWS_JOB_SECONDS`` and ``LOCALAWS_JOB_HELD`` (``true``).

    :raises ValueError: for an invalid value of a dial.
    """
    default = Settings()
    return Settings(
        findings_lag_seconds=float(environment.get("LOCALAWS_FINDINGS_LAG_SECONDS", default.findings_lag_seconds)),
        job_seconds=float(environment.get("LOCALAWS_JOB_SECONDS", default.job_seconds)),
        job_held=environment.get("LOCALAWS_JOB_HELD", "false").lower() == "true",
    )


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m localaws.server", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--port-file", type=Path, help="file to write the port to when the server is ready")
    options = parser.parse_args(arguments)
    switch.start_with(os.environ.get("LOCALAWS_ENFORCE_IAM", "false").lower() == "true")
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_over.set())
    with LocalAws(options.host, options.port, settings_from_environment(dict(os.environ))) as aws:
        # moto, botocore and the word lists stay; without this, each full collection looks at them for 0.25 seconds.
        gc.freeze()
        if options.port_file:
            _write_whole(options.port_file, f"{urlsplit(aws.endpoint_url).port}\n")
        sys.stdout.write(f"{aws.endpoint_url}\n")
        sys.stdout.flush()
        is_over.wait()


def _serve_dials(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    macie2_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]  # moto resets the backends that exist, and they reset the dials
    match environ["REQUEST_METHOD"]:
        case "GET":
            pass
        case "PUT":
            try:
                dials.set(**_read_json(environ))
            except (TypeError, ValueError) as error:
                return _answer(start_response, HTTPStatus.BAD_REQUEST, {"message": str(error)})
        case "DELETE":
            dials.reset()
        case _:
            return _answer(start_response, HTTPStatus.METHOD_NOT_ALLOWED, {"message": "use GET, PUT or DELETE"})
    return _answer(start_response, HTTPStatus.OK, asdict(dials.current))


def _make_older(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] != "POST":
        return _answer(start_response, HTTPStatus.METHOD_NOT_ALLOWED, {"message": "use POST"})
    try:
        made = make_older(**_read_json(environ))
    except (TypeError, ValueError, OverflowError) as error:
        return _answer(start_response, HTTPStatus.BAD_REQUEST, {"message": str(error)})
    return _answer(start_response, HTTPStatus.OK, {"versions": made})


def _read_json(environ: Environ) -> Any:
    return json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def _answer(start_response: StartResponse, status: HTTPStatus, content: Any) -> Iterable[bytes]:
    body = json.dumps(content).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def _receive_callback(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Take the answer of a custom resource from its function."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    token = environ["PATH_INFO"].removeprefix(CALLBACKS_PATH)
    is_taken = (
        environ["REQUEST_METHOD"] == "PUT"
        and length <= MOST_BYTES
        and callbacks.receive(token, environ["wsgi.input"].read(length))
    )
    status = HTTPStatus.OK if is_taken else HTTPStatus.FORBIDDEN
    start_response(f"{status.value} {status.phrase}", [("Content-Length", "0")])
    return [b""]


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    """Refuse what a page of another origin asks for in a browser."""
    why = "this server does not serve pages of another origin, or under other names than its own (docs/local_aws.md)"
    return _answer(start_response, HTTPStatus.FORBIDDEN, {"message": why})


def _write_whole(path: Path, text: str) -> None:
    """Write the file in one step, so that readers never see a part of it."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text)
    draft.replace(path)


if __name__ == "__main__":
    main()
