"""Web addresses: what was checked is what is asked, and nothing that the worker alone can reach."""

from __future__ import annotations

import datetime
import http.server
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lake_gate.delivery import web_source
from lake_gate.delivery.web_source import check_host, download
from lake_gate.errors import SourceError, SourceUnreachableError

LOCAL = ["127.0.0.1", "deliveries.example"]
type Handler = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Handler, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[Any]]]:
    """A server that answers as it is asked to, and keeps what it was asked for."""
    asked: list[Any] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def content(body: bytes = b"a zip", length: int | None = None, **headers: str) -> Handler:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def redirect(location: str) -> Handler:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def fetched(address: str, hosts: list[str] = LOCAL) -> bytes:
    into = io.BytesIO()
    download("the source", address, into, hosts)
    return into.getvalue()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the name ``deliveries.example`` leads to, one address after the other; the last one stays."""
    real, answers = socket.getaddrinfo, ["127.0.0.1"]

    def look_up(host: Any, *arguments: Any, **more: Any) -> Any:
        if host == "deliveries.example":
            host = answers.pop(0) if len(answers) > 1 else answers[0]
        return real(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.170.2", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518"),
        *("[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fe80::1]"),
        *("[fd00:ec2::254]", "[fd00:ec2::23]", "192.0.0.192", "[::ffff:192.0.0.192]", "[::ffff:0:a9fe:a9fe]"),
        *("[2a05:d018::5efe:a9fe:a9fe]", "[2a05:d018::200:5efe:a9fe:a9fe]"),
    ],
)
@pytest.mark.parametrize("is_allowed", [True, False])
def test_addresses_where_credentials_are_served_are_refused_whatever_a_setting_says(
    host: str, is_allowed: bool
) -> None:
    with pytest.raises(SourceError, match="where credentials are served"):
        check_host("x", f"http://{host}/latest/meta-data/", [host.strip("[]")] if is_allowed else [])


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "224.0.0.1"),
        *("255.255.255.255", "[::]", "[::1]", "[::7f00:1]", "[::ffff:10.0.0.1]", "[fc00::1]", "[ff02::1]"),
        *("[64:ff9b::a00:1]", "[64:ff9b:1::808:808]", "[2002:a00:1::1]", "[2001:0:a00:1::1]", "localhost"),
        *("[fec0::1]", "[::ffff:0:7f00:1]", "[5f00::1]", "[3fff::1]", "192.0.0.8", "192.88.99.1", "[2a05::5efe:a00:1]"),
        *("[2001:db8::1]", "[2001:2::1]", "[2001:20::1]", "[100::1]", "[4000::1]", "[2002:808:808::1]"),
    ],
)
def test_addresses_that_are_not_public_are_refused_unless_a_setting_names_the_host(host: str) -> None:
    with pytest.raises(SourceError, match=r"not public; to allow it, add .* /lake_gate/allowed_source_hosts"):
        check_host("x", f"http://{host}/")
    assert check_host("x", f"http://{host.upper()}/", ["other", f" {host.strip('[]')} "])


@pytest.mark.parametrize(
    "host", ["93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]", "[2a05:d018::5efe:808:808]"]
)
def test_public_addresses_may_be_asked(host: str) -> None:
    assert check_host("x", f"https://{host}/d.zip") == [host.strip("[]")]


def test_name_with_one_address_that_is_not_public_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(SourceError, match="not public"):
        check_host("x", "https://deliveries.example/")


@pytest.mark.parametrize(
    "address", ["ftp://a/", "http://", "http:///x", "http://a:0/", "http://a:x/", "http://[a/", "file:///etc/passwd"]
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match=r"not a valid http\(s\) address"):
        check_host("x", address)


def test_address_that_was_checked_is_the_one_that_is_asked(answers: list[str]) -> None:
    """A name that leads elsewhere when it is looked up again: it is not looked up again."""
    answers[:] = ["127.0.0.1", "127.0.0.2"]
    with serving(content()) as (host, asked):
        port = host.rpartition(":")[2]
        assert fetched(f"http://deliveries.example:{port}/d.zip") == b"a zip"
    assert len(answers) == 1
    assert asked[0][1]["Host"] == f"deliveries.example:{port}"


def test_public_name_that_turns_into_a_private_one_is_never_asked_there(answers: list[str]) -> None:
    with serving(content()) as (host, asked):
        answers[:] = ["127.0.0.1"]
        with pytest.raises(SourceError, match="not public"):
            fetched(f"http://deliveries.example:{host.rpartition(':')[2]}/d.zip", [])
    assert asked == []


@pytest.mark.parametrize("location", ["http://169.254.169.254/", "//10.0.0.1/", "http://[::1]/", "file:///etc/passwd"])
def test_redirect_is_checked_like_an_address(location: str) -> None:
    with (
        serving(redirect(location)) as (host, _),
        pytest.raises(SourceError, match=r"not public|credentials|not a valid http"),
    ):
        fetched(f"http://{host}/d.zip")


def test_redirect_to_a_place_on_the_same_host_is_followed_with_its_password_and_to_another_without() -> None:
    with serving(content()) as (there, asked_there):

        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            redirect("/b" if handler.path == "/a" else f"http://{there}/c")(handler)

        with serving(answer) as (host, asked):
            assert fetched(f"http://me:p%40ss@{host}/a") == b"a zip"
    assert [(path, "Authorization" in headers) for path, headers in asked] == [("/a", True), ("/b", True)]
    assert asked[0][1]["Authorization"] == "Basic bWU6cEBzcw=="
    assert [(path, "Authorization" in headers) for path, headers in asked_there] == [("/c", False)]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for deliveries.example, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "deliveries.example")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("deliveries.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def test_certificate_has_to_be_that_of_the_name(
    tls: tuple[ssl.SSLContext, Path], answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, path = tls
    with serving(content(), context) as (host, _):
        port = host.rpartition(":")[2]
        with pytest.raises(SourceUnreachableError, match="SSLCertVerificationError"):  # not one that is trusted
            fetched(f"https://deliveries.example:{port}/d.zip")
        monkeypatch.setattr(certifi, "where", lambda: str(path))
        assert fetched(f"https://deliveries.example:{port}/d.zip") == b"a zip"
        with pytest.raises(SourceUnreachableError, match="SSLCertVerificationError"):  # not the name that was asked
            fetched(f"https://127.0.0.1:{port}/d.zip")


def test_redirect_from_https_to_http_is_refused(
    tls: tuple[ssl.SSLContext, Path], answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, path = tls
    monkeypatch.setattr(certifi, "where", lambda: str(path))
    with (
        serving(content()) as (plain, asked),
        serving(redirect(f"http://{plain}/d.zip"), context) as (host, _),
        pytest.raises(SourceError, match="redirects from https"),
    ):
        fetched(f"https://deliveries.example:{host.rpartition(':')[2]}/d.zip")
    assert asked == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(content(b"of the proxy")) as (proxy, asked), serving(content()) as (host, _):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy}")
        assert fetched(f"http://{host}/d.zip") == b"a zip"
    assert asked == []


def test_answer_that_ends_early_may_be_tried_again() -> None:
    early = pytest.raises(SourceUnreachableError, match="4 bytes early")
    with serving(content(b"half", length=8)) as (host, _), early:
        fetched(f"http://{host}/d.zip")


def test_answer_that_drips_is_not_waited_for_beyond_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_source, "DOWNLOAD_SECONDS", 0.2)
    stop = threading.Event()

    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.01):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    with serving(drip) as (host, _):
        with pytest.raises(SourceUnreachableError, match=r"more than 0\.2 seconds"):
            fetched(f"http://{host}/d.zip")
        stop.set()


def test_packed_answer_is_refused() -> None:
    with (
        serving(content(Content_Encoding="gzip")) as (host, _),
        pytest.raises(SourceError, match="compresses its response"),
    ):
        fetched(f"http://{host}/d.zip")


def test_address_with_signs_that_no_request_has_is_asked_for_in_their_place() -> None:
    with serving(content()) as (host, asked):
        assert fetched(f"http://{host}/a b/é.zip?x=%2F&y=1 2#part") == b"a zip"
    assert asked[0][0] == "/a%20b/%C3%A9.zip?x=%2F&y=1%202"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_server_that_refuses_ends_the_task_for_good(status: int) -> None:
    def refuse(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(status)

    with serving(refuse) as (host, _), pytest.raises(SourceError, match=f"answered {status}"):
        fetched(f"http://{host}/d.zip")


def test_server_that_fails_may_be_tried_again() -> None:
    failing = pytest.raises(SourceUnreachableError, match="answered 503")
    with serving(lambda handler: handler.send_error(503)) as (host, _), failing:
        fetched(f"http://{host}/d.zip")
