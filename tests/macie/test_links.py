from __future__ import annotations

from macie.links import MacieClassificationJobLink
from tests.macie.scripted_aws import JOB_ID


def test_the_link_leads_to_the_job_in_its_region() -> None:
    link = MacieClassificationJobLink().format_link(
        aws_domain=MacieClassificationJobLink.get_aws_domain("aws"), region_name="eu-west-1", job_id=JOB_ID
    )
    assert link == f"https://console.aws.amazon.com/macie/home?region=eu-west-1#jobs?itemId={JOB_ID}"
