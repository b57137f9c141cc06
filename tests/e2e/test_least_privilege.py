"""The policies of infra/access.yaml, executed: enough for every DAG, nothing in them unused, quarantine unread."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from airflow.providers.amazon.aws.triggers.sqs import SqsSensorTrigger
from botocore.exceptions import ClientError

from dev import in_process
from lake_gate.content import add_found
from lake_gate.finding_events.operators import TakeEventsOperator
from lake_gate.model import jsonl
from lake_gate.model.evidence import Detection, Observation
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import MANIFEST, OBJECTS, PLAN, RECORD, RESULTS, Run
from lake_gate.pages import lake as pages_lake
from lake_gate.pages.reviews import read_reviews
from lake_gate.pages.today import decide_today
from lake_gate.review.request import documents_of
from lake_gate.s3.versions import tags_of
from tests.lake import Lake
from tests.lake_gate.finding_events.elsewhere import ACCOUNT, scan
from tests.runs import Ended, RunAny

PATIENT = b"PATIENT\n76982e06-f8b8-4509-9ca3-65a99c8650fe\n"
SSN = b"SSN\n219-09-9999\n"
FILES = {"medium.csv": PATIENT, "high.csv": SSN, "clean.csv": b"A\n1\n", "held.pdf": b"%PDF"}
POLICIES = ("data", "macie")

SELDOM = {
    "s3:AbortMultipartUpload": "an upload in parts is cut off",
    "s3:ListBucketMultipartUploads": "an object has more than 5 GiB",
    "s3:PutObjectVersionTagging": "in bronze: a feed reuses verdicts",
    "s3:DeleteObjectVersionTagging": "a feed reuses verdicts, and one was wrong",
    "s3:GetObjectVersionTagging": "an object has tags of its own",
    "s3:DeleteObjectVersion": "a copy is not what was to be copied",
    "s3:PutObjectTagging": "a copy in silver",
    "s3:GetObjectVersion": "in silver: an object is pulled back",
    "ssm:GetParameter": "a task has failed",
    "macie2:TagResource": "AWS asks for it with every tag of something new, the local Macie does not",
    "macie2:PutClassificationExportConfiguration": "the repository is another one; see below",
    "macie2:GetFindingsFilter": "a rule is there already",
    "macie2:EnableMacie": "nobody has enabled it",
    "macie2:UpdateMacieSession": "somebody has paused it",
    "macie2:UpdateClassificationJob": "a job is cancelled",
    "macie2:UpdateAllowList": "a list has changed",
    "macie2:DeleteAllowList": "a list is gone",
    "macie2:UpdateFindingsFilter": "a rule has changed",
    "macie2:DeleteFindingsFilter": "a rule has expired",
}
"""Actions that an ordinary day does not need, and when they are needed."""


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repo's include/, with an allow list and a suppression rule besides."""
    folder = tmp_path / "include"
    source = Path(__file__).parents[2] / "include"
    for file in source.rglob("*.json"):
        target = folder / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    (folder / "identifiers/allow_lists").mkdir(exist_ok=True)
    demo = {"name": "Demo", "criteria": {"regex": "DEMO-[0-9]+"}}
    (folder / "identifiers/allow_lists/demo.json").write_text(json.dumps(demo))
    rule = {
        "name": "Demo",
        "findingCriteria": {"criterion": {"resourcesAffected.s3Object.key": {"eq": ["demo.csv"]}}},
        "owner": "clinic@example.org",
        "reason": "made up",
        "expires_on": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
    }
    (folder / "suppression_rules").mkdir(exist_ok=True)
    (folder / "suppression_rules/demo.json").write_text(json.dumps(rule))
    monkeypatch.setenv("LAKE_GATE_INCLUDE", str(folder))
    return folder


