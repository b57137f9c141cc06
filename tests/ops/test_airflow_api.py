"""Client of Airflow's REST API, against a server that behaves as Airflow on a busy laptop."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ops.airflow_api import AirflowApi


class Busy(BaseHTTPRequestHandler):
    """Returns 500 once; resets a connection that is used again, like one that has just been closed."""

    protocol_version = "HTTP/1.1"
    answered = 0  # over all connections: an instance is one of them
    is_used = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.is_used:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.is_used = True
        type(self).answered += 1
        self.send_response(500 if self.answered == 1 else 200)
        self.send_header("Content-Length", "2")
        if self.close_connection:  # requested by the client
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Log nothing."""


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Busy, "answered", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_failed_request_is_repeated_on_another_connection(busy: str) -> None:
    assert AirflowApi(busy).post("/backfills", {}) == {}
    assert Busy.answered == 2
