"""Keys: derived by KMS, different for each namespace and version, stored nowhere."""

from __future__ import annotations

import pickle

import boto3
import pytest

from lake_gate.errors import AwsRefusedError
from lake_gate.masking.keys import kms_keys
from localaws.server import LocalAws
from tests.lake_gate.masking.tables import keys_of


@pytest.fixture
def key_id(aws: LocalAws) -> str:
    kms = boto3.client("kms", region_name="us-east-1")
    key_id: str = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/masking", TargetKeyId=key_id)
    return key_id


def test_keys_follow_from_kms_namespace_and_version_alone(key_id: str) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    keys, again = kms_keys(kms, key_id, 1), kms_keys(kms, "alias/masking", 1)
    assert keys.of("patient") == again.of("patient")
    assert keys.fingerprint == again.fingerprint
    later = kms_keys(kms, key_id, 2)
    assert len({keys.of("patient"), keys.of("encounter"), later.of("patient")}) == 3
    assert keys.fingerprint != later.fingerprint


def test_key_of_a_namespace_is_asked_for_once() -> None:
    asked: list[bytes] = []
    keys = keys_of()
    generate = keys._generate_mac
    keys._generate_mac = lambda message: asked.append(message) or generate(message)  # type: ignore[func-returns-value]
    assert {keys.of("patient") for _ in range(3)} == {keys.of("patient")}
    assert asked == [b"lake-gate/masking/1/namespace/patient"]


def test_key_that_kms_refuses_is_an_error_that_names_the_call(aws: LocalAws) -> None:
    kms = boto3.client("kms", region_name="us-east-1")
    with pytest.raises(AwsRefusedError, match="GenerateMac"):
        kms_keys(kms, "alias/missing", 1).of("patient")


def test_keys_are_neither_shown_nor_stored() -> None:
    keys = keys_of()
    secret = keys.of("patient")
    assert secret.hex() not in repr(keys)
    assert repr(secret) not in repr(keys)
    assert keys.fingerprint not in {secret.hex()[:16]}
    with pytest.raises(TypeError, match="not stored"):
        pickle.dumps(keys)
