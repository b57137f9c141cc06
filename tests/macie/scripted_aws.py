"""An AWS with scripted responses, for statuses and outages that the local AWS does not produce."""

from __future__ import annotations

import json
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
JOB_ID = "0123456789abcdef0123456789abcdef"


def job(status: str, **more: Any) -> dict[str, Any]:
    """Return a response of DescribeClassificationJob."""
    arn = f"arn:aws:macie2:{REGION}:{ACCOUNT}:classification-job/{JOB_ID}"
    return {"jobId": JOB_ID, "jobArn": arn, "jobStatus": status, **more}


class ScriptedAws(ThreadingHTTPServer):
    """Returns the next of the responses scripted for a request's method and path; the last one is repeated.

    Text is returned unchanged, for S3's XML. Requests with access keys in ``expired`` get ExpiredToken instead.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[tuple[int, Any]]] = defaultdict(list)
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.expired: set[str] = set()
        self.access_keys: list[str] = []

    def script(self, request: str, *answers: dict[str, Any] | str | int | tuple[int, str, str]) -> None:
        """Script bodies (200), bare status codes, or (status code, error code, message)."""
        self.answers[request] = [_answer(answer) for answer in answers]

    def bodies(self, request: str) -> list[dict[str, Any]]:
        return [body for path, body in self.requests if path == request]


EXPIRED = (403, {"__type": "ExpiredTokenException", "message": "The security token is expired"})


def _answer(answer: Any) -> tuple[int, Any]:
    if isinstance(answer, (dict, str)):
        return 200, answer
    status, code, message = (answer, "", "") if isinstance(answer, int) else answer
    return status, {"__type": code, "message": message}


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedAws

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {self.path.partition('?')[0]}"
        self.server.requests.append((request, json.loads(body or b"{}")))
        access_key = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        self.server.access_keys.append(access_key)
        if access_key in self.server.expired:
            self._answer(*EXPIRED)
            return
        answers = self.server.answers.get(request) or [(404, {"__type": "NotScripted", "message": request})]
        self._answer(*(answers[0] if len(answers) == 1 else answers.pop(0)))

    def _answer(self, status: int, document: Any) -> None:
        payload = (document if isinstance(document, str) else json.dumps(document)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if "__type" in document:
            self.send_header("x-amzn-ErrorType", document["__type"])
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
