"""Act upon findings of Macie outside the gate's own runs: scheduled jobs, jobs from the console, automated discovery.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| **read_settings** | an SSM parameter is missing or not usable | the error names it; set it, clear |
| **take_events** | S3 refused or failed | correct the cause, clear |
| **list_findings** | Macie is not enabled, or did not answer | do what the error says, clear; the next run catches up |
| **decide** | the run's own documents in bronze cannot be read or written | correct the role or the bucket, clear |
| **withdraw** | a worker was lost at every try | clear: it goes on where it stopped, as would the next run |
| **record** | S3 failed, or withdraw was marked as success by hand | clear withdraw, too |
| **notify** | the topic failed | correct it, clear; everything is moved and recorded |
| **check** | single objects failed, see below; all others are moved and recorded | remove the cause |

**check** names the first five objects; all are in objects.jsonl with status *failed*. The next run deals with them
once the cause is removed; nothing has to be cleared.

### Why an object has failed, and what to do
| why | cause | do |
|---|---|---|
| AccessDenied, 403 | its KMS key may not be used by the role | let the role use it, or drop the object |
| KMS.DisabledException, KMS.NotFoundException | its key is disabled or gone | enable it, or drop the object |
| InvalidObjectState | it went into an archive (GLACIER, DEEP_ARCHIVE) | restore it, or drop it |
| ObjectLockedError | a retention period or a legal hold keeps the version | end it |
| damaged_… | that document of its run is truncated, gone or of other code | restore it |
| PolicyError | the policy of the run, or *default*, is not valid | correct the file; deploy |
| SlowDown, InternalError, ConnectTimeoutError … | AWS did not answer | wait for the next run |

How to drop, restore and unlock, and who may: docs/platform.md, Break glass.

An object in **silver** that the role may not decrypt stays there until its key is opened or it is deleted: copying it
takes the same right. It is named every hour. Of a run with a damaged document, objects that are severe by the policy
*default* leave silver all the same.

### What becomes of an object
Its status in objects.jsonl of the run:

| status | meaning |
|---|---|
| move | decided more strictly than before; *now* says where it is |
| stands | the same policy comes to the same decision |
| decided_with_by_its_run | the decisions of the run that landed it rest on this finding |
| left_to_its_run | its run goes on: looked at again by the next run of this DAG, for at most 24 hours |
| isolated_already | it is in quarantine |
| gone | that version does not exist any more; nothing is touched |
| left | no run has landed it or it was a dry run, it is not in silver, and not severe; find out who writes there |
| failed | it could not be decided about or moved; *why* has AWS's code or the class of the error. Tried every hour |

An object in silver that no run has landed leaves it: to quarantine when it is severe by the policy *default*, else to
held/ in bronze.

### What it does
Every finding about an object in **bronze** or **silver** is decided about by the policy of the run that landed the
object, on all evidence there is, and moved by the same code as in the ingestion DAG. An object that is severe now is
pulled back from silver: first its run is amended, then the run's marker in silver lists it under *withdrawn*, then
every copy is moved to **quarantine** or to held/, and the run's record says so. DAGs that are scheduled on the assets
silver_<feed> and quarantine_<feed> are started.

EventBridge rules send each finding to the queue <prefix>-findings; the asset macie_findings watches it and starts
this DAG. A message is only a hint: the run asks Macie itself for new findings, from its watermark on. So nothing is
lost when a message never comes or a run fails, and the DAG runs every hour in any event. The watermark moves when
everything of a run is recorded.

A finding is about bytes, whatever their name: it is written down under their SHA-256 (_content/ in bronze), and every
other run that has landed the same bytes is decided about with it, too. Each object and each run is handled in
isolation: a failure is recorded, reported and kept in the watermark with bucket, key and class of error, everything
else is moved, and then the last task fails. Unfinished work of an earlier run (a copy that is left or has come back,
a marker or a record that lags behind) is finished by the next look at the same objects.

Messages that are not hints (not JSON, no finding id, too long, another account or Region) are in the dead-letter queue
with the attribute *reason*; the run counts them and goes on.

### Settings
SSM parameters below /lake_gate: buckets, topics, dead_letter_queue_url. The queue's address is needed while this file
is parsed, so it is Airflow configuration: findings_queue_url in section lake_gate
(AIRFLOW__LAKE_GATE__FINDINGS_QUEUE_URL), output FindingsQueueUrl of the stack. Without it nothing watches the queue,
and the DAG runs every hour only.

### IAM actions
macie2: ListFindings, GetFindings. s3: GetObject*, PutObject*, DeleteObjectVersion, AbortMultipartUpload, ListBucket*
on bronze and silver, the same without GetObject and GetObjectVersion on quarantine. kms: Decrypt, GenerateDataKey on
their keys. sqs: SendMessage on the dead-letter queue. sns: Publish on the two topics. ssm: GetParametersByPath. sts:
GetCallerIdentity. The triggerer: sqs: ReceiveMessage, DeleteMessage on the findings queue."""

