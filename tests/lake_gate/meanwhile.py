"""Moves as tests make them: clients that die, and people who meddle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lake_gate.decision.decision import Decision
from lake_gate.model.manifest import Moved
from lake_gate.model.run import Run
from lake_gate.moving.transfer import Buckets, carry_out
from tests.lake import Lake

RUN = Run("synthea", "1")
KEY = "synthea/1/a b+c%é.csv"


def move(lake: Lake, buckets: Buckets, *decisions: Decision, s3: Any = None) -> list[Moved]:
    return carry_out(s3 or lake.s3, decisions, RUN, buckets)


class Meanwhile:
    """An S3 client during one of whose calls, before it is sent, somebody does something, once."""

    def __init__(self, operation: str, act: Callable[[], object]) -> None:
        self._s3: Any = boto3.client("s3")
        self._acts = [act]
        self._s3.meta.events.register(f"before-call.s3.{operation}", self._act)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _act(self, **_: object) -> None:
        if self._acts:
            self._acts.pop()()


class Dying:
    """An S3 client that dies after one of the given operations has taken effect."""

    def __init__(self, *operations: str) -> None:
        self._s3: Any = boto3.client("s3")
        for operation in operations:
            self._s3.meta.events.register(f"after-call.s3.{operation}", self._die)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    @staticmethod
    def _die(**_: object) -> None:
        raise ConnectionError("the worker is gone")


class Answering:
    """An S3 client that is refused, the first times that it is asked for an operation."""

    def __init__(self, operation: str, code: str, times: int = 1_000_000) -> None:
        self._s3: Any = boto3.client("s3")
        self._operation, self._code, self.left = operation, code, times
        self._s3.meta.events.register(f"before-call.s3.{operation}", self._refuse)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def _refuse(self, **_: object) -> None:
        if self.left:
            self.left -= 1
            raise ClientError({"Error": {"Code": self._code, "Message": ""}}, self._operation)
