"""NAME and ADDRESS: real-looking ones from Faker's lists and from places that exist, and what looks like them.

The near-misses are what stands in real files: organisations, medicines, diseases, towns, streets, headings, authorities'
names, codes of five digits with a word beside them.
"""

# ruff: noqa: E501 - lists of texts
from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random

from scoreboard.sample import Maker, Spec, one_of, shape

_SAMPLES = Path(__file__).with_name("samples") / "people.json"

_MEDICINES = (
    "Camila 28 Day Pack", "Jolivette 28 Day Pack", "Errin 28 Day Pack", "Natazia 28 Day Pack", "Lisinopril 10 MG Oral Tablet",
    "Penicillin V Potassium 250 MG", "Yaz 28 Day Pack", "Seasonique 91 Day Pack", "Nexplanon 68 MG Drug Implant", "Levora 0.15/30 28 Day Pack",
    "Trinessa 28 Day Pack", "Amlodipine 5 MG Oral Tablet", "Camila", "Jolivette", "Errin", "Natazia", "Mirena", "Aviane", "Sandoz Atenolol",
)  # fmt: skip
_DISEASES = (
    "Alzheimer's disease (disorder)", "Familial Alzheimer's disease of early onset", "Parkinson's disease", "Hodgkin Lymphoma",
    "Down Syndrome", "Crohn's Disease", "Bell's Palsy", "Graves' Disease", "Chronic sinusitis (disorder)", "Marfan Syndrome",
    "Acute Viral Pharyngitis", "Lou Gehrig's Disease", "Munchausen Syndrome", "Otitis media", "Tay-Sachs Disease", "Cushing Syndrome",
)  # fmt: skip
_ORGANISATIONS = (
    "Mary Lane Hospital", "Martin Luther King Jr Boulevard", "St. Francis Medical Center", "Johns Hopkins University", "Blue Cross Blue Shield",
    "Kaiser Permanente", "HEALTHALLIANCE HOSPITALS INC", "Beth Israel Deaconess", "Dana Farber Cancer Institute", "Brigham And Women's Hospital",
    "Goldman Sachs", "Ben & Jerry's", "Abbott Laboratories", "Eli Lilly and Company", "Thomas Jefferson High School", "Red Cross", "Harvard Law Review",
    "Vertex Pharmaceuticals", "Quincy Outpatient Clinic", "Morgan Stanley", "Warner Brothers", "Mount Sinai Hospital", "Franklin Street Partners",
)  # fmt: skip
_TOWNS = (
    "San Jose", "Santa Clara", "Jackson Heights", "Charlotte Amalie", "Fort Wayne", "Austin, Dallas, Houston", "St. Paul", "Grand Rapids",
    "New York", "Los Angeles", "Victoria, British Columbia", "Madison, Wisconsin", "Florence, Italy", "Lincoln Park", "Virginia Beach", "Sioux Falls",
    "Paris, London, Berlin", "Colorado Springs", "Savannah, Georgia", "Baden-Baden", "Rio Grande", "Orlando", "Port Elizabeth", "Lake Charles",
)  # fmt: skip
_HEADINGS = (
    "Terms and Conditions", "Quarterly Sales Report", "Customer Service", "Dear Sir or Madam", "Annual General Meeting", "Happy Birthday",
    "Human Resources", "Monday Morning", "Emergency Room", "Credit Card Number", "First Quarter", "Good Morning America", "Digital Radiography",
    "Latex allergy", "Next Steps", "Table of Contents", "Olive Oil", "Rose Garden", "Amber Alert", "Grant Application", "Summer Hours", "Black Friday",
    "Ivory Coast", "Jordan River", "Art Gallery", "Faith Community", "Will Call", "Mark Complete", "Joy Division", "Pending Review", "Not Applicable",
)  # fmt: skip
_SENTENCES = (
    "The Grant Committee will review the Joy Street lease in May.",
    "Results from Mount Auburn Hospital arrived on Monday.",
    "Flights from Charlotte to San Antonio via Houston were late.",
    "Patients with Hodgkin Lymphoma were given Camila for a month.",
    "See the Summer Reading List at Franklin Library.",
    "Our Customer Service Team in Jackson Hole can help.",
    "Take Lisinopril with Grapefruit Juice only if told to.",
    "The Kansas City Chiefs play the Denver Broncos in Dallas.",
    "Microsoft Office and Adobe Reader are installed.",
    "She moved from West Virginia to South Carolina.",
)
_MUNICIPALITIES = (
    "Villa Castelli", "Monte Isola", "Castel Gandolfo", "San Giovanni Rotondo", "Castel San Pietro Terme", "Monte San Biagio", "Porto Torres",
    "Villa San Giovanni", "Santa Teresa Gallura", "Bad Homburg", "Sankt Augustin", "Saint-Martin-Vésubie", "Pont-à-Mousson", "Mont Dore",
    "San Pedro Garza", "Puerto Montt", "Villa Carlos Paz", "Santa Rosa", "Port Elizabeth", "Fort Collins", "Mount Vernon", "Lake Placid", "St. Albans",
)  # fmt: skip
_COURSES = (
    "Junior Colleges", "Monte Carlo Methods", "Christian Ethics", "Modern Philosophy", "Markov Processes", "Art History", "Linear Algebra", "Galois Theory",
    "Marine Biology", "Victorian Literature", "Grace Theology", "Laplace Transforms", "Jordan Algebra", "Summer Workshop", "Norman Architecture",
)  # fmt: skip
_NAMED_COMPANIES = (
    "Johnson Controls", "Arthur Andersen LLP", "John Lewis Partnership", "Kelly Services", "Henry Ford Hospital", "Martin Marietta Corporation",
    "Anderson Consulting", "Howard Johnson Hotels", "Peter Kiewit Sons", "Philip Morris International", "William Grant & Sons", "Ernst & Young",
)  # fmt: skip
_PERSON_STREETS = (
    "Via Giuseppe Garibaldi", "Rue Victor Hugo", "Calle Juan Carlos", "Karl-Marx-Straße", "Martin Luther King Street", "Via Enrico Fermi 3",
    "Avenue Jean Jaurès", "Boulevard Victor Hugo", "Plaza Isabel Allende", "Rosa Parks Avenue", "Theodor-Heuss-Platz", "12 rue Pierre Curie",
)  # fmt: skip

