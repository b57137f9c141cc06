"""Find the verdicts that a run reuses, write them to ``reused.jsonl``, and tag the objects for the job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lake_gate.decision import verdicts
from lake_gate.decision.policies import choose_policy
from lake_gate.decision.policy import Promotion
from lake_gate.decision.verdict import Rules, Verdict, hash_of_policies, hashes_of
from lake_gate.include import fingerprint, read_job_spec
from lake_gate.model import jsonl
from lake_gate.model.evidence import Severity
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import RECORD, REUSED, Run
from lake_gate.model.words import counted
from lake_gate.s3.documents import spooled, write_document
from lake_gate.scan import scope

if TYPE_CHECKING:
    from lake_gate.decision.operators import ReuseVerdictsOperator


def reuse_verdicts(operator: ReuseVerdictsOperator, run: Run) -> int:
    """Write the document and the tags of a run, and return the number of objects with a verdict."""
    bronze = operator.lake_settings.bronze_bucket
    before = {name for name, _ in verdicts.iter_reused(operator.s3, bronze, run)}
    names: set[str] = set()
    with spooled(_lines(operator, run, names)) as file:
        # In this order the job never leaves out an object that the document does not name.
        verdicts.unmark(operator.s3, _named(operator, run, before - names))
        if before or names:
            write_document(operator.s3, bronze, run.document(REUSED), file)
    verdicts.mark(operator.s3, _named(operator, run, names))
    operator.log.info("Verdicts of earlier runs apply to %s", counted(len(names), "file"))
    return len(names)


def _lines(operator: ReuseVerdictsOperator, run: Run, names: set[str]) -> Iterator[bytes]:
    """Yield the lines of ``reused.jsonl``, and add the name in each line to the names."""
    for landed, verdict in _find(operator, run):
        names.add(landed.name)
        yield jsonl.to_line({"name": landed.name, **verdict.to_json()})


def _named(operator: ReuseVerdictsOperator, run: Run, names: set[str]) -> Iterator[LandedObject]:
    return (landed for landed in operator.manifest(run) if landed.name in names)


def _find(operator: ReuseVerdictsOperator, run: Run) -> Iterable[tuple[LandedObject, Verdict]]:
    if not operator.enabled:
        return ()
    spec = read_job_spec(operator.job_spec)
    if obstacle := scope.reuse_obstacle(spec):
        operator.log.warning("Verdicts are not reused: %s", obstacle)
        return ()
    requested = Severity(operator.quarantine_threshold), Promotion.EACH_BY_ITSELF
    policy, policy_facts = choose_policy(operator.feed_policy or operator.policy, operator.policy, *requested)
    hashes = hashes_of(operator.identifiers), fingerprint(spec), hash_of_policies(policy_facts)
    rules = Rules(*hashes, policy.quarantine_threshold)
    bronze = operator.lake_settings.bronze_bucket
    return verdicts.find(operator.s3, bronze, operator.manifest(run), rules, f"s3://{bronze}/{run.document(RECORD)}")
