"""What a request may be about: files that are in quarantine as the record of their run has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lake_gate.errors import DamagedDocumentError, ReviewedFileChangedError, ReviewError
from lake_gate.feed import Feed
from lake_gate.model.run import RECORD, Run
from lake_gate.review import checking
from lake_gate.review.answering import moment_after
from lake_gate.review.checking import MOST_DAYS, MOST_OPEN, request_of
from lake_gate.review.documents import write_request, write_step
from lake_gate.review.request import OUTCOME, Request
from tests.lake import Lake
from tests.lake_gate.review.conftest import quarantined_run
from tests.lake_gate.review.requests import CONTENT

FEED = Feed("synthea", "owner", reviewers={"release": ["bob", "cid"]})
PARAMS: dict[str, Any] = {
    "feed": "synthea",
    "run": "1",
    "files": ["organizations.csv"],
    "asked": "release",
    "reason": "public organisations",
    "answer_within_hours": 72,
    "exception_kind": "false_positive",
    "exception_scope": "files",
    "identifier": None,
    "column": None,
    "most": None,
    "until": None,
}
TABLE: dict[str, Any] = {"exception_scope": "table", "identifier": "NAME", "column": "NAME", "most": 5}


def ask(lake: Lake, feed: Feed = FEED, *, asked_by: str = "ann", settings: Any = None, **changes: Any) -> Request:
    params = {**PARAMS, **changes}
    return request_of(lake.s3, settings or lake.settings, feed, params, review_run_id="manual__1", asked_by=asked_by)


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def test_request_names_the_quarantined_versions_of_the_record(lake: Lake) -> None:
    quarantined_run(lake, organizations=CONTENT, other=b"A\n1\n")
    request = ask(lake)
    (file,) = request.files
    assert lake.read(lake.quarantine, file.key, file.version_id) == CONTENT
    assert (file.name, file.size_bytes, file.detections) == ("organizations.csv", len(CONTENT), {"NAME": 1})
    assert (request.asked_by, request.reviewers, request.run_folder) == ("ann", ("bob", "cid"), "1")
    assert request.exception is not None
    assert request.exception.until == day(30)
    assert request.deadline_at == moment_after(request.asked_at, hours=72)
    assert request.ends_at == moment_after(request.deadline_at, days=7)


@pytest.mark.usefixtures("quarantined")
def test_exception_of_a_table_has_its_scope(lake: Lake) -> None:
    made = ask(lake, **TABLE, until=day(1)).exception
    assert made is not None
    assert (made.scope, made.identifier, made.column, made.most, made.until) == ("table", "NAME", "NAME", 5, day(1))


@pytest.mark.usefixtures("quarantined")
def test_rescan_and_keep_have_no_exception(lake: Lake) -> None:
    assert {ask(lake, asked=asked).exception for asked in ("rescan", "keep")} == {None}


@pytest.mark.usefixtures("quarantined")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"asked_by": ""}, "which user has asked"),
        ({"files": []}, "at least one file"),
        ({"files": [f"{number}.csv" for number in range(101)]}, "at most 100"),
        (
            {"files": ["organizations.csv", "patients.csv"]},
            "1 of the named files were not .*, among them 'patients.csv'; the Gate page",
        ),
        ({"files": [f"{number}.csv" for number in range(9)]}, "9 of .*, among them '0.csv', .*'4.csv'; the Gate"),
        ({"files": ["x" * 1000]}, rf"among them '{'x' * 197}\.\.\.'; the Gate"),
        ({"files": ["a\nb\u202e"]}, r"among them 'a\\+nb\\+u202e'; the Gate"),
        ({"asked": "release_masked"}, "no masking spec"),
        ({"until": day(-1)}, "until"),
        ({"until": day(MOST_DAYS + 1)}, "until"),
        ({"until": "soon"}, "until"),
        ({**TABLE, "most": None}, "exception is not valid: most"),
        ({**TABLE, "identifier": None}, "exception is not valid: identifier"),
        ({**TABLE, "identifier": "ADDRESS"}, "it was not found in 1 of the tables, among them 'organizations'"),
        ({**TABLE, "most": 1_000_001}, "exception is not valid"),
        ({"reason": "two\nlines"}, r"exception is not valid: \$\.reason"),
    ],
)
def test_request_that_is_not_valid_is_refused_with_the_cause(lake: Lake, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ReviewError, match=problem):
        ask(lake, **changes)


@pytest.mark.usefixtures("quarantined")
def test_feed_may_set_how_many_people_approve_and_the_request_keeps_it(lake: Lake) -> None:
    assert [ask(lake, asked=asked).approvals for asked in ("release", "rescan")] == [2, 1]
    feed = replace(FEED, approvals={"release": 1, "rescan": 2})
    assert [ask(lake, feed, asked=asked).approvals for asked in ("release", "rescan")] == [1, 2]


@pytest.mark.usefixtures("quarantined")
def test_user_with_many_open_requests_opens_no_more(lake: Lake) -> None:
    for number in range(MOST_OPEN):
        made = replace(ask(lake, asked="keep"), id=f"review-{number:016x}")
        write_request(lake.s3, lake.settings, made)
    lake.put(lake.bronze, "_reviews/synthea/review-aaaaaaaaaaaaaaaa/request.json", b"damaged")
    with pytest.raises(ReviewError, match="you have 20 open requests"):
        ask(lake, asked="keep", asked_by="Ann")
    assert ask(lake, asked="keep", asked_by="bob")
    write_step(lake.s3, lake.settings, made, OUTCOME, {"state": "kept"})
    assert ask(lake, asked="keep")


@pytest.mark.usefixtures("quarantined")
def test_requests_that_are_over_are_not_open(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_OPEN", 1)
    made = replace(ask(lake, asked="keep"), id=f"review-{1:016x}")
    write_request(lake.s3, lake.settings, made)
    with pytest.raises(ReviewError, match="open requests"):
        ask(lake, asked="keep")
    monkeypatch.setattr(checking, "now", lambda: moment_after(made.ends_at, seconds=1))
    assert ask(lake, asked="keep")


@pytest.mark.usefixtures("quarantined")
def test_purge_is_asked_after_its_retention_and_earlier_requests_name_the_day(lake: Lake) -> None:
    with pytest.raises(ReviewError, match=f"may be asked from {day(30)} on"):
        ask(lake, asked="purge")
    made = ask(lake, replace(FEED, purge_after_days=0), asked="purge")
    assert (made.asked, made.approvals, made.exception) == ("purge", 2, None)
    with pytest.raises(ReviewError, match="purger_role_arn is missing"):
        ask(lake, settings=replace(lake.settings, purger_role_arn=""), asked="purge")


@pytest.mark.usefixtures("quarantined")
def test_without_the_way_back_files_can_only_be_kept(lake: Lake) -> None:
    disabled = replace(lake.settings, releaser_role_arn="")
    assert ask(lake, settings=disabled, asked="keep").asked == "keep"
    for asked in ("release", "rescan"):
        with pytest.raises(ReviewError, match="releaser_role_arn"):
            ask(lake, settings=disabled, asked=asked)


def test_file_that_was_promoted_is_not_reviewed(lake: Lake) -> None:
    quarantined_run(lake, outcome="promote")
    with pytest.raises(ReviewError, match="not quarantined by this run"):
        ask(lake)


def test_dry_run_has_quarantined_nothing(lake: Lake) -> None:
    quarantined_run(lake, dry_run=True)
    with pytest.raises(ReviewError, match="dry run"):
        ask(lake)


@pytest.mark.usefixtures("quarantined")
@pytest.mark.parametrize("run", ["2", "../1", "1/masked", "\u202e", "manual__nope"])
def test_run_that_the_feed_does_not_have_is_a_mistyped_id(lake: Lake, run: str) -> None:
    with pytest.raises(
        ReviewError, match=r"the feed synthea has no run .*; copy the run id from the Gate page"
    ) as error:
        ask(lake, run=run)
    assert repr(run) in str(error.value)


@pytest.mark.parametrize("left", ["documents", "delete marker"])
def test_record_that_was_deleted_is_damage(lake: Lake, quarantined: Run, left: str) -> None:
    record, folder = {"Bucket": lake.bronze, "Key": quarantined.document(RECORD)}, quarantined.document("")
    if left == "delete marker":
        lake.s3.delete_object(**record)
    for item in lake.s3.list_object_versions(Bucket=lake.bronze, Prefix=folder)["Versions"]:
        if left == "delete marker" or item["Key"] == record["Key"]:
            lake.s3.delete_object(Bucket=lake.bronze, Key=item["Key"], VersionId=item["VersionId"])
    with pytest.raises(DamagedDocumentError, match=r"record\.json is damaged: it does not exist"):
        ask(lake)


@pytest.mark.usefixtures("quarantined")
@pytest.mark.parametrize("change", ["gone", "unsealed", "forged"])
def test_file_that_is_not_in_quarantine_as_recorded_is_refused(lake: Lake, change: str) -> None:
    (key,) = lake.keys(lake.quarantine)
    (version,) = lake.versions(lake.quarantine, key)
    place: Any = {"Bucket": lake.quarantine, "Key": key, "VersionId": version}
    if change == "gone":
        lake.s3.delete_object(**place)
    elif change == "unsealed":
        lake.s3.delete_object_tagging(**place)
    else:
        lake.s3.put_object_tagging(**place, Tagging={"TagSet": [{"Key": "checksum", "Value": "AAAA"}]})
    with pytest.raises(ReviewedFileChangedError):
        ask(lake)
