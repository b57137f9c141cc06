"""Reviews in the world: requests about what is in quarantine, the answers of people, and the exceptions that follow.

The operators of ``quarantine_review`` are real, and are tried task by task as Airflow does. What was approved is kept
here a second time, from the answers that were given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from lake_gate.errors import FinalGateError, GateError
from lake_gate.review.operators import (
    AskReviewersOperator,
    CarryOutOperator,
    CheckRequestOperator,
    CloseRequestOperator,
    ReviewOperator,
)
from lake_gate.review.request import APPROVE, REFUSE, request_id_of
from tests.soak.clock import now
from tests.soak.oracle import Allowed, Person, approved_by, count

if TYPE_CHECKING:
    from tests.soak.world import GateRun, World

ASKER = "ann"
NEEDED = {"release": 2, "release_masked": 1, "rescan": 1, "keep": 1}
HOURS = 48


class WaitingError(Exception):
    """A task waits for a person."""


def ask_people(task: Any, context: Any) -> Any:
    """Take the place of ``HITLOperator.execute``: the next answer in the context, if there is one."""
    if not context["answers"]:
        raise WaitingError
    return task.execute_complete(context, context["answers"].pop(0))


@dataclass
class Review:
    """A run of ``quarantine_review``.

    :param about: the run whose file is reviewed.
    :param allowed: what follows if enough people approve; None for requests without an exception.
    :param keys: key and version id, in quarantine, of what the request may be about.
    :param done: number of its tasks that are over.
    """

    run_id: str
    about: GateRun
    params: dict[str, Any]
    allowed: Allowed | None
    keys: list[tuple[str, str]]
    deadline: datetime
    answers: list[Person] = field(default_factory=list)
    done: int = 0
    is_refused: bool = False
    is_carried_out: bool = False
    kills: int = 0
    reprocess: GateRun | None = None

    @property
    def id(self) -> str:
        return request_id_of(self.run_id)

    @property
    def is_approved(self) -> bool:
        """Whether enough people have approved, by the answers that were given."""
        return bool(approved_by(ASKER, NEEDED[self.params["asked"]], self.answers))


class Reviews:
    """All reviews of a world."""

    def __init__(self, world: World, include: Path) -> None:
        self.world = world
        self.all: list[Review] = []
        self._revoked: dict[str, set[str]] = {}
        self._folder = include / "exceptions"
        self._folder.mkdir(parents=True)
        os.environ["LAKE_GATE_INCLUDE"] = str(include)

    # ---- what is allowed

    def allowed(self) -> list[Allowed]:
        """Return what is allowed today: approved, begun to be carried out, not over, and not revoked."""
        today = now().date()
        return [
            review.allowed
            for review in self.all
            if review.allowed and review.is_carried_out and review.is_approved and today <= review.allowed.until
            if review.allowed.id not in self._revoked.get(review.allowed.feed, ())
        ]

    def revoke(self, review: Review) -> None:
        """Revoke the exception of a request in the file of its feed, and deploy the file."""
        feed = review.about.run.feed
        revoked = self._revoked.setdefault(feed, set())
        revoked.add(f"{review.id}-1")
        content = {"exceptions": [], "revoked": sorted(revoked)}
        (self._folder / f"{feed}.json").write_text(json.dumps(content))

    # ---- tasks

    def ask(self, number: int, *, asked: str, kill_at: int = 0, **exception: Any) -> Review | None:
        """Ask about one of the files in quarantine, by the run to which its key belongs; None if there are none."""
        versions = list(self.world.versions(self.world.lake.quarantine))
        if not versions:
            return None
        key = versions[number % len(versions)]["Key"]
        about = next((run for run in self.world.runs if key.startswith(run.run.prefix)), None)
        if about is None:
            return None
        name = key.removeprefix(about.run.prefix)
        review = self._begin(about, name, asked, [one for one in versions if one["Key"] == key], **exception)
        self.all.append(review)
        self._check(review, kill_at)
        return review

    def _begin(
        self,
        about: GateRun,
        name: str,
        asked: str,
        versions: Sequence[Any],
        scope: str = "files",
        days: int = 30,
        identifier: str = "NAME",
        most: int = 1,
        column: str | None = None,
    ) -> Review:
        run_id, until = f"manual__{len(self.all)}", now().date() + timedelta(days=days)
        table = {"identifier": identifier, "most": most, "column": column}
        params = {
            "feed": about.run.feed,
            "run": about.run.run_id,
            "files": [name],
            "asked": asked,
            "reason": "public",
            "answer_within_hours": HOURS,
            "exception_kind": "false_positive",
            "exception_scope": scope,
            "until": until.isoformat(),
            **(table if scope == "table" else dict.fromkeys(table)),
        }
        keys = [(one["Key"], one["VersionId"]) for one in versions]
        deadline = now() + timedelta(hours=HOURS)
        return Review(run_id, about, params, self._allowed(run_id, about, params, versions, until), keys, deadline)

    def _allowed(
        self, run_id: str, about: GateRun, params: dict[str, Any], versions: Sequence[Any], until: date
    ) -> Allowed | None:
        if not params["asked"].startswith("release"):
            return None
        common: dict[str, Any] = {
            "id": f"{request_id_of(run_id)}-1",
            "feed": about.run.feed,
            "until": until,
            "is_masked": params["asked"] == "release_masked",
        }
        if params["exception_scope"] == "table":
            dataset = params["files"][0].rpartition("/")[2].removesuffix(".csv")
            scope = {name: params[name] for name in ("identifier", "most")}
            return Allowed(**common, **scope, dataset=dataset, column=params["column"] or "")
        contents = {self.world.content(self.world.lake.quarantine, one) for one in versions}
        known = {content: count(self.world.reports.get(content, ())) for content in contents}
        return Allowed(**common, contents=known)

    def answer(self, review: Review, by: str, *, approves: bool, is_late: bool = False, kill_at: int = 0) -> None:
        """Let a person answer, if a task waits for that."""
        if review.is_refused or not 1 <= review.done <= 2:
            return
        at = review.deadline + timedelta(hours=1) if is_late else now()
        event = {
            "chosen_options": [APPROVE if approves else REFUSE],
            "params_input": {},
            "responded_at": at,
            "responded_by_user": {"id": by, "name": by},
            "timedout": False,
        }
        context, kills = self._context(review, event), review.kills
        self._ask(review, context, kill_at)
        if not context["answers"]:  # a task has taken it
            lost = review.kills > kills
            review.answers.append(Person(by, approves, is_late or at > review.deadline, may_be_lost=lost))
        if 1 <= review.done <= 2:  # what is answered is not asked again
            self._ask(review, self._context(review), 0)

    def give_up(self, review: Review) -> None:
        """Let the time to answer run out for Airflow."""
        if not review.is_refused and 1 <= review.done <= 2:
            self._ask(review, self._context(review, {"timedout": True}), 0)

    def carry_out(self, review: Review, kill_at: int = 0) -> None:
        """Try the tasks after the answers, also if a user marks those before as done; begin the run of the feed."""
        review.is_carried_out = True
        done = self._tried(review, CarryOutOperator, self._context(review), kill_at)
        if done and review.reprocess is None:
            run_id, source = f"reprocess-{review.id}", f"held://review/{review.id}"
            review.reprocess = self.world.reprocess_reviewed(review.about, run_id, source)

    def end(self, review: Review) -> None:
        """Clear the tasks of a review that did not come to their end, and close it; no answers come any more."""
        if review.done == 0:
            self._check(review, 0)
        if review.is_refused:
            return
        if review.kills or review.is_carried_out:
            self._ask(review, self._context(review), 0)
            self.carry_out(review)
        self._tried(review, CloseRequestOperator, self._context(review), 0)

    def _check(self, review: Review, kill_at: int) -> None:
        if self._tried(review, CheckRequestOperator, self._context(review), kill_at):
            review.done = 1
            self._ask(review, self._context(review), 0)

    def _ask(self, review: Review, context: dict[str, Any], kill_at: int) -> None:
        """Try the task that asks, and the next one, as long as they need no further answer."""
        while 1 <= review.done <= 2:
            if self._tried(review, AskReviewersOperator, context, kill_at, number=review.done) is None:
                return
            review.done += 1

    def _tried(
        self, review: Review, operator: type[ReviewOperator], context: Any, kill_at: int, **arguments: Any
    ) -> Any:
        """Return what a task returns, an empty text if it is skipped; None if it waits, was killed or fails."""
        from tests.soak.world import Killed

        try:
            with self.world.killed_at(kill_at):
                return self.world.operator(operator, "quarantine_review", **arguments).step(context)
        except Killed:
            review.kills += 1
        except FinalGateError:
            review.is_refused = review.is_refused or operator is CheckRequestOperator
        except AirflowSkipException:
            return ""
        except (WaitingError, GateError):
            pass
        return None

    def _context(self, review: Review, *answers: Any) -> dict[str, Any]:
        context: dict[str, Any] = self.world.context(review.run_id)
        context["dag_run"].triggering_user_name = ASKER
        return {**context, "params": review.params, "answers": list(answers)}
