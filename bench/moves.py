"""Measure the moves of many small objects with an S3 that responds slowly (`make bench`).

The gate's mover (`lake_gate.moving.transfer`) is compared with

* a bare loop of the same S3 calls with as many threads, without decisions and verification;
* a sequential copy and delete of each object.

They alternate on separate objects, so that a load on the machine affects all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from bench.endpoints import endpoints
from lake_gate.decision.decision import Decision
from lake_gate.model.run import Run
from lake_gate.moving.transfer import Buckets, carry_out
from lake_gate.s3.threads import THREADS

BUCKETS = Buckets("bench-bronze", "bench-silver", "bench-quarantine")
RUN = Run("bench", "1")
CONTENT = b"Id,NAME\n1,x\n"
CHUNK = 1000
ONE_BY_ONE = 60
"""Objects per chunk for the sequential mover, which needs a tenth of a second for each."""

type Mover = Callable[[Any, list[Decision]], None]


def main() -> None:
    """Print objects per second of each mover, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.moves", description=__doc__)
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--delay-ms", type=float, default=30)
    options = parser.parse_args()
    logging.getLogger("lake_gate").setLevel(logging.ERROR)
    with endpoints(options.delay_ms / 1000) as aws:
        direct, slow = (_client(url) for url in (aws.direct, aws.slow))
        _make_buckets(direct)
        seconds, moved, requests = _measure(direct, slow, options.objects // CHUNK)
    rates = {name: moved[name] / seconds[name] for name in MOVERS}
    print(f"{options.objects} objects quarantined, {options.delay_ms:g} ms added to every request, {THREADS} threads")
    for name, rate in rates.items():
        print(f"  {name:16} {moved[name]:5} objects in {seconds[name]:6.1f} s   {rate:6.1f} a second")
    print(f"gate / bare loop of the same calls   {rates['gate'] / rates['bare loop']:.2f}   (target: at least 0.8)")
    print(f"gate / one by one                    {rates['gate'] / rates['one by one']:.1f}    (target: at least 8)")
    print(f"requests an object                   {requests['gate'] / moved['gate']:.3f} (target: at most 4)")


def _measure(direct: Any, slow: Any, chunks: int) -> tuple[Counter[str], Counter[str], Counter[str]]:
    seconds: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    current = ""
    slow.meta.events.register("before-send.s3.*", lambda **_: requests.update([current]))
    for number in range(chunks):
        for name, mover in MOVERS.items():
            decisions = _put(direct, f"{number}-{name}", ONE_BY_ONE if name == "one by one" else CHUNK)
            current = name
            began = time.perf_counter()
            mover(slow, decisions)
            seconds[name] += time.perf_counter() - began  # type: ignore[assignment]
            moved[name] += len(decisions)
    return seconds, moved, requests


def _client(url: str) -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
    return session.client("s3", endpoint_url=url, config=Config(max_pool_connections=THREADS))


def _make_buckets(s3: Any) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for bucket in (BUCKETS.bronze, BUCKETS.quarantine):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _put(s3: Any, batch: str, count: int) -> list[Decision]:
    def put(number: int) -> Decision:
        key = f"bench/1/{batch}/{number:05}.csv"
        answer = s3.put_object(Bucket=BUCKETS.bronze, Key=key, Body=CONTENT, ChecksumAlgorithm="SHA256")
        facts = (key, BUCKETS.bronze, key, answer["VersionId"], len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        return Decision(*facts, answer["ChecksumSHA256"], 0, "quarantine", "clean", None, None, None, {}, 0, {})

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(put, range(count)))


def _gate(s3: Any, decisions: list[Decision]) -> None:
    carry_out(s3, decisions, RUN, BUCKETS)


def _bare_loop(s3: Any, decisions: list[Decision]) -> None:
    def move(decision: Decision) -> None:
        version = {"Bucket": decision.bucket, "Key": decision.key, "VersionId": decision.version_id}
        s3.head_object(**version, ChecksumMode="ENABLED")
        tags = {"TaggingDirective": "REPLACE", "Tagging": "run=1&decision=quarantine&reason=clean"}
        made = s3.copy_object(
            Bucket=BUCKETS.quarantine,
            Key=decision.key,
            CopySource=version,
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
            **tags,
        )
        s3.head_object(Bucket=BUCKETS.quarantine, Key=decision.key, VersionId=made["VersionId"], ChecksumMode="ENABLED")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(move, decisions))
    objects = [{"Key": decision.key, "VersionId": decision.version_id} for decision in decisions]
    s3.delete_objects(Bucket=BUCKETS.bronze, Delete={"Objects": objects, "Quiet": True})


def _one_by_one(s3: Any, decisions: list[Decision]) -> None:
    for decision in decisions:
        source = {"Bucket": decision.bucket, "Key": decision.key}
        s3.copy_object(Bucket=BUCKETS.quarantine, Key=decision.key, CopySource=source)
        s3.delete_object(**source)


MOVERS: dict[str, Mover] = {"gate": _gate, "bare loop": _bare_loop, "one by one": _one_by_one}


if __name__ == "__main__":
    main()
