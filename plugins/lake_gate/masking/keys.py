"""Keys of the masking: derived by AWS KMS, kept in memory, stored nowhere.

A key is the HMAC of a namespace and a key version under an HMAC key that never leaves KMS. A process asks for it once.
Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_gate.errors import from_aws_error

_ALGORITHM = "HMAC_SHA_256"
_FINGERPRINT = "fingerprint"
"""Not a valid namespace, because these are prefixed."""


class Keys:
    """Derives a key for each namespace.

    :param generate_mac: returns the HMAC of a message under the key of KMS.
    :param version: key version of the masking spec.
    """

    def __init__(self, generate_mac: Callable[[bytes], bytes], version: int) -> None:
        self._generate_mac = generate_mac
        self._derived: dict[str, bytes] = {}
        self.version = version

    def of(self, namespace: str) -> bytes:
        """Return the key of a namespace; the first call for it asks KMS."""
        return self._derive(f"namespace/{namespace}")

    @property
    def fingerprint(self) -> str:
        """Text that differs for different keys and versions; a run compares it to notice that its key has changed."""
        return self._derive(_FINGERPRINT).hex()[:16]

    def _derive(self, purpose: str) -> bytes:
        if purpose not in self._derived:
            self._derived[purpose] = self._generate_mac(f"lake-gate/masking/{self.version}/{purpose}".encode())
        return self._derived[purpose]

    def __reduce__(self) -> Any:
        """Refuse to be pickled: keys are not stored."""
        raise TypeError("keys are not stored")


def kms_keys(kms: Any, key_id: str, version: int) -> Keys:
    """Return keys that are derived from an HMAC key of KMS.

    :param kms: boto3's client.
    :param key_id: id, ARN or alias (``alias/...``) of the key.
    :param version: key version of the masking spec.
    """

    def generate_mac(message: bytes) -> bytes:
        try:
            mac: bytes = kms.generate_mac(KeyId=key_id, Message=message, MacAlgorithm=_ALGORITHM)["Mac"]
        except (ClientError, BotoCoreError) as error:
            raise from_aws_error(error) from None
        return mac

    return Keys(generate_mac, version)
