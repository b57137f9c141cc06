"""Start the process of an invocation, and end it at its deadline."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (sizes, the longest timeout),
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (10 seconds to import).
_MOST_CODE_BYTES = 250 * 1024**2
_MOST_RESPONSE_BYTES = 6 * 1024**2
_LONGEST_TIMEOUT_SECONDS = 900
_IMPORT_SECONDS = 10
#: Our own: what Python itself needs on top of the function's memory, what is kept of the output.
_PYTHON_BYTES = 1024**3
_MOST_OUTPUT_BYTES = 256 * 1024
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What to run.

    :param code: a zip.
    :param environment: the whole environment of the process.
    :param context: the members of the handler's context.
    """

    code: bytes
    handler: str
    event: Any
    environment: Mapping[str, str]
    context: Mapping[str, Any]
    timeout_seconds: int
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended.

    :param payload: the JSON of what the handler returned, or of its error.
    :param is_error: whether the function failed.
    :param output: what it printed and logged.
    """

    payload: str
    is_error: bool
    output: str = ""


def run(invocation: Invocation) -> Outcome:
    """Run an invocation to its end."""
    with TemporaryDirectory(prefix="localaws-function-") as name:
        folder = Path(name)
        try:
            _unpack(invocation.code, folder / "task")
        except (ValueError, RuntimeError, zipfile.BadZipFile):
            return failure("Runtime.InvalidZip", "The code is not a zip that can be unpacked")
        timeout_seconds = min(max(1, invocation.timeout_seconds), _LONGEST_TIMEOUT_SECONDS)
        request = {
            "handler": invocation.handler,
            "event": invocation.event,
            "context": dict(invocation.context),
            "timeout_seconds": timeout_seconds,
            "memory_bytes": _PYTHON_BYTES + invocation.memory_mib * 1024**2,
            "file_bytes": 512 * 1024**2,
        }
        (folder / "request.json").write_text(json.dumps(request))
        code = _execute(folder, invocation.environment, timeout_seconds + _IMPORT_SECONDS)
        return _outcome(folder, code, timeout_seconds)


def failure(kind: str, message: str, output: str = "") -> Outcome:
    """Return the outcome of a function that could not run, or not to its end."""
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}), True, output)


def _unpack(code: bytes, folder: Path) -> None:
    """Unpack a zip; names that lead out of the folder are cut by zipfile.

    :raises ValueError: if it is larger than Lambda allows.
    """
    with zipfile.ZipFile(io.BytesIO(code)) as packed:
        if sum(member.file_size for member in packed.infolist()) > _MOST_CODE_BYTES:
            raise ValueError
        packed.extractall(folder)


def _execute(folder: Path, environment: Mapping[str, str], deadline_seconds: float) -> int:
    """Return the status of the process; it and all that it has started are gone then."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program, without a shell
            [sys.executable, "-I", "-B", str(_BOOTSTRAP), str(folder)],
            cwd=folder / "task",
            env={**environment, "HOME": str(folder), "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _outcome(folder: Path, code: int, timeout_seconds: int) -> Outcome:
    with (folder / "output").open("rb") as stream:
        output = stream.read(_MOST_OUTPUT_BYTES).decode(errors="replace")
    response = folder / "response.json"
    if code == -signal.SIGALRM:
        return failure("Sandbox.Timedout", f"Task timed out after {timeout_seconds:.2f} seconds", output)
    if code != 0 or not response.is_file():
        return failure("Runtime.ExitError", f"Runtime exited: status {code}", output)
    if response.stat().st_size > _MOST_RESPONSE_BYTES:
        return failure("Function.ResponseSizeTooLarge", "The response exceeds 6291456 bytes", output)
    answer = json.loads(response.read_text())
    if error := answer.get("error"):
        return Outcome(json.dumps(error), True, output)
    return Outcome(answer["payload"], False, output)
