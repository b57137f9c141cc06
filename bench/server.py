"""Compare small S3 calls to the local AWS with moto's own server (`make bench`).

Each server has a separate process; a third process with little overhead sends the same requests to both in turn, so
that a load on the machine affects both. A difference between the responses ends the measurement.
"""

from __future__ import annotations

import argparse
import http.client
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

THREADS = 8
TARGET = 2.0
CONTENT = b"Id,NAME\n1,x\n"
#: moto reads service, Region and account from it, and does not check the signature.
SIGNED = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
SERVERS = {
    "moto": ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
    "local AWS": ["-m", "localaws.server", "--port", "0"],
}
#: Method, suffix of the key, and header with the source of a copy, by operation.
OPERATIONS = {
    "PutObject": ("PUT", "", None),
    "HeadObject": ("HEAD", "", None),
    "GetObject": ("GET", "", None),
    "CopyObject": ("PUT", ".copy", "x-amz-copy-source"),
    "DeleteObject": ("DELETE", ".copy", None),
}
#: Parts that differ between equal responses of two servers.
_VARIES = re.compile(rb"<LastModified>[^<]*</LastModified>|\s+")

type Response = tuple[int, bytes, str | None]


def main() -> None:
    """Print calls per second of each operation and the ratios; exit with 1 when the total is too slow."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--objects", type=int, default=2000, help="per server and operation (default: %(default)s)")
    options = parser.parse_args()
    with serving("moto") as moto, serving("local AWS") as ours:
        seconds = measure({"moto": moto, "local AWS": ours}, options.objects)
    print(f"{options.objects} objects of {len(CONTENT)} bytes, {THREADS} threads: calls a second")
    for operation in OPERATIONS:
        _show(operation, {name: options.objects / seconds[name, operation] for name in SERVERS})
    calls = options.objects * len(OPERATIONS)
    ratio = _show("all", {name: calls / sum(seconds[name, each] for each in OPERATIONS) for name in SERVERS})
    print(f"target: a ratio of at least {TARGET:g} over all")
    raise SystemExit(ratio < TARGET)


def _show(operation: str, rates: Mapping[str, float]) -> float:
    ratio = rates["local AWS"] / rates["moto"]
    print(f"  {operation:13} moto {rates['moto']:6.0f}   local AWS {rates['local AWS']:6.0f}   ratio {ratio:.2f}")
    return ratio


@contextmanager
def serving(name: str) -> Iterator[str]:
    """Start a server and yield its address."""
    command = [sys.executable, *SERVERS[name]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        address = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)))
        reader = ThreadPoolExecutor(1)
        reader.submit(process.stdout.read)  # moto writes a line for every call; a full pipe would stop it
        try:
            yield address[0]
        finally:
            process.terminate()


def measure(addresses: dict[str, str], objects: int) -> Mapping[tuple[str, str], float]:
    """Return the seconds of each server for each operation on all objects."""
    seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
    for url in addresses.values():
        _request_all(url, "PUT", ["/bench"], None)
    chunk = 200
    for operation, (method, suffix, source) in OPERATIONS.items():
        for first in range(0, objects, chunk):
            keys = [f"/bench/{number}.csv" for number in range(first, first + chunk)]
            responses = {}
            for name, url in addresses.items():
                began = time.perf_counter()
                responses[name] = _request_all(url, method, keys, source, suffix)
                seconds[name, operation] += time.perf_counter() - began
            if responses["moto"] != responses["local AWS"]:
                raise SystemExit(f"{operation}: the responses differ")
    return seconds


def _request_all(url: str, method: str, keys: list[str], source: str | None, suffix: str = "") -> list[Response]:
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [keys[offset::THREADS] for offset in range(THREADS)]
        parts_of_responses = pool.map(lambda part: _request(url, method, part, source, suffix), parts)
        return [response for part in parts_of_responses for response in part]


def _request(url: str, method: str, keys: list[str], source: str | None, suffix: str) -> list[Response]:
    """Send the requests in sequence, on one connection while the server keeps it open, as boto3 does."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    responses = []
    for key in keys:
        headers = {"Authorization": SIGNED} | ({source: key} if source else {})
        body = CONTENT if method == "PUT" and not source and suffix == "" and key.count("/") > 1 else None
        connection.request(method, key + suffix, body, headers)
        response = connection.getresponse()
        responses.append((response.status, _VARIES.sub(b"", response.read()), response.getheader("ETag")))
    connection.close()
    return responses


if __name__ == "__main__":
    main()
