"""List held and quarantined files and review requests every day, and notify the owners of those that wait too long.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| **read_settings** | a parameter below /lake_gate is missing or not usable | the error names it; set it, clear |
| **list_held** | S3 refused or failed | the error has S3's code; correct the cause, clear: it lists again |
| **notify** | the topic refused or failed | the error has SNS's code; correct it, clear: nothing is sent twice |
| **notify** | the topic that the feed's file names is not set below /lake_gate | the error names it; set it, clear |

### What to do about held files
1. Find the cause. docs/decisions.md has the reasons; objects.jsonl of the run that holds the file has Macie's
   statement.
2. Remove it: the job spec for *not_analysed*, the policy for *no_rule_allows*, the key's policy for
   *analysis_skipped*. For *evidence_not_settled*, *finding_missing* and the like there is nothing to do: Macie was
   late. Of *found_in_same_bytes* docs/decisions.md says how a false positive ends.
3. **Take the files through the gate again**: start the feed's DAG (synthea_gate) and choose the reason under *Re-
   process held files*. They are landed again, below the folder of the run that held them, scanned and decided as in
   any run; at its end release_held deletes the held copies that the run accounts for. A dry run shows what would
   become of them.

There is no way into silver by hand. **To drop a held file**, delete its version as the deployer (docs/platform.md,
Break glass); key and version are in held.jsonl. Without the version id it is hidden, no longer listed here, and stays
stored. Files with *unknown* as feed or reason were not put there by a run. They are never re-processed: find out who
writes below held/, and delete them.

### What to do about quarantined files and review requests
**A quarantined file waits until people answer**: ask on its page, or start quarantine_review. Only release, keep and
purge are answers: after a refusal, a request that expired or one that failed the file is listed again. Nothing is ever
deleted by itself; the message says how many files are older than the feed's retention (purge_after_days).

**A review request** is listed when less than a day is left to answer it, and when it was answered or its time ran out
an hour ago and it is still open: clear the failed tasks of its run of quarantine_review.

### What it does
Every object below held/ in **bronze** is listed, of all feeds: since when it is held, and why (the tag *reason* that
the gate gave it). held.jsonl of the run has a line for each; record.json sums them up by feed and reason, and so does
the log of list_held. Every key in **quarantine** is listed, too, never read: quarantined.jsonl has the files without an
answer that are older than the age in the trigger form, requests.jsonl the review requests that need a person. A feed
with objects that are held for longer than the age in the trigger form, or with any of these, gets one message
to its low topic, with names, reasons and counts. Nothing is moved or changed. At most 100 feeds get a message, those
with a file in include/feeds first; the record lists all.

**What it costs**: one call for each 1,000 objects in quarantine and documents of reviews; one for each held file, and
for each quarantined file that is listed, of which 100,000 at most (the others have an unknown reason); two to six for
each request, of which the newest 10,000 with an outcome are read.

### Settings
The buckets and topics among the SSM parameters below /lake_gate, and the topics of include/feeds.

### IAM actions
s3: ListBucket, ListBucketVersions, GetObjectVersionTagging, GetObject, PutObject on bronze; ListBucketVersions and
GetObjectVersionTagging on quarantine. kms: Decrypt, GenerateDataKey on the key of bronze. sns: Publish on the topics.
ssm: GetParametersByPath."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import DAG, CronTriggerTimetable, Param, task

from lake_gate import labels
from lake_gate.held.operators import ListHeldOperator, NotifyHeldOperator
from lake_gate.labels import OWNER
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.settings import load_settings

NAME = "held_objects"
ON_FAILURE = RunFailedNotifier(feed=NAME)

with DAG(
    dag_id=NAME,
    description="Held files, quarantined files and review requests by age",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    params={
        "older_than_hours": Param(
            24,
            type="integer",
            minimum=0,
            title="Notify from this age on (hours)",
            description="0: about all held files.",
        ),
        "quarantined_older_than_days": Param(
            7,
            type="integer",
            minimum=0,
            title="Notify of quarantined files from this age on (days)",
            description="Files without an answer to a review request. 0: about all of them.",
        ),
    },
    tags=["lake-gate"],
    on_failure_callback=ON_FAILURE,
    default_args={
        "owner": OWNER,
        "on_failure_callback": ON_FAILURE,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=1),
    },
) as dag:

    @task(multiple_outputs=True, **labels.task("read_settings"))
    def read_settings() -> dict[str, Any]:
        """Read the settings of this run, once."""
        return load_settings(SsmHook().conn).to_json()

    @task(**labels.task("overdue"))
    def overdue(feeds: list[str]) -> list[str]:
        """Pick the feeds with something that waits for too long: Airflow maps over a task's whole result only."""
        return feeds

    settings = read_settings()
    list_held = ListHeldOperator(
        **labels.task("list_held"),
        older_than_hours="{{ params.older_than_hours }}",
        quarantined_older_than_days="{{ params.quarantined_older_than_days }}",
        feed=NAME,
    )
    NotifyHeldOperator.partial(
        **labels.task("notify", "notify_overdue"), feed=NAME, map_index_template="{{ task.about }}"
    ).expand(about=overdue(list_held.output["overdue_feeds"]))

    settings >> list_held
