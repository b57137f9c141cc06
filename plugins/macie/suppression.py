"""Suppression rules (findings filters that archive): create, update and remove them to match their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from macie.account import FINGERPRINT, Account, Action, Change
from macie.definitions import fingerprint
from macie.errors import FindingsFilterNameTakenError

ARCHIVE: Literal["ARCHIVE"] = "ARCHIVE"
"""Action of a findings filter that is a suppression rule. Source: API shape FindingsFilterAction."""


def reconcile_suppression_rules(
    account: Account, rules: Sequence[Mapping[str, Any]], expired: Mapping[str, str]
) -> Iterator[Change]:
    """
    Make the managed suppression rules match the given ones; other findings filters are left alone.

    Rules are removed first: an expired rule hides findings.

    :param rules: each the arguments of CreateFindingsFilter, without action
    :param expired: reason to remove a rule, by its name
    :raises FindingsFilterNameTakenError: a name belongs to a filter that is not managed here; expired rules are removed
    """
    listed = account.list_items("list_findings_filters", "findingsFilterListItems")
    wanted = {rule["name"] for rule in rules}
    for found in listed:
        if account.is_managed(found) and found["name"] not in wanted:
            yield _remove(account, found, expired.get(found["name"], "not defined by any file"))
    by_name = {found["name"]: found for found in listed}
    if taken := [name for name in sorted(wanted & by_name.keys()) if not account.is_managed(by_name[name])]:
        raise FindingsFilterNameTakenError(", ".join(taken))
    for rule in rules:
        found = by_name.get(rule["name"])
        yield _create(account, rule) if found is None else _update(account, rule, found)


def _remove(account: Account, found: Mapping[str, Any], why: str) -> Change:
    if not account.is_dry_run:
        account.client.delete_findings_filter(id=found["id"])
    return _change(found, "remove", why, found["id"])


def _create(account: Account, rule: Mapping[str, Any]) -> Change:
    created = None
    if not account.is_dry_run:
        request: Any = {**rule, "action": ARCHIVE, "tags": _tags(account, rule)}
        created = account.client.create_findings_filter(**request)["id"]
    return _change(rule, "create", "did not exist", created)


def _update(account: Account, rule: Mapping[str, Any], listed: Mapping[str, Any]) -> Change:
    """Update a rule that differs; its tags last, so that the next run notices a crash before them."""
    found = account.client.get_findings_filter(id=listed["id"])
    if not (why := _difference(rule, found)):
        return _change(rule, "keep", "unchanged", found["id"])
    if not account.is_dry_run:
        changed: Any = {key: value for key, value in rule.items() if key != "tags"}
        account.client.update_findings_filter(id=found["id"], action=ARCHIVE, **changed)
        account.client.tag_resource(resourceArn=found["arn"], tags=_tags(account, rule))
    return _change(rule, "update", why, found["id"])


def _difference(rule: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """
    Return the difference between the rule and the filter in Macie, "" if there is none.

    The position is not compared, because Macie moves a rule when others are created or deleted; a changed file is
    detected by its fingerprint.
    """
    if found["action"] != ARCHIVE:
        return "action was not ARCHIVE"
    if _criteria(rule) != _criteria(found):
        return "criteria changed"
    return "" if found.get("tags", {}).get(FINGERPRINT) == fingerprint(rule) else "file changed"


def _criteria(of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions by field, without empty ones and with sorted values."""
    criterion = of["findingCriteria"].get("criterion") or {}
    return {
        field: {name: sorted(value) if isinstance(value, list) else value for name, value in condition.items() if value}
        for field, condition in criterion.items()
    }


def _tags(account: Account, rule: Mapping[str, Any]) -> dict[str, str]:
    return account.managed_tags(rule, **{FINGERPRINT: fingerprint(rule)})


def _change(of: Mapping[str, Any], action: Action, why: str, filter_id: str | None) -> Change:
    return Change(kind="suppression_rule", name=of["name"], action=action, why=why, id=filter_id)
