"""Operators of ``quarantine_review``: check a request, ask for answers, carry it out, close it.

Each reads the documents of the request, so that a cleared task, or one that was marked as a success, changes nothing
that was not asked for and approved.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.ssm import SsmHook
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import links
from lake_gate.base import GateOperator
from lake_gate.decision.earlier import iter_columns
from lake_gate.delivery.held_source import source_of_review
from lake_gate.delivery.pin import pin_run
from lake_gate.display.past import read_past
from lake_gate.errors import (
    ExceptionEndedError,
    ExceptionStandsError,
    ReviewedFileChangedError,
    ReviewedFilePurgedError,
    ReviewError,
    ReviewFailedError,
    from_aws_error,
)
from lake_gate.exceptions.store import StoredDocument, add_exception, check_addable, read_exceptions
from lake_gate.feed import Feed
from lake_gate.include import read_feeds
from lake_gate.ledger.book import append_document
from lake_gate.ledger.chain import Kind
from lake_gate.model.exception import PolicyException
from lake_gate.model.run import Run
from lake_gate.notifications.message import Notice
from lake_gate.notifications.receipts import Receipts
from lake_gate.notifications.sending import send_once
from lake_gate.reports.writing import write_run_report
from lake_gate.review.answering import answer_of, now
from lake_gate.review.checking import TOO_MANY_OPEN, has_too_many_open, request_of
from lake_gate.review.documents import (
    add_answer,
    append_latest_answer,
    read_answers,
    read_request,
    read_step,
    write_request,
    write_step,
)
from lake_gate.review.exempting import exceptions_of
from lake_gate.review.notices import asked_notice, closed_notice
from lake_gate.review.purging import amend_record, described, purge, versions_to_purge
from lake_gate.review.rendering import body, ignored_answer, subject
from lake_gate.review.request import (
    APPROVE,
    OPTIONS,
    OUTCOME,
    PURGING,
    REFUSE,
    RETURNED,
    Answer,
    Asked,
    Request,
    State,
    approvers,
    counted,
    ignored,
    problem_of,
    request_id_of,
    state_of,
    with_rules,
)
from lake_gate.review.returning import check_in_quarantine, check_not_purged, give_back, take_back
from lake_gate.review.sessions import Purger, Releaser
from lake_gate.runs_index import run_id_of
from lake_gate.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context


_IMPOSSIBLE = (ReviewedFileChangedError, ReviewedFilePurgedError, ExceptionStandsError, ExceptionEndedError)
"""Errors with which an approved request has failed."""
_TOO_FEW = "too few answers count: its tasks were marked as done, or the feed's file has become stricter since"


def asker_of(context: Context) -> str:
    """Return the user who has started the run; empty if a schedule or another DAG has."""
    return str(getattr(context["dag_run"], "triggering_user_name", None) or "")


class ReviewOperator(GateOperator):
    """Base class of the operators below: the request of this run, and its feed."""

    def request_in(self, context: Context) -> Request:
        """Return the request of this run, with the rules that its feed has today.

        Once it has begun to be carried out, the people whose approvals counted then are those that count.

        :raises ReviewError: when it was not written.
        """
        feed, request_id = self.reviewed_feed(context), request_id_of(context["run_id"])
        request = read_request(self.s3, self.lake_settings.bronze_bucket, feed.name, request_id)
        if request is None:
            raise ReviewError(request_id, "its document does not exist")
        if begun := self.begun_step(request):
            approved_by = begun.get("approved_by", ())
            return with_rules(request, len(approved_by), approved_by)
        return with_rules(request, feed.approvals_for(request.asked), feed.reviewers.get(request.asked, ()))

    def reviewed_feed(self, context: Context) -> Feed:
        """Return the feed in the params of the run."""
        named: dict[str, Feed] = {feed.name: feed for feed in read_feeds()[0]}
        feed = named.get(context["params"]["feed"])
        if feed is None:
            raise ReviewError(request_id_of(context["run_id"]), "feed: not one of include/feeds")
        return feed

    def state(self, request: Request, answers: list[Answer], *, has_begun: bool) -> State:
        """Return the state that follows from the answers.

        :param has_begun: whether what was approved has begun to be carried out in time: then it goes on.
        """
        return state_of(request, answers, request.deadline_at if has_begun else now())

    def begun_step(self, request: Request) -> dict[str, Any] | None:
        """Return the document about what was given back, or is purged; None if nothing was carried out."""
        name = PURGING if request.kind is Asked.PURGE else RETURNED
        return read_step(self.s3, self.lake_settings.bronze_bucket, request, name)

    def answers(self, request: Request) -> list[Answer]:
        """Return the answers to a request."""
        return read_answers(self.s3, self.lake_settings.bronze_bucket, request)

    def in_force(self, request: Request) -> dict[str, list[str]]:
        """Return the exceptions that a request has added, for the outcome; they apply even if it was not released."""
        if not request.kind.needs_exception:
            return {}
        read = read_exceptions(self.s3, self.lake_settings.bronze_bucket, request.feed)
        ids = [exception.id for exception in read if exception.request == request.id]
        return {"exceptions": ids} if ids else {}

    def send(self, context: Context, feed: Feed, notice: Notice, kind: str) -> str:
        """Send a message to the feed's low topic, once in a run; return its id."""
        topic = load_settings(
            SsmHook(aws_conn_id=self.aws_conn_id).conn, topics={"low_topic_arn": feed.low_topic}
        ).low_topic_arn
        receipts = Receipts(self.s3, self.lake_settings.bronze_bucket, self.run_of(context))
        return send_once(notice, kind=kind, topic_arn=topic, receipts=receipts, aws_conn_id=self.aws_conn_id)


