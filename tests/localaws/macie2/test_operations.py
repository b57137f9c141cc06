"""Every operation that botocore's model has: none is unknown, and no request breaks one."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localaws.macie2.exceptions import MacieError, ValidationException
from localaws.macie2.models import MacieBackend
from localaws.macie2.operations.usage import Usage
from localaws.macie2.validation import validated
from localaws.server import LocalAws
from tests.examples import examples
from tests.localaws.conftest import ACCOUNT, REGION
from tests.localaws.macie2 import model_values

ERRORS = {shape.name for name in model_values.OPERATIONS for shape in model_values.operation(name).error_shapes}


def _call(macie: Any, operation: str) -> tuple[str, int, str]:
    """Return the error that the least request ends in, or nothing and 200."""
    try:
        getattr(macie, xform_name(operation))(**model_values.minimal(model_values.operation(operation).input_shape))
    except macie.exceptions.ClientError as error:
        answer = error.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]
    return "", 200, ""


@pytest.mark.parametrize("operation", model_values.OPERATIONS)
def test_an_operation_answers_or_refuses_in_the_words_of_the_api(macie: Any, operation: str) -> None:
    code, status, _ = _call(macie, operation)
    assert status < 500
    assert code in {"", *ERRORS}


def test_an_operation_that_is_absent_is_named_when_it_is_called(macie: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Usage, "get_usage_totals")  # as of a later botocore that knows more operations
    message = "This is not implemented by the local AWS: GetUsageTotals"
    assert _call(macie, "GetUsageTotals") == ("NotImplementedException", 501, message)


def _send(aws: LocalAws, request: model_values.Request) -> tuple[int, Any]:
    credential = f"AWS4-HMAC-SHA256 Credential=testing/20260101/{REGION}/macie2/aws4_request"
    headers = {"Authorization": f"{credential}, SignedHeaders=host, Signature=0", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{aws.endpoint_url}{request.path}", request.body, headers, method=request.method)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or "null")


@pytest.mark.parametrize("operation", [name for name in model_values.OPERATIONS if list(model_values.wrong(name))])
def test_what_the_model_does_not_allow_is_refused(aws: LocalAws, macie: Any, operation: str) -> None:
    for what, parameters in model_values.wrong(operation):
        status, answer = _send(aws, model_values.request(operation, parameters))
        assert (status, answer.get("__type")) == (400, "ValidationException"), what


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"1"], ids=str)
def test_a_body_other_than_a_json_object_is_refused(aws: LocalAws, macie: Any, body: bytes) -> None:
    status, answer = _send(aws, model_values.Request("POST", "/findings", body))
    assert (status, answer["__type"]) == (400, "ValidationException")


@settings(max_examples=examples(300), derandomize=True, deadline=None, database=None)
@given(name=st.sampled_from(model_values.OPERATIONS), drawn=st.data())
def test_no_json_breaks_the_validation(name: str, drawn: st.DataObject) -> None:
    model = model_values.operation(name)
    members = list(model.input_shape.members) if model.input_shape else []
    parameters = drawn.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(members, model_values.ANY_JSON)))
    try:
        assert validated(model, parameters).keys() <= set(members)
    except ValidationException as error:
        assert error.code == 400  # noqa: PT017 - any other exception is what this looks for


@pytest.fixture(scope="module")
def backend() -> Iterator[MacieBackend]:
    """A Macie that no server knows, enabled."""
    made = MacieBackend(REGION, ACCOUNT)
    made.enable_macie({})
    yield made
    made.stop_discovery()


@pytest.mark.parametrize("operation", model_values.OPERATIONS)
def test_what_the_model_allows_is_done_or_refused(aws: LocalAws, backend: MacieBackend, operation: str) -> None:
    model = model_values.operation(operation)

    @settings(
        max_examples=examples(25),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(model_values.allowed(model.input_shape))
    def ask(parameters: dict[str, Any]) -> None:
        try:
            answer = getattr(backend, xform_name(operation))(validated(model, parameters))
        except MacieError as error:
            assert error.code < 500  # noqa: PT017 - any other exception is what this looks for
        else:
            assert isinstance(answer, dict)

    ask()
