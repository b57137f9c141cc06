"""Errors have the code and the status that botocore's model gives them."""

from __future__ import annotations

import botocore.session
import pytest

from localaws.macie2 import exceptions

MODEL = botocore.session.get_session().get_service_model("macie2")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ValidationException,
        exceptions.AccessDeniedException,
        exceptions.ResourceNotFoundException,
        exceptions.ConflictException,
    ],
)
def test_an_error_has_the_status_of_the_model(error: type[exceptions.MacieError]) -> None:
    assert MODEL.shape_for(error.error_code).metadata["error"]["httpStatusCode"] == error.code
