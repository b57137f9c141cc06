"""A known demonstration of Macie, whole: the calls of its template and its scripts, and its function that moves files.

Source: https://github.com/garystafford/macie-demo - 21 resources: three identifiers, rules by severity and identifier
that write a sentence to a topic, a function that moves what has a High finding to another bucket, an upload, a job that
runs once and one that runs daily. The template is written from its description.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.awslambda import functions
from localaws.server import LocalAws
from tests.localaws.conftest import ACCOUNT, REGION, await_findings, await_job, request
from tests.localaws.waiting import until

DATA = Path(__file__).parents[3] / "shared" / "data" / "synthea_apr2020"
BUCKET = f"synthea-data-{ACCOUNT}-{REGION}"
ISOLATION = f"macie-isolation-{ACCOUNT}-{REGION}"
IDENTIFIERS = {
    "Patient ID": ("[a-z,0-9]{8}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{4}-[a-z,0-9]{12}", "PATIENT"),
    "US Driver License": (r"[S]{1}\d{8}", "DRIVERS"),
    "US Passport": (r"[X]{1}\d{8}[X]{1}", "PASSPORT"),
}
SENTENCE = (
    '"Amazon Macie Finding Notification: Job Id <id>, AWS Account <account>. '
    "Severity of <severity> for file '<file>'.\"\n"
)
FILES = {
    "patients.csv": "Id,DRIVERS,PASSPORT\n1,S99984236,X19277260X\n",
    "allergies.csv": "PATIENT\n1d604da9-9a81-4ba9-80c2-de3375d59b40\n",
    "staff.csv": "SSN\n536-22-8726\n",
    "supplies.csv": "DATE,PATIENT\n",
    "notes.txt": "PATIENT 1d604da9-9a81-4ba9-80c2-de3375d59b40\n",
}

type Received = Callable[[str], list[str]]


def _pattern(detail: dict[str, Any]) -> dict[str, Any]:
    return {"source": ["aws.macie"], "detail-type": ["Macie Finding"], "detail": detail}


def _rule(name: str, topic: str, detail: dict[str, Any]) -> dict[str, Any]:
    paths = {
        "account": "$.account",
        "type": "$.detail-type",
        "id": "$.detail.classificationDetails.jobId",
        "file": "$.detail.resourcesAffected.s3Object.path",
        "severity": "$.detail.severity.description",
    }
    target = {
        "Arn": {"Ref": topic},
        "Id": "MacieEventRuleSNSTopicId",
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": SENTENCE},
    }
    pattern = {"Fn::Sub": json.dumps(_pattern(detail), indent=2)}
    properties = {"Name": name, "EventPattern": pattern, "State": "ENABLED", "Targets": [target]}
    return {"Type": "AWS::Events::Rule", "Properties": {**properties, "EventBusName": "default"}}


def _topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "", "TopicName": f"macie-topic-{name}"}}


def _subscription(topic: str, protocol: str, endpoint: Any) -> dict[str, Any]:
    properties = {"TopicArn": {"Ref": topic}, "Protocol": protocol, "Endpoint": endpoint}
    return {"Type": "AWS::SNS::Subscription", "Properties": {**properties, "Region": {"Ref": "AWS::Region"}}}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy as the template has it: a text to be filled in."""
    return {"Fn::Sub": json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=4)}


def _topic_policy(topic: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    document = _policy({**statement, "Resource": f"${{{topic}}}"})
    return {"Type": "AWS::SNS::TopicPolicy", "Properties": {"PolicyDocument": document, "Topics": [{"Ref": topic}]}}


def _bucket(name: str) -> dict[str, Any]:
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    properties = {
        "BucketName": {"Fn::Sub": f"{name}-${{AWS::AccountId}}-${{AWS::Region}}"},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
        "Tags": [{"Key": "Name", "Value": "Demonstration"}],
    }
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def _parameter(name: str, bucket: str) -> dict[str, Any]:
    properties = {"Name": f"/macie_demo/{name}", "Type": "String", "Value": {"Ref": bucket}, "Tags": {"Stage": "Test"}}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties}


