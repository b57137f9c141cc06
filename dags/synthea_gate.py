"""Take deliveries of CSV files through the gate: bronze, Macie, decision, then silver, quarantine or held.

### What can go wrong, and what to do
The task's log names the cause. *Clear* means: the task with its downstream tasks.

| red task | cause | do |
|---|---|---|
| **read_settings** | an SSM parameter below /lake_gate is missing or not usable | correct it, clear |
| **read_settings** | a parameter or a policy file is not valid | nothing was landed: correct it, start a new run |
| **check_macie** | Macie is not enabled, or has no results repository | run macie_scheduled_job, clear |
| **land** | the source is missing, denied, archived, not public or refused | correct it there, clear |
| **land** | the address of the source was wrong | nothing was landed: correct it, start a new run |
| **land** | the source changed between two tries, or since it was landed | start a new run |
| **land** | its run id was used for another source, or for a dry run | start a new run with another run id |
| **land** | the worker's disk is full, in every try | run fewer tasks at a time on a worker, clear |
| **check_expected** | expected tables are missing | nothing was scanned; have them sent, start a new run |
| **ensure_identifiers**, **ensure_allow_lists** | a file is not valid, or Macie refuses it | correct it, clear |
| **reuse_verdicts**, **gather_histories**, **remember_verdicts** | S3 failed | clear |
| **render_job** | the job spec names an identifier that does not exist | correct the spec, clear |
| **estimate_cost** | the scan would cost more than the limit | start a new run with a higher limit |
| **estimate_cost** | the job spec reads more than this run's files | scope it to ${prefix}, clear render_job |
| **create_job** | Macie refuses the job | the error has Macie's reason; correct the spec, clear render_job |
| **await_job** | the job was cancelled, paused for over 2 hours, or took over 6 | clear create_job |
| **await_job**, **await_evidence** | Macie did not answer in three tries; the job is cancelled | clear create_job |
| **gather_evidence** | a discovery result is damaged | find out who writes there, start a new run |
| **decide** | the policy file was changed and is not valid | the error names the keys; correct it, clear |
| **decide** | it was cleared after moves had begun, and decides otherwise now | start a new run |
| **decide** | Macie reports on files that this run did not land | see the error, start a new run |
| **decide** and later | a document of the run is damaged | restore it (docs/platform.md, Break glass), clear |
| **promote**, **quarantine**, **hold** | S3 failed midway | clear: a move goes on where it stopped |
| **record** | the run id has moved files before, and this is a dry run | start it with another run id |
| **record** | not every file is accounted for | clear the failed move |
| **publish** | another writer wrote the run's marker | remove it (docs/platform.md, Break glass), clear |
| **publish** | record.json or objects.jsonl is damaged | clear record: it writes both again |
| **release_held** | a re-processed file is not where the record says | it was kept; find out who moved it, clear |
| **notify** | the topic fails | everything is moved and recorded; correct the topic, clear |
| **cancel_job** | Macie does not answer | a job may go on, and cost: cancel it in the console |

After a change of settings clear read_settings. After a new address, policy or code, start a new run or clear.

Green, but files are held? The reason is in the record. *not_analysed*: Macie did not read the file.
*version_not_named*: Macie did not say which version it read, and S3 shows others. Process such files again.
*found_in_same_bytes*: Macie found something in the same bytes elsewhere; docs/decisions.md says how a false positive
ends.

### What moves
Every file of the delivery is landed in **bronze**, scanned by one Macie job, and then *promoted* (a copy in
**silver**), *quarantined* (moved to the **quarantine** bucket) or *held* (moved to held/ in bronze). Nothing reaches
silver without a discovery result that says that this very version was analysed completely. In bronze, below _runs/,
record.json and objects.jsonl say where every file is now, and why. Readers of silver trust a run by its marker, which
is written last and lists keys and versions. Findings that come later are acted upon by finding_events.

There is one DAG for each file of include/feeds. **Backfill**: Airflow's own, for feeds that deliver into a folder of
the day (${date} in their source). **Re-process held files**: start a run and choose the reason; held_objects lists
them.

### Settings
SSM parameters below /lake_gate: buckets, topics, source, deadlines, price.

### IAM actions
macie2: GetMacieSession, GetClassificationExportConfiguration, ListCustomDataIdentifiers, GetCustomDataIdentifier,
CreateCustomDataIdentifier, ListAllowLists, GetAllowList, CreateAllowList, UpdateAllowList, CreateClassificationJob,
DescribeClassificationJob, UpdateClassificationJob, ListFindings, GetFindings, TagResource. s3: GetObject*,
PutObject*, DeleteObjectVersion, DeleteObjectVersionTagging, AbortMultipartUpload, ListBucket*, GetBucketVersioning on
bronze and silver; the same without GetObject and GetObjectVersion on quarantine; GetObject, ListBucket on source and
Macie's results. kms: Decrypt, GenerateDataKey on their keys, GenerateMac on the key of masking.
sns: Publish on the topics. ssm: GetParametersByPath,
GetParameter. sts: GetCallerIdentity. infra/access.yaml grants them."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import DAG, CronTriggerTimetable, TaskGroup, TriggerRule, task

from lake_gate import labels
from lake_gate.assets import changes, quarantine, silver
from lake_gate.decision.operators import DecideOperator, GatherHistoriesOperator, ReuseVerdictsOperator
from lake_gate.delivery.operators import CheckExpectedOperator, LandOperator
from lake_gate.feed import Feed
from lake_gate.held.operators import ReleaseHeldOperator
from lake_gate.include import fingerprint, include_path, read_feeds, read_job_spec
from lake_gate.masking.operators import ChooseOperator, DecideTogetherOperator, ListMaskedOperator, MaskFilesOperator
from lake_gate.model.kept import without_values
from lake_gate.moving.operators import MoveOperator
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.notifications.operators import NotifyOperator
from lake_gate.params import check_params, run_params
from lake_gate.recording.operators import PublishOperator, RecordOperator, RememberVerdictsOperator
from lake_gate.scan import job_spec, scope
from lake_gate.scan.operators import EstimateCostOperator
from lake_gate.settings import load_settings
from lake_gate.xcom import json_of, text_of
from macie.account import ids_of
from macie.operators import (
    MacieCancelClassificationJobOperator,
    MacieCheckReadyOperator,
    MacieCreateClassificationJobOperator,
    MacieEnsureCustomDataIdentifiersOperator,
    MacieJobResultsToS3Operator,
)
from macie.reconcile import MacieReconcileAllowListsOperator
from macie.sensors import MacieClassificationJobSensor, MacieJobResultsSensor

MASKING_ROWS = """\
| **choose** | as for decide | as for decide |
| **mask_files** | KMS refuses the key of the setting masking_key | correct setting or policy, clear read_settings |
| **mask_files** | the masking spec is not valid | correct it, clear |
| **mask_files**, **list_masked**, **decide** | spec or key changed while the run masked | start a new run |
| **reuse_copies**, **gather_copies_histories** | as for reuse_verdicts | clear |
| **render_copies_job**, **estimate_copies_cost** | as for render_job, estimate_cost | as there |
| **create_copies_job** | as for create_job | as there, clear render_copies_job |
| **await_copies_job**, **await_copies_evidence** | as for await_job | clear create_copies_job |
| **gather_copies_evidence**, **cancel_copies_job** | as for gather_evidence, cancel_job | as there |
"""
"""Rows of the table above, for feeds with a masking spec."""
MASKING_DOC = """

