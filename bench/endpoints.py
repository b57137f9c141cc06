"""A local AWS in a separate process with two endpoints: without and with a delay before every response, as S3 has.

Objects are put through the first and moved through the second; both have the same buckets. Bare moto responds at once,
one request at a time: sequential moves are as fast there as parallel ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.server import Application, LocalAws

REPO = Path(__file__).resolve().parent.parent
_THREADS = 64  # more than the connections of any client: requests must wait for the delay, never for a thread


@dataclass(frozen=True)
class Endpoints:
    """Endpoint URLs of the same AWS: ``direct``, and ``slow`` with the delay."""

    direct: str
    slow: str


@contextmanager
def endpoints(delay_seconds: float) -> Iterator[Endpoints]:
    """Serve until the block ends."""
    command = [sys.executable, "-m", "bench.endpoints", str(delay_seconds)]
    with subprocess.Popen(command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Endpoints(**json.loads(process.stdout.readline()))
        process.communicate()  # closes its input, which ends it


def _delayed(application: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def serve(environ: Any, start_response: Any) -> Any:
        time.sleep(seconds)
        return application(environ, start_response)

    return serve


def main() -> None:
    """Serve until the standard input is closed."""
    parser = argparse.ArgumentParser(prog="python -m bench.endpoints", description=__doc__)
    parser.add_argument("delay_seconds", type=float)
    seconds = parser.parse_args().delay_seconds
    application = Application()
    with (
        LocalAws(application=application, threads=_THREADS) as direct,
        LocalAws(application=_delayed(application, seconds), threads=_THREADS) as slow,
    ):
        print(json.dumps({"direct": direct.endpoint_url, "slow": slow.endpoint_url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
