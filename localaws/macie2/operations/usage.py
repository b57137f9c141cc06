"""Usage and estimated cost: from the bytes that jobs classified and from the existing buckets.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/usage-statistics.html and the prices of us-east-1 on
https://aws.amazon.com/macie/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from localaws.macie2.clock import now
from localaws.macie2.exceptions import ValidationException
from localaws.macie2.jobs.scope import compare, moment
from localaws.macie2.operations.area import Answer, Area, Request, partly_implemented
from localaws.macie2.paging import page

_GIGABYTE = 2**30
#: Gigabytes of a month to the price of each, in USD.
_BANDS = ((Decimal(50_000), Decimal("1.00")), (Decimal(450_000), Decimal("0.50")), (None, Decimal("0.25")))
_BUCKET_MONTH = Decimal("0.10")
#: Source: https://docs.aws.amazon.com/macie/latest/user/macie-quotas.html
_TERABYTES_PER_MONTH = 5
_RANGES = ("MONTH_TO_DATE", "PAST_30_DAYS")
_ESTIMATE = (
    "costs are those of us-east-1 without the free trial; a bucket costs the whole month; no automated discovery"
)


class Usage(Area):
    """The usage of the account, and of its members when it administers some."""

    _classified: list[tuple[datetime, int]]

    def forget(self) -> None:
        super().forget()
        self._classified = []

    def count_classified_bytes(self, size_bytes: int) -> None:
        """Count uncompressed bytes that a job analysed; skipped objects are free of charge."""
        self._classified.append((now(), size_bytes))

    @partly_implemented(_ESTIMATE)
    def get_usage_totals(self, request: Request) -> Answer:
        since = _since(request.get("timeRange", "PAST_30_DAYS"))
        costs = [account.costs(since) for account in self._accounts()]
        totals = {kind: sum((by_kind[kind] for by_kind in costs), Decimal(0)) for kind in costs[0]}
        return {
            "timeRange": request.get("timeRange", "PAST_30_DAYS"),
            "usageTotals": [
                {"currency": "USD", "estimatedCost": _text(cost), "type": kind} for kind, cost in totals.items()
            ],
        }

    @partly_implemented(_ESTIMATE)
    def get_usage_statistics(self, request: Request) -> Answer:
        conditions = request.get("filterBy", [])
        for condition in conditions:
            _check_condition(condition)
        time_range = request.get("timeRange", "PAST_30_DAYS")
        records = [account.usage_record(_since(time_range)) for account in self._accounts()]
        selected = [record for record in records if all(_holds(condition, record) for condition in conditions)]
        sort = request.get("sortBy", {})
        key = sort.get("key", "accountId")
        selected.sort(key=lambda record: _value(key, record), reverse=sort.get("orderBy") == "DESC")
        return {**page("records", selected, request), "timeRange": time_range}

    def costs(self, since: datetime) -> dict[str, Decimal]:
        """Return the estimated costs by metric, in USD."""
        size_bytes = sum(size for when, size in list(self._classified) if when >= since)
        return {
            "DATA_INVENTORY_EVALUATION": self.macie.bucket_count() * _BUCKET_MONTH,
            "SENSITIVE_DATA_DISCOVERY": price(size_bytes),
        }

    def usage_record(self, since: datetime) -> dict[str, Any]:
        """Return the record of GetUsageStatistics for the account."""
        terabytes = sum(size for when, size in list(self._classified) if when >= _since("MONTH_TO_DATE")) / 2**40
        limit = {"isServiceLimited": terabytes >= _TERABYTES_PER_MONTH, "unit": "TERABYTES", "value": 5}
        limits = {"SENSITIVE_DATA_DISCOVERY": {"serviceLimit": limit}}
        return {
            "accountId": self.account_id,
            "freeTrialStartDate": self.macie.enabled_at(),
            "usage": [
                {"currency": "USD", "estimatedCost": _text(cost), "type": kind, **limits.get(kind, {})}
                for kind, cost in self.costs(since).items()
            ],
        }

    def _accounts(self) -> Sequence[Usage]:
        return [self.macie.macie_of(account_id) for account_id in self.macie.accounts()]


def price(size_bytes: int) -> Decimal:
    """Return the price of classifying so many bytes in a month, in USD."""
    left, total = Decimal(size_bytes) / _GIGABYTE, Decimal(0)
    for most, per_gigabyte in _BANDS:
        taken = left if most is None else min(left, most)
        total, left = total + taken * per_gigabyte, left - taken
    return total


def _since(time_range: str) -> datetime:
    """Return the start of the time range.

    :raises ValidationException: for an unknown range.
    """
    if time_range not in _RANGES:
        raise ValidationException(f"timeRange must be one of: {', '.join(_RANGES)}")
    moment_ = now()
    if time_range == "PAST_30_DAYS":
        return moment_ - timedelta(days=30)
    return moment_.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _text(cost: Decimal) -> str:
    return f"{cost:.8f}".rstrip("0").rstrip(".")


def _check_condition(condition: Mapping[str, Any]) -> None:
    """Source: shape UsageStatisticsFilter."""
    key, comparator, values = (condition.get(name) for name in ("key", "comparator", "values"))
    if not (key and comparator and values):
        raise ValidationException("A filter must have a key, a comparator and values")
    if (key == "accountId") is not (comparator == "CONTAINS"):
        raise ValidationException("CONTAINS is the one comparator of accountId, and of nothing else")
    if key != "accountId" and len(values) != 1:
        raise ValidationException(f"{key} takes one value")
    try:
        _parsed(key, values[0])
    except (ValueError, ArithmeticError):
        raise ValidationException(f"The value of {key} is not valid") from None


def _holds(condition: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    values = [_parsed(condition["key"], value) for value in condition["values"]]
    return compare(condition["comparator"], _value(condition["key"], record), values)


def _parsed(key: str, value: str) -> Any:
    match key:
        case "total":
            return Decimal(value)
        case "freeTrialStartDate":
            return moment(value)
        case "serviceLimit":
            if value.lower() not in ("true", "false"):
                raise ValueError(value)
            return value.lower() == "true"
        case _:
            return value


def _value(key: str, record: Mapping[str, Any]) -> Any:
    limits = [usage["serviceLimit"] for usage in record["usage"] if "serviceLimit" in usage]
    match key:
        case "total":
            return sum((Decimal(usage["estimatedCost"]) for usage in record["usage"]), Decimal(0))
        case "serviceLimit":
            return any(limit["isServiceLimited"] for limit in limits)
        case "serviceLimitValue":
            return sum(limit["value"] for limit in limits)
        case "freeTrialStartDate":
            return record[key] or datetime.min.replace(tzinfo=UTC)
        case _:
            return record[key]
