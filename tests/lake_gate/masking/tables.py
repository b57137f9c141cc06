"""Tables to mask, as the tests of this folder need them."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterable, Mapping
from typing import Any

from lake_gate.delivery.header import SAMPLE_BYTES, header_of
from lake_gate.masking.files import mask_file
from lake_gate.masking.keys import Keys
from lake_gate.masking.report import Found, MaskReport
from lake_gate.masking.spec import MaskingSpec, parse
from lake_gate.model.manifest import LandedObject

THIS_YEAR = 2026
REASON = "as the test needs it"
NULL = {"method": "null"}
KEEP = {"method": "keep"}
TOKEN = {"method": "token", "namespace": "patient"}
SHIFT = {"method": "date_shift", "namespace": "patient", "by": "PATIENT"}


def keys_of(secret: bytes = b"a secret of 32 bytes, or about it", version: int = 1) -> Keys:
    return Keys(lambda message: hmac.digest(secret, message, "sha256"), version)


def content_of(
    columns: Mapping[str, Any] | None = None,
    dataset: str = "t",
    identifiers: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the content of a spec with rules for one dataset, with a reason for each."""
    quasi_identifiers = more.pop("quasi_identifiers", None)
    rules = {"columns": _explained(columns or {})} | (
        {"quasi_identifiers": quasi_identifiers} if quasi_identifiers else {}
    )
    return {
        "key_version": 1,
        "oldest_year": 1945,
        "datasets": {dataset: rules} if columns else {},
        "identifiers": _explained(identifiers or {}),
        **more,
    }


def _explained(rules: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"reason": REASON, **rule} for name, rule in rules.items()}


def spec_of(columns: Mapping[str, Any] | None = None, **more: Any) -> MaskingSpec:
    return parse("test", content_of(columns, **more), sha256="hash", this_year=THIS_YEAR)


def landed_as(name: str, content: bytes, *, has_header: bool = True) -> LandedObject:
    header = header_of(name, content[:SAMPLE_BYTES], is_whole=len(content) <= SAMPLE_BYTES) if has_header else ()
    digest = hashlib.sha256(content).hexdigest()
    return LandedObject(name, "bronze", name, "v1", "etag", len(content), digest, "checksum", header=header)


def mask(
    content: bytes | str,
    spec: MaskingSpec,
    *,
    name: str = "t.csv",
    found: Iterable[tuple[str | None, int | None, str]] = (),
    keys: Keys | None = None,
) -> tuple[bytes, MaskReport]:
    """Mask a file, and return its masked copy with the report."""
    content = content.encode() if isinstance(content, str) else content
    target = io.BytesIO()
    report = mask_file(
        io.BytesIO(content),
        target,
        landed=landed_as(name, content),
        spec=spec,
        found=[Found(*item) for item in found],
        keys=keys or keys_of(version=spec.key_version),
    )
    return target.getvalue(), report