# A town, its region (none in Europe's style) and a code of it.
_PLACES = {
    "en_US": (
        "Boston|MA|02108", "Cambridge|MA|02139", "Springfield|IL|62701", "Boise|ID|83702", "Austin|TX|78701", "Portland|OR|97204",
        "New York|NY|10001", "Los Angeles|CA|90012", "San Juan|PR|00901", "Baton Rouge|LA|70802", "Salt Lake City|UT|84101",
        "St. Louis|MO|63101", "Anchorage|AK|99501", "Honolulu|HI|96813", "Winston-Salem|NC|27101", "Fargo|North Dakota|58102",
        "Albany|New York|12207", "Providence|Rhode Island|02903-1234", "Coeur d'Alene|ID|83814", "Washington|DC|20001",
    ),
    "en_CA": (
        "Toronto|ON|M5H 2N2", "Vancouver|BC|V6B 1A1", "Montréal|QC|H3B 2Y5", "Calgary|AB|T2P 2M5", "Halifax|NS|B3J 1S9",
        "Winnipeg|MB|R3C0V8", "St. John's|NL|A1C 5M2", "Whitehorse|YT|Y1A 2C6", "Regina|Saskatchewan|S4P 3Y2", "Moncton|NB|E1C 1E8",
    ),
    "en_AU": (
        "Sydney|NSW|2000", "Parramatta|NSW|2150", "Melbourne|VIC|3000", "Geelong|VIC|3220", "Brisbane|QLD|4000", "Cairns|QLD|4870",
        "Perth|WA|6000", "Adelaide|SA|5000", "Hobart|TAS|7000", "Canberra|ACT|2600", "Darwin|NT|0800", "Alice Springs|NT|0870",
    ),
    "en_GB": (
        "London||SW1A 2AA", "Bath||BA1 1LZ", "Kettering||NN16 8JX", "Whitby||YO21 3PU", "Totnes||TQ9 5NJ", "Stornoway||HS1 2BS",
        "Manchester||M1 1AE", "Edinburgh||EH1 1YZ", "Swansea||SA1 3SN", "Belfast||BT1 5GS", "Milton Keynes||MK9 3XS", "Ely||CB7 4DL",
    ),
    "fr_FR": ("Paris||75011", "Lyon||69003", "Rennes||35000", "La Rochelle||17000", "Bayonne||64100", "Annecy||74000", "Ajaccio||20000"),
    "de_DE": ("Berlin||10115", "Tübingen||72070", "Würzburg||97070", "Lindau||88131", "Halle||06108", "Lübeck||23552", "München||80331"),
    "es_ES": ("Madrid||28013", "Cádiz||11001", "Cáceres||10003", "San Sebastián||20001", "León||24001", "Barcelona||08002"),
    "it_IT": ("Roma||00184", "Firenze||50122", "Trento||38122", "Udine||33100", "Bari||70121", "Lucca||55100", "Milano||20121"),
}  # fmt: skip


@cache
def _samples() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = json.loads(_SAMPLES.read_text(encoding="utf-8"))
    return loaded


def _name(rng: Random) -> str:
    names = [name for some in _samples()["names"].values() for name in some]
    name = rng.choice(names)
    given, _, family = name.partition(" ")
    return rng.choice((name, name, name, name, f"{given} {rng.choice('ABCDEJLMRST')}. {family}", f"{family}, {given}"))


def name_in_text(rng: Random) -> str:
    """Draw a name as it stands in a sentence."""
    names = [name for some in _samples()["names"].values() for name in some]
    return rng.choice(names)


def _company(rng: Random) -> str:
    return rng.choice([name for some in _samples()["companies"].values() for name in some])


