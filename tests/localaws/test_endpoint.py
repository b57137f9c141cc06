"""The address that functions call back to."""

from __future__ import annotations

import pytest

from localaws import endpoint


@pytest.mark.parametrize(
    ("listening", "reached"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://0.0.0.0:5000", "http://127.0.0.1:5000"),
        ("http://[::]:5000", "http://[::1]:5000"),
    ],
)
def test_function_reaches_the_latest_server_on_this_machine(listening: str, reached: str) -> None:
    before = endpoint.loopback_url()
    endpoint.opened(listening)
    assert endpoint.loopback_url() == reached
    endpoint.closed(listening)
    assert endpoint.loopback_url() == before
