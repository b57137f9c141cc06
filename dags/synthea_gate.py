"""Takes a delivery of Synthea CSV files through the gate: bronze → Macie → decision → silver, quarantine or held.

### What moves
Every file of the delivery is landed in **bronze** below `synthea/<run>/`, scanned by one Macie job, and then
*promoted* (a copy in **silver**), *quarantined* (moved to the **quarantine** bucket) or *held* (moved to `held/` in
bronze). Nothing reaches silver without a discovery result that says that this very version was analysed completely.
`_runs/synthea/<run>/record.json` and `objects.jsonl` in bronze say where every file is now, and why; silver's readers
trust a run by its marker `_runs/synthea/<run>.json`, which is written last and lists keys and versions.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| `check_macie` | Macie is not enabled, or has no results repository | run what the error says, clear |
| `land` | the source is missing, denied or refused (zip bomb, `../`) | nothing was landed; mend the source, clear |
| `land` | the source changed between two tries | start a new run; the first try's files stay in bronze |
| `await_job` | the job was cancelled, paused for over 2 hours, or took over 6 | clear `create_job` and what follows |
| `await_job` | Macie did not answer in three tries; the job is cancelled | clear `create_job` and what follows |
| `decide` | the policy file is wrong | the error names the keys; mend it, clear |
| `decide` | it was cleared after moves had begun, and decides otherwise now | the first decisions stand; new run |
| `decide` | Macie reports on files that this run did not land | see who else writes below the prefix; start a new run |
| `promote`, `quarantine`, `hold` | S3 failed midway | clear: a move goes on where it stopped |
| `record` | not every file is accounted for | the error names them and the record |
| `publish` | somebody else wrote the run's marker | the error says which; remove it, clear |

Green, but files are held? The reason is in the record; `not_analysed` means that Macie did not read the file.

### Settings
SSM parameters below `/lake_gate`: buckets, topics, source, deadlines. See the README.

### IAM actions
`macie2:GetMacieSession, GetClassificationExportConfiguration, ListCustomDataIdentifiers, GetCustomDataIdentifier,
CreateCustomDataIdentifier, CreateClassificationJob, DescribeClassificationJob, UpdateClassificationJob, ListFindings,
GetFindings` · `s3:GetObject*, PutObject*, DeleteObjectVersion, AbortMultipartUpload, ListBucket*, GetBucketVersioning`
on the lake's buckets · `s3:GetObject, ListBucket` on source and Macie's results · `kms:Decrypt, GenerateDataKey` on
their keys · `sns:Publish` on the two topics · `ssm:GetParametersByPath, GetParameter` · `sts:GetCallerIdentity`
"""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule, task

from lake_gate import job_spec
from lake_gate.include import fingerprint, include_path, read_job_spec
from lake_gate.notify import RunFailedNotifier
from lake_gate.operators import DecideOperator, LandOperator, MoveOperator
from lake_gate.reports import NotifyOperator, PublishOperator, RecordOperator
from lake_gate.settings import load_settings
from macie.operators import (
    MacieCancelClassificationJobOperator,
    MacieCheckReadyOperator,
    MacieCreateClassificationJobOperator,
    MacieEnsureCustomDataIdentifiersOperator,
    MacieJobResultsToS3Operator,
)
from macie.sensors import MacieClassificationJobSensor, MacieJobResultsSensor

FEED = "synthea"
JOB_SPEC = "synthea_one_time"
JOB_DEADLINE = timedelta(hours=6)
PAUSE_DEADLINE = timedelta(hours=2)

PARAMS = {
    "source": Param(
        None,
        type=["null", "string"],
        title="Source",
        description="Folder, .zip, s3:// prefix or http(s):// zip of the delivery. Empty: the one of the settings.",
    ),
    "policy": Param(
        "default",
        type="string",
        pattern="^[a-z0-9_-]+$",
        title="Policy",
        description="File in `include/policies`, without `.json`: what may be promoted.",
    ),
    "quarantine_threshold": Param(
        "High",
        type="string",
        enum=["High", "Medium", "Low"],
        title="Quarantine from this severity on",
        description="Counts where it is stricter than the policy: a run may tighten it, never loosen.",
    ),
    "promotion": Param(
        "each by itself",
        type="string",
        enum=["each by itself", "all or nothing"],
        title="Promotion",
        description="All or nothing: unless every file may be promoted, those that might are held. Counts as above.",
    ),
    "dry_run": Param(False, type="boolean", title="Dry run", description="Decide and report, move nothing."),
}

