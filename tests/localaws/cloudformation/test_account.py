"""Macie and the key of a template."""

from __future__ import annotations

from tests.localaws.cloudformation.conftest import Client


def test_object_is_encrypted_with_the_key_of_the_lake_when_its_sender_names_none(
    client: Client, outputs: dict[str, str]
) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=outputs["BronzeBucket"], Key="a.csv", Body=b"Id\n1\n")
    head = s3.head_object(Bucket=outputs["BronzeBucket"], Key="a.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", outputs["KeyArn"])


def test_macie_writes_its_results_to_the_lake_when_it_is_set_up(client: Client, outputs: dict[str, str]) -> None:
    macie = client("macie2")
    assert macie.get_macie_session()["status"] == "ENABLED"
    assert macie.get_classification_export_configuration()["configuration"]["s3Destination"] == {
        "bucketName": outputs["ResultsBucket"],
        "keyPrefix": "macie",
        "kmsKeyArn": outputs["KeyArn"],
    }
