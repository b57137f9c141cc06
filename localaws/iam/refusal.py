"""The response of a service that refuses a request.

The code of the error: the models of botocore name it where the service declares it (``AccessDeniedException`` of
Macie, SSM and CloudWatch Logs; ``AuthorizationError`` of SNS). Where they do not, it is that of the protocol:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (``AccessDenied`` of S3),
https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html (``AccessDeniedException`` in JSON, 400),
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (``AccessDenied`` of the query protocol, 403).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape

from localaws.iam.callers import Caller
from localaws.iam.decision import Decision
from localaws.iam.policy import Permission
from localaws.iam.request import AwsRequest

_XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: bytes


def message_of(caller: Caller, permission: Permission, decision: Decision) -> str:
    """Return the message as AWS words it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    resource = f'"{permission.resource}"' if permission.action.startswith("s3:") else permission.resource
    refused = f"User: {caller.arn} is not authorized to perform: {permission.action} on resource: {resource}"
    return f"{refused} {decision.reason}"


def refusal(request: AwsRequest, permission: Permission, message: str) -> Answer:
    """Return the service's answer; that to a HEAD has no body and so no reason."""
    request_id = str(uuid.uuid4())
    match request.protocol:
        case "rest-xml":
            body = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message>"
            return _xml(request, f"{body}<RequestId>{request_id}</RequestId><HostId>local</HostId></Error>", request_id)
        case "json" | "rest-json":
            return _json(request, message, request_id)
    code = _query_code(request, permission)
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return _xml(request, f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>", request_id)


def _query_code(request: AwsRequest, permission: Permission) -> str:
    if request.prefix != "sns":
        return "AccessDenied"
    return "KMSAccessDenied" if permission.action.startswith("kms:") else "AuthorizationError"


def _json(request: AwsRequest, message: str, request_id: str) -> Answer:
    """Answer in JSON; services that once spoke the query protocol name the error also as they did then."""
    is_rest = request.protocol == "rest-json"
    headers = [("Content-Type", "application/json" if is_rest else "application/x-amz-json-1.1")]
    headers += [("x-amzn-ErrorType", "AccessDeniedException"), ("x-amzn-RequestId", request_id)]
    if request.service and "awsQueryCompatible" in request.service.metadata:
        headers.append(("x-amzn-query-error", "AccessDenied;Sender"))
    body = json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
    status = HTTPStatus.FORBIDDEN if is_rest else HTTPStatus.BAD_REQUEST
    return _whole(status, headers, body)


def _xml(request: AwsRequest, text: str, request_id: str) -> Answer:
    headers = [("Content-Type", _XML), ("x-amz-request-id", request_id)]
    body = b"" if request.method == "HEAD" else f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return _whole(HTTPStatus.FORBIDDEN, headers, body)


def _whole(status: HTTPStatus, headers: list[tuple[str, str]], body: bytes) -> Answer:
    return Answer(status, [*headers, ("Content-Length", str(len(body)))], body)