CODE = """
import boto3

s3 = boto3.client("s3")

def handler(event, context):
    found = event["detail"]["resourcesAffected"]
    place = {"Bucket": found["s3Bucket"]["name"], "Key": found["s3Object"]["key"]}
    s3.copy_object(CopySource=place, Bucket="${Isolation}", Key=place["Key"])
    s3.delete_object(**place)
    return {"statusCode": 200}
"""
ROLE_OF_THE_FUNCTION = {
    "Policy": {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Path": "/service-role/",
            "PolicyDocument": _policy(
                {
                    "Effect": "Allow",
                    "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"],
                    "Resource": ["arn:aws:s3:::${Bucket}/*", "arn:aws:s3:::${Isolation}/*"],
                }
            ),
        },
    },
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Path": "/service-role/",
            "AssumeRolePolicyDocument": _policy(
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ),
            "ManagedPolicyArns": [{"Ref": "Policy"}],
        },
    },
}
FUNCTION = {
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "mover",
            "Handler": "index.handler",
            "Code": {"ZipFile": {"Fn::Sub": CODE}},
            "MemorySize": 128,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.8",
            "Timeout": 60,
            "TracingConfig": {"Mode": "PassThrough"},
        },
    },
    "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
    "Permission": {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["RuleHigh", "Arn"]},
        },
    },
}
RULES = {
    "RuleHigh": _rule("macie-rule-high", "High", {"severity": {"description": ["High"]}}),
    "RuleLowMedium": _rule("macie-rule-low-medium", "LowMedium", {"severity": {"description": ["Medium", "Low"]}}),
    "RuleCustom": _rule(
        "macie-rule-custom",
        "High",
        {"classificationDetails": {"result": {"customDataIdentifiers": {"detections": {"name": [*IDENTIFIERS]}}}}},
    ),
}
RULES["RuleHigh"]["Properties"]["Targets"].append({"Arn": {"Fn::GetAtt": ["Function", "Arn"]}, "Id": "function"})
TEMPLATE = {
    "Parameters": {"Phone": {"Type": "String"}, "Mail": {"Type": "String"}},
    "Resources": {
        **{
            f"Identifier{number}": {
                "Type": "AWS::Macie::CustomDataIdentifier",
                "Properties": {"Name": name, "Regex": regex, "Keywords": [keyword]},
            }
            for number, (name, (regex, keyword)) in enumerate(IDENTIFIERS.items())
        },
        **ROLE_OF_THE_FUNCTION,
        **FUNCTION,
        **RULES,
        "High": _topic("high"),
        "LowMedium": _topic("low-medium"),
        "HighPolicy": _topic_policy("High"),
        "LowMediumPolicy": _topic_policy("LowMedium"),
        "ByMail": _subscription("LowMedium", "email", {"Ref": "Mail"}),
        "ByPhone": _subscription("High", "sms", {"Ref": "Phone"}),
        "Isolation": _bucket("macie-isolation"),
        "Bucket": _bucket("synthea-data"),
        "IsolationParameter": _parameter("isolated_data_bucket", "Isolation"),
        "BucketParameter": _parameter("patient_data_bucket", "Bucket"),
    },
}


@pytest.fixture(autouse=True)
def invocations_end_with_their_test() -> Iterator[None]:
    yield
    functions.join()


@pytest.fixture
def received(macie: Any, client: Callable[..., Any], tmp_path: Path) -> Received:
    """Set the demonstration up, and upload its files; returns the sentences that a topic's subscriber has got."""
    sqs, s3, sns = client("sqs"), client("s3"), client("sns")
    parameters = {"Phone": "+15550100", "Mail": "someone@example.org"}
    client("cloudformation").create_stack(
        StackName="macie-demo",
        TemplateBody=json.dumps(TEMPLATE),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("high", "low-medium")}
    for name in urls:
        topic, queue = (f"arn:aws:{kind}:{REGION}:{ACCOUNT}:" for kind in ("sns", "sqs"))
        sns.subscribe(TopicArn=f"{topic}macie-topic-{name}", Protocol="sqs", Endpoint=queue + name)
    bucket = client("ssm").get_parameter(Name="/macie_demo/patient_data_bucket")["Parameter"]["Value"]
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        s3.upload_file(str(tmp_path / name), bucket, f"synthea_data/{name}")
    sentences: dict[str, list[str]] = {name: [] for name in urls}

    def receive(name: str) -> list[str]:
        got = sqs.receive_message(QueueUrl=urls[name], MaxNumberOfMessages=10).get("Messages", [])
        sentences[name] += [json.loads(item["Body"])["Message"] for item in got]
        return sorted(sentences[name])

    return receive


def _job(macie: Any, client: Callable[..., Any], **more: Any) -> str:
    """Create a job as the scripts do; returns its id."""
    csv = {"simpleScopeTerm": {"comparator": "EQ", "key": "OBJECT_EXTENSION", "values": ["csv"]}}
    created = macie.create_classification_job(
        customDataIdentifierIds=[item["id"] for item in macie.list_custom_data_identifiers()["items"]],
        initialRun=True,
        s3JobDefinition={
            "bucketDefinitions": [
                {
                    "accountId": client("sts").get_caller_identity()["Account"],
                    "buckets": [
                        client("ssm").get_parameter(Name="/macie_demo/patient_data_bucket")["Parameter"]["Value"]
                    ],
                }
            ],
            "scoping": {"includes": {"and": [csv]}},
        },
        tags={"Project": "Amazon Macie Demo"},
        **more,
    )
    return created["jobId"]


