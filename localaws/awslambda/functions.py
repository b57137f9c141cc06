"""Invoke functions: which of them run, their environment and role, and asynchronous invocations."""

from __future__ import annotations

import base64
import json
import logging
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.moto_api._internal import mock_random
from moto.sts.models import sts_backends

from localaws import endpoint
from localaws.awslambda.process import Invocation, Outcome, failure, run

log = logging.getLogger(__name__)

_WORKERS = 2
_MOST_WAITING = 10_000
_LONGEST_SESSION_NAME = 64


def invoke(self: LambdaFunction, body: Any, request_headers: Mapping[str, str], response_headers: Any) -> bytes:
    """Invoke the function, or queue an asynchronous invocation; services that call moto invoke asynchronously."""
    event = json.loads(body) if body else {}
    match request_headers.get("x-amz-invocation-type") or ("RequestResponse" if request_headers else "Event"):
        case "DryRun":
            return b""
        case "Event":
            invoke_later(self, event)
            return b""
    outcome = invoke_now(self, event)
    if outcome.is_error:
        response_headers["x-amz-function-error"] = "Unhandled"
    response_headers["x-amz-log-result"] = base64.b64encode(outcome.output[-4096:].encode()).decode()
    return outcome.payload.encode()


def invoke_now(function: LambdaFunction, event: Any) -> Outcome:
    """Run an invocation; its output is in the function's log group."""
    request_id = str(mock_random.uuid4())
    if reason := _why_not_run(function):
        outcome = failure("LocalAws.NotRun", reason, f"not run: {reason}")
        log.warning("%s is not run: %s", function.function_arn, reason)
    else:
        outcome = run(_invocation(function, event, request_id))
    function.logs_backend.ensure_log_group(function.logs_group_name)
    tail = f"\n[ERROR] {outcome.payload}" if outcome.is_error else ""
    function.save_logs(f"START RequestId: {request_id}\n{outcome.output}{tail}\nEND RequestId: {request_id}")
    return outcome


def invoke_later(function: LambdaFunction, event: Any) -> None:
    """Queue an invocation; unlike Lambda, this does not repeat one that fails."""
    _queue.add(function, event)


def _why_not_run(function: LambdaFunction) -> str | None:
    if function.package_type != "Zip" or "ZipFile" not in function.code:
        return "the local AWS runs functions only that are given with their code (Code.ZipFile)"
    if not str(function.run_time).startswith("python"):
        return "the local AWS runs functions in Python only"
    if not function.handler or endpoint.loopback_url() is None:
        return "it has no handler" if not function.handler else "there is no server that it could reach"
    return None


def _invocation(function: LambdaFunction, event: Any, request_id: str) -> Invocation:
    return Invocation(
        code=function.code_bytes,
        handler=str(function.handler),
        event=event,
        environment=_environment(function),
        context={
            "aws_request_id": request_id,
            "function_name": function.function_name,
            "function_version": str(function.version),
            "invoked_function_arn": function.function_arn,
            "log_group_name": function.logs_group_name,
            "log_stream_name": request_id,
            "memory_limit_in_mb": str(function.memory_size),
        },
        timeout_seconds=int(function.timeout),
        memory_mib=int(function.memory_size),
    )


def _environment(function: LambdaFunction) -> dict[str, str]:
    """Return the variables of the process: nothing of the server's, the role's credentials, the function's own.

    The server's own can still be read in ``/proc`` by a process of the same user.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html; reserved names win.
    """
    session = sts_backends[function.account_id][function.partition].assume_role(
        region_name=function.region,
        role_session_name=function.function_name[:_LONGEST_SESSION_NAME],
        role_arn=function.role,
        policy="",
        duration=3600,
        external_id="",
    )
    own = {name: str(value) for name, value in function.environment_vars.items()}
    return {
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "TZ": ":UTC",
        **own,
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_REGION": function.region,
        "AWS_ENDPOINT_URL": str(endpoint.loopback_url()),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
    }


@dataclass(frozen=True, slots=True)
class _Waiting:
    function: LambdaFunction
    event: Any


class _Queue:
    """Asynchronous invocations, run by a few threads that end with the process."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Waiting] = queue.Queue(_MOST_WAITING)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def add(self, function: LambdaFunction, event: Any) -> None:
        with self._lock:
            if len(self._threads) < _WORKERS:
                self._threads.append(threading.Thread(target=self._work, name="functions", daemon=True))
                self._threads[-1].start()
        try:
            self._waiting.put_nowait(_Waiting(function, event))
        except queue.Full:
            log.warning("%s is not run: too many invocations wait", function.function_arn)

    def _work(self) -> None:
        while True:
            waiting = self._waiting.get()
            try:
                invoke_now(waiting.function, waiting.event)
            except Exception as error:  # the text of the error could contain the event
                log.warning("%s could not be run: %s", waiting.function.function_arn, type(error).__name__)
            finally:
                self._waiting.task_done()

    def join(self) -> None:
        """Wait until no invocation waits or runs."""
        self._waiting.join()


_queue = _Queue()


def join() -> None:
    """Wait until no asynchronous invocation waits or runs: one that outlives a reset would work on what comes after."""
    _queue.join()