def _town(rng: Random) -> str:
    return rng.choice([name for some in _samples()["towns"].values() for name in some])


def name_in_hl7(rng: Random) -> str:
    """Draw a name as HL7 and DICOM write it."""
    given, _, family = name_in_text(rng).partition(" ")
    return rng.choice((f"{family}^{given}", f"{family.upper()}^{given.upper()}^{rng.choice('ABCDEJLMRST')}"))


def names_by_origin() -> dict[str, list[str]]:
    """Return the names by the locale that they were made for."""
    return _samples()["names"]


def places_of(locale: str) -> list[tuple[str, str, str]]:
    """Return towns of a country, with their region and a postal code."""
    split = (place.split("|") for place in _PLACES[locale])
    return [(town, region, code) for town, region, code in split]


def street_parts(rng: Random, locale: str) -> tuple[str, str, str]:
    """Draw a street as it is written, with its name and its number."""
    number, name = str(rng.randrange(1, 250)), rng.choice(_samples()["streets"][locale])
    return _with_number(locale, name, number), name, number


def _street(rng: Random, locale: str) -> str:
    return street_parts(rng, locale)[0]


def _with_number(locale: str, street: str, number: str) -> str:
    return {
        "de_DE": f"{street} {number}",
        "es_ES": f"{street}, {number}",
        "it_IT": f"{street}, {number}",
        "fr_FR": f"{number}, {street}",
    }.get(locale, f"{number} {street}")


def _address(rng: Random) -> str:
    locale = rng.choice(("en_US", "en_US", "en_US", *_PLACES))
    town, region, code = rng.choice(_PLACES[locale]).split("|")
    street, line = _street(rng, locale), rng.choice((", ", ", ", "\n"))
    if locale in ("fr_FR", "de_DE", "es_ES", "it_IT"):
        return f"{street}{line}{code} {town}"
    if locale == "en_GB":
        return f"{street}{line}{town}{rng.choice((' ', ', '))}{code}"
    return f"{street}{line}{town}{',' if locale == 'en_US' else ''} {region} {code}"


_WRONG_CODE: Maker = one_of(
    "12 Elm St, Boston, MA 99501", "4 Main St, Austin, TX 02139", "9 Oak Ave, Boise, ID 12207", "1 George St, Sydney NSW 6000",
    "77 King St, Toronto ON H3B 2Y5", "5 Bay St, Vancouver BC M5H 2N2", "12 Elm St, Boston, MA 0213", "60 Hospital Road, Leominster, MA 1453",
)  # fmt: skip
_NO_CODE: Maker = one_of(
    "12 Elm St, Boston",
    "Boston, MA",
    "Hauptstraße 5, Berlin",
    "rue de Rivoli, Paris",
    "London, England",
    "Calle Mayor 5, Madrid",
)
_NO_PLACE: Maker = shape("ZIP 021##", "code 94###", "SW1A 2AA", "M5H 2N2", "NSW 2000")
_LIKE_CODES: Maker = one_of(
    "10 MG OR 12500", "Order 75011 Boxes", "12345 Patients", "Model AB12 3CD", "in 2019 about 3000 came", "ME 10234 of 20000",
    "Invoice 28013 Total", "part OR 97204B", "Room IN 46202 B", "route 66 from Amarillo", "45000 Visitors", "ID 83702 was used twice",
    "SKU M1 1AE is out of stock", "Serial E14 5AB", "PO 10115 Delivered", "rev 2 of Spec AB1 2CD", "50122 Tickets sold", "Version OK 74101",
)  # fmt: skip

NAMES = Spec(
    "NAME",
    ("name",),
    _name,
    {
        "a medicine": one_of(*_MEDICINES),
        "a disease": one_of(*_DISEASES),
        "an organisation": one_of(*_ORGANISATIONS),
        "a company": _company,
        "a town": one_of(*_TOWNS),
        "a made-up town": _town,
        "a municipality": one_of(*_MUNICIPALITIES),
        "a course": one_of(*_COURSES),
        "a company named after people": one_of(*_NAMED_COMPANIES),
        "a street named after people": one_of(*_PERSON_STREETS),
        "a heading": one_of(*_HEADINGS),
        "a sentence without a name": one_of(*_SENTENCES),
        "a street": lambda rng: _street(rng, rng.choice(list(_PLACES))),
        "one name": lambda rng: name_in_text(rng).split(" ")[0],
    },
    alone=lambda rng: name_in_hl7(rng) if rng.randrange(8) == 0 else _name(rng),
)
ADDRESSES = Spec(
    "ADDRESS",
    ("address",),
    _address,
    {
        "a code of another place": _WRONG_CODE,
        "no code": _NO_CODE,
        "no place": _NO_PLACE,
        "a number that looks like a code": _LIKE_CODES,
        "a medicine": one_of(*_MEDICINES),
        "a street": lambda rng: _street(rng, rng.choice(list(_PLACES))),
        "a sentence": one_of(*_SENTENCES),
    },
    alone=_address,
)
SPECS = (NAMES, ADDRESSES)
