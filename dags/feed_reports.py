"""Write a report of the month before for each feed, on the first day of a month.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| **read_settings** | a parameter below /lake_gate is missing or not usable | the error names it; set it, clear |
| **write_reports** | feed or month in the form is not valid | nothing was written: start a new run |
| **write_reports** | S3 refused or failed | the error has S3's code; correct the cause, clear: it writes all again |
| **write_reports** | a topic refused or failed | the reports are written; correct it, clear: nothing is sent twice |

### What it does
For each file of include/feeds: deliveries and outcomes by day, quarantine by age, exceptions, withdrawals, money, and
for how many promoted files the evidence that the runs have kept shows a complete analysis. The report is one HTML file
in **bronze**, _reports/<feed>/<month>.html. The low topic of the feed gets one message with its address. A report that
is written again replaces the one before, whose version stays. Nothing is moved or changed.

The form makes the report of any month, also of the current one until now. A run whose documents are damaged is named
in the report and does not stop it. The index of a feed's runs keeps the newest 1,000: the report says if a month has
more.

### Settings
The buckets and topics among the SSM parameters below /lake_gate, and the topics of include/feeds.

### IAM actions
s3: GetObject, GetObjectVersion, ListBucket, PutObject on bronze. kms: Decrypt, GenerateDataKey on its key. sns: Publish
on the topics. ssm: GetParametersByPath."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import DAG, CronTriggerTimetable, Param, task

from lake_gate import labels
from lake_gate.feed_reports.operators import ALL, WriteFeedReportsOperator
from lake_gate.include import read_feeds
from lake_gate.labels import OWNER
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.settings import load_settings

NAME = "feed_reports"
ON_FAILURE = RunFailedNotifier(feed=NAME)
FEEDS = [ALL, *(feed.name for feed in read_feeds()[0])]

with DAG(
    dag_id=NAME,
    description="Monthly reports of the feeds",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 7 1 * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    params={
        "feed": Param(ALL, type="string", enum=FEEDS, values_display={ALL: "All feeds"}, title="Feed"),
        "month": Param(
            "",
            type="string",
            pattern="^([0-9]{4}-(0[1-9]|1[0-2]))?$",
            title="Month",
            description="2026-11, for example. Empty: the month before this one.",
        ),
    },
    tags=["lake-gate"],
    on_failure_callback=ON_FAILURE,
    default_args={
        "owner": OWNER,
        "on_failure_callback": ON_FAILURE,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=3),
    },
) as dag:

    @task(multiple_outputs=True, **labels.task("read_settings"))
    def read_settings() -> dict[str, Any]:
        """Read the settings of this run, once."""
        return load_settings(SsmHook().conn).to_json()

    read_settings() >> WriteFeedReportsOperator(
        **labels.task("write_reports"), of_feed="{{ params.feed }}", month="{{ params.month }}", feed=NAME
    )
