"""Base class of the gate's operators: settings, places of the run, clients, translation of errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk import BaseOperator
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_gate import links, xcom
from lake_gate.errors import from_aws_error
from lake_gate.lineage import Place, lineage
from lake_gate.model import jsonl
from lake_gate.model.manifest import LandedObject
from lake_gate.model.run import BEGUN, MANIFEST, MOVES, RUN, Run
from lake_gate.s3.documents import iter_items, iter_json_lines, read_object
from lake_gate.s3.threads import THREADS
from lake_gate.settings import Settings

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client

SETTINGS = xcom.json_of("read_settings")
RUN_SHAPE = {
    "type": "object",
    "properties": {"run_id": {"type": "string"}, "dry_run": {"type": "boolean"}},
    "required": ["run_id", "dry_run"],
}
BEGUN_SHAPE = {"type": "object", "properties": {"decisions": {"type": "string"}}, "required": ["decisions"]}

# S3 answers a CopyObject of up to 5 GiB only when all is copied, which may take longer than botocore's default timeout
# of 60 s. A copy that timed out and is sent again is refused because of the first copy.
_CLIENT = Config(max_pool_connections=THREADS, read_timeout=300, retries={"mode": "adaptive", "max_attempts": 10})


class GateOperator(BaseOperator):
    """Base class of the gate's operators.

    :param settings: settings of this run, see :meth:`lake_gate.settings.Settings.to_json`, as a dict or as JSON
        (templated); by default the result of the run's task ``read_settings``.
    :param feed: name of the feed, first part of every key.
    :param is_masked: work on the masked run, see :attr:`lake_gate.model.run.Run.masked`.
    :param aws_conn_id: Airflow connection of all AWS calls; its ``config_kwargs`` override the gate's.
    """

    template_fields: Sequence[str] = ("settings",)

    def __init__(
        self,
        *,
        feed: str,
        settings: dict[str, Any] | str = SETTINGS,
        is_masked: bool = False,
        aws_conn_id: str | None = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.feed = feed
        self.is_masked = is_masked
        self.aws_conn_id = aws_conn_id
        self.datasets_read: list[Place] = []
        self.datasets_written: list[Place] = []

    def execute(self, context: Context) -> Any:
        """Run the step, and translate errors of AWS by whether a retry may help."""
        if is_true((context.get("params") or {}).get("dry_run", False)):
            self.log.info("Dry run: nothing is moved or changed")
        try:
            return self.step(context)
        except (ClientError, BotoCoreError) as error:
            raise from_aws_error(error) from None

    def step(self, context: Context) -> Any:
        """Do the operator's work; operators that move data set ``datasets_read`` and ``datasets_written``."""
        raise NotImplementedError

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Return the datasets that the step has read and written; OpenLineage calls this method of every operator."""
        return lineage(Run(self.feed, task_instance.run_id), inputs=self.datasets_read, outputs=self.datasets_written)

    @property
    def lake_settings(self) -> Settings:
        """The settings, typed."""
        return Settings(**xcom.parse(self.settings))

    @cached_property
    def s3(self) -> S3Client:
        """Client for S3, created once per task."""
        connection_config = S3Hook(aws_conn_id=self.aws_conn_id).config
        client: S3Client = S3Hook(aws_conn_id=self.aws_conn_id, config=_CLIENT.merge(connection_config)).conn
        return client

    def run_of(self, context: Context) -> Run:
        """Return the run of this task."""
        run = Run(self.feed, context["run_id"])
        return run.masked if self.is_masked else run

    def manifest(self, run: Run) -> Iterable[LandedObject]:
        """Return the landed objects in the order of their names; each iteration reads the manifest from S3."""
        bronze, key = self.lake_settings.bronze_bucket, run.document(MANIFEST)
        return _Lines(lambda: iter_items(self.s3, bronze, key, partial(jsonl.from_dict, LandedObject)))

    def iter_document(self, run: Run, name: str, **part: Any) -> Iterator[dict[str, Any]]:
        """Yield the lines of one of the run's documents; see :func:`lake_gate.s3.documents.iter_json_lines`."""
        return iter_json_lines(self.s3, self.lake_settings.bronze_bucket, run.document(name), **part)

    def begun(self, run: Run) -> list[dict[str, Any]]:
        """Return the documents of the chunks of decisions whose moves have begun."""
        bronze = self.lake_settings.bronze_bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES))
        keys = [item["Key"] for page in pages for item in page.get("Contents", ()) if item["Key"].endswith(BEGUN)]
        return [begun for key in keys if (begun := read_object(self.s3, bronze, key, BEGUN_SHAPE)) is not None]

    def is_dry(self, run: Run, chosen: str | bool) -> bool:
        """Whether the run is a dry run, as pinned when it began.

        :param chosen: value for a run that has no pin.
        """
        pinned = read_object(self.s3, self.lake_settings.bronze_bucket, run.document(RUN), RUN_SHAPE)
        return is_true(chosen) if pinned is None else bool(pinned["dry_run"])


@dataclass(frozen=True, slots=True)
class _Lines[Item]:
    """Iterable that can be iterated over many times without being in memory as a whole."""

    begin: Callable[[], Iterator[Item]]

    def __iter__(self) -> Iterator[Item]:
        return self.begin()


def is_true(rendered: str | bool) -> bool:
    """Parse a templated boolean: Jinja renders True as the text ``True``."""
    return str(rendered).lower() == "true"


def run_facts(context: Context, **more: Any) -> dict[str, Any]:
    """Return the facts about a run for its record: ids, times (ISO 8601, UTC), and those of the caller."""
    dag_run = context["dag_run"]
    return {
        "dag_id": dag_run.dag_id,
        "run_id": dag_run.run_id,
        "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
        "recorded_at": datetime.now(UTC).isoformat(),
        **origin(dag_run),
        **more,
    }


def origin(dag_run: Any) -> dict[str, str | None]:
    """Return who or what has started a run (``scheduled`` if no user has), and its address in Airflow's UI."""
    user, run_type = (getattr(dag_run, name, None) for name in ("triggering_user_name", "run_type"))
    dag_id, run_id = (str(getattr(dag_run, name, "")) for name in ("dag_id", "run_id"))
    return {
        "started_by": user or (str(getattr(run_type, "value", run_type)) if run_type else None),
        "airflow_url": links.run_in_airflow(dag_id, run_id) if dag_id and run_id else None,
    }
