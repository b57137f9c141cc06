"""Five small templates that hang together as those of ``infra/`` do, and an environment for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3

from ship.deployment import Deployment
from ship.environments import Environment, read_environment

ACCOUNT = "123456789012"
STORAGE = """
Parameters:
  NamePrefix: {Type: String}
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: RetainExceptOnCreate
    Properties: {KeyPolicy: {Version: "2012-10-17", Statement: []}}
  Bronze:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    Properties: {BucketName: !Sub "${NamePrefix}-bronze", VersioningConfiguration: {Status: Enabled}}
  Airflow:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    Properties: {BucketName: !Sub "${NamePrefix}-airflow", VersioningConfiguration: {Status: Enabled}}
Outputs:
  BronzeBucket: {Value: !Ref Bronze}
  AirflowBucket: {Value: !Ref Airflow}
  KeyArn: {Value: !GetAtt Key.Arn}
"""
PIPELINE = """
Parameters:
  NamePrefix: {Type: String}
  BronzeBucket: {Type: String}
  AlertEmail: {Type: String, Default: ""}
Conditions:
  HasEmail: !Not [!Equals [!Ref AlertEmail, ""]]
Resources:
  Setting:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/${NamePrefix}/bronze", Type: String, Value: !Ref BronzeBucket}
  Email:
    Type: AWS::SSM::Parameter
    Condition: HasEmail
    Properties: {Name: !Sub "/${NamePrefix}/email", Type: String, Value: !Ref AlertEmail}
Outputs:
  SettingName: {Value: !Ref Setting}
"""
ACCESS = """
Parameters:
  NamePrefix: {Type: String}
  KeyArn: {Type: String}
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "${NamePrefix}-consumer"
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: kms:Decrypt, Resource: !Ref KeyArn}]
"""
WATCH = """
Parameters:
  NamePrefix: {Type: String}
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "${NamePrefix}-logs", RetentionInDays: 30}}
"""
AIRFLOW = """
Parameters:
  NamePrefix: {Type: String}
  SubnetIds: {Type: String}
  EnvironmentName: {Type: String, Default: ""}
  PluginsObjectVersion: {Type: String}
  RequirementsObjectVersion: {Type: String}
Resources:
  Environment:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub "/${NamePrefix}/airflow"
      Type: String
      Value: !Sub "${PluginsObjectVersion} ${RequirementsObjectVersion}"
"""
TEMPLATES = {"storage": STORAGE, "pipeline": PIPELINE, "access": ACCESS, "watch": WATCH, "airflow": AIRFLOW}
FILES = {
    "plugins.zip": "plugins 1",
    "requirements.txt": "requirements 1",
    "dags/gate.py": "dag 1",
    "dags/.airflowignore": "include/",
    "dags/include/policies/default.json": "{}",
}


def write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def write_environment(folder: Path, **changes: Any) -> Path:
    whole = {
        "region": "us-east-1",
        "account": ACCOUNT,
        "name_prefix": "lake",
        "parameters": {"SubnetIds": "subnet-1,subnet-2"},
        **changes,
    }
    content = json.dumps({name: value for name, value in whole.items() if value is not None})
    return write_files(folder, {"test.json": content})


class Deployed:
    """An environment on the local AWS: its files, and what is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shown: list[str] = []
        self.templates = write_files(folder / "infra", {f"{name}.yaml": body for name, body in TEMPLATES.items()})
        self.dist = write_files(folder / "dist", FILES)
        write_environment(folder)

    @property
    def environment(self) -> Environment:
        return read_environment("test", self.folder)

    def deployment(self) -> Deployment:
        self.shown.clear()
        more: dict[str, Any] = {"dist": self.dist, "folder": self.templates, "show": self.shown.append}
        return Deployment.checked(self.environment, poll_seconds=0, **more)

    def edit(self, template: str, old: str, new: str) -> None:
        path = self.templates / f"{template}.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    @property
    def text(self) -> str:
        return "\n".join(self.shown)

    @staticmethod
    def stacks() -> dict[str, str]:
        stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
        return {stack["StackName"]: stack["StackStatus"] for stack in stacks}

    @staticmethod
    def setting(name: str) -> str:
        return boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]

    @staticmethod
    def objects(bucket: str) -> dict[str, str]:
        s3 = boto3.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}

    @staticmethod
    def versions(bucket: str, key: str) -> int:
        listed = boto3.client("s3").list_object_versions(Bucket=bucket, Prefix=key)
        return len(listed.get("Versions", []))
