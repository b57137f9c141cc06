"""Lists come in pages."""

from __future__ import annotations

import base64

import pytest

from localaws.macie2.exceptions import ValidationException
from localaws.macie2.paging import page


@pytest.mark.parametrize(("count", "size"), [(0, 2), (1, 2), (2, 2), (5, 2), (120, None)])
def test_pages_give_every_item_once(count: int, size: int | None) -> None:
    items, seen, token = list(range(count)), [], None
    while True:
        answer = page("items", items, {"maxResults": size, "nextToken": token})
        seen += answer["items"]
        token = answer["nextToken"]
        if token is None:
            break
    assert seen == items


@pytest.mark.parametrize(
    "token", ["x", "é", base64.b64encode(b"page:3").decode(), base64.b64encode(b"offset:x").decode()]
)
def test_a_token_is_refused_when_it_was_not_given_out(token: str) -> None:
    with pytest.raises(ValidationException):
        page("items", [1, 2, 3], {"maxResults": 1, "nextToken": token})


def test_a_page_size_is_refused_when_it_is_below_one() -> None:
    with pytest.raises(ValidationException):
        page("items", [1, 2, 3], {"maxResults": 0})
