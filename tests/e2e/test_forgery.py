"""All that a decision can rest on, forged by a principal that may do everything with S3: refused, place by place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from dev.setup import DEPLOYER
from ship import upload
from tests.e2e.test_least_privilege import Gate, become_consumer, gate, include

__all__ = ["gate", "include"]

GUARDED = ("BronzeBucket", "SilverBucket", "QuarantineBucket", "ResultsBucket", "AirflowBucket")
SHA = "0" * 64
LINE = "_ledger/synthea/9999999998-0000000001.json"
PLACES = [
    ("BronzeBucket", "synthea/1/landed.csv"),
    ("BronzeBucket", "held/synthea/1/held.csv"),
    ("BronzeBucket", "_runs/synthea/1/run.json"),
    ("BronzeBucket", "_runs/synthea/1/manifest.jsonl"),
    ("BronzeBucket", "_runs/synthea/1/decisions.jsonl"),
    ("BronzeBucket", "_runs/finding_events/watermark.json"),
    ("BronzeBucket", LINE),
    ("BronzeBucket", f"_content/{SHA}/found.json"),
    ("BronzeBucket", f"_content/{SHA}/landed/synthea/1/{SHA}.json"),
    ("BronzeBucket", f"_verdicts/{SHA}/{SHA}.json"),
    ("BronzeBucket", "_exceptions/synthea/accepted.json"),
    ("BronzeBucket", "_exceptions/synthea/accepted-2.json"),
    ("SilverBucket", "synthea/1/clean.csv"),
    ("SilverBucket", "_runs/synthea/1.json"),
    ("QuarantineBucket", "synthea/1/high.csv"),
    ("ResultsBucket", "macie/AWSLogs/123456789012/Macie/us-east-1/1/forged.jsonl.gz"),
    ("AirflowBucket", "dags/synthea_gate.py"),
    ("AirflowBucket", "dags/include/policies/default.json"),
    ("AirflowBucket", "dags/include/exceptions/synthea.json"),
    ("AirflowBucket", "dags/include/job_specs/synthea_one_time.json"),
    ("AirflowBucket", "dags/include/identifiers/patient_id.json"),
    ("AirflowBucket", "plugins.zip"),
    ("AirflowBucket", "requirements.txt"),
]
"""Output with the bucket, and a key, of each kind of thing that is believed."""

type Place = dict[str, str]
type Forge = Callable[[Any, Place, Place, str], Any]

_TAGS = {"TagSet": [{"Key": "checksum", "Value": "forged"}]}


def _complete(s3: Any, place: Place, _: Place, __: str) -> Any:
    """Bring an upload to its end that the root user began: the forger may begin none."""
    root: Any = boto3.client("s3")
    upload_id = root.create_multipart_upload(**place)["UploadId"]
    etag = root.upload_part(**place, UploadId=upload_id, PartNumber=1, Body=b"forged")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    return s3.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload=parts, IfNoneMatch="*")


def _delete_several(s3: Any, place: Place, _: Place, version_id: str) -> Any:
    objects = [{"Key": place["Key"]}, {"Key": place["Key"], "VersionId": version_id}]
    answer = s3.delete_objects(Bucket=place["Bucket"], Delete={"Objects": objects})
    if {error["Code"] for error in answer.get("Errors", ())} == {"AccessDenied"} and "Deleted" not in answer:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObjects")


FORGERIES: dict[str, Forge] = {
    "put over it": lambda s3, place, mine, version: s3.put_object(**place, Body=b"forged"),
    "put beside it": lambda s3, place, mine, version: s3.put_object(
        Bucket=place["Bucket"], Key=f"{place['Key']}.new", Body=b"forged", IfNoneMatch="*"
    ),
    "copy over it": lambda s3, place, mine, version: s3.copy_object(**place, CopySource=mine),
    "copy beside it": lambda s3, place, mine, version: s3.copy_object(
        Bucket=place["Bucket"], Key=f"{place['Key']}.new", CopySource=mine, IfNoneMatch="*"
    ),
    "begin an upload": lambda s3, place, mine, version: s3.create_multipart_upload(**place),
    "complete an upload": _complete,
    "tag": lambda s3, place, mine, version: s3.put_object_tagging(**place, Tagging=_TAGS),
    "tag a version": lambda s3, place, mine, version: s3.put_object_tagging(**place, VersionId=version, Tagging=_TAGS),
    "untag": lambda s3, place, mine, version: s3.delete_object_tagging(**place),
    "untag a version": lambda s3, place, mine, version: s3.delete_object_tagging(**place, VersionId=version),
    "delete": lambda s3, place, mine, version: s3.delete_object(**place),
    "delete a version": lambda s3, place, mine, version: s3.delete_object(**place, VersionId=version),
    "delete several": _delete_several,
    "open to others": lambda s3, place, mine, version: s3.put_object_acl(**place, ACL="public-read"),
    "lock": lambda s3, place, mine, version: s3.put_object_legal_hold(**place, LegalHold={"Status": "ON"}),
    "lift the policy": lambda s3, place, mine, version: s3.delete_bucket_policy(Bucket=place["Bucket"]),
    "change the policy": lambda s3, place, mine, version: s3.put_bucket_policy(
        Bucket=place["Bucket"], Policy=json.dumps({"Version": "2012-10-17", "Statement": []})
    ),
    "suspend versions": lambda s3, place, mine, version: s3.put_bucket_versioning(
        Bucket=place["Bucket"], VersioningConfiguration={"Status": "Suspended"}
    ),
    "expire": lambda s3, place, mine, version: s3.put_bucket_lifecycle_configuration(
        Bucket=place["Bucket"],
        LifecycleConfiguration={
            "Rules": [{"ID": "1", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
        },
    ),
}


@contextmanager
def acting_as(gate: Gate, role: str) -> Iterator[Any]:
    """A client of S3 with the credentials of a role."""
    with gate.role(role):
        yield boto3.session.Session().client("s3")


def is_refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in {"AccessDenied", "403"}
    return False


@pytest.fixture
def forger(gate: Gate) -> Iterator[Any]:
    """S3 as the consumer has it to whom a generous administrator gave S3 and KMS."""
    become_consumer(gate, Action=["s3:*", "kms:*"])
    with acting_as(gate, "consumer-role") as s3:
        yield s3


@pytest.fixture
def deployer(gate: Gate) -> Iterator[Any]:
    """S3 as the deployer has it."""
    iam: Any = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName=DEPLOYER, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    grants = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"}
    iam.put_role_policy(
        RoleName=DEPLOYER, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": grants})
    )
    with acting_as(gate, DEPLOYER.removeprefix("lake-")) as s3:
        yield s3


def place_of(gate: Gate, bucket: str, key: str) -> Place:
    return {"Bucket": gate.lake.outputs[bucket], "Key": key}


def forger_s_own(gate: Gate, s3: Any) -> Place:
    """An object that the forger has put where everybody with S3 may write."""
    mine = place_of(gate, "SourceBucket", "deliveries/mine.csv")
    s3.put_object(**mine, Body=b"forged")
    return mine


@pytest.mark.parametrize("bucket", GUARDED)
def test_nothing_that_a_decision_can_rest_on_is_forged(gate: Gate, forger: Any, bucket: str) -> None:
    mine = forger_s_own(gate, forger)
    let_through = []
    for place in (place_of(gate, bucket, key) for name, key in PLACES if name == bucket):
        version_id = gate.lake.s3.put_object(**place, Body=b"right")["VersionId"]
        for name, forge in FORGERIES.items():
            if not is_refused(lambda: forge(forger, place, mine, version_id)):  # noqa: B023 - called at once
                let_through.append((name, place["Key"]))
        assert gate.lake.versions(place["Bucket"], place["Key"]) == [version_id]
    assert let_through == []


@pytest.mark.slow
def test_every_object_that_whole_runs_read_is_beyond_the_forger(gate: Gate, forger: Any) -> None:
    """What the table above forgets, the requests of the gate's role name."""
    mine = forger_s_own(gate, forger)
    gate.lake.s3.delete_object(**mine)
    runs = [gate.run("macie_scheduled_job"), gate.deliver(), gate.run("finding_events"), gate.run("held_objects")]
    assert [run.state for run in runs] == ["success"] * len(runs)
    source = gate.lake.outputs["SourceBucket"]
    believed = {
        one["resource"].rpartition(":")[2].partition("/")[::2]
        for one in gate.asked()
        if one["action"].startswith("s3:GetObject") and not one["resource"].endswith("*")
    }
    assert {bucket for bucket, _ in believed} == {
        source,
        gate.lake.bronze,
        gate.lake.silver,
        gate.lake.outputs["ResultsBucket"],
    }
    for bucket, key in sorted(believed):
        refused = is_refused(lambda: forger.put_object(Bucket=bucket, Key=key, Body=b"forged"))  # noqa: B023
        assert refused is (bucket != source), key  # what is delivered is scanned: no decision rests on it


