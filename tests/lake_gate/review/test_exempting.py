"""The exceptions of a request: as narrow as was asked, and the same at every try."""

from __future__ import annotations

import pytest

from lake_gate.review.exempting import exceptions_of
from lake_gate.review.request import Proposal
from tests.lake_gate.review.requests import NOW, make_file, make_request

BOTH = ["bob", "cid"]


def test_exception_of_files_is_for_the_reviewed_bytes_and_detections() -> None:
    files = (make_file(), make_file("a/Patients.csv", b"other", detections={"SSN": 3}))
    first, second = exceptions_of(make_request(files=files), BOTH, NOW)
    assert (first.sha256, first.detections, first.dataset, first.most) == (files[0].sha256, {"NAME": 1}, None, None)
    assert (second.sha256, second.detections) == (files[1].sha256, {"SSN": 3})
    assert (first.id, second.id) == ("review-0123456789abcdef-1", "review-0123456789abcdef-2")
    assert (first.requested_by, first.approved_by, first.until) == ("ann", ("bob", "cid"), "2026-12-31")
    assert (first.release, first.kind, first.request) == ("as_is", "false_positive", "review-0123456789abcdef")


def test_exception_of_a_table_is_for_one_identifier_up_to_a_number() -> None:
    files = (make_file("1/Organizations.csv"), make_file("2/organizations.csv"))
    proposal = Proposal("accepted", "table", "2026-12-31", "NAME", "CITY", 10)
    (made,) = exceptions_of(make_request(files=files, exception=proposal), BOTH, NOW)
    assert (made.dataset, made.identifier, made.column, made.most) == ("organizations", "NAME", "CITY", 10)
    assert (made.sha256, made.detections) == (None, {})


def test_masked_release_lets_only_a_masked_copy_go() -> None:
    (made,) = exceptions_of(make_request(asked="release_masked"), ["bob"], NOW)
    assert made.release == "masked"


@pytest.mark.parametrize("asked", ["rescan", "keep"])
def test_nothing_else_adds_an_exception(asked: str) -> None:
    assert exceptions_of(make_request(asked=asked, exception=None), ["bob"], NOW) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"exception": Proposal("accepted", "table", "2026-12-31", None, None, 10)},
        {"exception": Proposal("accepted", "table", "2026-12-31", "NAME", None, None)},
        {"files": (make_file(detections={}),)},
        {"asked_by": "bob"},
        {"reason": "two\nlines"},
    ],
)
def test_exception_that_is_not_valid_is_refused_without_an_echo(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=":") as caught:
        exceptions_of(make_request(**changes), BOTH, NOW)
    assert "two" not in str(caught.value) or "different users" in str(caught.value)
