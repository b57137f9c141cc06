"""Suppression rules: read from files, expired, and found again in what Macie has archived."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from lake_gate.errors import SuppressionRuleError
from lake_gate.recording.suppression import SuppressionRule, attribute, is_expired, parse, read_suppression_rules
from tests.conftest import REPO
from tests.lake import Lake
from tests.lake_gate.test_include import RULE
from tests.localaws.waiting import until

TYPE = "SensitiveData:S3Object/CustomIdentifier"
CRITERION = {"type": {"eq": [TYPE]}}
FILE: dict[str, Any] = {
    "name": "Patient ids",
    "findingCriteria": {"criterion": CRITERION},
    "owner": "data-platform@example.org",
    "reason": "They are made up.",
    "expires_on": "2027-06-30",
}
FINDING: dict[str, Any] = {
    "id": "f1",
    "archived": True,
    "count": 3,
    "createdAt": "2026-11-25T12:00:00.250Z",
    "sample": False,
    "severity": {"description": "Medium", "score": 2},
    "type": TYPE,
    "classificationDetails": {
        "result": {
            "customDataIdentifiers": {"detections": [{"name": "Patient ID"}, {"name": "US Passport"}]},
            "sensitiveData": [
                {"category": "PERSONAL_INFORMATION", "detections": [{"type": "NAME"}, {"type": "ADDRESS"}]},
                {"category": "FINANCIAL_INFORMATION", "detections": [{"type": "CREDIT_CARD_NUMBER"}]},
            ],
        }
    },
    "resourcesAffected": {"s3Object": {"key": "synthea/1/a.csv", "versionId": None}},
}
NAMES = "classificationDetails.result.customDataIdentifiers.detections.name"
TYPES = "classificationDetails.result.sensitiveData.detections.type"
NOON_MILLISECONDS = 1795608000000  # 2026-11-25T12:00:00Z


def rule(name: str = "rule", **criterion: Any) -> SuppressionRule:
    return parse({**FILE, "name": name, "findingCriteria": {"criterion": criterion or CRITERION}})


def test_rule_is_what_its_file_says() -> None:
    parsed = parse({**FILE, "position": 2})
    assert parsed.to_filter() == {
        "name": "Patient ids",
        "description": "They are made up.",
        "findingCriteria": {"criterion": CRITERION},
        "position": 2,
        "tags": {"Owner": "data-platform@example.org", "ExpiresOn": "2027-06-30"},
    }
    assert parsed.warrant() == {key: FILE[key] for key in ("name", "owner", "reason", "expires_on")}


def test_description_goes_before_the_reason() -> None:
    assert parse({**FILE, "description": "In short"}).to_filter()["description"] == "In short"


@pytest.mark.parametrize("missing", ["name", "findingCriteria", "owner", "reason", "expires_on"])
def test_missing_keys_are_named(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        parse({key: value for key, value in FILE.items() if key != missing})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "ab"}, "name"),
        ({"owner": ""}, "owner"),
        ({"owner": "a<b>"}, "owner"),
        ({"owner": "team\n"}, "owner"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 513}, "reason"),
        ({"position": 0}, "position"),
        ({"action": "NOOP"}, "action"),
        ({"expires_on": "30.6.2027"}, "expires_on"),
        ({"expires_on": "2027-02-30"}, "expires_on"),
        ({"expires_on": "2027-13-01"}, "expires_on"),
        ({"expires_on": "0000-01-01"}, "expires_on"),
        ({"expires_on": "2027-06-30\n"}, "expires_on"),
        ({"expires_on": "٢٠٢٧-06-30"}, "expires_on"),
        ({"expires_on": 20270630}, "expires_on"),
        ({"findingCriteria": {}}, "findingCriteria"),
        ({"findingCriteria": {"criterion": {}}}, "criterion"),
        ({"findingCriteria": {"criterion": {"type": {}}}}, "criterion.type"),
        ({"findingCriteria": {"criterion": {"type": {"equals": ["x"]}}}}, "equals"),
        ({"findingCriteria": {"criterion": {"type": {"eq": "x"}}}}, "criterion.type.eq"),
        ({"findingCriteria": {"criterion": {"type": {"eq": []}}}}, "criterion.type.eq"),
        ({"findingCriteria": {"criterion": {"count": {"gt": "3"}}}}, "criterion.count.gt"),
    ],
)
def test_wrong_values_are_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        parse({**FILE, **change})


@pytest.mark.parametrize("content", [None, [], "rule", 1])
def test_content_that_is_not_an_object_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="is not of type 'object'"):
        parse(content)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"owner.*expires_on|expires_on.*owner"):
        parse({**FILE, "owner": "", "expires_on": "soon"})


@pytest.mark.parametrize(
    ("today", "expected"), [("2027-06-29", False), ("2027-06-30", True), ("2027-07-01", True), ("2026-12-31", False)]
)
def test_rule_ends_on_its_day(today: str, expected: bool) -> None:
    assert is_expired(parse(FILE), today) is expected


def test_example_of_the_manual_is_a_rule() -> None:
    text = (REPO / "include/suppression_rules/README.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert parse(json.loads(example)).name


@pytest.mark.parametrize(
    ("criterion", "matches"),
    [
        ({"type": {"eq": ["other", TYPE]}}, True),
        ({"type": {"eq": ["other"]}}, False),
        ({"type": {"eq": [TYPE.lower()]}}, False),
        ({"type": {"neq": ["other"]}}, True),
        ({"type": {"neq": ["other", TYPE]}}, False),
        ({"type": {"eq": [TYPE]}, "severity.description": {"eq": ["High"]}}, False),
        ({"type": {"eq": [TYPE], "neq": [TYPE]}}, False),
        ({"resourcesAffected.s3Object.key": {"eq": ["synthea/1/a.csv"]}}, True),
        ({"resourcesAffected.s3Object.versionId": {"eq": ["None"]}}, False),
        ({"no.such.field": {"eq": ["x"]}}, False),
        ({"no.such.field": {"neq": ["x"]}}, True),
        ({NAMES: {"eq": ["Patient ID"]}}, True),
        ({NAMES: {"neq": ["Patient ID"]}}, False),
        ({NAMES: {"eqExactMatch": ["Patient ID"]}}, False),
        ({NAMES: {"eqExactMatch": ["US Passport", "Patient ID"]}}, True),
        ({TYPES: {"eqExactMatch": ["NAME", "ADDRESS", "CREDIT_CARD_NUMBER"]}}, True),
        ({"sample": {"eq": ["false"]}}, True),
        ({"severity.score": {"eq": ["2"]}}, True),
        ({"count": {"gt": 2}}, True),
        ({"count": {"gt": 3}}, False),
        ({"count": {"gte": 3, "lt": 4}}, True),
        ({"count": {"lte": 2}}, False),
        ({"type": {"gt": 0}}, False),
        ({"createdAt": {"gte": NOON_MILLISECONDS + 250}}, True),
        ({"createdAt": {"gt": NOON_MILLISECONDS + 250}}, False),
        ({"createdAt": {"lt": NOON_MILLISECONDS}}, False),
    ],
)
def test_findings_are_counted_for_the_rules_whose_criteria_they_meet(criterion: dict[str, Any], matches: bool) -> None:
    uses = attribute([rule(**criterion)], [FINDING])
    assert (uses.by_rule, uses.unexplained) == ({"rule": int(matches)}, int(not matches))


def test_finding_that_is_not_archived_is_not_counted() -> None:
    uses = attribute([rule()], [{**FINDING, "archived": False}, {"type": TYPE}])
    assert (uses.by_rule, uses.unexplained) == ({"rule": 0}, 0)


def test_finding_counts_for_every_rule_that_explains_it_and_once_where_none_does() -> None:
    rules = iter((rule("first"), rule("second"), rule("third", type={"eq": ["other"]})))
    uses = attribute(rules, iter([FINDING, FINDING, {**FINDING, "type": "unheard of"}]))
    assert (uses.by_rule, uses.unexplained) == ({"first": 2, "second": 2, "third": 0}, 1)


CRITERIA: list[dict[str, Any]] = [
    {"type": {"eq": [TYPE]}},
    {"severity.description": {"neq": ["High"]}},
    {NAMES: {"eqExactMatch": ["Patient ID"]}},
    {NAMES: {"eq": ["Nobody"]}},
    {"count": {"gte": 2}},
    {"createdAt": {"gt": 0}},
    {"resourcesAffected.s3Object.extension": {"eq": ["csv"]}},
    {"classificationDetails.result.sensitiveData.category": {"neq": ["CREDENTIALS"]}},
]


def test_attribution_agrees_with_what_macie_archives(lake: Lake) -> None:
    """One finding, and for each criterion what Macie itself selects by it."""
    macie = boto3.client("macie2")
    identifier = macie.create_custom_data_identifier(name="Patient ID", regex="p-[0-9]{4}")["customDataIdentifierId"]
    lake.s3.put_object(Bucket=lake.silver, Key="synthea/1/a.csv", Body=b"PATIENT\np-0001\np-0002\n")
    lake.turn(findings_archived=["a.csv"], findings_lag_seconds=0)
    macie.create_classification_job(
        name="once",
        jobType="ONE_TIME",
        clientToken="t",
        customDataIdentifierIds=[identifier],
        s3JobDefinition={"bucketDefinitions": [{"accountId": "123456789012", "buckets": [lake.silver]}]},
    )
    ids = until(lambda: macie.list_findings()["findingIds"])
    finding = lake_finding(macie, ids)
    for criterion in CRITERIA:
        selected = macie.list_findings(findingCriteria={"criterion": criterion})["findingIds"]
        assert attribute([rule(**criterion)], [finding]).by_rule == {"rule": len(selected)}, criterion


def lake_finding(macie: Any, ids: list[str]) -> dict[str, Any]:
    """The finding as the JSON that Macie sent, with its times as texts."""
    bodies: list[bytes] = []
    macie.meta.events.register(
        "response-received.macie2.GetFindings", lambda response_dict, **_: bodies.append(response_dict["body"])
    )
    macie.get_findings(findingIds=ids)
    (finding,) = json.loads(bodies[0])["findings"]
    assert finding["archived"]
    return dict(finding)


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "suppression_rules").mkdir()
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(tmp_path))
    return tmp_path / "suppression_rules"


def test_all_suppression_rules_are_read_also_expired_ones(rules: Path) -> None:
    for name in ("b", "a"):
        (rules / f"{name}.json").write_text(json.dumps({**RULE, "name": f"rule {name}"}))
    (rules / "README.md").write_text("no rule")
    assert [rule.name for rule in read_suppression_rules()] == ["rule a", "rule b"]


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({**RULE, "owner": ""})])
def test_wrong_suppression_rule_is_an_error_that_names_its_file(rules: Path, content: str) -> None:
    (rules / "a.json").write_text(content)
    with pytest.raises(SuppressionRuleError, match=r"suppression_rules/a\.json is not a valid suppression rule"):
        read_suppression_rules()


def test_two_suppression_rules_of_one_name_are_an_error(rules: Path) -> None:
    for name in ("a", "b"):
        (rules / f"{name}.json").write_text(json.dumps(RULE))
    with pytest.raises(SuppressionRuleError, match=r"b\.json .*'rule' is the name of another rule"):
        read_suppression_rules()
