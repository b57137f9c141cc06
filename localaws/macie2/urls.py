"""Routes: every path goes to one handler, which finds the operation in botocore's model."""

from __future__ import annotations

from localaws.macie2.responses import MacieResponse

url_bases = [r"https?://macie2\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/.*": MacieResponse.dispatch}
