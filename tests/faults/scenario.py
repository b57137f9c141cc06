"""One scenario: a run, one fault at one of its calls, and what the docs tell the operator to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.checker import Buckets, Expected, Verdict, judge
from tests.faults.deliveries import CLEAN, HIGH, INTRUDER, PDF, SMALL, Delivery
from tests.faults.harness import NAMED, HangsError, Harness, Leg
from tests.faults.names import without_number
from tests.faults.proxy import Armed, Fault

OVERWRITE = "overwrite"
"""Somebody puts other bytes over a landed object just before the call."""
FAULTS = (*(str(fault) for fault in Fault if fault is not Fault.MEANWHILE), OVERWRITE)
MAX_CLEARS = 2
MAX_KILLS = 3


@dataclass(frozen=True)
class Outcome:
    """How a scenario ended.

    :param how: how the run got to its end.
    :param problems: what the checker found; none means that the promises held.
    :param calls: of the run, in their order.
    """

    call: str
    fault: str
    how: str
    problems: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.fault} at {self.call}: {self.how}" + "".join(f"\n  {problem}" for problem in self.problems)


def play(
    harness: Harness,
    folder: Path,
    call: str = "",
    fault: str = "",
    delivery: Delivery = SMALL,
    *,
    world: str = NAMED,
) -> Outcome:
    """Run the delivery with the fault, bring the run to its end as the docs say, and look at the lake.

    :param folder: for the delivery, and for what the run prints and logs (``log``).
    :param call: the call that is harmed; none: the run is not.
    :param fault: one of :data:`FAULTS`.
    :param world: whether Macie names versions, see :data:`tests.faults.harness.WORLDS`.
    """
    overwritten: set[str] = set()
    armed = _arm(harness, call, fault, overwritten)
    delivery.write(folder / "delivery")
    harness.begin(*armed, world=world)
    story = _Story(harness, folder, armed)
    try:
        story.tell()
    except HangsError as hangs:
        return Outcome(call, fault, "hangs", [f"ENDLESS: {hangs}"], harness.proxy.calls)
    calls = harness.proxy.calls
    if armed and not armed[0].hits:
        return Outcome(call, fault, "the call did not come", ["nothing was tested"], calls)
    expected = Expected(delivery.files, delivery.expected, INTRUDER, frozenset(overwritten))
    verdict = judge(harness.client("s3"), buckets(harness), expected, story.run_id, refused=story.refused)
    tells_fate = fault == OVERWRITE and not story.refused  # else it stays where it was put, in the first run's folder
    how = [*_fate(overwritten, verdict), *story.did] if tells_fate else story.did
    # What a judge at the end cannot see: it was there to be read until it was taken out again.
    taken_out = [
        f"LEAK: {name} took something out of silver" for name in calls if ":Delete" in name and " silver" in name
    ]
    problems = [*story.problems, *taken_out, *verdict.problems]
    return Outcome(call, fault, ", ".join(how) or "absorbed", problems, calls)


def buckets(harness: Harness) -> Buckets:
    """Return the buckets of the lake."""
    return Buckets(*(harness.lake[f"{name}Bucket"] for name in ("Bronze", "Silver", "Quarantine")))


def overwrite(harness: Harness, call: str) -> str | None:
    """Put other bytes over a landed object, past the proxy, and return its name; None if nothing is landed yet.

    The object is the one that the call is about, if it is about one.
    """
    s3, bronze = harness.client("s3"), harness.lake["BronzeBucket"]
    landed = [item["Key"] for item in s3.list_objects_v2(Bucket=bronze, Prefix="synthea/").get("Contents", [])]
    by_name = {key.rpartition("/")[2]: key for key in landed}
    about = [name for name in by_name if without_number(call).endswith(f" {name}")]
    of_task = {"quarantine": HIGH, "hold": PDF}.get(call.partition(" ")[0], CLEAN)
    for name in (*about, of_task, *sorted(by_name)):
        if name in by_name:
            s3.put_object(Bucket=bronze, Key=by_name[name], Body=INTRUDER)
            return name
    return None


def _arm(harness: Harness, call: str, fault: str, overwritten: set[str]) -> list[Armed]:
    if not call:
        return []
    if fault == OVERWRITE:
        return [Armed(call, Fault.MEANWHILE, lambda: overwritten.update(filter(None, [overwrite(harness, call)])))]
    return [Armed(call, Fault(fault))]


_PAST = {"promote": "promoted as it was landed", "quarantine": "quarantined as it was landed", "hold": "held"}


def _fate(overwritten: set[str], verdict: Verdict) -> list[str]:
    """Say what became of the objects that were overwritten."""
    if not overwritten:
        return ["nothing landed yet"]
    return [f"{name} {_PAST.get(verdict.outcomes.get(name, ''), 'not decided')}" for name in sorted(overwritten)]


class _Story:
    """A run and whoever looks after it: Airflow goes on after a kill, the operator clears, or starts a new run.

    :ivar did: what it took.
    :ivar refused: number of runs that were given up because their error said so.
    """

    def __init__(self, harness: Harness, folder: Path, armed: Sequence[Armed]) -> None:
        self.harness, self.armed = harness, armed
        self.source, self.log = folder / "delivery", folder / "log"
        self.did: list[str] = []
        self.problems: list[str] = []
        self.refused = 0
        self.run_id = harness.next_run_id()

    def tell(self) -> None:
        """Bring it to its end."""
        leg = self._start()
        clears = 0
        while leg.state == "failed":
            if leg.advises("tart a new run") and not self.refused:
                self.refused += 1
                self.did.append(f"refused ({leg.last_error}), new run")
                self.run_id = self.harness.next_run_id()
                leg = self._start()
            elif clears < MAX_CLEARS:
                clears += 1
                for outage in self.armed:  # what the operator waits for before he clears
                    outage.is_over = True
                self.did.append(f"cleared by the operator ({leg.last_error})")
                leg = self._clear(["create_job+"] if leg.advises("the task that creates it") else None)
            else:
                self.problems.append(f"the run has failed for good: {leg.last_error}")
                return

    def _start(self) -> Leg:
        conf = {"source": str(self.source)}
        return self._to_end(lambda: self.harness.start(self.run_id, conf, self.log))

    def _clear(self, tasks: list[str] | None) -> Leg:
        return self._to_end(lambda: self.harness.clear(self.run_id, tasks, self.log))

    def _to_end(self, begin: Callable[[], Leg]) -> Leg:
        leg = begin()
        for _ in range(MAX_KILLS):
            if not leg.killed:
                break
            self.did.append("run continued after kill")
            leg = self.harness.go_on(self.run_id, self.log)
        retried = sorted(task for task, (_, tries) in leg.tasks.items() if tries > 1)
        if retried and not self.did and leg.state != "failed":
            self.did.append(f"task retried: {', '.join(retried)}")
        return leg
