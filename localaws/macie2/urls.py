"""Every path of the service goes to one place, where botocore's model says which operation it is."""

from __future__ import annotations

from localaws.macie2.responses import MacieResponse

url_bases = [r"https?://macie2\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/.*": MacieResponse.dispatch}