class Gate:
    """The DAGs, run with the credentials of the role that the template makes, while IAM is enforced."""

    def __init__(self, lake: Lake, run_any: RunAny, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lake = lake
        self._run_any = run_any
        self._monkeypatch = monkeypatch

    @contextmanager
    def role(self, name: str = "gate") -> Iterator[None]:
        """Be the role: whatever makes a session from the environment now has its credentials."""
        role_arn = f"arn:aws:iam::{ACCOUNT}:role/lake-{name}"
        said = boto3.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        with self._monkeypatch.context() as environment:
            environment.setenv("AWS_ACCESS_KEY_ID", said["AccessKeyId"])
            environment.setenv("AWS_SECRET_ACCESS_KEY", said["SecretAccessKey"])
            environment.setenv("AWS_SESSION_TOKEN", said["SessionToken"])
            yield

    def run(self, dag_id: str, feed: str = "synthea", **conf: Any) -> Ended:
        dag = in_process.load_dag(dag_id)
        for task in dag.tasks:
            task.retries = 0
        with self.role():
            return self._run_any(dag, feed, **conf)

    def deliver(self) -> Ended:
        for name, content in FILES.items():
            self.lake.put(self.lake.outputs["SourceBucket"], f"deliveries/{name}", content)
        return self.run("synthea_gate")

    def mask(self) -> Ended:
        """Deliver a table with a patient to the feed that masks."""
        table = b"START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n2020-01-01,,%b,%b,1,Mould\n" % (
            PATIENT[8:44],
            PATIENT[8:44],
        )
        place = f"{self.lake.outputs['SourceBucket']}/masking/"
        self.lake.put(self.lake.outputs["SourceBucket"], "masking/allergies.csv", table)
        return self.run("synthea_deidentified_gate", "synthea_deidentified", source=f"s3://{place}")

    def take_hints(self) -> Any:
        """Do what the watcher does: poll the queue of findings, once."""
        trigger = SqsSensorTrigger(sqs_queue=self.lake.outputs["FindingsQueueUrl"], waiter_delay=1)

        async def poll() -> Any:
            return await anext(trigger.run())

        with self.role():
            return asyncio.run(poll())

    def bury(self) -> Any:
        """Take a message that is no hint."""
        event = SimpleNamespace(extra={"payload": {"message_batch": [{"Body": "no hint"}]}})
        context: Any = {
            "run_id": "1",
            "triggering_asset_events": {"macie_findings": [event]},
            "dag_run": SimpleNamespace(dag_id="finding_events", run_id="1", start_date=None),
        }
        operator = TakeEventsOperator(task_id="t", settings=self.lake.settings.to_json(), feed="finding_events")
        with self.role():
            return operator.step(context)

    def asked(self) -> list[dict[str, Any]]:
        """What the role was asked for since IAM was switched on, and whether it was allowed."""
        said = requests.get(f"{self.lake.endpoint_url}/localaws/iam", timeout=10).json()["asked"]
        return [one for one in said if one["principal"].endswith("role/lake-gate")]


@pytest.fixture
def gate(lake: Lake, include: Path, run_any: RunAny, monkeypatch: pytest.MonkeyPatch) -> Gate:
    boto3.client("sts").get_caller_identity()  # boto3's default session is made now, and stays the account's root
    answer = requests.put(f"{lake.endpoint_url}/localaws/iam", json={"enforced": True}, timeout=10)
    answer.raise_for_status()
    return Gate(lake, run_any, monkeypatch)


def statements(policy: str) -> list[dict[str, Any]]:
    """The statements of a managed policy, as the template has made it."""
    iam, arn = boto3.client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/lake-gate-{policy}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    found: list[dict[str, Any]] = document["Statement"]
    return found


@pytest.mark.slow
@pytest.mark.airflow
def test_every_dag_does_its_work_with_what_the_template_grants_and_nothing_else(gate: Gate) -> None:
    set_up = gate.run("macie_scheduled_job")
    gate.lake.turn(results_unversioned=[""])  # or nothing asks for the versions of what was read
    delivered = gate.deliver()
    scan(gate.lake.silver, "High")
    pulled_back, held = gate.run("finding_events"), gate.run("held_objects", older_than_hours=0)
    again = gate.run("synthea_gate", source="held://*")
    masked = gate.mask()
    reported = gate.run("feed_reports", month="2026-11")
    gate.take_hints()
    gate.bury()
    runs = (set_up, delivered, pulled_back, held, again, masked, reported)
    assert [run.state for run in runs] == ["success"] * len(runs)
    assert delivered.names_in(gate.lake.quarantine) == {"high.csv", "medium.csv"}
    assert delivered.names_in(gate.lake.silver) == {"clean.csv"}
    asked = gate.asked()
    assert [one for one in asked if not one["allowed"]] == []
    used = {one["action"] for one in asked}
    granted = {action for policy in POLICIES for one in statements(policy) for action in as_list(one["Action"])}
    assert granted - used <= SELDOM.keys()


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def refused(run: Callable[[Gate], Any], gate: Gate) -> bool:
    """Whether something does not come to its end, because the role is refused something."""
    try:
        ended = run(gate)
    except Exception:  # an operator's or a trigger's, run by itself
        return was_refused(gate)
    return was_refused(gate) and isinstance(ended, Ended) and ended.state == "failed"


def was_refused(gate: Gate) -> bool:
    return any(not one["allowed"] for one in gate.asked())


def _scheduled(gate: Gate) -> Any:
    return gate.run("macie_scheduled_job")


def _moved_repository(gate: Gate) -> Any:
    there: Any = {
        "bucketName": gate.lake.outputs["ResultsBucket"],
        "keyPrefix": "elsewhere",
        "kmsKeyArn": gate.lake.outputs["KeyArn"],
    }
    boto3.client("macie2").put_classification_export_configuration(configuration={"s3Destination": there})
    return gate.run("macie_scheduled_job")


NEEDED_BY: dict[str, Callable[[Gate], Any]] = {
    "DeriveMaskingKeys": Gate.mask,
    **dict.fromkeys(
        [
            "ReadSettings",
            "ListSource",
            "ReadSource",
            "ListLakeBuckets",
            "ListVersions",
            "ManageBronzeObjects",
            "ManageSilverObjects",
            "WriteQuarantineObjects",
            "ListResults",
            "ReadResults",
            "UseLakeKey",
            "UseQuarantineKey",
            "PublishNotifications",
            "ReadMacie",
            "ManageClassificationJobs",
            "ManageIdentifiers",
        ],
        Gate.deliver,
    ),
    "ConsumeFindingsQueue": Gate.take_hints,
    "SendToDeadLetterQueue": Gate.bury,
    "ConfigureMacie": _moved_repository,
    "ManageAllowLists": _scheduled,
    "ManageSuppressionRules": _scheduled,
}
"""What comes to a stop without the statement."""


@pytest.mark.slow
@pytest.mark.parametrize("sid", NEEDED_BY)
def test_without_one_statement_the_run_fails_with_access_denied(gate: Gate, sid: str) -> None:
    iam = boto3.client("iam")
    if sid == "ManageAllowLists":
        _scheduled(gate)  # there has to be one: making it is another statement's
    for policy in POLICIES:
        there = statements(policy)
        rest = [one for one in there if one["Sid"] != sid]
        if len(rest) < len(there):
            document = json.dumps({"Version": "2012-10-17", "Statement": rest})
            arn = f"arn:aws:iam::{ACCOUNT}:policy/lake-gate-{policy}"
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
            break
    else:
        pytest.fail(f"no policy has the statement {sid}")
    if sid == "SendToDeadLetterQueue":  # the run goes on, and counts it: one bad message must not keep findings waiting
        NEEDED_BY[sid](gate)
        assert was_refused(gate)
    else:
        assert refused(NEEDED_BY[sid], gate)


def test_no_statement_is_left_out_above(gate: Gate) -> None:
    assert {one["Sid"] for policy in POLICIES for one in statements(policy)} == NEEDED_BY.keys()


@pytest.fixture
def isolated(gate: Gate) -> str:
    """Key of an object in quarantine."""
    key = "synthea/1/high.csv"
    with gate.role():
        s3: Any = boto3.session.Session().client("s3")
        s3.put_object(Bucket=gate.lake.quarantine, Key=key, Body=SSN)
    return key


def reads(gate: Gate, role: str, bucket: str, key: str) -> bool:
    with gate.role(role):
        s3: Any = boto3.session.Session().client("s3")
    try:
        return bool(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"


def become_consumer(gate: Gate, **more: Any) -> None:
    """Make a role that reads silver as the template's policy lets it, and whatever else somebody has granted it."""
    iam: Any = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="lake-consumer-role",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )
    iam.attach_role_policy(RoleName="lake-consumer-role", PolicyArn=gate.lake.outputs["ConsumerPolicyArn"])
    if more:
        document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **more}})
        iam.put_role_policy(RoleName="lake-consumer-role", PolicyName="more", PolicyDocument=document)


