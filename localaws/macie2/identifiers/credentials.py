"""Managed identifiers of credentials; every count is High.

Source: https://docs.aws.amazon.com/macie/latest/user/mdis-reference-credentials.html
"""

from __future__ import annotations

from localaws.macie2.detection.result import Category, Severity
from localaws.macie2.identifiers import checks
from localaws.macie2.identifiers.model import Bands, ManagedIdentifier

_SOURCE = "https://docs.aws.amazon.com/macie/latest/user/mdis-reference-credentials.html"
_ALWAYS_HIGH = Bands(Severity.HIGH, Severity.HIGH, Severity.HIGH)


def _listed(id: str, recommended: bool) -> ManagedIdentifier:  # noqa: A002 - the API's word
    return ManagedIdentifier(id, Category.CREDENTIALS, recommended, _ALWAYS_HIGH, source=_SOURCE)


ENTRIES = (
    ManagedIdentifier(
        "AWS_CREDENTIALS",
        Category.CREDENTIALS,
        recommended=True,
        severity=_ALWAYS_HIGH,
        keywords=(
            "aws_secret_access_key",
            "credentials",
            "secret access key",
            "secret key",
            "set-awscredential",
        ),
        pattern=r"\b[A-Za-z0-9/+=]{40}(?:\b|$)",
        check=checks.is_aws_secret_key,
        source=_SOURCE,
        rule="40 characters of base64 with upper case, lower case and a digit",
    ),
    _listed("GCP_API_KEY", recommended=False),
    _listed("HTTP_BASIC_AUTH_HEADER", recommended=True),
    _listed("JSON_WEB_TOKEN", recommended=False),
    _listed("OPENSSH_PRIVATE_KEY", recommended=True),
    _listed("PGP_PRIVATE_KEY", recommended=True),
    _listed("PKCS", recommended=True),
    _listed("PUTTY_PRIVATE_KEY", recommended=True),
    _listed("STRIPE_CREDENTIALS", recommended=False),
)
