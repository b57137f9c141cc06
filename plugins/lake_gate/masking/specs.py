"""Read the masking specs in ``include/masking``."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from lake_gate.errors import MaskingSpecError
from lake_gate.include import fingerprint, include_path
from lake_gate.masking import spec
from lake_gate.masking.spec import MaskingSpec

_SPEC_NAME = re.compile(r"[a-z0-9_-]+")


def read_spec(name: str) -> MaskingSpec:
    """Return the masking spec with this name.

    :raises MaskingSpecError: when the name is not allowed, or the file is not valid; names every wrong key.
    :raises FinalGateError: when the file does not exist.
    """
    if not _SPEC_NAME.fullmatch(name):  # it may come from a document, and becomes part of a path
        raise MaskingSpecError("include/masking", "the name of a masking spec contains only a-z, 0-9, _ and -")
    path = include_path(f"masking/{name}.json")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return spec.parse(name, content, sha256=fingerprint(content), this_year=datetime.now(UTC).year)
    except ValueError as problem:
        raise MaskingSpecError(path, str(problem)) from None
