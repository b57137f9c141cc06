"""Start the process of an invocation, and end it at its deadline."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

#: Sources: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (sizes, the longest timeout),
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (10 seconds to import).
_MOST_CODE_BYTES = 250 * 1024**2
_MOST_RESPONSE_BYTES = 6 * 1024**2
_LONGEST_TIMEOUT_SECONDS = 900
_IMPORT_SECONDS = 10
#: Our own: what Python itself needs on top of the function's memory, what is kept of the output, how often
#: processes that left the group are looked for.
_PYTHON_BYTES = 1024**3
_MOST_OUTPUT_BYTES = 256 * 1024
_MOST_ROUNDS = 20
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


@dataclass(frozen=True, slots=True)
class _Files:
    """The descriptors of what a process writes: files without a name, which the function cannot replace."""

    output: int
    response: int


def run(invocation: Invocation) -> Outcome:
    """Run an invocation to its end."""
    with _new_folder() as folder:
        try:
            _unpack(invocation.code, folder / "task")
        except Exception:  # zipfile raises errors of many kinds for what is damaged or has a name that cannot be
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
        with TemporaryFile() as output, TemporaryFile() as response:
            files = _Files(output.fileno(), response.fileno())
            try:
                process = _start(folder, invocation.environment, files)
            except (OSError, ValueError):
                return failure("LocalAws.NotRun", "The process could not be started")
            code = _finish(process, folder, timeout_seconds + _IMPORT_SECONDS)
            return _outcome(files, code, timeout_seconds)


def failure(kind: str, message: str, output: str = "") -> Outcome:
    """Return the outcome of a function that could not run, or not to its end."""
    return Outcome(json.dumps({"errorType": kind, "errorMessage": message}), True, output)


@contextmanager
def _new_folder() -> Iterator[Path]:
    """Make a folder, and remove what the function has left of it; what cannot be removed stays."""
    folder = TemporaryDirectory(prefix="localaws-function-", ignore_cleanup_errors=True)
    try:
        yield Path(folder.name)
    finally:
        with suppress(RecursionError):
            folder.cleanup()
        if os.path.lexists(folder.name):  # it is a file now, or too deep for shutil
            subprocess.run(["/bin/rm", "-rf", "--", folder.name], check=False)  # noqa: S603 - our own folder


def _unpack(code: bytes, folder: Path) -> None:
    """Unpack a zip; names that lead out of the folder are cut by zipfile.

    :raises ValueError: if it is larger than Lambda allows.
    """
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(code)) as packed:
        if sum(member.file_size for member in packed.infolist()) > _MOST_CODE_BYTES:
            raise ValueError
        packed.extractall(folder)


def _start(folder: Path, environment: Mapping[str, str], files: _Files) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program, without a shell
        [sys.executable, "-I", "-B", str(_BOOTSTRAP), str(folder), str(files.response)],
        cwd=folder / "task",
        env={**environment, "HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=files.output,
        stderr=subprocess.STDOUT,
        pass_fds=[files.response],
        start_new_session=True,
    )


def _finish(process: subprocess.Popen[bytes], folder: Path, deadline_seconds: float) -> int:
    """Return the status of the process, and kill what it has started.

    What left its process group is found by its environment, on Linux only; what changed that, too, goes on.
    """
    try:
        return process.wait(deadline_seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for _ in range(_MOST_ROUNDS):  # a process can start others while they are looked for
            if not _kill_those_at_home(folder):
                break


def _kill_those_at_home(folder: Path) -> bool:
    """Kill the processes whose ``HOME`` is the folder; returns whether there were any."""
    marker, was_found = f"HOME={folder}".encode(), False
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if marker in environment.read_bytes().split(b"\0"):
                was_found = True
                os.kill(int(environment.parent.name), signal.SIGKILL)
    return was_found


def _outcome(files: _Files, code: int, timeout_seconds: int) -> Outcome:
    output = os.pread(files.output, _MOST_OUTPUT_BYTES, 0).decode(errors="replace")
    response = os.pread(files.response, _MOST_RESPONSE_BYTES + 1, 0)
    if code == -signal.SIGALRM:
        return failure("Sandbox.Timedout", f"Task timed out after {timeout_seconds:.2f} seconds", output)
    if code != 0 or not response:
        return failure("Runtime.ExitError", f"Runtime exited: status {code}", output)
    if len(response) > _MOST_RESPONSE_BYTES:
        return failure("Function.ResponseSizeTooLarge", "The response exceeds 6291456 bytes", output)
    with suppress(ValueError, RecursionError):
        match json.loads(response):
            case {"error": dict(error)}:
                return Outcome(json.dumps(error), True, output)
            case {"payload": str(payload)} if payload.isascii():
                return Outcome(payload, False, output)
    return failure("Runtime.ExitError", "Runtime exited: the function has damaged its response", output)
