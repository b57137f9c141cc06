"""Links from a task to the AWS console."""

from __future__ import annotations

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink


class MacieClassificationJobLink(BaseAwsLink):
    """Link to a classification job in the Macie console."""

    name = "Macie Classification Job"
    key = "macie_classification_job"
    format_str = BASE_AWS_CONSOLE_LINK + "/macie/home?region={region_name}#jobs?itemId={job_id}"