class CheckRequestOperator(ReviewOperator):
    """Check what the run was started with against S3, and write the request. Returns its id.

    The user who has started the run is the asker.
    """

    def step(self, context: Context) -> str:
        """Write the request, unless an earlier try has written it.

        :raises ReviewError: when the request is not valid.
        :raises ReviewedFileChangedError: when a file is not in quarantine as the record of its run has it.
        """
        settings, feed, run_id = self.lake_settings, self.reviewed_feed(context), context["run_id"]
        request = read_request(self.s3, settings.bronze_bucket, feed.name, request_id_of(run_id))
        if request is None:
            asked_by = asker_of(context)
            request = request_of(self.s3, settings, feed, context["params"], review_run_id=run_id, asked_by=asked_by)
        written = write_request(self.s3, settings, request)
        self._withdraw_if_too_many(written)
        self.log.info("Request: s3://%s/%s", settings.bronze_bucket, written.documents)
        return written.id

    def _withdraw_if_too_many(self, request: Request) -> None:
        """Close a request that was written at the same time as others of its asker, if together they are too many.

        Each of them counts after it was written, so that the last one to count sees all that stay open. So more may be
        withdrawn than needed, and never less. A request with answers has passed this before.

        :raises ReviewError: when it was withdrawn.
        """
        outcome = read_step(self.s3, self.lake_settings.bronze_bucket, request, OUTCOME)
        is_new = outcome is None and not self.answers(request)
        if is_new and has_too_many_open(self.s3, self.lake_settings, request):
            withdrawn = {"state": State.FAILED, "problem": TOO_MANY_OPEN, "at": now()}
            outcome = write_step(self.s3, self.lake_settings, request, OUTCOME, withdrawn)
        if outcome and outcome.get("problem") == TOO_MANY_OPEN:
            raise ReviewError(request.id, TOO_MANY_OPEN)