from datetime import timedelta
from typing import Any

from airflow.configuration import conf
from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.providers.amazon.aws.triggers.sqs import SqsSensorTrigger
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, TriggerRule, task

from lake_gate import labels
from lake_gate.assets import changes
from lake_gate.finding_events.operators import (
    CheckEventsOperator,
    DecideFindingsOperator,
    NotifyEventsOperator,
    RecordEventsOperator,
    TakeEventsOperator,
    WithdrawOperator,
)
from lake_gate.finding_events.places import FEED
from lake_gate.labels import OWNER
from lake_gate.model.kept import without_values
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.settings import load_settings
from lake_gate.xcom import json_of, text_of
from macie.findings import MacieFindingsToS3Operator


def watchers() -> list[AssetWatcher]:
    """Return the watcher of the findings queue; none where no queue is configured."""
    url = conf.get("lake_gate", "findings_queue_url", fallback="")
    if not url:
        return []
    # Itself, and not by MessageQueueTrigger, which is the same in the end: that one needs a provider that is not in
    # MWAA's image, and an environment need not have a way to a package index.
    trigger = SqsSensorTrigger(
        sqs_queue=url,
        max_messages=10,
        num_batches=10,  # 100 messages make one event: a burst of 1,000 is ten events, and few runs
        wait_time_seconds=1,
        waiter_delay=20,
        # No botocore_config: Airflow 3.2.1 hands a watcher's trigger what is nested still encoded, and it dies of that.
        # The triggerer restarts a watcher that a throttled call ended.
    )
    return [AssetWatcher(name="findings_queue", trigger=trigger)]


macie_findings = Asset(name="macie_findings", uri="x-lake-gate://macie/findings", watchers=watchers())

with DAG(
    dag_id="finding_events",
    description="Decide again when Macie reports a finding, and withdraw from silver what it forbids",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 * * * *", timezone="UTC"), assets=[macie_findings]),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    tags=["lake-gate", "macie"],
    on_failure_callback=RunFailedNotifier(feed=FEED),
    default_args={
        "owner": OWNER,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=2),
        "on_failure_callback": RunFailedNotifier(feed=FEED),
    },
) as dag:

    @task(multiple_outputs=True, **labels.task("read_settings"))
    def read_settings() -> dict[str, Any]:
        """Read the settings of this run, once."""
        return load_settings(SsmHook().conn).to_json()

    settings = read_settings()
    gate = {"feed": FEED}
    bronze, silver = text_of("read_settings", "bronze_bucket"), text_of("read_settings", "silver_bucket")

    take_events = TakeEventsOperator(**labels.task("take_events"), **gate)
    list_findings = MacieFindingsToS3Operator(
        **labels.task("list_findings"),
        affected_buckets=[bronze, silver],
        since_ms=take_events.output["since_ms"],
        ids_key=take_events.output["ids_key"],
        bucket=bronze,
        key=take_events.output["findings_key"],
        transform=without_values,
    )
    decide = DecideFindingsOperator(**labels.task("decide", "decide_findings"), **gate)
    withdraw = WithdrawOperator.partial(
        **labels.task("withdraw"),
        map_index_template="{{ task.chunk['of'][:200] }}",
        outlets=[changes("finding_events_withdraw")],
        **gate,
    ).expand(chunk=decide.output)
    record = RecordEventsOperator(
        **labels.task("record", "record_events"),
        chunks=json_of("decide"),
        listed=json_of("list_findings"),
        trigger_rule=TriggerRule.NONE_FAILED,  # also when nothing is to be moved
        **gate,
    )
    notify = NotifyEventsOperator(**labels.task("notify", "notify_events"), **gate)
    check = CheckEventsOperator(**labels.task("check"), **gate)

    settings >> take_events >> list_findings >> decide >> withdraw >> record >> notify >> check
