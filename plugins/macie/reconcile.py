"""
Operators that make an account match what is wanted of it.

Each returns the changes that it took, see :class:`macie.account.Change`; in a dry run those that it would take, and
changes nothing. What is as it is wanted is kept: the second run changes nothing.
"""

# ruff: noqa: ARG002 - only some need the context

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from macie.account import Account, Change
from macie.allow_lists import reconcile_allow_lists
from macie.hook import MacieHook
from macie.identifiers import reconcile_custom_data_identifiers
from macie.scheduled_jobs import reconcile_scheduled_job
from macie.session import reconcile_results_repository, reconcile_session
from macie.suppression import reconcile_suppression_rules
from macie.translation import translated_errors

if TYPE_CHECKING:
    from airflow.sdk import Context


class MacieReconcileOperator(AwsBaseOperator[MacieHook]):
    """
    What these operators have in common.

    :param managed_by: tag value by which what was made here is told from what somebody else has made (templated)
    :param is_dry_run: whether only to say what would be changed (templated)
    :return: the changes
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run")

    def __init__(self, *, managed_by: str, is_dry_run: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.managed_by = managed_by
        self.is_dry_run = is_dry_run

    def execute(self, context: Context) -> list[Change]:
        """Change what differs, and log each change when it is made: a later one may fail."""
        is_dry_run = str(self.is_dry_run).lower() == "true"  # Jinja renders True as the text ``True``
        account = Account(self.hook, is_dry_run=is_dry_run, managed_by=self.managed_by)
        changes = []
        with translated_errors():
            for change in self.reconcile(account, context):
                said = (change["action"], change["kind"], change["name"], change["id"] or "-", change["why"])
                self.log.info("%s%s %s %s (%s): %s", "Would " if is_dry_run else "", *said)
                changes.append(change)
        return changes

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes one by one."""
        raise NotImplementedError


class MacieReconcileSessionOperator(MacieReconcileOperator):
    """Enable Macie where it is not, or is suspended."""

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the change."""
        return reconcile_session(account)


class MacieReconcileResultsRepositoryOperator(MacieReconcileOperator):
    """
    Let Macie write discovery results where they are wanted.

    :param bucket: the bucket (templated)
    :param key_prefix: prefix of the results' keys (templated)
    :param kms_key_arn: key that Macie encrypts them with (templated)
    """

    template_fields: Sequence[str] = aws_template_fields(
        "managed_by", "is_dry_run", "bucket", "key_prefix", "kms_key_arn"
    )

    def __init__(self, *, bucket: str, key_prefix: str, kms_key_arn: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.key_prefix = key_prefix
        self.kms_key_arn = kms_key_arn

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the change."""
        destination: Any = {"bucketName": self.bucket, "keyPrefix": self.key_prefix, "kmsKeyArn": self.kms_key_arn}
        return reconcile_results_repository(account, destination)


class MacieReconcileCustomDataIdentifiersOperator(MacieReconcileOperator):
    """
    Find or create the custom data identifiers that a folder defines; they cannot be changed, and none is removed.

    :param definitions_path: folder with one JSON file per identifier, each the arguments of
        CreateCustomDataIdentifier (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "definitions_path")

    def __init__(self, *, definitions_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions_path = definitions_path

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes one by one."""
        definitions = self.hook.load_definitions(self.definitions_path, "CreateCustomDataIdentifier")
        return reconcile_custom_data_identifiers(account, definitions)


class MacieReconcileAllowListsOperator(MacieReconcileOperator):
    """
    Make the allow lists those that a folder defines.

    :param definitions_path: folder with one JSON file per list, each the arguments of CreateAllowList (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "definitions_path")

    def __init__(self, *, definitions_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions_path = definitions_path

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes one by one."""
        definitions = self.hook.load_definitions(self.definitions_path, "CreateAllowList", may_be_empty=True)
        return reconcile_allow_lists(account, definitions)


class MacieReconcileSuppressionRulesOperator(MacieReconcileOperator):
    """
    Make the suppression rules the wanted ones.

    :param rules: each the arguments of CreateFindingsFilter, without action (templated)
    :param expired: why a rule is wanted no longer, by its name (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "rules", "expired")
    template_fields_renderers: ClassVar[dict[str, str]] = {"rules": "json", "expired": "json"}

    def __init__(self, *, rules: list[dict[str, Any]], expired: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rules = rules
        self.expired = expired

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes one by one."""
        return reconcile_suppression_rules(account, self.rules, self.expired)


class MacieReconcileScheduledJobOperator(MacieReconcileOperator):
    """
    Let exactly one scheduled job of a job spec be alive: the one that the request asks for.

    :param job_request: arguments of CreateClassificationJob, without clientToken (templated)
    :param job_spec: name of what the request was made from; a job is known by it, whatever its name (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "job_request", "job_spec")
    template_fields_renderers: ClassVar[dict[str, str]] = {"job_request": "json"}

    def __init__(self, *, job_request: dict[str, Any], job_spec: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_request = job_request
        self.job_spec = job_spec

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes one by one."""
        ti = context["ti"]
        return reconcile_scheduled_job(account, self.job_request, self.job_spec, [ti.dag_id, ti.run_id])
