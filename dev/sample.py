"""The sample delivery: generated once, and put where the feeds look, so that a run with an empty form takes it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from localaws.synthea import generate

PATIENTS = 100
PREFIX = "deliveries/"
"""Where the setting ``source`` points to in the source bucket, see ``infra/pipeline.yaml``."""


def make_sample(folder: Path) -> None:
    """Generate the sample delivery, unless the folder exists."""
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.draft")
        generate(draft, PATIENTS)
        draft.rename(folder)


def deliver_sample(source_bucket: str) -> None:
    """Upload a sample delivery to the source of all feeds, unless something was delivered there."""
    s3 = boto3.client("s3")
    if s3.list_objects_v2(Bucket=source_bucket, Prefix=PREFIX, MaxKeys=1).get("Contents"):
        return
    with TemporaryDirectory() as made:
        make_sample(Path(made) / "sample")
        for path in sorted((Path(made) / "sample").iterdir()):
            s3.upload_file(str(path), source_bucket, PREFIX + path.name)