def test_quarantine_is_read_by_the_reviewer_alone(gate: Gate, isolated: str) -> None:
    become_consumer(gate, Action=["s3:*", "kms:*"])  # somebody was generous
    bucket = gate.lake.quarantine
    assert {role: reads(gate, role, bucket, isolated) for role in ("gate", "consumer-role", "reviewer")} == {
        "gate": False,
        "consumer-role": False,
        "reviewer": True,
    }


def test_reports_of_months_are_read_by_gate_and_reviewer(gate: Gate) -> None:
    become_consumer(gate)
    bucket, key = gate.lake.bronze, "_reports/synthea/2026-11.html"
    with gate.role():
        boto3.session.Session().client("s3").put_object(Bucket=bucket, Key=key, Body=b"<!doctype html>")
    assert {role: reads(gate, role, bucket, key) for role in ("gate", "consumer-role", "reviewer")} == {
        "gate": True,
        "consumer-role": False,
        "reviewer": True,
    }


def test_gate_is_told_what_is_gone_from_quarantine_and_is_not_refused(gate: Gate, isolated: str) -> None:
    """Somebody purged it, or the same task, run twice at once, has removed a copy that was not sealed."""
    there = {"Bucket": gate.lake.quarantine, "Key": isolated}
    (version,) = gate.lake.versions(gate.lake.quarantine, isolated)
    gate.lake.s3.delete_object(**there, VersionId=version)
    with gate.role():
        s3: Any = boto3.session.Session().client("s3")
    assert tags_of(s3, **{name.lower(): value for name, value in there.items()}, version_id=version) is None


