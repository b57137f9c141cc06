"""Operators that land a delivery and check it for missing tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lake_gate.base import GateOperator
from lake_gate.errors import TablesMissingError
from lake_gate.model.manifest import dataset_of
from lake_gate.model.words import counted

if TYPE_CHECKING:
    from airflow.sdk import Context


class LandOperator(GateOperator):
    """Land a delivery below the run's prefix in bronze and write its manifest.

    Pushes ``source``, ``objects`` and ``size_bytes`` (what was landed), ``bucket`` and ``prefix`` (where), and
    ``documents`` (the prefix of the run's documents).

    The source is not a template field: Airflow stores and displays rendered fields, and an address may hold a password
    or a signature. The params ``source`` and ``reprocess_held`` of the run override it.

    :param source: folder, .zip, ``s3://`` prefix or ``http(s)://`` zip; a relative path is below the source of the
        settings; empty: the source of the settings; ``held://<reason>``, ``held://*``: held objects of the feed.
        ``${date}`` is the date of the run (its logical date, in UTC).
    :param is_dry_run: pinned with the run (templated).
    """

    template_fields = (*GateOperator.template_fields, "is_dry_run")

    def __init__(self, *, source: str, is_dry_run: str | bool = False, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.source = source
        self.is_dry_run = is_dry_run

    def step(self, context: Context) -> dict[str, Any]:
        """Land the delivery, or return the objects that were landed before."""
        from lake_gate.delivery.run_delivery import land_delivery

        return land_delivery(self, context)


class CheckExpectedOperator(GateOperator):
    """Check that a delivery has every table that the feed expects, before anything is scanned.

    Re-processed held objects are not a delivery, so they are not checked. Returns ``expected`` (number of tables) and
    ``missing_tables`` (their names).

    :param expect: ``{"tables": ["patients", …], "missing": "fail" or "warn"}``, see :class:`lake_gate.feed.Feed`.
    :param source: where the delivery came from (templated).
    """

    template_fields = (*GateOperator.template_fields, "source")

    def __init__(self, *, expect: Mapping[str, Any], source: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expect = expect
        self.source = source

    def step(self, context: Context) -> dict[str, Any]:
        """Compare the manifest's datasets with those expected."""
        is_delivery = not self.source.startswith("held://")
        expected = list(dict.fromkeys(table.lower() for table in self.expect["tables"] if is_delivery))
        delivered = {dataset_of(landed.name) for landed in self.manifest(self.run_of(context))}
        missing = [table for table in expected if table not in delivered]
        if missing and self.expect["missing"] == "fail":
            raise TablesMissingError(self.feed, len(expected), missing)
        if missing:
            self.log.warning("The delivery lacks %s: %s", counted(len(missing), "expected table"), ", ".join(missing))
        return {"expected": len(expected), "missing_tables": missing}
