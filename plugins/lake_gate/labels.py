"""Names and explanations of tasks and groups, as Airflow's UI shows them; the ids are what logs and alarms name. Pure.

Airflow draws an inline code span as a block of its own, so the texts have none.
"""

from __future__ import annotations

from typing import Any

OWNER = "data-platform"
"""Owner of the DAGs that serve all feeds; a feed's file names the owner of its DAG."""
_GATE = {
    "read_settings": ("Read the settings", "Checks what the run was started with, and reads the SSM parameters."),
    "check_macie": ("Check Macie", "Macie is enabled and has a repository for its results."),
    "land": ("Land the delivery", "Copies every file of the source into bronze, and writes the manifest."),
    "check_expected": ("Check for missing tables", "Compares the delivery with the tables that the feed expects."),
    "has_files": ("Is there a file?", "An empty delivery ends here: all tasks that follow are skipped."),
    "ensure_identifiers": ("Ensure the identifiers", "Custom data identifiers of include/identifiers exist in Macie."),
    "ensure_allow_lists": ("Ensure the allow lists", "Allow lists of include/identifiers exist in Macie."),
    "reuse_verdicts": ("Reuse verdicts", "Finds files whose bytes an earlier run has cleared by the same rules."),
    "render_job": ("Render the job", "Makes the request for the classification job from the job spec."),
    "estimate_cost": ("Estimate the cost", "Stops the run before the scan if that would cost more than the limit."),
    "needs_scan": ("Is there a file to scan?", "If verdicts cover all files, no job is created."),
    "create_job": ("Create the Macie job", "Creates the job; a retry finds the job of the first try."),
    "await_job": ("Wait for the Macie job", "Waits in the triggerer until the job is complete, at most six hours."),
    "await_evidence": ("Wait for the results", "Waits until results and findings have stopped changing."),
    "gather_evidence": ("Gather the evidence", "Stores results and findings without any text of the files."),
    "cancel_job": (
        "Cancel the job if it still runs",
        "Clean-up at the end of every run. Green does not mean that a job was cancelled: the log says what happened.",
    ),
    "gather_histories": ("List versions", "Lists the versions of files for which Macie named no version."),
    "choose": ("Choose the files to mask", "Decides on the first scan which files a de-identified copy may replace."),
    "mask_files": ("Mask the files", "Writes the masked copies into bronze, and checks each against its original."),
    "list_masked": ("List the masked copies", "Writes the manifest of the copies, and why a file has none."),
    "has_copies": ("Is there a masked copy?", "Without copies the second scan is skipped."),
    "reuse_copies": (
        "Reuse verdicts on copies",
        "Finds copies whose bytes an earlier run has cleared by the same rules.",
    ),
    "render_copies_job": ("Render the job for copies", "Makes the request for the second job from the job spec."),
    "estimate_copies_cost": (
        "Estimate the cost of the second scan",
        "Stops the run before the second scan if that would cost more than the limit.",
    ),
    "copies_need_scan": ("Is there a copy to scan?", "If verdicts cover all copies, no second job is created."),
    "create_copies_job": ("Create the second Macie job", "The job reads the masked copies alone."),
    "await_copies_job": (
        "Wait for the second job",
        "Waits in the triggerer until the job is complete, at most six hours.",
    ),
    "await_copies_evidence": ("Wait for its results", "Waits until results and findings have stopped changing."),
    "gather_copies_evidence": ("Gather its evidence", "Stores results and findings without any text of the copies."),
    "cancel_copies_job": (
        "Cancel the second job if it still runs",
        "Clean-up at the end of every run. Green does not mean that a job was cancelled: the log says what happened.",
    ),
    "gather_copies_histories": ("List versions of copies", "Lists the versions of copies for which Macie named none."),
    "decide": ("Decide about each file", "Promote, quarantine or hold, by the policy and on the evidence."),
    "plan_promote": ("Plan: promote", "Chunks of the files to copy into silver."),
    "promote": ("Promote to silver", "Copies the files into silver and verifies the copies."),
    "plan_quarantine": ("Plan: quarantine", "Chunks of the files to move to quarantine."),
    "quarantine": ("Move to quarantine", "Moves the files to the quarantine bucket and verifies the copies."),
    "plan_hold": ("Plan: hold", "Chunks of the files to move to held."),
    "hold": ("Move to held", "Moves the files to held/ in bronze and verifies the copies."),
    "record": ("Write the record", "Accounts for every file. The log has the table of the files."),
    "publish": ("Publish the marker", "Writes the marker in silver: readers may read the promoted files now."),
    "remember_verdicts": ("Remember verdicts", "Keeps the evidence about promoted files for later runs."),
    "release_held": ("Release held files", "Deletes held copies that the run has re-processed; none in other runs."),
    "notify": ("Send the messages", "Publishes the digest. The log says what was sent to which topic."),
}
_EVENTS = {
    "take_events": ("Take the messages", "Takes the messages of the findings queue; each is only a hint."),
    "list_findings": ("List new findings", "Asks Macie for the findings in bronze and silver since the last run."),
    "decide_findings": ("Decide about the findings", "Decides again about each object that a new finding is about."),
    "withdraw": ("Withdraw", "Moves objects out of silver that new findings forbid."),
    "record_events": ("Write the record", "Accounts for every finding, then moves the watermark."),
    "notify_events": ("Send the message", "Sends one message if anything changed; none otherwise."),
    "check": ("Check for failures", "Fails if an object could not be decided about or moved."),
}
_HELD = {
    "list_held": ("List what waits", "Lists held and quarantined files and review requests. The log has the table."),
    "overdue": ("Pick overdue feeds", "Feeds with files or review requests that wait for too long."),
    "notify_overdue": ("Notify the owners", "One message for each feed where something waits for too long."),
}
_REPORTS = {
    "write_reports": ("Write the reports", "One report for each feed, and one message about it to its low topic."),
}
_REVIEW = {
    "check_request": ("Check the request", "The files are in quarantine as the record has them. Writes the request."),
    "notify_reviewers": ("Notify the reviewers", "One message with the link to the answer."),
    "approve": ("Wait for an answer", "Asks until an answer counts, or the deadline has passed. Never the asker."),
    "approve_second": (
        "Wait for a second person",
        "Asks another person; skipped if a first answer is enough, or the request is over.",
    ),
    "carry_out": ("Give the files back", "Copies the reviewed versions to held/ and adds the exceptions."),
    "reprocess": ("Start the feed's DAG", "It scans the files again and decides; started once for a request."),
    "close": ("Close the request", "Writes the outcome, and sends one message."),
}
_ACCOUNT = {
    "session": ("Enable Macie", "Macie is enabled and publishes its findings."),
    "results_repository": ("Set the results repository", "Bucket and key of Macie's results."),
    "identifiers": ("Reconcile the identifiers", "Custom data identifiers as include/identifiers has them."),
    "allow_lists": ("Reconcile the allow lists", "Allow lists as include/identifiers has them."),
    "read_rules": ("Read the suppression rules", "Reads include/suppression_rules; expired rules are removed."),
    "rules": ("Reconcile the suppression rules", "Suppression rules as include/suppression_rules has them."),
    "render": ("Render the job", "Makes the request for the daily job from its job spec."),
    "scheduled_job": ("Reconcile the daily job", "Exactly one daily job, which scans all of silver."),
    "report": ("Report the changes", "The log lists every change and why; also after a failure."),
    "finished": ("Finished", "Red if a step has failed."),
}
_TASKS = {**_GATE, **_EVENTS, **_HELD, **_REPORTS, **_REVIEW, **_ACCOUNT}
_GROUPS = {
    "delivery": ("Delivery", "The files of the source are landed in bronze."),
    "prepare": ("Prepare", "What Macie looks for, which files it need not scan, and what the scan may cost."),
    "scan": ("Scan", "One Macie job reads the files; nothing waits on a worker."),
    "mask": ("Mask", "Files with findings about people get a de-identified copy, which Macie scans as well."),
    "scan_copies": ("Scan the copies", "A second Macie job reads the masked copies."),
    "move": ("Move", "Every file goes where the decision sends it."),
    "report_group": ("Report", "Record, marker, verdicts and messages."),
    "account": ("Account", "Macie itself, and where its results go."),
    "definitions": ("Definitions", "What Macie looks for."),
    "suppression": ("Suppression", "Expected findings."),
    "job": ("Daily job", "The job that scans silver."),
}


def task(task_id: str, label: str = "") -> dict[str, Any]:
    """Return the arguments of an operator for its id, name and explanation.

    :param label: name of the entry here, where two DAGs have a task of the same id.
    """
    name, explanation = _TASKS[label or task_id]
    return {"task_id": task_id, "task_display_name": name, "doc_md": explanation}


def group(group_id: str, label: str = "") -> dict[str, Any]:
    """Return the same arguments of a group of tasks."""
    name, explanation = _GROUPS[label or group_id]
    return {"group_id": group_id, "group_display_name": name, "tooltip": explanation}
