from __future__ import annotations

from itertools import pairwise

import pytest

from macie.tokens import MAX_TOKENS, iter_client_tokens

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


def test_there_are_next_tokens_but_not_for_ever() -> None:
    tokens = list(iter_client_tokens("dag", "run", REQUEST))
    assert len(set(tokens)) == MAX_TOKENS
    assert all(first != second for first, second in pairwise(tokens))
    assert tokens[1] == f"{tokens[0]}-2"
