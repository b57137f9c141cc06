"""Payers, organizations and providers: each follows from its number alone, so that ids need not be kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from localaws.synthea import words
from localaws.synthea.shares import named_id, stream

type Row = tuple[str, ...]

NO_INSURANCE: Final = 9
"""The payer that stands for no payer, last and without an address as in Synthea."""

_PAYERS: Final = (
    ("Dual Coverage", "12 Federal Plaza", "Baltimore", "MD", "21244", "1-877-555-0101"),
    ("Senior Public Health", "14 Federal Plaza", "Baltimore", "MD", "21244", "1-800-555-0102"),
    ("Public Health Assistance", "16 Federal Plaza", "Baltimore", "MD", "21244", "1-877-555-0103"),
    ("Bluegrass Mutual", "510 Main St", "Louisville", "KY", "40018", "1-844-555-0104"),
    ("Lakeshore Cross", "Prairie Plaza", "Chicago", "IL", "60007", "1-800-555-0105"),
    ("North Star Care", "980 Healthcare Lane", "Minnetonka", "MN", "55436", "1-888-555-0106"),
    ("Charter Oak Life", "115 Farmington Ave", "Hartford", "CT", "6156", "1-800-555-0107"),
    ("Nutmeg Health", "90 Cottage Rd", "Bloomfield", "CT", "6002", "1-800-555-0108"),
    ("Crossroads Insurance", "22 Virginia Ave", "Indianapolis", "IN", "46204", "1-800-555-0109"),
    ("NO_INSURANCE", "", "", "", "", ""),
)
_ORGANIZATION_NAMES: Final = (
    "{} HOSPITAL",
    "{} MEDICAL CENTER  INC",
    "{} PRIMARY CARE  LLC",
    "{} URGENT CARE",
    "{} FAMILY HEALTH  P.C.",
    "PCP{}",
)
_STREETS: Final = (
    "MAIN ST",
    "HOSPITAL ROAD",
    "SUMMER ST",
    "UNION AVE",
    "MILL ST",
    "CENTRE ST",
    "COLLEGE AVE",
    "PARK STREET",
    "N HIGH ST",
    "MERRIMACK WAY",
)
_SPECIALITIES: Final = (
    "INTERNAL MEDICINE",
    "NURSE PRACTITIONER",
    "CLINICAL SOCIAL WORKER",
    "PHYSICIAN ASSISTANT",
    "PHYSICAL THERAPY",
    "FAMILY PRACTICE",
    "OPTOMETRY",
    "CLINICAL PSYCHOLOGIST",
    "EMERGENCY MEDICINE",
    "PEDIATRIC MEDICINE",
    "PSYCHIATRY",
    "DIAGNOSTIC RADIOLOGY",
    "CHIROPRACTIC",
    "ANESTHESIOLOGY",
)


@dataclass(frozen=True, slots=True)
class Places:
    """Payers and providers by number."""

    seed: int
    organizations: int
    providers: int

    def payer_id(self, payer: int) -> str:
        """Return the id of a payer, 0 to 9."""
        return named_id(self.seed, "payer", payer)

    def provider_id(self, provider: int) -> str:
        """Return the id of a provider."""
        return named_id(self.seed, "provider", provider)

    def organization_id(self, provider: int) -> str:
        """Return the id of the organization that a provider works for."""
        return named_id(self.seed, "organization", self._employer(provider))

    def _employer(self, provider: int) -> int:
        """Give each organization its first provider in turn, and the others to few: the bigger ones come first."""
        if provider < self.organizations:
            return provider
        spread = provider * 2_654_435_761 % 2**32
        return self.organizations * spread * spread >> 64

    def iter_payers(self) -> Iterator[Row]:
        """Yield the rows of ``payers``."""
        for number, payer in enumerate(_PAYERS):
            yield (
                self.payer_id(number),
                *payer,
                *_payer_totals(stream(self.seed, "payer", number), insures=number != NO_INSURANCE),
            )

    def iter_organizations(self) -> Iterator[Row]:
        """Yield the rows of ``organizations``."""
        for number in range(self.organizations):
            rng = stream(self.seed, "organization", number)
            address = _address(rng)
            visits = rng.randint(1, 90)
            name, phone = _organization_name(rng, address[1]), _phone(rng)
            organization_id = named_id(self.seed, "organization", number)
            yield organization_id, name, *address, phone, str(visits * 129.16), str(visits)

    def iter_providers(self) -> Iterator[Row]:
        """Yield the rows of ``providers``, each at its organization's address."""
        for number in range(self.providers):
            rng = stream(self.seed, "provider", number)
            gender = rng.choice("FM")
            name = f"{words.numbered(words.given_name(rng, gender))} {words.numbered(words.surname(rng))}"
            first = number < self.organizations
            speciality = "GENERAL PRACTICE" if first else rng.choice(_SPECIALITIES)
            address = _address(stream(self.seed, "organization", self._employer(number)))
            visits = str(rng.randint(1, 90)) if first else "0"
            yield self.provider_id(number), self.organization_id(number), name, gender, speciality, *address, visits


def _address(rng: Random) -> Row:
    """Draw ADDRESS, CITY, STATE, ZIP, LAT and LON as organizations write them."""
    town = rng.choice(words.TOWNS)
    zip_code = f"{town.zip_code}-{rng.randint(1000, 9999)}" if rng.randrange(5) else town.zip_code
    place = (
        str(round(town.latitude + rng.uniform(-0.03, 0.03), 6)),
        str(round(town.longitude + rng.uniform(-0.03, 0.03), 6)),
    )
    return f"{rng.randint(1, 1200)} {rng.choice(_STREETS)}", town.name.upper(), "MA", zip_code, *place


def _phone(rng: Random) -> str:
    """Draw a phone number of the exchange that is kept for fiction, or none."""
    area = rng.choice(("413", "508", "617", "781", "978"))
    return f"{area}-555-{rng.randint(100, 199):04d}" if rng.randrange(6) else ""


def _organization_name(rng: Random, city: str) -> str:
    name = rng.choice(_ORGANIZATION_NAMES)
    return name.format(
        rng.randint(1000, 99999)
        if name.startswith("PCP")
        else rng.choice((city, words.surname(rng).upper(), f"GREATER {city}"))
    )


def _payer_totals(rng: Random, *, insures: bool) -> Row:
    """Draw AMOUNT_COVERED to MEMBER_MONTHS."""
    money = (
        f"{rng.uniform(1e5, 5e6):.2f}",
        f"{rng.uniform(1e5, 2e6):.2f}",
        f"{rng.randint(13_000, 1_600_000) * 100}.00",
    )
    if not insures:
        money = ("0.00", f"{rng.uniform(5e6, 2e7):.2f}", "0.00")
    counts = (str(rng.randint(200, 20_000)) for _ in range(4))
    pairs = ((count, "0") if insures else ("0", count) for count in counts)
    return (
        *money,
        *(count for pair in pairs for count in pair),
        str(rng.randint(25, 500)),
        str(rng.uniform(0.3, 1.2)),
        str(rng.randint(3_000, 90_000)),
    )
