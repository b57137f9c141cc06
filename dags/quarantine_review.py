"""Answer what is to become of quarantined files: release, release masked, scan again, keep, or purge.

### What can go wrong, and what to do
| red task | cause | do |
|---|---|---|
| **read_settings** | a parameter below /lake_gate is missing or not usable | the error names it; set it, clear |
| **read_settings** | a field of the form is empty or not known | the error says which; start a new run with it right |
| **check_request** | the feed has no run with this id | copy the run id from the Gate page, start a new request |
| **check_request** | not valid, or a file is not in quarantine any more | the error names it; start a new request |
| **check_request** | Airflow does not know who has asked | start it in the UI, or with the token of a user |
| **notify_reviewers** | the topic refused or failed | correct it, clear: nothing is sent twice |
| **approve**, **approve_second** | S3 failed while an answer was written | clear: it asks again |
| **carry_out** | the role releaser_role_arn or purger_role_arn cannot be assumed | see docs/platform.md, clear |
| **carry_out** | S3 refuses to delete: Object Lock, or a policy | see docs/platform.md, clear |
| **check_request** | the user has 20 open requests | answer or wait, then start a new request |
| **carry_out**, **close** | too few answers: marked as done by hand, or stricter rules | clear **approve** |
| **reprocess** | the feed's DAG does not exist | correct include/feeds, clear |
| **reprocess** | its run id was used for another run | start the feed with the source in returned.json |
| **close** | the approved request has failed: outcome.json names the cause | remove it, start a new request |
| **close** | the topic refused or failed | correct it, clear |

### Who may answer
Never the user who has started the run. A release of files as they are and a purge take two different people, everything
else one, unless the file of the feed has other numbers (approvals). It may list the people (reviewers). Of its rules
when the request was made and those since, the stricter ones count. An answer that does not count is noted, and the task
asks again, until the deadline. A request that is not answered in time, or not
carried out until seven days later, is expired: the files stay where they are.

### What it does
The request, each answer and the outcome are documents below _reviews/ in **bronze**, each written once. An approved
release adds an exception: the detections that were reviewed do not count for these bytes, or up to a number in this
column of this table, until its end. Then the reviewed versions are copied back to held/, and a run of the feed takes
them through the gate again: Macie scans them, and everything else that it finds counts. **Nothing is moved past the
gate.** The quarantined version stays. A purge deletes the versions with the reviewed bytes permanently. A run that is
green may have been refused: the log of **close** names the state. docs/review.md has a page for reviewers.

### Settings
The buckets and topics among the SSM parameters below /lake_gate; releaser_role_arn for a way back, purger_role_arn
for a purge.

### IAM actions
s3: GetObject*, PutObject*, DeleteObjectVersion, ListBucket* on bronze; GetObjectVersionTagging, ListBucket* on
quarantine. sts: AssumeRole on the releaser role, which has s3: GetObjectVersion on quarantine and kms: Decrypt on its
key, and on the purger role, which has s3: DeleteObjectVersion on quarantine. kms: Decrypt,
GenerateDataKey on the key of bronze. sns: Publish on the topics. ssm: GetParametersByPath."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.sdk import DAG, TriggerRule, task

from lake_gate import labels
from lake_gate.labels import OWNER
from lake_gate.notifications.failure import RunFailedNotifier
from lake_gate.review.form import check_params, review_params
from lake_gate.review.operators import (
    AskReviewersOperator,
    CarryOutOperator,
    CheckRequestOperator,
    CloseRequestOperator,
    NotifyReviewersOperator,
    ReprocessOperator,
)
from lake_gate.settings import load_settings

NAME = "quarantine_review"
ON_FAILURE = RunFailedNotifier(feed=NAME)

with DAG(
    dag_id=NAME,
    description="Requests about quarantined files, and their answers",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=100,  # requests wait for people, each for itself
    dagrun_timeout=timedelta(days=31),  # longer than the longest deadline of a request
    params=review_params(),
    tags=["lake-gate"],
    on_failure_callback=ON_FAILURE,
    default_args={
        "owner": OWNER,
        "on_failure_callback": ON_FAILURE,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(minutes=10),
    },
) as dag:

    @task(multiple_outputs=True, **labels.task("read_settings"))
    def read_settings(params: dict[str, Any] | None = None, dag_run: Any = None) -> dict[str, Any]:
        """Check what the run was started with, and read its settings, once."""
        check_params(params or {}, dag_run.conf)
        return load_settings(SsmHook().conn).to_json()

    check_request = CheckRequestOperator(**labels.task("check_request"), feed=NAME)
    notify_reviewers = NotifyReviewersOperator(**labels.task("notify_reviewers"), answered_in="approve", feed=NAME)
    approve = AskReviewersOperator(**labels.task("approve"), number=1, feed=NAME)
    approve_second = AskReviewersOperator(**labels.task("approve_second"), number=2, feed=NAME)
    carry_out = CarryOutOperator(
        **labels.task("carry_out"),
        feed=NAME,
        execution_timeout=timedelta(hours=2),
        trigger_rule=TriggerRule.NONE_FAILED,  # the second question is skipped if a first answer is enough
    )
    reprocess = ReprocessOperator(**labels.task("reprocess"), feed=NAME)
    close = CloseRequestOperator(**labels.task("close"), feed=NAME, trigger_rule=TriggerRule.NONE_FAILED)

    read_settings() >> check_request >> notify_reviewers >> approve >> approve_second >> carry_out >> reprocess >> close
