"""Run one invocation of a Python handler: ``python -I bootstrap.py FOLDER RESPONSE``, in a process of its own.

The folder has ``task/`` (the code) and ``request.json``; the response is written to the open file with that descriptor.
Imports nothing of ours: the function must not find our packages.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import logging
import os
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

_OUR_FRAMES = 2
_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class Context:
    """The context of an invocation.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def __init__(self, members: dict[str, Any], ends_at: float) -> None:
        self.__dict__.update(members)
        self.identity = self.client_context = None
        self._ends_at = ends_at

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until the deadline."""
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


def main(folder: Path, response: int) -> None:
    """Import the handler, call it once, and write what it returns or raises."""
    request = json.loads((folder / "request.json").read_text())
    os.set_inheritable(response, False)
    _limit(request["memory_bytes"], request["file_bytes"])
    sys.addaudithook(_stay_on_this_machine)
    _log_as_lambda_does(request["context"]["aws_request_id"])
    sys.path.insert(0, str(folder / "task"))
    answer: dict[str, Any]
    try:
        answer = {"payload": json.dumps(_call(request))}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": _described(error)}
    except SystemExit as error:
        answer = {"error": {"errorType": "Runtime.ExitError", "errorMessage": f"Runtime exited: status {error.code}"}}
    with os.fdopen(response, "w") as stream:
        stream.truncate(0)  # a forked process that returns, too, has written another response
        stream.seek(0)
        stream.write(json.dumps(answer))


def _call(request: dict[str, Any]) -> Any:
    """Call the handler; the deadline of the function does not count the import of its module."""
    module, _, name = request["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    signal.setitimer(signal.ITIMER_REAL, request["timeout_seconds"])  # SIGALRM ends the process
    return handler(request["event"], Context(request["context"], time.monotonic() + request["timeout_seconds"]))


def _described(error: Exception) -> dict[str, Any]:
    trace = [line.rstrip() for line in traceback.format_tb(error.__traceback__)[_OUR_FRAMES:]]
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}


def _limit(memory_bytes: int, file_bytes: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines: a guard against mistakes, as Python code can get around it."""
    if event in _LOOKUPS:
        host = arguments[0]
    elif event in _SENDS and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in (None, "", "localhost") and not _is_loopback(host):
        raise PermissionError("A function of the local AWS can only reach this machine")


def _is_loopback(host: Any) -> bool:
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _log_as_lambda_does(request_id: str) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html."""
    handler = logging.StreamHandler(sys.stdout)
    line = f"[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t{request_id}\t%(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
