"""Who may see what: Airflow's own authorisation for a DAG, and whether the DAG is a feed of the gate."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.dag import DagTag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from fastapi import Depends, HTTPException, Request
from sqlalchemy import select

from lake_gate.feed import Feed
from lake_gate.model.run import FEED_NAME

TAG = "lake-gate"
"""Tag of all DAGs of the gate; the DAG of a feed has its name as another tag."""
_SUFFIX = Feed("", "").dag_id
_MOST_ID = 250
"""Most characters of ids in Airflow's database."""


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """A feed whose runs the user may see.

    :param may_trigger: the user may start runs of it.
    """

    feed: str
    dag_id: str
    may_trigger: bool


def feed_of_request(
    request: Request, user: GetUserDep, _: Annotated[None, Depends(requires_access_dag("GET", DagAccessEntity.RUN))]
) -> FeedAccess:
    """Return the feed of the DAG in the path, after Airflow has authorised the user for that DAG.

    :raises HTTPException: 401 or 403 as Airflow says; 404 for a DAG that does not exist or is not a feed of the gate.
    """
    dag_id = request.path_params["dag_id"]
    if (feed := _feed_of(dag_id)) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return FeedAccess(feed, dag_id, may_trigger=_may(request, user, "POST", dag_id))


FeedDep = Annotated[FeedAccess, Depends(feed_of_request)]


def readable_feeds(request: Request, user: GetUserDep) -> list[FeedAccess]:
    """Return the feeds whose runs the user may see, by name."""
    with create_session() as session:
        dag_ids = session.scalars(select(DagTag.dag_id).where(DagTag.name == TAG).order_by(DagTag.dag_id)).all()
    return [
        FeedAccess(feed, dag_id, may_trigger=_may(request, user, "POST", dag_id))
        for dag_id in dag_ids
        if (feed := _feed_of(dag_id)) is not None and _may(request, user, "GET", dag_id)
    ]


ReadableFeedsDep = Annotated[list[FeedAccess], Depends(readable_feeds)]


def _feed_of(dag_id: str) -> str | None:
    """Return the feed of a DAG; None unless Airflow knows the DAG with the tags and the id of a feed of the gate."""
    feed = dag_id.removesuffix(_SUFFIX)
    if len(dag_id) > _MOST_ID or dag_id == feed or not FEED_NAME.fullmatch(feed):
        return None
    with create_session() as session:
        tags = set(session.scalars(select(DagTag.name).where(DagTag.dag_id == dag_id)))
    return feed if {TAG, feed} <= tags else None


def _may(request: Request, user: GetUserDep, method: str, dag_id: str) -> bool:
    try:
        requires_access_dag(method, DagAccessEntity.RUN, dag_id)(request, user)  # type: ignore[arg-type]
    except HTTPException as refused:
        if refused.status_code != HTTPStatus.FORBIDDEN:
            raise
        return False
    return True


def state_in_airflow(dag_id: str, run_id: str) -> str | None:
    """Return the state of a run in Airflow's database; None if it does not know the run."""
    with create_session() as session:
        state = session.scalar(select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    return None if state is None else str(state)
