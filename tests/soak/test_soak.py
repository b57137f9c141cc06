"""Random schedules of everything that happens to a lake, on a handful of byte sequences; all promises must hold.

Deliveries, findings of other jobs, clears, repeated run ids, re-processing, kills at any S3 call, withdrawals, reviews
with the answers of people, days that pass and exceptions that end or are revoked come in any order. After each step
those promises are checked that hold at any time, at the end all. ``make test`` runs a few short schedules, ``make
soak`` many long ones. A schedule that fails becomes a test below.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from airflow.providers.standard.operators.hitl import HITLOperator
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.lake import Lake
from tests.soak.clock import MODULES, Clock
from tests.soak.promises import problems, problems_meanwhile
from tests.soak.reviews import NEEDED, ask_people
from tests.soak.world import SEVERITIES, STEPS, World

CONTENTS = [b"A\n1\n", b"B\n2\n", b"C\n3\n"]
WITH_NAMES = [b"NAME,CODE\nAnn,1\n", b"NAME,CODE\nBen,2\n"]
"""For runs that mask."""
NAMES = ["a.csv", "b.csv"]
EXAMPLES, RULES = int(os.environ.get("SOAK_EXAMPLES", "4")), int(os.environ.get("SOAK_RULES", "10"))

contents, severities = st.sampled_from(CONTENTS), st.sampled_from(SEVERITIES)
lies = st.dictionaries(contents, severities, max_size=len(CONTENTS))
deliveries = st.dictionaries(st.sampled_from(NAMES), contents, min_size=1)
steps, kills = st.integers(1, len(STEPS)), st.one_of(st.just(0), st.integers(1, 40))
numbers = st.integers(0, 50)
people = st.sampled_from(["ann", "bob", "cid", "Bob "])
answers = st.one_of(st.just([("bob", 9), ("cid", 9)]), st.lists(st.tuples(people, st.integers(0, 9)), max_size=4))
"""Who answers, and how: 0 refuses, 1 answers late."""
exceptions = st.fixed_dictionaries(
    {
        "asked": st.sampled_from([*NEEDED, "release", "release"]),
        "scope": st.sampled_from(["files", "table"]),
        "days": st.sampled_from([0, 2, 30]),
        "identifier": st.sampled_from(["NAME", "NAME", "USA_PASSPORT_NUMBER"]),
        "most": st.sampled_from([1, 5]),
        "column": st.sampled_from([None, None, "NAME", "A"]),
    }
)


class Schedule(RuleBasedStateMachine):
    """One schedule."""

    @initialize()
    def begin(self) -> None:
        """Begin with an empty lake."""
        endpoint_url = os.environ["AWS_ENDPOINT_URL"]
        requests.post(f"{endpoint_url}/moto-api/reset", timeout=10).raise_for_status()
        boto3.DEFAULT_SESSION = None
        Clock.days = 0
        self.world = World(Lake.set_up(endpoint_url))

    @invariant()
    def promises_hold_meanwhile(self) -> None:
        if hasattr(self, "world"):
            assert problems_meanwhile(self.world) == []

    @rule(files=deliveries, lies=lies, reuses=st.booleans(), dry=st.booleans(), steps=steps, kill_at=kills)
    def deliver(self, files: Any, lies: Any, reuses: bool, dry: bool, steps: int, kill_at: int) -> None:
        run = self.world.deliver(files, lies=lies, reuses=reuses, is_dry=dry and steps % 2 == 0)
        self.world.go(run, steps=steps, kill_at=kill_at)

    @rule(files=deliveries, lies=lies, reuses=st.booleans())
    def deliver_strictly(self, files: Any, lies: Any, reuses: bool) -> None:
        self.world.go(self.world.deliver(files, lies=lies, reuses=reuses, threshold="Medium"))

    @rule(
        files=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WITH_NAMES), min_size=1),
        lies=st.dictionaries(st.sampled_from(WITH_NAMES), severities),
        reuses=st.booleans(),
        strict=st.booleans(),
        steps=steps,
        kill_at=kills,
    )
    def deliver_to_be_masked(self, files: Any, lies: Any, reuses: bool, strict: bool, steps: int, kill_at: int) -> None:
        run = self.world.deliver(files, lies=lies, reuses=reuses, masks=True, is_strict=strict)
        self.world.go(run, steps=steps, kill_at=kill_at)

    @rule(lies=lies, steps=steps, kill_at=kills)
    def reprocess(self, lies: Any, steps: int, kill_at: int) -> None:
        self.world.go(self.world.reprocess(lies=lies), steps=steps, kill_at=kill_at)

    @precondition(lambda self: self.world.runs)
    @rule(number=numbers, kill_at=kills)
    def go_on(self, number: int, kill_at: int) -> None:
        self.world.go(self.world.runs[number % len(self.world.runs)], kill_at=kill_at)

    @precondition(lambda self: self.world.runs)
    @rule(number=numbers, step=st.integers(0, len(STEPS) - 1), lies=lies, kill_at=kills)
    def clear(self, number: int, step: int, lies: Any, kill_at: int) -> None:
        run = self.world.runs[number % len(self.world.runs)]
        run.lies = lies
        self.world.clear(run, step)
        self.world.go(run, kill_at=kill_at)

    @precondition(lambda self: self.world.runs)
    @rule(number=numbers, files=deliveries, dry=st.booleans())
    def repeat(self, number: int, files: Any, dry: bool) -> None:
        before = self.world.runs[number % len(self.world.runs)]
        other = self.world.deliver(files)
        self.world.runs.pop()
        self.world.go(self.world.repeat(before, source=other.source, is_dry=dry))

    @rule(
        number=numbers,
        where=st.sampled_from(["bronze", "silver"]),
        severity=st.sampled_from(SEVERITIES[1:]),
        column=st.integers(1, 2),
    )
    def other_job_finds(self, number: int, where: str, severity: str, column: int) -> None:
        bucket = getattr(self.world.lake, where)
        versions = [one for one in self.world.versions(bucket) if one["IsLatest"]]
        if versions:
            self.world.report(bucket, versions[number % len(versions)], severity, column)

    @rule(kill_at=kills)
    def look(self, kill_at: int) -> None:
        self.world.look(kill_at=kill_at)

    @rule(number=numbers, exception=exceptions, answers=answers, kill_at=kills)
    def ask(self, number: int, exception: Any, answers: Any, kill_at: int) -> None:
        if not list(self.world.versions(self.world.lake.quarantine)):
            self.world.go(self.world.deliver({NAMES[0]: CONTENTS[0]}, lies={CONTENTS[0]: "High"}))
        review = self.world.reviews.ask(number, kill_at=kill_at, **exception)
        if review:
            self.answer_all(review, answers, kill_at)

    @precondition(lambda self: self.world.reviews.all)
    @rule(number=numbers, answers=answers, kill_at=kills)
    def answer(self, number: int, answers: Any, kill_at: int) -> None:
        self.answer_all(self.world.reviews.all[number % len(self.world.reviews.all)], answers, kill_at)

    def answer_all(self, review: Any, answers: Any, kill_at: int) -> None:
        """Let people answer, and do what follows."""
        for by, how in answers:
            self.world.reviews.answer(review, by, approves=how != 0, is_late=how == 1, kill_at=kill_at)
        self.world.reviews.give_up(review)
        self.world.reviews.carry_out(review, kill_at)
        if review.reprocess:
            self.world.go(review.reprocess)

    @precondition(lambda self: self.world.reviews.all)
    @rule(number=numbers)
    def revoke(self, number: int) -> None:
        self.world.reviews.revoke(self.world.reviews.all[number % len(self.world.reviews.all)])

    @precondition(lambda self: self.world.reviews.all)
    @rule(days=st.sampled_from([1, 3, 40]))
    def let_days_pass(self, days: int) -> None:
        Clock.days += days

    def teardown(self) -> None:
        """Let everything come to its end, and look at what is where."""
        if not hasattr(self, "world"):
            return
        for review in self.world.reviews.all:
            self.world.reviews.end(review)
        for run in self.world.runs:
            self.world.go(run)
        for _ in range(3):
            self.world.look(run_deadline=timedelta(0))
        assert problems(self.world) == []


@pytest.fixture(autouse=True)
def people_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """People answer and days pass by schedule."""
    monkeypatch.setattr(HITLOperator, "execute", ask_people)
    for module in MODULES:
        monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(Clock, "days", 0)
    monkeypatch.setenv("LAKE_GATE_INCLUDE", "set by the world")


def test_promises_hold_after_any_schedule(lake: Lake) -> None:
    run_state_machine_as_test(
        Schedule,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=RULES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            derandomize="SOAK_EXAMPLES" not in os.environ,
            database=None,
            verbosity=Verbosity.normal,
            print_blob=True,
        ),
    )


@pytest.fixture
def world(lake: Lake) -> World:
    return World(lake)


def settle(world: World) -> None:
    for _ in range(2):
        world.look(run_deadline=timedelta(0))


def test_finding_of_the_gates_own_job_follows_the_bytes_into_an_earlier_run(world: World) -> None:
    world.go(world.deliver({"a.csv": CONTENTS[0]}, lies={CONTENTS[0]: "Medium"}, reuses=True))
    world.go(world.deliver({"b.csv": CONTENTS[0]}, lies={CONTENTS[0]: "High"}, reuses=True))
    settle(world)
    world.go(world.deliver({"a.csv": CONTENTS[0]}, lies={CONTENTS[0]: "Medium"}, reuses=True))
    assert list(world.versions(world.lake.silver)) == []
    assert problems(world) == []


def test_finding_about_what_was_held_follows_it_to_where_it_was_promoted(world: World) -> None:
    world.go(world.deliver({"a.csv": CONTENTS[0]}, lies={CONTENTS[0]: "Low"}))
    (version,) = world.versions(world.lake.silver)
    world.go(world.deliver({"b.csv": CONTENTS[0]}, lies={}))
    world.report(world.lake.silver, version, "High")
    settle(world)
    assert list(world.versions(world.lake.silver)) == []
    assert problems(world) == []


HIGH = {CONTENTS[0]: "High"}


@pytest.mark.slow
def test_what_two_others_have_approved_is_in_silver_until_its_end_and_nothing_else(world: World) -> None:
    """Each case quarantines the table again; the first shows that the exception of it passes."""
    world.go(world.deliver({"a.csv": CONTENTS[0]}, lies=HIGH))
    ask = partial(world.reviews.ask, 0, asked="release", scope="table", days=2, identifier="NAME", most=1)
    alone = give_answers(world, ask(), "ann", "bob", "bob")
    assert alone.reprocess is None
    review = give_answers(world, ask(), "ann", "bob", "cid")
    world.go(review.reprocess)
    assert keys(world) == {f"{review.reprocess.run.prefix}{review.id}/a.csv"}
    settle(world)
    next_night = world.deliver({"a.csv": CONTENTS[1]}, lies={CONTENTS[1]: "High"})
    world.go(next_night)
    assert keys(world, next_night) == {"a.csv"}
    for name, said in [("b.csv", "High"), ("a.csv", "High, often"), ("a.csv", "High, a passport, too")]:
        beyond = world.deliver({name: CONTENTS[2]}, lies={CONTENTS[2]: said})
        world.go(beyond)
        assert keys(world, beyond) == set()
    Clock.days += 3
    late = world.deliver({"a.csv": CONTENTS[1]}, lies={CONTENTS[1]: "High"})
    world.go(late)
    assert keys(world, late) == set()
    assert problems_meanwhile(world) == []
    settle(world)
    assert keys(world, next_night) == set(), "the finding of the late night is decided on without the exception"
    assert problems(world) == []


@pytest.mark.slow
def test_masked_release_lets_a_masked_copy_pass_until_it_is_revoked_and_never_the_file(world: World) -> None:
    lies = {WITH_NAMES[0]: "High"}
    world.go(world.deliver({"a.csv": WITH_NAMES[0]}, lies=lies, masks=True, is_strict=True))
    assert keys(world) == set()
    review = give_answers(world, world.reviews.ask(0, asked="release_masked"), "bob")
    world.go(review.reprocess)
    (version,) = world.versions(world.lake.silver)
    assert world.content(world.lake.silver, version) == WITH_NAMES[0].replace(b"Ann", b"")
    world.reviews.revoke(review)
    next_night = world.deliver({"a.csv": WITH_NAMES[0]}, lies=lies, masks=True, is_strict=True)
    world.go(next_night)
    assert keys(world, next_night) == set(), "the exception was revoked in the feed's file"
    settle(world)
    assert keys(world) == set(), "the finding of the next night is decided on without the exception"
    assert problems(world) == []


def give_answers(world: World, review: Any, *people: str) -> Any:
    for by in people:
        world.reviews.answer(review, by, approves=True)
    world.reviews.carry_out(review)
    return review


def keys(world: World, run: Any = None) -> set[str]:
    """What is in silver, or the names of what is there of a run."""
    prefix = run.run.prefix if run else ""
    return {version["Key"].removeprefix(prefix) for version in world.versions(world.lake.silver, prefix)}