def test_macie_writes_results_that_the_gate_reads(gate: Gate) -> None:
    delivered = gate.deliver()
    assert delivered.outcomes["clean.csv"] == "promote"
    results = gate.lake.outputs["ResultsBucket"]
    keys = gate.lake.keys(results)
    asked = asked_by(gate, "macie.amazonaws.com")
    assert {one["resource"] for one in asked if one["action"] == "s3:PutObject"} == {
        f"arn:aws:s3:::{results}/{key}" for key in keys
    }
    assert all(one["allowed"] for one in asked)
    assert keys


def asked_by(gate: Gate, principal: str) -> list[dict[str, Any]]:
    said = requests.get(f"{gate.lake.endpoint_url}/localaws/iam", timeout=10).json()["asked"]
    return [one for one in said if one["principal"] == principal]


def test_deployer_uploads_code_and_the_gate_reads_it(gate: Gate, deployer: Any, tmp_path: Path) -> None:
    bucket = gate.lake.outputs["AirflowBucket"]
    for name in ("plugins.zip", "requirements.txt", "dags/synthea_gate.py", "dags/include/policies/default.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    put = upload.compare(deployer, bucket, tmp_path).put
    upload.upload(deployer, bucket, tmp_path, put)
    assert upload.compare(deployer, bucket, tmp_path).put == []
    with acting_as(gate, "gate") as s3:
        assert s3.get_object(Bucket=bucket, Key="dags/synthea_gate.py")["Body"].read() == b"dags/synthea_gate.py"
        assert is_refused(lambda: s3.put_object(Bucket=bucket, Key="dags/evil.py", Body=b""))
        assert is_refused(lambda: s3.delete_object(Bucket=bucket, Key="dags/synthea_gate.py"))
    deployer.delete_object(Bucket=bucket, Key="dags/synthea_gate.py")


def test_deployer_removes_what_a_smoke_test_leaves_and_changes_no_evidence(gate: Gate, deployer: Any) -> None:
    for bucket, key in PLACES:
        place = place_of(gate, bucket, key)
        version_id = gate.lake.s3.put_object(**place, Body=b"right")["VersionId"]
        writes = not is_refused(lambda: deployer.put_object(**place, Body=b"x"))  # noqa: B023
        tags = not is_refused(lambda: deployer.put_object_tagging(**place, Tagging=_TAGS))  # noqa: B023
        removes = not is_refused(lambda: deployer.delete_object(**place, VersionId=version_id))  # noqa: B023
        assert (writes, tags) == (bucket == "AirflowBucket",) * 2
        is_removable = bucket in {"BronzeBucket", "QuarantineBucket", "AirflowBucket"} and key != LINE
        assert removes is is_removable


# ---- each statement is needed


def _gives_itself_all(gate: Gate) -> None:
    grants = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": grants})
    boto3.client("iam").put_role_policy(RoleName="lake-gate", PolicyName="more", PolicyDocument=document)


def _put(s3: Any, place: Place) -> Any:
    return s3.put_object(**place, Body=b"forged")


def _remove(s3: Any, place: Place) -> Any:
    (version,) = boto3.client("s3").list_object_versions(Bucket=place["Bucket"], Prefix=place["Key"])["Versions"]
    return s3.delete_object(**place, VersionId=version["VersionId"])


def _overwrite(s3: Any, place: Place) -> Any:
    return s3.put_object(**place, Body=b"other")


def _suspend(s3: Any, place: Place) -> Any:
    return s3.put_bucket_versioning(Bucket=place["Bucket"], VersioningConfiguration={"Status": "Suspended"})


def _read(s3: Any, place: Place) -> Any:
    return s3.get_object(**place)


type Guarded = tuple[str, str, Callable[[Any, Place], Any]]
GUARDS: dict[tuple[str, str], Guarded] = {
    ("BronzeBucket", "DenyWritesExceptGate"): ("consumer-role", f"_verdicts/{SHA}/{SHA}.json", _put),
    ("BronzeBucket", "DenyDeletesExceptGateAndDeployer"): ("consumer-role", f"_content/{SHA}/found.json", _remove),
    ("BronzeBucket", "DenyOverwritingLandedObjects"): ("gate", "synthea/1/a.csv", _overwrite),
    ("BronzeBucket", "DenyOverwritingExceptions"): ("gate", "_exceptions/synthea/accepted.json", _overwrite),
    ("BronzeBucket", "DenyDeletingExceptionsExceptDeployer"): ("gate", "_exceptions/synthea/a.json", _remove),
    ("BronzeBucket", "DenyOverwritingLedgers"): ("gate", LINE, _overwrite),
    ("BronzeBucket", "DenyDeletingLedgers"): ("gate", LINE, _remove),
    ("SilverBucket", "DenyWritesExceptGate"): ("consumer-role", "synthea/1/a.csv", _put),
    ("QuarantineBucket", "DenyReadsExceptReviewer"): ("gate", "synthea/1/a.csv", _read),
    ("QuarantineBucket", "DenyWritesExceptGate"): ("consumer-role", "synthea/1/a.csv", _put),
    ("QuarantineBucket", "DenyDeletesExceptGateAndDeployer"): ("consumer-role", "synthea/1/a.csv", _remove),
    ("ResultsBucket", "DenyWritesExceptMacie"): ("consumer-role", "macie/x.jsonl.gz", _put),
    ("AirflowBucket", "DenyWritesExceptDeployer"): ("consumer-role", "dags/evil.py", _put),
    **{(bucket, "DenyBucketChangesExceptDeployer"): ("consumer-role", "a", _suspend) for bucket in GUARDED},
}
"""Who does what, to which key, and is refused by this statement alone.

The key of quarantine refuses the consumer, too: there the gate tries to read, with rights that it should not have.
"""


def remove_statement(gate: Gate, bucket: str, sid: str) -> None:
    name = gate.lake.outputs[bucket]
    document = json.loads(gate.lake.s3.get_bucket_policy(Bucket=name)["Policy"])
    rest = [one for one in document["Statement"] if one["Sid"] != sid]
    assert len(rest) == len(document["Statement"]) - 1
    gate.lake.s3.put_bucket_policy(Bucket=name, Policy=json.dumps({**document, "Statement": rest}))


@pytest.mark.parametrize(("bucket", "sid"), GUARDS)
def test_without_the_statement_the_forger_passes(gate: Gate, bucket: str, sid: str) -> None:
    role, key, forge = GUARDS[bucket, sid]
    become_consumer(gate, Action=["s3:*", "kms:*"])
    _gives_itself_all(gate)
    place = place_of(gate, bucket, key)
    gate.lake.s3.put_object(**place, Body=b"right")
    with acting_as(gate, role) as s3:
        assert is_refused(lambda: forge(s3, place))
        remove_statement(gate, bucket, sid)
        forge(s3, place)


def test_without_its_statement_macie_writes_no_results(gate: Gate) -> None:
    macie: Any = boto3.client("macie2")
    configuration = macie.get_classification_export_configuration()["configuration"]
    macie.put_classification_export_configuration(configuration=configuration)
    remove_statement(gate, "ResultsBucket", "AllowMacieToWriteResults")
    with pytest.raises(ClientError, match="AccessDenied"):
        macie.put_classification_export_configuration(configuration=configuration)


def test_no_statement_of_a_guarded_bucket_is_left_out_above(gate: Gate) -> None:
    """But for the one about plain text: the local AWS takes every request for one over TLS."""
    proven = {*GUARDS, ("ResultsBucket", "AllowMacieToWriteResults")}
    made = set()
    for bucket in GUARDED:
        document = json.loads(gate.lake.s3.get_bucket_policy(Bucket=gate.lake.outputs[bucket])["Policy"])
        made |= {(bucket, one["Sid"]) for one in document["Statement"]}
    assert made - proven == {(bucket, "DenyInsecureTransport") for bucket in GUARDED}
    assert proven <= made


def test_damaged_document_is_restored_by_the_deployer_as_the_docs_say(gate: Gate, deployer: Any) -> None:
    place = place_of(gate, "BronzeBucket", "_runs/synthea/1/plan.json")
    right, damaged = (gate.lake.s3.put_object(**place, Body=body)["VersionId"] for body in (b"right", b"damaged"))
    assert is_refused(lambda: deployer.put_object(**place, Body=b"right"))
    deployer.delete_object(**place, VersionId=damaged)
    assert gate.lake.versions(place["Bucket"], place["Key"]) == [right]
    assert gate.lake.s3.get_object(**place)["Body"].read() == b"right"


@pytest.mark.parametrize("bucket", ["SilverBucket", "QuarantineBucket"])
def test_object_that_the_gate_alone_may_change_is_removed_with_its_statement_lifted(
    gate: Gate, deployer: Any, bucket: str
) -> None:
    place = place_of(gate, bucket, "_runs/synthea/1.json")
    version_id = gate.lake.s3.put_object(**place, Body=b"another writer's")["VersionId"]
    tag = {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}
    assert is_refused(lambda: deployer.put_object_tagging(**place, **tag))
    saved = deployer.get_bucket_policy(Bucket=place["Bucket"])["Policy"]
    statements = json.loads(saved)["Statement"]
    lifted = [statement for statement in statements if statement["Sid"] != "DenyWritesExceptGate"]
    assert len(lifted) == len(statements) - 1
    deployer.put_bucket_policy(
        Bucket=place["Bucket"], Policy=json.dumps({"Version": "2012-10-17", "Statement": lifted})
    )
    deployer.put_object_tagging(**place, **tag)
    deployer.delete_object(**place, VersionId=version_id)
    assert gate.lake.versions(place["Bucket"], place["Key"]) == []
    deployer.put_bucket_policy(Bucket=place["Bucket"], Policy=saved)
    assert is_refused(lambda: deployer.put_object(**place, Body=b"again"))
