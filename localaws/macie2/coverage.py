"""The coverage of the local Macie, from botocore's model and the code itself.

``python -m localaws.macie2.coverage`` writes it to ``docs/reports/local_macie.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from botocore import xform_name
from moto.core.utils import get_service_model

from localaws.macie2 import differences
from localaws.macie2.documented_identifiers import DOCUMENTED
from localaws.macie2.identifiers import CATALOGUE
from localaws.macie2.identifiers import differences as identifiers
from localaws.macie2.models import MacieBackend

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reports" / "local_macie.md"
FULL, PARTIAL, ABSENT = "full", "partial", "absent"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API: ``FULL``, ``PARTIAL`` or ``ABSENT``.

    :param missing: what a partial one cannot do that Macie's can.
    """

    name: str
    coverage: str
    missing: str = ""


def operations() -> list[Operation]:
    """Return all operations that botocore's model has, by their names."""
    return [_operation(name) for name in sorted(get_service_model("macie2").operation_names)]


def page() -> str:
    """Return the page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _operation(name: str) -> Operation:
    method = getattr(MacieBackend, xform_name(name), None)
    if method is None:
        return Operation(name, ABSENT)
    missing = getattr(method, "missing", "")
    return Operation(name, PARTIAL if missing else FULL, missing)


def _lines() -> Iterator[str]:
    known = operations()
    counts = {
        coverage: sum(operation.coverage == coverage for operation in known) for coverage in (FULL, PARTIAL, ABSENT)
    }
    yield from (
        "# What the local Macie can do",
        "",
        "`make docs` writes this from botocore's model of Macie and from the code.",
        "",
        f"## {len(known)} operations: {counts[FULL]} full, {counts[PARTIAL]} partial, {counts[ABSENT]} absent",
        "",
        "An absent operation is answered with HTTP 501 and an error that names it. Every request is validated against",
        "the model, and the tests hold every answer against it.",
        "",
        "| operation | | what it cannot do |",
        "|---|---|---|",
    )
    yield from (f"| {operation.name} | {operation.coverage} | {operation.missing} |" for operation in known)
    yield from _section("How the API differs from Macie's", differences.DIFFERENCES)
    yield from _section("How the detection differs from Macie's", _detection())
    yield from _section("How the managed data identifiers differ from Macie's", identifiers.DIFFERENCES)
    yield from _identifiers()


def _detection() -> tuple[str, ...]:
    name = "localaws.macie2.detection.differences"
    return tuple(import_module(name).DIFFERENCES) if find_spec(name) else ()


def _identifiers() -> Iterator[str]:
    absent = sorted(DOCUMENTED - CATALOGUE.keys())
    found = len(DOCUMENTED) - len(absent)
    yield from ("", f"{found} of the {len(DOCUMENTED)} managed data identifiers that Macie documents are found.")
    if absent:
        yield from ("Not found:", "", ", ".join(f"`{identifier}`" for identifier in absent) + ".")


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from (f"- {item}" for item in items)


if __name__ == "__main__":
    PAGE.write_text(page())
