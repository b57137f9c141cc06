"""Writes ``samples/people.json``: names, addresses, companies, towns of many countries, made by Faker.

Run in the scoreboard's own environment, and only to make new samples: the file is in the repository, so that the
numbers do not change with Faker. The rules were tried with other seeds while they were written.
"""

from __future__ import annotations

import json
from pathlib import Path

from faker import Faker

SAMPLES = Path(__file__).with_name("samples") / "people.json"
SEED = 31_415_926
NAMES = {
    "en_US": 60,
    "en_GB": 25,
    "en_CA": 15,
    "en_AU": 15,
    "de_DE": 20,
    "fr_FR": 20,
    "es_ES": 20,
    "it_IT": 20,
    "pt_BR": 15,
}
ADDRESSES = {"en_US": 40, "en_CA": 20, "en_GB": 20, "en_AU": 20, "de_DE": 20, "fr_FR": 20, "es_ES": 20, "it_IT": 20}


def make(seed: int) -> dict[str, dict[str, list[str]]]:
    """Make samples by locale; the same for the same seed and version of Faker."""
    fakers = {locale: Faker(locale) for locale in NAMES}
    for at, faker in enumerate(fakers.values()):
        faker.seed_instance(seed + at)
    return {
        "names": {locale: [_name(fakers[locale]) for _ in range(count)] for locale, count in NAMES.items()},
        "addresses": {
            locale: [fakers[locale].address().strip() for _ in range(count)] for locale, count in ADDRESSES.items()
        },
        "companies": {locale: [fakers[locale].company() for _ in range(12)] for locale in NAMES},
        "towns": {locale: [fakers[locale].city() for _ in range(12)] for locale in NAMES},
        "streets": {locale: [fakers[locale].street_name() for _ in range(8)] for locale in ADDRESSES},
    }


def _name(faker: Faker) -> str:
    return f"{faker.first_name()} {faker.last_name()}"


def main() -> None:
    """Write the file."""
    SAMPLES.write_text(json.dumps(make(SEED), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
