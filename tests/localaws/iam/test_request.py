"""Requests: compressed ones, and operations that cannot be identified."""

from __future__ import annotations

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from localaws.server import LocalAws
from tests.localaws.conftest import error_of
from tests.localaws.iam.conftest import AsRole, Client, allow


def test_a_compressed_request_is_read_too(as_role: AsRole, client: Client) -> None:
    """botocore compresses metrics of more than 10 KB."""
    it = as_role(allow("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "gate"}}))(
        "cloudwatch"
    )
    many = [{"MetricName": f"metric {number} {'x' * 200}", "Value": 1} for number in range(100)]
    it.put_metric_data(Namespace="gate", MetricData=many)
    assert error_of(it.put_metric_data, Namespace="other", MetricData=many)[0] == "AccessDenied"
    assert client("cloudwatch").list_metrics(Namespace="gate")["Metrics"]


def test_an_unknown_operation_needs_all_actions_of_the_service(enforced: LocalAws, as_role: AsRole) -> None:
    credentials = as_role(allow("ssm:Get*"))("sts")._request_signer._credentials.get_frozen_credentials()
    for target, service in (("AmazonSSM.Nothing", "ssm"), ("", "unheard-of")):
        request = AWSRequest("POST", enforced.endpoint_url, {"X-Amz-Target": target}, b"{}")
        SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        answer = requests.post(enforced.endpoint_url, data=b"{}", headers=dict(request.headers), timeout=10)
        assert f"perform: {service}:* on resource: * because no identity-based policy" in answer.text