class NotifyReviewersOperator(ReviewOperator):
    """Send a message that a request waits for answers. Returns the id of the message.

    :param answered_in: id of the task that is answered.
    """

    def __init__(self, *, answered_in: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answered_in = answered_in

    def step(self, context: Context) -> str:
        """Send the message once."""
        request = self.request_in(context)
        link = links.required_action(context["dag_run"].dag_id, context["run_id"], self.answered_in)
        return self.send(context, self.reviewed_feed(context), asked_notice(request, link), "asked")


class AskReviewersOperator(ReviewOperator, HITLOperator):
    """Ask until so many answers count, one is a refusal, or the deadline has passed. Returns the state of the request.

    Skipped if fewer answers count and no further one is asked for, so that Airflow does not show a success of a person.

    Airflow takes any user and any text as an answer. It is judged here; if it does not count, the task asks again.
    Subject and body are made of the documents while the task runs, and are never rendered as templates.

    :param number: number of counted answers after which this task is done.
    """

    template_fields = GateOperator.template_fields

    def __init__(self, *, number: int, **kwargs: Any) -> None:
        # The time to answer is set when it asks. Without any, the operator takes execution_timeout for it.
        answering: dict[str, Any] = {
            "options": list(OPTIONS),
            "defaults": REFUSE,
            "response_timeout": timedelta(days=1),
        }
        super().__init__(subject="Review request", **answering, **kwargs)
        self.number = number

    def step(self, context: Context) -> str:
        """Ask, unless the request is answered.

        In the same try Airflow 3.2.1 keeps the text with which a task asked first; a cleared or retried one has a new
        text. Source: ``upsert_hitl_detail`` in airflow/api_fastapi/execution_api/routes/hitl.py.
        """
        request = self.request_in(context)
        answers = self.answers(request)
        append_latest_answer(self.s3, self.lake_settings, request, answers)
        state, valid = state_of(request, answers, now()), counted(request, answers)
        self.log.info("%d of %d answer(s) count; the request is %s", len(valid), len(answers), state)
        if len(valid) >= self.number:
            return str(state)
        if state is not State.ASKED:
            raise AirflowSkipException(f"The request is {state}: no further answer is asked for")
        names = {file.name for file in request.files}
        run = Run.of_folder(request.feed, request.run_folder)
        columns = (line for line in iter_columns(self.s3, self.lake_settings.bronze_bucket, run) if line.name in names)
        run_id = run_id_of(self.s3, self.lake_settings.bronze_bucket, run)
        page = links.run_on_page(self.reviewed_feed(context).dag_id, run_id)
        read = read_past(self.s3, self.lake_settings.bronze_bucket, run, names)
        past = {name: table.words for name, table in read.items()}
        left_out = ignored(request, answers)
        self.subject = subject(request)
        self.body = body(request, columns, valid, page=page, past=past, ignored=left_out)
        left = datetime.fromisoformat(request.deadline_at) - datetime.fromisoformat(now())
        self.response_timeout = max(left, timedelta(seconds=1))  # Airflow takes zero as no deadline
        return str(HITLOperator.execute(self, context))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Write the answer down, and ask again if more are needed."""
        try:
            if (answer := answer_of(event)) is not None:
                self._write(context, answer)
            return self.step(context)
        except (ClientError, BotoCoreError) as error:
            raise from_aws_error(error) from None

    def _write(self, context: Context, answer: Answer) -> None:
        request = self.request_in(context)
        answers, answer = self.answers(request), replace(answer, request_sha256=request.sha256)
        note = problem_of(request, counted(request, answers), answer, is_new=True)
        add_answer(self.s3, self.lake_settings, request, replace(answer, note=note), answers)
        if note:
            self.log.warning("%s", ignored_answer(answer, note))


class CarryOutOperator(ReviewOperator):
    """Carry out what was approved; skipped where nothing is to be done.

    Files are given back to the gate, and the exceptions are added; or they are purged. If what was approved is
    impossible, the outcome ``failed`` is written, nothing stays held, and the task is skipped:
    :class:`CloseRequestOperator` sends the message and fails.

    Returns the number of files, for readers: no task uses it.
    """

    def step(self, context: Context) -> int:
        """Do what was approved, once.

        :raises ReviewError: when the request still waits for answers.
        :raises NotPurgedError: when a purge is not complete; the next try goes on.
        """
        request = self.request_in(context)
        if read_step(self.s3, self.lake_settings.bronze_bucket, request, OUTCOME):
            raise AirflowSkipException("The request is closed")
        begun, answers = self.begun_step(request), self.answers(request)
        state = self.state(request, answers, has_begun=begun is not None)
        if state is State.ASKED:
            raise ReviewError(request.id, _TOO_FEW)
        if state is not State.APPROVED or request.kind is Asked.KEEP:
            self._take_back(request)
            raise AirflowSkipException(f"The request is {state}: nothing is carried out")
        try:
            check_not_purged(self.s3, self.lake_settings.bronze_bucket, request)
            if request.kind is Asked.PURGE:
                self._purge(request, answers, begun)
            else:
                returned = begun or self._return(request, answers, reprocess_of(self.reviewed_feed(context), request))
                write_step(self.s3, self.lake_settings, request, RETURNED, returned)
        except _IMPOSSIBLE as error:
            self._take_back(request)
            by = [answer.by for answer in counted(request, answers)]
            failed = {"state": State.FAILED, "problem": str(error), "at": now(), "answered_by": by}
            write_step(self.s3, self.lake_settings, request, OUTCOME, {**failed, **self.in_force(request)})
            raise AirflowSkipException(str(error)) from None
        return len(request.files)

    def _return(self, request: Request, answers: list[Answer], reprocess: dict[str, Any]) -> dict[str, Any]:
        """Check all that could fail, copy the files, then add the exceptions.

        In this order: without the copies, exceptions would excuse later files only.
        """
        settings = self.lake_settings
        role = settings.require("releaser_role_arn").releaser_role_arn
        releaser = Releaser(self.s3, role, settings.quarantine_bucket, request.id, self.aws_conn_id)
        last = max(answer.at for answer in counted(request, answers) if answer.option == APPROVE)
        if request.exception and max(last, now())[: len("2026-12-31")] > request.exception.until:
            raise ExceptionEndedError(request.id, request.exception.until)
        try:
            exceptions = exceptions_of(request, approvers(request, answers), last)
        except ValueError as problem:  # request.json was damaged since it was checked
            raise ReviewError(request.id, f"its exception is not valid: {problem}") from None
        for file in request.files:
            check_in_quarantine(self.s3, settings.quarantine_bucket, request.id, file)
        check_addable(self.s3, settings.bronze_bucket, request.feed, exceptions)
        copies = give_back(self.s3, releaser, settings.bronze_bucket, request)
        added = [self._add(each) for each in exceptions]
        return {
            "files": [asdict(copy) for copy in copies],
            "exceptions": [{"uri": document.uri, "version_id": document.version_id} for document in added],
            "at": now(),
            "approved_by": approvers(request, answers),
            "reprocess": reprocess,
        }

    def _purge(self, request: Request, answers: list[Answer], begun: dict[str, Any] | None) -> None:
        """Write down which versions are deleted, delete them, and look again; then amend the run's record."""
        settings = self.lake_settings
        role = settings.require("purger_role_arn").purger_role_arn
        purger = Purger(self.s3, role, settings.quarantine_bucket, request.id, self.aws_conn_id)
        if begun is None:
            listed = versions_to_purge(self.s3, settings.quarantine_bucket, request)
            begun = {"files": described(listed), "at": now(), "approved_by": approvers(request, answers)}
        begun = write_step(self.s3, settings, request, PURGING, begun)
        found = purge(self.s3, purger, request)
        amend_record(self.s3, settings, request, str(begun["at"]))
        outcome = {
            "state": State.PURGED,
            "at": now(),
            "answered_by": [answer.by for answer in counted(request, answers)],
            "files": described(found, begun["files"]),
        }
        write_step(self.s3, settings, request, OUTCOME, outcome)

    def _take_back(self, request: Request) -> None:
        """Delete the copies of an earlier try."""
        take_back(self.s3, self.lake_settings.bronze_bucket, self.lake_settings.quarantine_bucket, request)

    def _add(self, exception: PolicyException) -> StoredDocument:
        document = add_exception(self.s3, self.lake_settings.bronze_bucket, exception)
        line = self.lake_settings, exception.feed, Kind.EXCEPTION, exception.key
        append_document(self.s3, *line, document.version_id, document.content)
        return document


def reprocess_of(feed: Feed, request: Request) -> dict[str, Any]:
    """Return the run that takes the files of a request through the gate again."""
    return {"dag_id": feed.dag_id, "run_id": request.reprocess_run_id, "source": source_of_review(request.id)}


class ReprocessOperator(ReviewOperator, TriggerDagRunOperator):
    """Start the run of the feed that takes the returned files through the gate again, once.

    DAG, run id and source follow from the documents: results of tasks, which users may change, are not used.
    """

    template_fields = (*GateOperator.template_fields, "trigger_dag_id")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            trigger_dag_id="{{ params.feed }}_gate",  # for the link in Airflow's UI
            logical_date=None,
            skip_when_already_exists=True,
            openlineage_inject_parent_info=False,  # a parameter that the feed's DAG would refuse
            **kwargs,
        )

    def step(self, context: Context) -> Any:
        """Pin the run to its source, and start it.

        If another user has started a run with this id that still waits, Airflow starts none. That run then finds the
        pin, and is refused before it lands anything: it fails with a message, and the files stay held.

        :raises ReviewError: when no file was given back, or ``returned.json`` names another run.
        :raises RunPinnedError: when a run with this id has landed something else, or was a dry run: Airflow would
            start none, and the files would stay held.
        """
        request, bronze = self.request_in(context), self.lake_settings.bronze_bucket
        if not request.kind.gives_back:
            raise AirflowSkipException("No file goes through the gate again")
        returned = read_step(self.s3, bronze, request, RETURNED)
        reprocess = reprocess_of(self.reviewed_feed(context), request)
        if (returned or {}).get("reprocess") != reprocess:
            raise ReviewError(request.id, "no file was given back to the gate; its tasks were marked as done")
        pin_run(self.s3, bronze, Run(request.feed, reprocess["run_id"]), reprocess["source"], is_dry_run=False)
        self.trigger_dag_id, self.trigger_run_id = reprocess["dag_id"], reprocess["run_id"]
        self.conf = {"source": reprocess["source"]}
        return TriggerDagRunOperator.execute(self, context)


