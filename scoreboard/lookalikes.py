"""What looks like data of all kinds and is none: identifiers of machines, numbers, times."""

from __future__ import annotations

from random import Random

from scoreboard.sample import Maker, shape


def _uuid(rng: Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


LOOKALIKES: dict[str, Maker] = {
    "uuid": _uuid,
    "order": shape("ORD-2024-#####", "PO-%####-@", "INV/2023/####"),
    "version": shape("v%.#.##", "10.4.%.#", "2.#.#-rc%"),
    "decimal": lambda rng: f"{rng.uniform(-1000, 1000):.13f}",
    "timestamp": lambda rng: (
        f"20{rng.randrange(10, 25)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        f"T1{rng.randrange(10)}:05:0{rng.randrange(10)}Z"
    ),
    "money": lambda rng: f"${rng.randrange(1, 9)},{rng.randrange(100, 1000)}.{rng.randrange(10, 100)}",
    "ip": shape("10.%#.%#.%#", "172.16.%.%##"),
    "hash": lambda rng: f"{rng.getrandbits(256):064x}",
    "sku": shape("SKU-%####", "AX-%##-@"),
    "loinc": shape("%####-#", "%###-#"),
}