### Masked copies
The policy may let only *masked* copies of files go to silver. They are made in bronze below masked/, scanned by a
second job, and decided about together with the files; the originals are quarantined. The groups mask and scan_copies do
this; they are skipped if nothing is to be masked. docs/how_it_works.md has the whole way."""
JOB_DEADLINE = timedelta(hours=6)
PAUSE_DEADLINE = timedelta(hours=2)


def doc_of(feed: Feed) -> str:
    """Return the documentation of a feed's DAG."""
    doc = str(__doc__)
    if not feed.masking:
        return doc
    before = "| **promote**, **quarantine**, **hold** |"
    return doc.replace(before, MASKING_ROWS + before) + MASKING_DOC


def scan_group(group_id: str, job_request: Any, feed: str, *, documents: str, of: str = "") -> TaskGroup:
    """Return the tasks that run a classification job and gather its evidence; ``gather_histories`` is the last.

    :param documents: where the evidence is written (templated).
    :param of: part of the names of the tasks (``copies_``).
    """
    with TaskGroup(**labels.group(group_id), prefix_group_id=False) as group:
        create_job = MacieCreateClassificationJobOperator(**labels.task(f"create_{of}job"), job_request=job_request)
        job_id = f"{{{{ ti.xcom_pull(task_ids='create_{of}job') }}}}"
        await_job = MacieClassificationJobSensor(
            **labels.task(f"await_{of}job"),
            job_id=job_id,
            poke_interval=2,
            timeout=JOB_DEADLINE.total_seconds(),
            pause_seconds=PAUSE_DEADLINE.total_seconds(),
        )
        await_evidence = MacieJobResultsSensor(
            **labels.task(f"await_{of}evidence"),
            job_id=job_id,
            settle_seconds=text_of("read_settings", "evidence_settle_seconds"),
            deadline_seconds=text_of("read_settings", "evidence_deadline_seconds"),
        )
        gather_evidence = MacieJobResultsToS3Operator(
            **labels.task(f"gather_{of}evidence"),
            job_id=job_id,
            bucket=text_of("land", "bucket"),
            prefix=documents,
            transform=without_values,
        )
        cancel_job = MacieCancelClassificationJobOperator(**labels.task(f"cancel_{of}job"), job_id=job_id)
        gather_histories = GatherHistoriesOperator(
            **labels.task(f"gather_{of}histories"), feed=feed, is_masked=bool(of)
        )
        create_job >> await_job >> await_evidence >> gather_evidence >> gather_histories
        gather_evidence >> cancel_job.as_teardown(setups=create_job)
    return group