class CloseRequestOperator(ReviewOperator):
    """Write the outcome of a request, and send a message. Returns the state."""

    def step(self, context: Context) -> str:
        """Write the outcome once.

        :raises ReviewError: when the request was neither answered nor carried out.
        :raises ReviewFailedError: after the message, when it could not be carried out.
        """
        request, bronze = self.request_in(context), self.lake_settings.bronze_bucket
        answers = self.answers(request)
        outcome = read_step(self.s3, bronze, request, OUTCOME)
        if outcome is None:
            outcome = self._outcome(request, answers)
        outcome = write_step(self.s3, self.lake_settings, request, OUTCOME, outcome)
        write_run_report(self.s3, self.lake_settings, Run.of_folder(request.feed, request.run_folder))
        notice = closed_notice(request, counted(request, answers), outcome)
        self.log.info("State: %s. %s", outcome.get("state"), notice.sms)
        self.send(context, self.reviewed_feed(context), notice, "closed")
        if outcome.get("state") == State.FAILED:
            raise ReviewFailedError(request.id, f"s3://{bronze}/{request.documents}{OUTCOME}")
        return str(outcome.get("state"))

    def _outcome(self, request: Request, answers: list[Answer]) -> dict[str, Any]:
        begun = self.begun_step(request)
        state = self.state(request, answers, has_begun=begun is not None)
        if state is State.APPROVED and request.kind is Asked.KEEP:
            state = State.KEPT
        elif state is State.APPROVED and begun and request.kind.gives_back:
            state = State.RELEASED
        if state in {State.ASKED, State.APPROVED}:
            problem = _TOO_FEW if state is State.ASKED else "it was not carried out; its tasks were marked as done"
            raise ReviewError(request.id, problem)
        more = {"reprocess": begun["reprocess"]} if begun and state is State.RELEASED else self.in_force(request)
        return {
            "state": state,
            "at": now(),
            "answered_by": [answer.by for answer in counted(request, answers)],
            **more,
        }