with DAG(
    dag_id="synthea_gate",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 2 * * *", timezone="UTC"),  # the first run is the next night's, not the last's
    catchup=False,
    max_active_runs=1,
    # More than all tasks may take with their retries: at this one Airflow ends a run without its teardown.
    dagrun_timeout=timedelta(hours=24),
    params=PARAMS,
    tags=["lake-gate", "macie", FEED],
    user_defined_macros={"include_path": include_path},
    on_failure_callback=RunFailedNotifier(feed=FEED),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "execution_timeout": timedelta(hours=2)},
) as dag:

    @task(multiple_outputs=True)
    def read_settings() -> dict[str, Any]:
        """Read the settings of this run, once."""
        return load_settings(SsmHook().conn).to_json()

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def has_files(landed: dict[str, Any]) -> bool:
        """Go on to Macie only when something was delivered."""
        return landed["objects"] > 0

    @task(multiple_outputs=True)
    def render_job(account: dict, landed: dict, identifiers: dict, run_id: str | None = None) -> dict[str, Any]:
        """Make the request for this run's job from the job spec, and say which spec it was."""
        spec = read_job_spec(JOB_SPEC)
        ids = {name: identifier["id"] for name, identifier in identifiers.items()}
        places = {"bronze_bucket": landed["bucket"], "prefix": landed["prefix"]}
        request = job_spec.render(spec, identifier_ids=ids, account_id=account["account_id"], run_id=run_id, **places)
        return {"request": request, "spec": {"name": JOB_SPEC, "sha256": fingerprint(spec)}}

    @task
    def chunks(of: str, planned: dict[str, list[list[int]]]) -> list[list[int]]:
        """Pick one outcome's chunks: Airflow maps over a task's whole result only."""
        return planned[of]

    settings = read_settings()
    gate = {"settings": settings, "feed": FEED}
    dry_run = "{{ params.dry_run }}"
    policy = {name: f"{{{{ params.{name} }}}}" for name in ("policy", "quarantine_threshold", "promotion")}

    check_macie = MacieCheckReadyOperator(task_id="check_macie")
    land = LandOperator(task_id="land", source="{{ params.source or '' }}", **gate)
    delivered = has_files(land.output)

    identifiers = MacieEnsureCustomDataIdentifiersOperator(
        task_id="ensure_identifiers", definitions_path="{{ include_path('identifiers') }}"
    )
    job = render_job(check_macie.output, land.output, identifiers.output)
    create_job = MacieCreateClassificationJobOperator(task_id="create_job", job_request=job["request"])
    await_job = MacieClassificationJobSensor(
        task_id="await_job",
        job_id=create_job.output,
        poke_interval=2,
        timeout=JOB_DEADLINE.total_seconds(),
        pause_seconds=PAUSE_DEADLINE.total_seconds(),
    )
    await_evidence = MacieJobResultsSensor(
        task_id="await_evidence",
        job_id=create_job.output,
        settle_seconds=settings["evidence_settle_seconds"],
        deadline_seconds=settings["evidence_deadline_seconds"],
    )
    gather_evidence = MacieJobResultsToS3Operator(
        task_id="gather_evidence",
        job_id=create_job.output,
        bucket=land.output["bucket"],
        prefix=land.output["documents"],
    )
    cancel_job = MacieCancelClassificationJobOperator(task_id="cancel_job", job_id=create_job.output)

    decide = DecideOperator(task_id="decide", evidence=await_evidence.output, is_dry_run=dry_run, **policy, **gate)
    moves = [
        MoveOperator.partial(task_id=outcome, outcome=outcome, **gate).expand(
            chunk=chunks.override(task_id=f"plan_{outcome}")(outcome, decide.output)
        )
        for outcome in ("promote", "quarantine", "hold")
    ]
    record = RecordOperator(
        task_id="record",
        facts={"source": land.output["source"], "identifiers": identifiers.output, "job_spec": job["spec"]},
        is_dry_run=dry_run,
        trigger_rule=TriggerRule.NONE_FAILED,
        **gate,
    )
    publish = PublishOperator(task_id="publish", **gate)
    notify = NotifyOperator(task_id="notify", **gate)

    check_macie >> land >> delivered >> identifiers >> create_job >> await_job >> await_evidence >> gather_evidence
    gather_evidence >> cancel_job.as_teardown(setups=create_job)
    gather_evidence >> decide
    moves >> record >> publish >> notify
