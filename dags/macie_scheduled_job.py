"""Make the Macie account match this repository, and keep one daily job that scans new objects in silver.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| **read_settings** | an SSM parameter is missing or not usable | set it, clear |
| **account.session** | the role may not enable Macie | ask the account's owner, clear |
| **account.results_repository** | Macie may not write to the bucket or use the key | correct the policies, clear |
| **definitions.identifiers** | a file is not valid, or Macie refuses a pattern | the error names file and key; clear |
| **definitions.allow_lists** | as above; Macie cannot read the words; over five lists of a kind | correct it, clear |
| **suppression.read_rules** | a file is not valid; no rule was changed | the error names file and keys; clear |
| **suppression.rules** | another owner has a filter of that name | rename the rule, clear |
| **job.render** | the job spec names an identifier that is not defined | the error names it; clear |
| **job.scheduled_job** | Macie refuses the request, or another writer cancels every job | read the error, clear |
| **report** | the record cannot be written | see the bronze bucket, clear |

Green, but unexpected? *resume*: the job was paused by hand; a paused job scans nothing. *enable*: Macie was
suspended, which cancels all jobs; find out why. *replace* without a change of the job spec: an identifier or an
allow list was deleted and created again.

### What it does
Enables Macie, sets where discovery results go, creates the identifiers, allow lists and suppression rules of
include/, and keeps exactly one scheduled job of include/job_specs/synthea_daily.json alive. That job reads every
object in silver, whatever its key and extension, and finds objects that went around the gate. What matches already is
kept, so a second run changes nothing. Jobs cannot be changed: when the job spec has changed, the new job is created
first, then the old one is cancelled; the new one scans all of silver once.

It runs daily, at once when it is switched on for the first time, and by hand; trigger it after a deployment. **Dry
run** (trigger form) shows what it would do and changes nothing. The log of report has a line for each thing: *keep,
create, update, replace, remove, cancel, resume* or *enable*, and why. The same is in the run's record.json in bronze.

Things in the account without the tag *ManagedBy: lake-gate* are left alone. There is one lake in an account and
Region: a second one would take the first one's job for an old one of its own.

A suppression rule ends on its *expires_on* (UTC), with the next run of this DAG. To end one at once, delete its file
and run this.

### IAM actions
macie2: EnableMacie, GetMacieSession, UpdateMacieSession, Get- and PutClassificationExportConfiguration,
ListAllowLists, GetAllowList, CreateAllowList, UpdateAllowList, DeleteAllowList, ListFindingsFilters,
GetFindingsFilter, CreateFindingsFilter, UpdateFindingsFilter, DeleteFindingsFilter, ListCustomDataIdentifiers,
GetCustomDataIdentifier, CreateCustomDataIdentifier, ListClassificationJobs, DescribeClassificationJob,
CreateClassificationJob, UpdateClassificationJob, TagResource. Where Macie was never on, iam: CreateServiceLinkedRole
(infra/ switches it on by itself, and does not grant that). s3: PutObject on bronze, GetObject on allow lists in S3.
ssm: GetParametersByPath, GetParameter. sts: GetCallerIdentity. sns: Publish."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, Param, TaskGroup, TriggerRule, task

from lake_gate import labels
from lake_gate.include import fingerprint, include_path, read_job_spec
from lake_gate.labels import OWNER
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.recording.operators import RecordAccountOperator
from lake_gate.recording.suppression import is_expired, read_suppression_rules
from lake_gate.scan import job_spec
from lake_gate.settings import load_settings
from lake_gate.xcom import json_of, text_of
from macie.account import Change, ids_of
from macie.hook import MacieHook
from macie.reconcile import (
    MacieReconcileAllowListsOperator,
    MacieReconcileCustomDataIdentifiersOperator,
    MacieReconcileResultsRepositoryOperator,
    MacieReconcileScheduledJobOperator,
    MacieReconcileSessionOperator,
    MacieReconcileSuppressionRulesOperator,
)

DAG_ID = "macie_scheduled_job"
JOB_SPEC = "synthea_daily"
ON_FAILURE = RunFailedNotifier(feed=DAG_ID)

with DAG(
    dag_id=DAG_ID,
    description="Keep the Macie account as this repository defines it, and one daily job that scans silver",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 1 * * *", timezone="UTC", run_immediately=True),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=4),  # more than all tasks may take with their retries
    params={"dry_run": Param(False, type="boolean", title="Dry run", description="Say what would change, only.")},
    tags=["lake-gate", "macie"],
    user_defined_macros={"include_path": include_path},
    on_failure_callback=ON_FAILURE,
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(minutes=10),
        "on_failure_callback": ON_FAILURE,
    },
) as dag:

    @task(multiple_outputs=True, **labels.task("read_settings"))
    def read_settings() -> dict[str, Any]:
        """Read the settings of this run, once."""
        return load_settings(SsmHook().conn).require("results_bucket", "results_key_arn").to_json()

    @task(multiple_outputs=True, **labels.task("read_rules"))
    def read_rules() -> dict[str, Any]:
        """Read the suppression rules, and separate current from expired ones."""
        today = datetime.now(UTC).date().isoformat()
        rules = read_suppression_rules()
        return {
            "filters": [rule.to_filter() for rule in rules if not is_expired(rule, today)],
            "expired": {rule.name: f"it expired on {rule.expires_on}" for rule in rules if is_expired(rule, today)},
            "warrants": [rule.warrant() for rule in rules],
        }

    @task(multiple_outputs=True, **labels.task("render"))
    def render(
        bronze_bucket: str, silver_bucket: str, identifiers: list[Change], allow_lists: list[Change]
    ) -> dict[str, Any]:
        """Make the request for the job from the job spec, and say which spec it was."""
        spec = read_job_spec(JOB_SPEC)
        request = job_spec.render(
            spec,
            identifier_ids=ids_of(identifiers),
            allow_list_ids=ids_of(allow_lists),
            account_id=MacieHook().account_id,
            bronze_bucket=bronze_bucket,
            silver_bucket=silver_bucket,
        )
        return {"request": request, "spec": {"name": JOB_SPEC, "sha256": fingerprint(spec)}}

    settings = read_settings()
    ours = {"managed_by": "lake-gate", "is_dry_run": "{{ params.dry_run }}"}

    with TaskGroup(**labels.group("account")) as account:
        session = MacieReconcileSessionOperator(**labels.task("session"), **ours)
        results_repository = MacieReconcileResultsRepositoryOperator(
            **labels.task("results_repository"),
            bucket=text_of("read_settings", "results_bucket"),
            key_prefix="macie",
            kms_key_arn=text_of("read_settings", "results_key_arn"),
            **ours,
        )
        session >> results_repository

    with TaskGroup(**labels.group("definitions")) as definitions:
        identifiers = MacieReconcileCustomDataIdentifiersOperator(
            **labels.task("identifiers"), definitions_path="{{ include_path('identifiers') }}", **ours
        )
        allow_lists = MacieReconcileAllowListsOperator(
            **labels.task("allow_lists"), definitions_path="{{ include_path('identifiers/allow_lists') }}", **ours
        )

    with TaskGroup(**labels.group("suppression")) as suppression:
        rules = read_rules()
        suppression_rules = MacieReconcileSuppressionRulesOperator(
            **labels.task("rules"), rules=rules["filters"], expired=rules["expired"], **ours
        )

    with TaskGroup(**labels.group("job")) as job:
        rendered = render(
            text_of("read_settings", "bronze_bucket"),
            text_of("read_settings", "silver_bucket"),
            identifiers.output,
            allow_lists.output,
        )
        scheduled_job = MacieReconcileScheduledJobOperator(
            **labels.task("scheduled_job"), job_request=rendered["request"], job_spec=JOB_SPEC, **ours
        )

    steps = [session, results_repository, identifiers, allow_lists, suppression_rules, scheduled_job]
    report = RecordAccountOperator(
        **labels.task("report"),
        feed=DAG_ID,
        changes={step.task_id: json_of(step.task_id) for step in steps},
        facts={"job": json_of("job.render"), "suppression": json_of("suppression.read_rules")},
        is_dry_run=ours["is_dry_run"],
        trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS,  # reports what succeeded although something failed
    )
    # Makes the run red when a step failed: the report alone would make it green.
    finished = EmptyOperator(**labels.task("finished"))

    settings >> session
    account >> [definitions, suppression]
    steps >> report
    [account, definitions, suppression, job, report] >> finished
