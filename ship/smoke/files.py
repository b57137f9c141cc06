"""Files of the live smoke test, generated for each run: no real data, and never scanned before."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass

EXPECTED = {
    "clean.csv": "promote",
    "custom.csv": "promote",
    "high.csv": "quarantine",
    "unsupported.pdf": "hold",
}
"""Expected decision of the policy ``default`` for each file."""
_ROWS = 20


@dataclass(frozen=True, slots=True)
class SmokeFiles:
    """Files by name, and the sensitive values in them, which must not be stored anywhere else."""

    contents: dict[str, bytes]
    values: list[str]

    @property
    def size_bytes(self) -> int:
        """Total size."""
        return sum(map(len, self.contents.values()))


def make_files(smoke_id: str) -> SmokeFiles:
    """Generate the files; the same id gives the same files.

    :param smoke_id: written into each file, so that no earlier verdict is reused.
    """
    generator = random.Random(smoke_id)  # noqa: S311 - not for secrets
    numbers = [
        f"{generator.randint(101, 665)}-{generator.randint(10, 99)}-{generator.randint(1001, 9999)}"
        for _ in range(_ROWS)
    ]
    cards = [_card(generator) for _ in range(_ROWS)]
    patients = [str(uuid.UUID(int=generator.getrandbits(128), version=4)) for _ in range(_ROWS)]
    high = ["ROW,SOCIAL SECURITY NUMBER,CREDIT CARD NUMBER"]
    high += [f"{row},{number},{card}" for row, (number, card) in enumerate(zip(numbers, cards, strict=True))]
    contents = {
        "clean.csv": f"ROW,COLOUR\n1,blue\n2,green {smoke_id}\n",
        "custom.csv": "\n".join(["ROW,PATIENT", *(f"{row},{patient}" for row, patient in enumerate(patients)), ""]),
        "high.csv": "\n".join([*high, ""]),
        "unsupported.pdf": f"%PDF-1.4\n% {smoke_id}\n",
    }
    return SmokeFiles({name: text.encode() for name, text in contents.items()}, [*numbers, *cards, *patients])


def _card(generator: random.Random) -> str:
    """Return a number that passes Luhn's check and is not a published test number."""
    digits = [4, *(generator.randint(0, 9) for _ in range(14))]
    total = sum(sum(divmod(2 * digit, 10)) if at % 2 == 0 else digit for at, digit in enumerate(digits))
    return "".join(map(str, [*digits, -total % 10]))
