"""What the operators of the gate have in common: settings, places, clients, and how they fail."""

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

from lake_gate import xcom
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

# S3 answers a CopyObject of up to 5 GiB when all is copied. That may take longer than botocore's 60 s, and a copy that
# is given up and sent again is refused because of the first one.
_CLIENT = Config(max_pool_connections=THREADS, read_timeout=300, retries={"mode": "adaptive", "max_attempts": 10})


class GateOperator(BaseOperator):
    """What the operators of the gate have in common.

    :param settings: settings of this run, see :meth:`lake_gate.settings.Settings.to_json`, as a dict or as JSON
        (templated); by default the result of the run's task ``read_settings``.
    :param feed: name of the feed, first part of every key.
    :param aws_conn_id: Airflow connection of all AWS calls; its ``config_kwargs`` go before our own.
    """

    template_fields: Sequence[str] = ("settings",)

    def __init__(
        self,
        *,
        feed: str,
        settings: dict[str, Any] | str = SETTINGS,
        aws_conn_id: str | None = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.feed = feed
        self.aws_conn_id = aws_conn_id
        self.datasets_read: list[Place] = []
        self.datasets_written: list[Place] = []

    def execute(self, context: Context) -> Any:
        """Do the step; what AWS refuses is sorted into what retrying helps and what it does not."""
        try:
            return self.step(context)
        except (ClientError, BotoCoreError) as error:
            raise from_aws_error(error) from None

    def step(self, context: Context) -> Any:
        """Do what the operator is for; an operator that moves data says in ``datasets_…`` from where to where."""
        raise NotImplementedError

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Tell OpenLineage, which asks every operator for this, what the step has read and written."""
        return lineage(Run(self.feed, task_instance.run_id), inputs=self.datasets_read, outputs=self.datasets_written)

    @property
    def lake_settings(self) -> Settings:
        """The settings, typed."""
        return Settings(**xcom.parse(self.settings))

    @cached_property
    def s3(self) -> S3Client:
        """Client for S3; made once per task."""
        of_connection = S3Hook(aws_conn_id=self.aws_conn_id).config
        client: S3Client = S3Hook(aws_conn_id=self.aws_conn_id, config=_CLIENT.merge(of_connection)).conn
        return client

    def run_of(self, context: Context) -> Run:
        """Return this run's places."""
        return Run(self.feed, context["run_id"])

    def manifest(self, run: Run) -> Iterable[LandedObject]:
        """Return what this run landed, in the order of the names; read anew from S3 whenever it is iterated over."""
        bronze, key = self.lake_settings.bronze_bucket, run.document(MANIFEST)
        return _Lines(lambda: iter_items(self.s3, bronze, key, partial(jsonl.from_dict, LandedObject)))

    def iter_document(self, run: Run, name: str, **part: Any) -> Iterator[dict[str, Any]]:
        """Yield the lines of one of the run's documents; see :func:`lake_gate.s3.documents.iter_json_lines`."""
        return iter_json_lines(self.s3, self.lake_settings.bronze_bucket, run.document(name), **part)

    def begun(self, run: Run) -> list[dict[str, Any]]:
        """Return what the chunks of the run's decisions that have begun to move wrote down."""
        bronze = self.lake_settings.bronze_bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bronze, Prefix=run.document(MOVES))
        keys = [item["Key"] for page in pages for item in page.get("Contents", ()) if item["Key"].endswith(BEGUN)]
        return [begun for key in keys if (begun := read_object(self.s3, bronze, key, BEGUN_SHAPE)) is not None]

    def is_dry(self, run: Run, chosen: str | bool) -> bool:
        """Whether the run moves nothing: as it was written down when it began.

        :param chosen: what counts where nothing was written down.
        """
        pinned = read_object(self.s3, self.lake_settings.bronze_bucket, run.document(RUN), RUN_SHAPE)
        return is_true(chosen) if pinned is None else bool(pinned["dry_run"])


@dataclass(frozen=True, slots=True)
class _Lines[Item]:
    """Something to iterate over again and again, that is never in memory as a whole."""

    begin: Callable[[], Iterator[Item]]

    def __iter__(self) -> Iterator[Item]:
        return self.begin()


def is_true(rendered: str | bool) -> bool:
    """Return a templated boolean: Jinja renders True as the text ``True``."""
    return str(rendered).lower() == "true"


def run_facts(context: Context, **more: Any) -> dict[str, Any]:
    """Return what a record says of its run: ids and times (ISO 8601, UTC), and more facts of the caller."""
    dag_run = context["dag_run"]
    return {
        "dag_id": dag_run.dag_id,
        "run_id": dag_run.run_id,
        "started_at": dag_run.start_date.isoformat() if dag_run.start_date else None,
        "recorded_at": datetime.now(UTC).isoformat(),
        **more,
    }
