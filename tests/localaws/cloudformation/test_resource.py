"""Resources that are replaced by an update."""

from __future__ import annotations

import json

from tests.localaws.cloudformation.conftest import TEMPLATES, Client, update


def test_policy_follows_when_the_stack_is_updated(client: Client, outputs: dict[str, str]) -> None:
    whole = TEMPLATES["storage"]
    narrower = whole.replace("[s3:PutObject, s3:GetBucketLocation]", "s3:PutObject")
    assert narrower != whole
    update(client, "storage", narrower)
    policy = client("s3").get_bucket_policy(Bucket=outputs["ResultsBucket"])["Policy"]
    assert json.loads(policy)["Statement"][1]["Action"] == "s3:PutObject"
