"""The files of the live smoke test, made anew each time: nothing in them is anybody's, none was scanned before."""

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
"""What the policy ``default`` makes of each."""
_ROWS = 20


@dataclass(frozen=True, slots=True)
class SmokeFiles:
    """Files by name, and the values in them that may turn up nowhere else."""

    contents: dict[str, bytes]
    values: list[str]

    @property
    def size_bytes(self) -> int:
        """Size of all of them."""
        return sum(map(len, self.contents.values()))


def make_files(smoke_id: str) -> SmokeFiles:
    """Make the files; the same id makes the same ones.

    :param smoke_id: stands in each of them, so that no verdict on an earlier file speaks for it.
    """
    made = random.Random(smoke_id)  # noqa: S311 - not for secrets
    numbers = [f"{made.randint(101, 665)}-{made.randint(10, 99)}-{made.randint(1001, 9999)}" for _ in range(_ROWS)]
    cards = [_card(made) for _ in range(_ROWS)]
    patients = [str(uuid.UUID(int=made.getrandbits(128), version=4)) for _ in range(_ROWS)]
    high = ["ROW,SOCIAL SECURITY NUMBER,CREDIT CARD NUMBER"]
    high += [f"{row},{number},{card}" for row, (number, card) in enumerate(zip(numbers, cards, strict=True))]
    contents = {
        "clean.csv": f"ROW,COLOUR\n1,blue\n2,green {smoke_id}\n",
        "custom.csv": "\n".join(["ROW,PATIENT", *(f"{row},{patient}" for row, patient in enumerate(patients)), ""]),
        "high.csv": "\n".join([*high, ""]),
        "unsupported.pdf": f"%PDF-1.4\n% {smoke_id}\n",
    }
    return SmokeFiles({name: text.encode() for name, text in contents.items()}, [*numbers, *cards, *patients])


def _card(made: random.Random) -> str:
    """Return a number that passes Luhn's check and is none of those that card issuers publish for tests."""
    digits = [4, *(made.randint(0, 9) for _ in range(14))]
    total = sum(sum(divmod(2 * digit, 10)) if at % 2 == 0 else digit for at, digit in enumerate(digits))
    return "".join(map(str, [*digits, -total % 10]))