def _sentence(job_id: str, severity: str, name: str) -> str:
    return (
        f'"Amazon Macie Finding Notification: Job Id {job_id}, AWS Account {ACCOUNT}. '
        f"Severity of {severity} for file '{BUCKET}/synthea_data/{name}'.\""
    )


def test_who_subscribes_reads_what_the_job_found(macie: Any, client: Callable[..., Any], received: Received) -> None:
    name = f"SyntheaPatientData_{int(time.time())}"
    job_id = _job(macie, client, jobType="ONE_TIME", name=name, description="Review Synthea patient data (1x)")
    assert await_job(macie, job_id)["jobStatus"] == "COMPLETE"
    found = await_findings(macie, 3)
    assert [item["type"].rpartition("/")[2] for item in found] == ["CustomIdentifier", "CustomIdentifier", "Personal"]
    custom = [_sentence(job_id, "Medium", "allergies.csv"), _sentence(job_id, "Medium", "patients.csv")]
    until(lambda: received("low-medium") == custom, "the sentences of the lower severities")
    high = sorted([*custom, _sentence(job_id, "High", "staff.csv")])
    until(lambda: received("high") == high, "the sentences of the highest severity and the identifiers")


def test_the_daily_job_reads_all_at_first_and_then_what_is_new(
    macie: Any, client: Callable[..., Any], received: Received, turn: Callable[..., None]
) -> None:
    job_id = _job(
        macie,
        client,
        jobType="SCHEDULED",
        scheduleFrequency={"dailySchedule": {}},
        name="SyntheaPatientData_Daily",
        samplingPercentage=100,
    )

    def idle() -> bool:
        return bool(macie.describe_classification_job(jobId=job_id)["jobStatus"] == "IDLE")

    until(idle, "the first run to end")
    await_findings(macie, 3)
    client("s3").put_object(Bucket=BUCKET, Key="synthea_data/new.csv", Body=FILES["allergies.csv"].encode())
    turn(clock_ahead_seconds=24 * 3600)
    until(idle, "the second run to end")
    assert len(await_findings(macie, 4)) == 4
    until(lambda: _sentence(job_id, "Medium", "new.csv") in received("low-medium"), "the sentence about the new file")


def keys(client: Callable[..., Any], bucket: str) -> list[str]:
    found = client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [item["Key"].removeprefix("synthea_data/") for item in found]


def test_stack_has_all_its_resources_and_leaves_nothing(client: Callable[..., Any], received: Received) -> None:
    cloudformation = client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName="macie-demo")["StackResources"]
    assert {item["LogicalResourceId"] for item in resources} == set(TEMPLATE["Resources"])
    assert len(resources) == 21
    client("s3").delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": f"synthea_data/{name}"} for name in FILES]})
    cloudformation.delete_stack(StackName="macie-demo")
    assert cloudformation.describe_stacks()["Stacks"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("iam").list_roles()["Roles"] == []


@pytest.mark.parametrize("is_enforced", [False, True], ids=["as root", "with the policies of its role"])
def test_function_moves_the_files_with_high_findings(
    aws: LocalAws, macie: Any, client: Callable[..., Any], received: Received, is_enforced: bool
) -> None:
    request(aws, "PUT", "/localaws/iam", {"enforced": is_enforced})
    await_job(macie, _job(macie, client, jobType="ONE_TIME", name="one"))
    until(lambda: "staff.csv" not in keys(client, BUCKET), "the function to move the file")
    assert keys(client, ISOLATION) == ["staff.csv"]
    assert keys(client, BUCKET) == sorted(set(FILES) - {"staff.csv"})


@pytest.mark.skipif(not DATA.is_dir(), reason="the files of April 2020 are not part of the repository")
def test_function_moves_the_synthea_files_with_high_findings(
    macie: Any, client: Callable[..., Any], received: Received
) -> None:
    names = [path.name for path in sorted(DATA.glob("*.csv"))]
    for name in names:
        client("s3").upload_file(str(DATA / name), BUCKET, f"synthea_data/{name}")
    client("s3").delete_object(Bucket=BUCKET, Key="synthea_data/staff.csv")
    job_id = _job(macie, client, jobType="ONE_TIME", name="all", managedDataIdentifierSelector="ALL")
    until(lambda: macie.describe_classification_job(jobId=job_id)["jobStatus"] == "COMPLETE", "the job")
    criterion = {"classificationDetails.jobId": {"eq": [job_id]}, "severity.description": {"eq": ["High"]}}
    found = macie.list_findings(findingCriteria={"criterion": criterion}, maxResults=50)["findingIds"]
    high = {item["resourcesAffected"]["s3Object"]["key"] for item in macie.get_findings(findingIds=found)["findings"]}
    moved = {key.removeprefix("synthea_data/") for key in high}
    assert {"organizations.csv", "patients.csv", "providers.csv"} <= moved
    until(lambda: not moved & set(keys(client, BUCKET)), "the function to move the files")
    assert set(keys(client, ISOLATION)) == moved
