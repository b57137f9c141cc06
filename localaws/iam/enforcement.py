"""Refuse requests that policies do not allow, before moto executes them.

Only requests over HTTP come here. What a service of the local AWS does by itself, it does in process: Macie's reading
of objects, EventBridge's deliveries, the resources that CloudFormation makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from localaws.iam.callers import Caller, find_caller, read_signature
from localaws.iam.decision import Decision, decide
from localaws.iam.deletions import Deletions
from localaws.iam.keys import keys_of
from localaws.iam.policy import Permission
from localaws.iam.refusal import Answer, message_of, refusal
from localaws.iam.request import AwsRequest, read_request
from localaws.iam.resource_rules import Location
from localaws.iam.s3 import READ, S3Request
from localaws.iam.services import permissions_of
from localaws.iam.stored import find_bucket, policy_of
from localaws.iam.switch import LoggedDecision, switch

type Environ = dict[str, Any]
type StartResponse = Callable[..., Any]
type Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

SWITCH_PATH = "/localaws/iam"
_RESET_PATH = "/moto-api/reset"


class Enforced:
    """A WSGI application behind IAM, and the switch of it.

    ``/localaws/iam``: GET tells ``{"enforced": …, "asked": […]}``, PUT ``{"enforced": true}`` switches on, DELETE
    brings back the first position and forgets what was asked, as moto's reset does.
    """

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == SWITCH_PATH:
            return _send(_serve_switch(environ), start_response)
        if path == _RESET_PATH:
            switch.reset()
        if not switch.is_on:
            return self._application(environ, start_response)
        signature = read_signature(environ)
        caller = find_caller(signature.access_key_id) if signature else None
        if signature is None or caller is None:
            return self._application(environ, start_response)
        request = read_request(environ, signature)
        return _Guarded(self._application, request, caller).answer(start_response)


class _Guarded:
    """One request of one caller."""

    def __init__(self, application: Wsgi, request: AwsRequest, caller: Caller) -> None:
        self._application = application
        self._request = request
        self._caller = caller
        self._s3 = S3Request(request, caller.partition) if request.prefix == "s3" else None

    def answer(self, start_response: StartResponse) -> Iterable[bytes]:
        for permission in self._permissions():
            decision = self._decide(permission)
            if not decision.is_allowed:
                return _send(
                    refusal(self._request, permission, message_of(self._caller, permission, decision)), start_response
                )
        if self._s3 and self._s3.operation == "DeleteObjects":
            return self._delete(self._s3, start_response)
        if self._s3 and self._s3.operation in READ:
            return self._read(self._s3, start_response)
        return self._application(self._request.environ, start_response)

    def _permissions(self) -> Iterable[Permission]:
        where = Location(self._caller.partition, self._request.region_name, self._caller.account_id)
        return self._s3.permissions() if self._s3 else permissions_of(self._request, where)

    def _decide(self, permission: Permission) -> Decision:
        keys = keys_of(self._caller, permission, self._request.environ, self._request.region_name)
        decision = decide(self._caller, permission, keys, policy_of(permission))
        switch.note(
            LoggedDecision(
                self._caller.principal_arn, permission.action, permission.resource, decision.is_allowed, decision.by
            )
        )
        return decision

    def _read(self, s3: S3Request, start_response: StartResponse) -> Iterable[bytes]:
        """Return 404 only to callers who may list the bucket.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        answer = _call(self._application, self._request.environ)
        if answer.status == HTTPStatus.NOT_FOUND:
            permission = s3.listing()
            if (
                find_bucket(permission.resource.rpartition(":")[2])
                and not (decision := self._decide(permission)).is_allowed
            ):
                answer = refusal(self._request, permission, message_of(self._caller, permission, decision))
        return _send(answer, start_response)

    def _delete(self, s3: S3Request, start_response: StartResponse) -> Iterable[bytes]:
        """Delete the permitted keys, and report the others as errors in the same response."""
        deletions = Deletions(self._request)
        for key, version_id in deletions.wanted:
            permission = s3.deletion(key, version_id)
            decision = self._decide(permission)
            if not decision.is_allowed:
                deletions.refuse(key, version_id, message_of(self._caller, permission, decision))
        if not deletions.wanted:
            return _send(deletions.complete(None), start_response)
        deletions.replace_body()
        return _send(deletions.complete(_call(self._application, self._request.environ)), start_response)


def _call(application: Wsgi, environ: Environ) -> Answer:
    """Take an application's whole answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = application(environ, lambda status, headers, _error=None: started.append((status, headers)))
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[-1]
    return Answer(HTTPStatus(int(status.split(" ", 1)[0])), headers, body)


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(f"{answer.status.value} {answer.status.phrase}", answer.headers)
    return [answer.body]


def _serve_switch(environ: Environ) -> Answer:
    match environ["REQUEST_METHOD"]:
        case "GET":
            pass
        case "DELETE":
            switch.reset()
        case "PUT":
            sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            match _json(sent):
                case {"enforced": bool(is_on), **others} if not others:
                    switch.turn(is_on)
                case _:
                    return _respond(
                        HTTPStatus.BAD_REQUEST, {"message": 'send {"enforced": true} or {"enforced": false}'}
                    )
        case _:
            return _respond(HTTPStatus.METHOD_NOT_ALLOWED, {"message": "use GET, PUT or DELETE"})
    return _respond(HTTPStatus.OK, switch.to_json())


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _respond(status: HTTPStatus, answer: Any) -> Answer:
    body = json.dumps(answer).encode()
    return Answer(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)