@pytest.mark.parametrize("key", ["KeyArn", "QuarantineKeyArn"])
def test_gate_uses_its_keys_by_s3_and_never_by_itself(gate: Gate, key: str) -> None:
    with gate.role():
        kms: Any = boto3.session.Session().client("kms")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=gate.lake.outputs[key], KeySpec="AES_256")


def test_silver_is_read_by_consumers_and_written_by_the_gate_alone(gate: Gate) -> None:
    with gate.role():
        boto3.session.Session().client("s3").put_object(Bucket=gate.lake.silver, Key="a.csv", Body=b"A\n1\n")
    become_consumer(gate, Action=["s3:*", "kms:*"])
    assert reads(gate, "consumer-role", gate.lake.silver, "a.csv")
    with gate.role("consumer-role"):
        s3: Any = boto3.session.Session().client("s3")
        changes: list[Callable[[], Any]] = [
            lambda: s3.put_object(Bucket=gate.lake.silver, Key="b.csv", Body=b""),
            lambda: s3.delete_object(Bucket=gate.lake.silver, Key="a.csv"),
            lambda: s3.put_object_tagging(Bucket=gate.lake.silver, Key="a.csv", Tagging={"TagSet": []}),
        ]
        for change in changes:
            with pytest.raises(ClientError, match="AccessDenied"):
                change()


def test_consumer_without_more_reads_silver_and_neither_bronze_nor_quarantine(gate: Gate, isolated: str) -> None:
    with gate.role():
        s3: Any = boto3.session.Session().client("s3")
        for bucket in (gate.lake.silver, gate.lake.bronze):
            s3.put_object(Bucket=bucket, Key="a.csv", Body=b"A\n1\n", IfNoneMatch="*")
    become_consumer(gate)
    assert reads(gate, "consumer-role", gate.lake.silver, "a.csv")
    assert not reads(gate, "consumer-role", gate.lake.bronze, "a.csv")
    assert not reads(gate, "consumer-role", gate.lake.quarantine, isolated)


