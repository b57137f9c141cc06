"""Estimated costs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from localaws.macie2.models import macie2_backends
from localaws.macie2.operations.usage import price
from tests.localaws.conftest import ACCOUNT, REGION, error_of, run_job
from tests.localaws.macie2.conftest import MEMBER

GIGABYTE = 2**30
DAY = 24 * 60 * 60


def _classify(size_bytes: int, account_id: str = ACCOUNT) -> None:
    macie2_backends[account_id][REGION].count_classified_bytes(size_bytes)


def _costs(macie: Any, **parameters: Any) -> dict[str, str]:
    return {total["type"]: total["estimatedCost"] for total in macie.get_usage_totals(**parameters)["usageTotals"]}


@pytest.mark.parametrize(
    ("gigabytes", "dollars"),
    [(0, 0), (1, 1), (50_000, 50_000), (50_002, 50_001), (500_000, 275_000), (500_004, 275_001)],
)
def test_the_price_falls_with_the_amount(gigabytes: int, dollars: int) -> None:
    assert price(gigabytes * GIGABYTE) == Decimal(dollars)


def test_totals_are_of_what_was_classified_and_of_the_buckets(macie: Any, s3: Any) -> None:
    assert _costs(macie) == {"DATA_INVENTORY_EVALUATION": "0.2", "SENSITIVE_DATA_DISCOVERY": "0"}
    _classify(GIGABYTE)
    _classify(GIGABYTE // 2)
    assert _costs(macie)["SENSITIVE_DATA_DISCOVERY"] == "1.5"
    assert macie.get_usage_totals()["timeRange"] == "PAST_30_DAYS"


def test_what_a_job_analyses_is_charged_and_what_it_skips_is_not(macie: Any, s3: Any) -> None:
    s3.put_object(Bucket="bronze", Key="a.txt", Body=b"a" * 2**20)
    s3.put_object(Bucket="bronze", Key="b.jpg", Body=b"a" * 2**20)
    run_job(macie)
    assert _costs(macie)["SENSITIVE_DATA_DISCOVERY"] == "0.00097656"


def test_usage_is_of_the_time_range(macie: Any, turn: Callable[..., None]) -> None:
    _classify(GIGABYTE)
    turn(clock_ahead_seconds=40 * DAY)
    assert _costs(macie, timeRange="PAST_30_DAYS")["SENSITIVE_DATA_DISCOVERY"] == "0"
    _classify(2 * GIGABYTE)
    assert _costs(macie, timeRange="MONTH_TO_DATE")["SENSITIVE_DATA_DISCOVERY"] == "2"
    assert error_of(macie.get_usage_totals, timeRange="YEAR")[:2] == ("ValidationException", 400)


@pytest.fixture
def two_accounts(macie: Any) -> None:
    """An administrator that classified 1 GB and its member that classified 3."""
    macie.enable_organization_admin_account(adminAccountId=ACCOUNT)
    macie.create_member(account={"accountId": MEMBER, "email": "m@example.com"})
    _classify(GIGABYTE)
    _classify(3 * GIGABYTE, MEMBER)


def _accounts(macie: Any, **parameters: Any) -> list[str]:
    return [record["accountId"] for record in macie.get_usage_statistics(**parameters)["records"]]


def test_an_administrator_sees_the_usage_of_each_account(macie: Any, two_accounts: None) -> None:
    records = macie.get_usage_statistics()["records"]
    [discovery] = [item for item in records[0]["usage"] if item["type"] == "SENSITIVE_DATA_DISCOVERY"]
    assert (records[0]["accountId"], discovery["estimatedCost"], discovery["currency"]) == (MEMBER, "3", "USD")
    assert discovery["serviceLimit"] == {"isServiceLimited": False, "unit": "TERABYTES", "value": 5}
    assert [record["accountId"] for record in records] == [MEMBER, ACCOUNT]
    assert _costs(macie)["SENSITIVE_DATA_DISCOVERY"] == "4"


@pytest.mark.parametrize(
    ("condition", "accounts"),
    [
        (("accountId", "CONTAINS", MEMBER), [MEMBER]),
        (("total", "GT", "1.5"), [MEMBER]),
        (("total", "LTE", "1.5"), [ACCOUNT]),
        (("serviceLimit", "EQ", "false"), [MEMBER, ACCOUNT]),
        (("freeTrialStartDate", "LT", "2020-01-01T00:00:00Z"), []),
    ],
    ids=str,
)
def test_usage_is_filtered(macie: Any, two_accounts: None, condition: tuple[str, str, str], accounts: Any) -> None:
    key, comparator, value = condition
    assert _accounts(macie, filterBy=[{"comparator": comparator, "key": key, "values": [value]}]) == accounts


@pytest.mark.parametrize("key", ["accountId", "total", "serviceLimitValue", "freeTrialStartDate"])
def test_usage_is_sorted(macie: Any, two_accounts: None, key: str) -> None:
    rising = _accounts(macie, sortBy={"key": key, "orderBy": "ASC"})
    assert sorted(rising) == sorted([ACCOUNT, MEMBER])
    if key == "total":
        assert rising == [ACCOUNT, MEMBER]


def test_the_usage_of_a_member_that_disabled_macie_comes_last(
    macie: Any,
    two_accounts: None,
    client: Callable[..., Any],
    other_account: Callable[[str], dict[str, str]],
) -> None:
    client("macie2", **other_account(MEMBER)).disable_macie()
    assert _accounts(macie, sortBy={"key": "freeTrialStartDate", "orderBy": "DESC"}) == [ACCOUNT, MEMBER]


@pytest.mark.parametrize(
    "condition",
    [
        {"comparator": "EQ", "key": "accountId", "values": [ACCOUNT]},
        {"comparator": "CONTAINS", "key": "total", "values": ["1"]},
        {"comparator": "EQ", "key": "total", "values": ["much"]},
        {"comparator": "EQ", "key": "serviceLimit", "values": ["5"]},
        {"comparator": "EQ", "key": "total", "values": ["1", "2"]},
        {"comparator": "EQ", "key": "freeTrialStartDate", "values": ["yesterday"]},
        {"key": "total"},
    ],
    ids=str,
)
def test_a_filter_that_makes_no_sense_is_refused(macie: Any, condition: dict[str, Any]) -> None:
    assert error_of(macie.get_usage_statistics, filterBy=[condition])[:2] == ("ValidationException", 400)
