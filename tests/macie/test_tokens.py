from __future__ import annotations

from itertools import pairwise

import pytest

from macie.errors import JobTokensExhaustedError
from macie.tokens import MAX_TOKENS, create_once, iter_client_tokens

REQUEST = {"name": "gate", "jobType": "ONE_TIME"}


def test_a_retry_gets_the_same_tokens_whatever_the_order_of_the_keys() -> None:
    reordered = dict(reversed(REQUEST.items()))
    assert list(iter_client_tokens("dag", "run", REQUEST)) == list(iter_client_tokens("dag", "run", reordered))


@pytest.mark.parametrize(
    "facts",
    [("other", "run", REQUEST), ("dag", "other", REQUEST), ("dag", "run", {**REQUEST, "name": "x"}), ("dagr", "un")],
)
def test_other_facts_give_other_tokens(facts: tuple[object, ...]) -> None:
    assert next(iter_client_tokens(*facts)) != next(iter_client_tokens("dag", "run", REQUEST))


def test_the_number_of_next_tokens_is_bounded() -> None:
    tokens = list(iter_client_tokens("dag", "run", REQUEST))
    assert len(set(tokens)) == MAX_TOKENS
    assert all(first != second for first, second in pairwise(tokens))
    assert tokens[1] == f"{tokens[0]}-2"


def create(usable: str) -> tuple[str, list[str]]:
    """Create a resource whose id is its token; return its id and the tokens that were used."""
    used: list[str] = []

    def create_by(token: str) -> str:
        used.append(token)
        return token

    created = create_once(
        ["run", REQUEST],
        create=create_by,
        is_usable=lambda resource_id: resource_id == usable,
        exhausted=JobTokensExhaustedError,
    )
    return created, used


@pytest.mark.parametrize("number", [0, 1, MAX_TOKENS - 1])
def test_the_first_usable_resource_ends_the_search(number: int) -> None:
    tokens = list(iter_client_tokens("run", REQUEST))
    assert create(usable=tokens[number]) == (tokens[number], tokens[: number + 1])


def test_the_error_names_the_last_resource_and_the_number_of_tokens() -> None:
    *_, last = iter_client_tokens("run", REQUEST)
    with pytest.raises(JobTokensExhaustedError) as caught:
        create(usable="none")
    assert caught.value.args == (last, MAX_TOKENS)