def read_page(gate: Gate) -> int:
    """Read what the Gate page reads, as a web server with nothing but the page's policy; the number of files."""
    run = Run("synthea", "1")
    with gate.role("page-role"):
        lake = pages_lake._opened.__wrapped__(0)
        assert lake.index("synthea").problem == "missing"
        reviews = read_reviews(lake.s3, gate.lake.bronze, run.feed, run.folder, "a.csv", "2026-11-25T10:00:00+00:00")
        assert reviews.damaged == 1
        folder = lake.folder(run)
        return len(list(lake.entries(folder, lake.amendments(folder))))


@pytest.mark.parametrize("without", ["", "ReadSettings", "ListDocuments", "ReadDocuments", "ReadReviews", "Decrypt"])
def test_page_reads_documents_with_its_policy_and_needs_every_statement(gate: Gate, without: str) -> None:
    run = Run("synthea", "1")
    with gate.role():
        s3: Any = boto3.session.Session().client("s3")
        totals = {"objects": 1, "outcomes": {"promote": 1}, "severities": {}}
        record = {"run": {"run_id": "1", "source": "s3://s/"}, "dry_run": False, "totals": totals}
        for name, content in {RECORD: record, OBJECTS: {"name": "a.csv"}}.items():
            s3.put_object(Bucket=gate.lake.bronze, Key=run.document(name), Body=json.dumps(content).encode())
        s3.put_object(Bucket=gate.lake.bronze, Key=f"{run.prefix}a.csv", Body=PATIENT, IfNoneMatch="*")
        review = documents_of(run.feed, "review-0000000000000000")
        s3.put_object(Bucket=gate.lake.bronze, Key=f"{review}request.json", Body=b"{", IfNoneMatch="*")
    kept = [statement for statement in statements("page") if statement["Sid"] != without]
    assert len(kept) == 4 + (not without)
    become("page-role", kept)
    if without:
        with pytest.raises(ClientError, match="AccessDenied"):
            read_page(gate)
    else:
        assert read_page(gate) == 1
        assert not reads(gate, "page-role", gate.lake.bronze, f"{run.prefix}a.csv")


def test_page_reads_what_a_decision_of_today_needs_with_its_policy(gate: Gate) -> None:
    run, bronze = Run("synthea", "1"), gate.lake.bronze
    with gate.role():
        s3: Any = boto3.session.Session().client("s3")
        landed = LandedObject("a.csv", bronze, f"{run.prefix}a.csv", "v", "e", 1, "ab" * 32, "c")
        s3.put_object(Bucket=bronze, Key=run.document(MANIFEST), Body=jsonl.dump([landed]))
        results = s3.put_object(Bucket=bronze, Key=run.document(RESULTS), Body=gzip.compress(b""))["VersionId"]
        plan = {"decisions": "v", "job": None, "evidence": {RESULTS: results}}
        s3.put_object(Bucket=bronze, Key=run.document(PLAN), Body=json.dumps(plan).encode())
        s3.put_object(Bucket=bronze, Key="_exceptions/synthea/damaged.json", Body=b"{", IfNoneMatch="*")
        detection = Detection("USA_PASSPORT_NUMBER", 1, "PERSONAL_INFORMATION")
        add_found(s3, bronze, landed.sha256, [Observation("", "", "", "", "COMPLETE", None, "High", (detection,))])
    become("page-role", statements("page"))
    with gate.role("page-role"):
        lake = pages_lake._opened.__wrapped__(0)
        sizes = lake.folder(run).sizes
        found = decide_today(lake.s3, bronze, run, "a.csv", sizes, datetime.now(UTC))
    assert (found.outcome, found.reason, found.problem) == ("quarantine", "found_in_same_bytes", "")


def become(role: str, statements: list[dict[str, Any]]) -> None:
    """Make a role with these statements alone."""
    iam: Any = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": trust}
    iam.create_role(RoleName=f"lake-{role}", AssumeRolePolicyDocument=json.dumps(document))
    granted = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName=f"lake-{role}", PolicyName="granted", PolicyDocument=json.dumps(granted))
