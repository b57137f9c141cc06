"""Links from a task to the AWS console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink

if TYPE_CHECKING:
    from airflow.sdk import Context


class MacieClassificationJobLink(BaseAwsLink):
    """Link to a classification job in the Macie console."""

    name = "Macie Classification Job"
    key = "macie_classification_job"
    format_str = BASE_AWS_CONSOLE_LINK + "/macie/home?region={region_name}#jobs?itemId={job_id}"

    @classmethod
    def persist_job(cls, context: Context, operator: Any, job_id: str) -> None:
        """Store the link to a job for an operator that has a hook."""
        cls.persist(
            context=context,
            operator=operator,
            region_name=operator.hook.conn_region_name,
            aws_partition=operator.hook.conn_partition,
            job_id=job_id,
        )
