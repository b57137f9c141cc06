"""
Operators that make an account match its definitions.

Each returns the changes that it made, see :class:`macie.account.Change`; in a dry run it returns those that it would
make. Items that match are kept: a second run changes nothing.
"""

# ruff: noqa: ARG002 - only some use the context

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
    Base of these operators.

    :param managed_by: value of the tag of items that are managed here; items without it are left alone (templated)
    :param is_dry_run: whether to return the changes without making them (templated)
    :return: the changes
    """

    aws_hook_class = MacieHook
    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run")

    def __init__(self, *, managed_by: str, is_dry_run: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.managed_by = managed_by
        self.is_dry_run = is_dry_run

    def execute(self, context: Context) -> list[Change]:
        """Make the changes, and log each one when it is made: a later one may fail."""
        is_dry_run = str(self.is_dry_run).lower() == "true"  # Jinja renders True as the text ``True``
        account = Account(self.hook, is_dry_run=is_dry_run, managed_by=self.managed_by)
        changes = []
        with translated_errors():
            for change in self.reconcile(account, context):
                facts = (change["action"], change["kind"], change["name"], change["id"] or "-", change["why"])
                self.log.info("%s%s %s %s (%s): %s", "Would " if is_dry_run else "", *facts)
                changes.append(change)
        return changes

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes, and yield each one."""
        raise NotImplementedError


class MacieReconcileSessionOperator(MacieReconcileOperator):
    """Enable Macie, or resume it if it is suspended."""

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the change, and yield it."""
        return reconcile_session(account)


class MacieReconcileResultsRepositoryOperator(MacieReconcileOperator):
    """
    Set the repository for discovery results.

    :param bucket: the bucket (templated)
    :param key_prefix: prefix of the results' keys (templated)
    :param kms_key_arn: key with which Macie encrypts the results (templated)
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
        """Make the change, and yield it."""
        destination: Any = {"bucketName": self.bucket, "keyPrefix": self.key_prefix, "kmsKeyArn": self.kms_key_arn}
        return reconcile_results_repository(account, destination)


class MacieReconcileCustomDataIdentifiersOperator(MacieReconcileOperator):
    """
    Find or create the custom data identifiers that a folder defines; none is changed or removed.

    :param definitions_path: folder with one JSON file per identifier, each the arguments of
        CreateCustomDataIdentifier (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "definitions_path")

    def __init__(self, *, definitions_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions_path = definitions_path

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes, and yield each one."""
        definitions = self.hook.load_definitions(self.definitions_path, "CreateCustomDataIdentifier")
        return reconcile_custom_data_identifiers(account, definitions)


class MacieReconcileAllowListsOperator(MacieReconcileOperator):
    """
    Make the managed allow lists match those that a folder defines.

    :param definitions_path: folder with one JSON file per list, each the arguments of CreateAllowList (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "definitions_path")

    def __init__(self, *, definitions_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions_path = definitions_path

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes, and yield each one."""
        definitions = self.hook.load_definitions(self.definitions_path, "CreateAllowList", may_be_empty=True)
        return reconcile_allow_lists(account, definitions)


class MacieReconcileSuppressionRulesOperator(MacieReconcileOperator):
    """
    Make the managed suppression rules match the given ones.

    :param rules: each the arguments of CreateFindingsFilter, without action (templated)
    :param expired: reason to remove a rule, by its name (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "rules", "expired")
    template_fields_renderers: ClassVar[dict[str, str]] = {"rules": "json", "expired": "json"}

    def __init__(self, *, rules: list[dict[str, Any]], expired: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rules = rules
        self.expired = expired

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes, and yield each one."""
        return reconcile_suppression_rules(account, self.rules, self.expired)


class MacieReconcileScheduledJobOperator(MacieReconcileOperator):
    """
    Keep exactly one active scheduled job of a job spec: the job of the request.

    :param job_request: arguments of CreateClassificationJob, without clientToken (templated)
    :param job_spec: name of the job spec that the request was rendered from; identifies its jobs by a tag (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("managed_by", "is_dry_run", "job_request", "job_spec")
    template_fields_renderers: ClassVar[dict[str, str]] = {"job_request": "json"}

    def __init__(self, *, job_request: dict[str, Any], job_spec: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_request = job_request
        self.job_spec = job_spec

    def reconcile(self, account: Account, context: Context) -> Iterator[Change]:
        """Make the changes, and yield each one."""
        ti = context["ti"]
        return reconcile_scheduled_job(account, self.job_request, self.job_spec, [ti.dag_id, ti.run_id])
