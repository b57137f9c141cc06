"""A request as AWS reads it: signature, service, operation and parameters."""

from __future__ import annotations

import gzip
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import ServiceOperationRouter, get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from localaws.iam.callers import Signature

#: Services whose name in a signature is not the one that botocore knows them by.
_SERVICES = {"monitoring": "cloudwatch", "airflow": "mwaa", "states": "stepfunctions", "email": "ses"}
#: Services whose actions have another prefix in policies than the name in a signature.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}
_ANY_OPERATION = "*"  # of an unknown operation: allowed only with all actions of the service


@dataclass(slots=True)
class AwsRequest:
    """A signed request.

    :param prefix: of the service's actions in policies.
    :param operation: by the name in the API; ``*`` for an unknown operation.
    :param parameters: as the API names them; of S3 only those in the path.
    """

    environ: dict[str, Any]
    prefix: str
    operation: str
    protocol: str
    region_name: str
    service: ServiceModel | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return str(self.environ["REQUEST_METHOD"])

    def header(self, name: str) -> str | None:
        """Return a header of the request; None: it has none of that name."""
        value: str | None = self.environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return value


def read_request(environ: dict[str, Any], signature: Signature) -> AwsRequest:
    """Find operation and parameters; the body is put back for the next reader."""
    name = signature.signing_name
    service = _service(_SERVICES.get(name, name))
    found = AwsRequest(environ, _PREFIXES.get(name, name), _ANY_OPERATION, "query", signature.region_name, service)
    if service is None:
        return found
    request = Request(environ if name == "s3" else _readable(environ, read_body(environ)))
    found.protocol = str(service.protocol)
    try:
        found.protocol = determine_request_protocol(service, request.content_type)
        operation, in_path = _router(str(service.service_name)).match(request)
    except (NotFound, NotImplementedError):
        return found
    found.operation = str(operation.name)
    found.parameters = dict(in_path) if name == "s3" else _parse(request, found.protocol, operation, in_path)
    return found


def read_body(environ: dict[str, Any]) -> bytes:
    """Read the whole body and leave it there to be read again."""
    if environ.pop("HTTP_TRANSFER_ENCODING", None):
        body: bytes = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    put_body(environ, body)
    return body


def _readable(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the request with a body that is not compressed, as botocore sends long metrics."""
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
        body = gzip.decompress(body)
    copied = dict(environ)
    put_body(copied, body)
    return copied


def put_body(environ: dict[str, Any], body: bytes) -> None:
    """Make this the body of the request."""
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _parse(request: Request, protocol: str, operation: OperationModel, in_path: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters; none of a request that cannot be read, which the service will say itself."""
    parser = PROTOCOL_PARSERS[protocol](operation, map_type=dict)
    raw: Any = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": in_path,
    }
    try:
        parsed: dict[str, Any] = parser.parse(raw)
    except (RequestParserError, ValueError):
        return {}
    return parsed


@lru_cache(maxsize=64)
def _router(service_name: str) -> ServiceOperationRouter:
    """Return what finds the operation of a request.

    A client of botocore takes the bucket out of the paths of its model of S3; where clients and the local AWS share
    what they read of botocore's files, it has to be put back.
    """
    if service_name != "s3":
        return get_service_router(service_name)
    description = deepcopy(vars(get_service_model("s3"))["_service_description"])
    for operation in description["operations"].values():
        if "authPath" in operation["http"]:
            operation["http"]["requestUri"] = "/{Bucket}" + operation["http"]["requestUri"]
    return ServiceOperationRouter(ServiceModel(description, "s3"))


@lru_cache(maxsize=64)
def _service(name: str) -> ServiceModel | None:
    try:
        return get_service_model(name)
    except UnknownServiceError:
        return None
