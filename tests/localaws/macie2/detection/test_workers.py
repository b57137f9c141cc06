"""The threads that scan."""

from __future__ import annotations

import pytest

from localaws.macie2.detection import workers


def test_work_is_done_by_the_kept_threads_and_failures_are_raised_to_who_asked() -> None:
    assert workers.submit(lambda: 1).result() == 1
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 // 0).result()
    assert [workers.submit(lambda n=n: n).result() for n in range(5)] == list(range(5))  # type: ignore[misc]