def gate(feed: Feed) -> DAG:
    """Return the DAG of a feed."""
    topics = {"high_topic": feed.high_topic, "low_topic": feed.low_topic}
    on_failure = RunFailedNotifier(feed=feed.name, has_index=True, **topics)
    with DAG(
        dag_id=feed.dag_id,
        description=feed.description or f"Take deliveries of {feed.name} through the gate",
        doc_md=doc_of(feed),
        # The first run is the next one's, not the last one's.
        schedule=CronTriggerTimetable(feed.schedule, timezone="UTC") if feed.schedule else None,
        catchup=False,
        max_active_runs=1,
        # More than all tasks may take with their retries: at this one Airflow ends a run without its teardown.
        dagrun_timeout=timedelta(hours=24),
        params=run_params(feed),
        tags=["lake-gate", "macie", feed.name],
        user_defined_macros={"include_path": include_path},
        on_failure_callback=on_failure,
        default_args={
            "owner": feed.owner,
            "retries": 2,
            "retry_delay": timedelta(seconds=30),
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": on_failure,
        },
    ) as dag:

        @task(multiple_outputs=True, **labels.task("read_settings"))
        def read_settings(params: dict | None = None, dag_run: Any = None) -> dict[str, Any]:
            """Check the parameters of this run, and read its settings, once."""
            check_params(feed, params or {}, dag_run.conf)
            topics = {"high_topic_arn": feed.high_topic, "low_topic_arn": feed.low_topic}
            return load_settings(SsmHook().conn, topics=topics).to_json()

        @task.short_circuit(ignore_downstream_trigger_rules=False, **labels.task("has_files"))
        def has_files(objects: str) -> bool:
            """Go on to Macie only when something was delivered."""
            return int(objects) > 0

        @task(multiple_outputs=True, **labels.task("render_job"))
        def render_job(
            account_id: str,
            bucket: str,
            prefix: str,
            identifiers: dict,
            allow_lists: list,
            reused: int,
            run_id: str | None = None,
        ) -> dict[str, Any]:
            """Make the request for this run's job from the job spec, and say which spec it was."""
            spec = read_job_spec(feed.job_spec)
            request = job_spec.render(
                spec,
                identifier_ids={name: identifier["id"] for name, identifier in identifiers.items()},
                allow_list_ids=ids_of(allow_lists),
                account_id=account_id,
                bronze_bucket=bucket,
                feed=feed.name,
                prefix=prefix,
                run_id=run_id,
            )
            request = scope.without_reused(request) if reused else request
            return {"request": request, "spec": {"name": feed.job_spec, "sha256": fingerprint(spec)}}

        @task.short_circuit(ignore_downstream_trigger_rules=False, **labels.task("needs_scan"))
        def needs_scan(objects: str, reused: str) -> bool:
            """Create a job only when a verdict does not cover every file."""
            return int(reused) < int(objects)

        @task
        def chunks(of: str, planned: dict[str, list[list[int]]]) -> list[list[int]]:
            """Pick one outcome's chunks: Airflow maps over a task's whole result only."""
            return planned[of]

        settings = read_settings()
        common = {"feed": feed.name}
        objects = text_of("land", "objects")
        dry_run = "{{ params.dry_run }}"
        threshold = {name: f"{{{{ params.{name} }}}}" for name in ("policy", "quarantine_threshold")}

        check_macie = MacieCheckReadyOperator(**labels.task("check_macie"))

        with TaskGroup(**labels.group("delivery"), prefix_group_id=False) as delivery:
            land = LandOperator(**labels.task("land"), source=feed.source, is_dry_run=dry_run, **common)
            check_expected = CheckExpectedOperator(
                **labels.task("check_expected"), expect=feed.expect, source=text_of("land", "source"), **common
            )
            delivered = has_files(objects)
            land >> check_expected >> delivered

        with TaskGroup(**labels.group("prepare"), prefix_group_id=False) as prepare:
            identifiers = MacieEnsureCustomDataIdentifiersOperator(
                **labels.task("ensure_identifiers"), definitions_path="{{ include_path('identifiers') }}"
            )
            allow_lists = MacieReconcileAllowListsOperator(
                **labels.task("ensure_allow_lists"),
                definitions_path="{{ include_path('identifiers/allow_lists') }}",
                managed_by="lake-gate",
                is_dry_run=False,
            )
            reusing = {
                "enabled": feed.reuse_verdicts,
                "job_spec": feed.job_spec,
                "feed_policy": feed.policy,
                **threshold,
                **common,
            }
            reuse_verdicts = ReuseVerdictsOperator(
                **labels.task("reuse_verdicts"), identifiers=identifiers.output, **reusing
            )
            job = render_job(
                text_of("check_macie", "account_id"),
                text_of("land", "bucket"),
                text_of("land", "prefix"),
                identifiers.output,
                allow_lists.output,
                reuse_verdicts.output,
            )
            limit = {"max_scan_usd": "{{ params.max_scan_usd }}", **common}
            estimate_cost = EstimateCostOperator(**labels.task("estimate_cost"), job_request=job["request"], **limit)
            to_scan = needs_scan(objects, json_of("reuse_verdicts"))
            estimate_cost >> to_scan

        scan = scan_group("scan", job["request"], feed.name, documents=text_of("land", "documents"))
        gathered = dag.get_task("gather_histories")

        deciding = {
            "evidence": json_of("await_evidence"),
            "feed_policy": feed.policy,
            "promotion": "{{ params.promotion }}",
            "is_dry_run": dry_run,
            "trigger_rule": TriggerRule.NONE_FAILED,  # no job when verdicts cover every file
            **threshold,
            **common,
        }
        if feed.masking:
            with TaskGroup(**labels.group("mask"), prefix_group_id=False) as mask:
                choose = ChooseOperator(**labels.task("choose"), spec=feed.masking, **deciding)
                mask_files = MaskFilesOperator.partial(
                    **labels.task("mask_files"), spec=feed.masking, map_index_template="{{ masked }}", **common
                ).expand(chunk=choose.output)
                list_masked = ListMaskedOperator(
                    **labels.task("list_masked"),
                    chunks=json_of("choose"),
                    trigger_rule=TriggerRule.NONE_FAILED,
                    **common,
                )
                reuse_copies = ReuseVerdictsOperator(
                    **labels.task("reuse_copies"), identifiers=identifiers.output, is_masked=True, **reusing
                )
                copies_job = render_job.override(**labels.task("render_copies_job"))(
                    text_of("check_macie", "account_id"),
                    text_of("land", "bucket"),
                    text_of("list_masked", "prefix"),
                    identifiers.output,
                    allow_lists.output,
                    reuse_copies.output,
                )
                estimate_copies_cost = EstimateCostOperator(
                    **labels.task("estimate_copies_cost"), job_request=copies_job["request"], is_masked=True, **limit
                )
                copies = text_of("list_masked", "copies")
                has_copies = has_files.override(**labels.task("has_copies"))(copies)
                copies_need_scan = needs_scan.override(**labels.task("copies_need_scan"))(
                    copies, json_of("reuse_copies")
                )
                mask_files >> list_masked >> has_copies >> reuse_copies
                estimate_copies_cost >> copies_need_scan
            scan_copies = scan_group(
                *("scan_copies", copies_job["request"], feed.name),
                documents=text_of("list_masked", "documents"),
                of="copies_",
            )
            [delivered, gathered] >> mask >> scan_copies
            gathered = dag.get_task("gather_copies_histories")
            decide = DecideTogetherOperator(
                **labels.task("decide"),
                spec=feed.masking,
                copies_evidence=json_of("await_copies_evidence"),
                **deciding,
            )
        else:
            decide = DecideOperator(**labels.task("decide"), **deciding)

        with TaskGroup(**labels.group("move"), prefix_group_id=False) as move:
            for outcome in ("promote", "quarantine", "hold"):
                MoveOperator.partial(
                    **labels.task(outcome), outcome=outcome, map_index_template="{{ moved }}", **common
                ).expand(chunk=chunks.override(**labels.task(f"plan_{outcome}"))(outcome, decide.output))

        with TaskGroup(**labels.group("report", "report_group"), prefix_group_id=False) as report:
            record = RecordOperator(
                **labels.task("record"),
                facts={
                    "source": text_of("land", "source"),
                    "identifiers": json_of("ensure_identifiers"),
                    "job_spec": json_of("render_job", "spec"),
                    "delivery": json_of("check_expected"),
                    "cost": json_of("estimate_cost"),
                    "scan": json_of("gather_evidence"),
                },
                is_dry_run=dry_run,
                trigger_rule=TriggerRule.NONE_FAILED,
                **common,
            )
            publish = PublishOperator(
                **labels.task("publish"),
                # Inlets, because Airflow lists the assets of an alias only after their first event.
                inlets=[silver(feed.name), quarantine(feed.name)],
                outlets=[changes(f"{feed.dag_id}_publish")],
                **common,
            )
            remember_verdicts = RememberVerdictsOperator(
                **labels.task("remember_verdicts"), enabled=feed.reuse_verdicts, **common
            )
            release_held = ReleaseHeldOperator(**labels.task("release_held"), **common)
            notify = NotifyOperator(**labels.task("notify"), messages=feed.messages, **common)
            record >> publish >> [remember_verdicts, release_held, notify]

        settings >> check_macie >> delivery >> prepare >> scan
        [delivered, gathered] >> decide >> move >> report
    return dag


for feed in read_feeds()[0]:  # the DAG feed_files names the files that are not valid
    gate(feed)
