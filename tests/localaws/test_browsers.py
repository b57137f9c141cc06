"""Pages of other origins cannot reach the local AWS; programs and its own pages can."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from typing import Any

import pytest

from localaws.server import LocalAws

FORM = urllib.parse.urlencode({"Action": "CreateStack", "StackName": "s", "TemplateBody": "Resources: {}"})
REFUSED = "this server does not serve pages of another origin, or under other names than its own (docs/local_aws.md)"
AGE = json.dumps({"bucket": "bronze", "seconds": 60})


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
        {"Host": "rebound.example:{port}"},
        {"Host": "rebound.example:{port}", "Origin": "http://rebound.example:{port}"},
        {"Host": "0.0.0.0:{port}"},
        {"Host": "[::]:{port}"},
        {"Host": "[rebound.example"},
        {"Origin": "http://other.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("path", "body"), [("/", FORM), ("/localaws/s3/age", AGE), ("/localaws/macie2/dials", None)])
def test_page_of_another_origin_cannot_reach_the_server(
    aws: LocalAws, s3: Any, headers: dict[str, str], path: str, body: str | None
) -> None:
    port = aws.endpoint_url.rpartition(":")[2]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    status, answer = _answer(aws, path, body, sent)
    assert (status, json.loads(answer)) == (403, {"message": REFUSED})


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "bronze.localhost", "[::1]:{port}", "localaws"]
)
def test_own_pages_and_programs_reach_the_server_by_all_its_names(aws: LocalAws, host: str) -> None:
    host = host.format(port=aws.endpoint_url.rpartition(":")[2])
    for headers in ({}, {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}, {"Sec-Fetch-Site": "none"}):
        assert _answer(aws, "/localaws/macie2/dials", None, {"Host": host, **headers})[0] == 200


def _answer(aws: LocalAws, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"))
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found
