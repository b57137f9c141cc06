"""Postal codes and where they belong: states, provinces, postcode areas, larger towns.

Sources: USPS Publication 65 (three-digit prefixes by state), Canada Post (first letter by province), Australia Post
(ranges by state), Royal Mail (postcode areas), the national numbering of France, Germany, Spain and Italy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localaws.macie2.identifiers.model import words

_US_RANGES = """
    AL Alabama 350-369; AK Alaska 995-999; AZ Arizona 850-865; AR Arkansas 716-729 755; CA California 900-961;
    CO Colorado 800-816; CT Connecticut 060-069; DE Delaware 197-199; DC District_of_Columbia 200-205 569;
    FL Florida 320-349; GA Georgia 300-319 398-399; HI Hawaii 967-968; ID Idaho 832-838; IL Illinois 600-629;
    IN Indiana 460-479; IA Iowa 500-528; KS Kansas 660-679; KY Kentucky 400-427; LA Louisiana 700-714; ME Maine 039-049;
    MD Maryland 206-219; MA Massachusetts 010-027 055; MI Michigan 480-499; MN Minnesota 550-567; MS Mississippi
    386-397; MO Missouri 630-658; MT Montana 590-599; NE Nebraska 680-693; NV Nevada 889-898; NH New_Hampshire 030-038;
    NJ New_Jersey 070-089; NM New_Mexico 870-884; NY New_York 005 063 100-149; NC North_Carolina 270-289;
    ND North_Dakota 580-588; OH Ohio 430-459; OK Oklahoma 730-749; OR Oregon 970-979; PA Pennsylvania 150-196;
    PR Puerto_Rico 006-007 009; RI Rhode_Island 028-029; SC South_Carolina 290-299; SD South_Dakota 570-577;
    TN Tennessee 370-385; TX Texas 733 750-799 885; UT Utah 840-847; VT Vermont 050-059; VA Virginia 201 220-246;
    WA Washington 980-994; WV West_Virginia 247-268; WI Wisconsin 530-549; WY Wyoming 820-831; VI Virgin_Islands 008;
    GU Guam 969; AS American_Samoa 967; MP Northern_Mariana_Islands 969; AA Armed_Forces_Americas 340;
    AE Armed_Forces_Europe 090-098; AP Armed_Forces_Pacific 962-966
"""
_CANADA = """
    NL Newfoundland_and_Labrador A; NS Nova_Scotia B; PE Prince_Edward_Island C; NB New_Brunswick E; QC Quebec GHJ;
    QC Québec GHJ; ON Ontario KLMNP; MB Manitoba R; SK Saskatchewan S; AB Alberta T; BC British_Columbia V;
    NT Northwest_Territories X; NU Nunavut X; YT Yukon Y
"""
_AUSTRALIA = """
    NSW New_South_Wales 1000-2599 2619-2899 2921-2999; ACT Australian_Capital_Territory 0200-0299 2600-2618 2900-2920;
    VIC Victoria 3000-3999 8000-8999; QLD Queensland 4000-4999 9000-9999; SA South_Australia 5000-5999;
    WA Western_Australia 6000-6999; TAS Tasmania 7000-7999; NT Northern_Territory 0800-0999
"""
_UK_AREAS = frozenset(
    words("""
    AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL
    GU HA HD HG HP HR HS HU HX IG IP IV KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH
    PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV
    YO ZE
    """)
)
_UK_TOWNS = frozenset(
    words("""
    aberdeen bath belfast birmingham blackburn blackpool bolton bournemouth bradford brighton bristol cambridge
    canterbury cardiff carlisle chelmsford cheltenham chester colchester coventry crewe croydon darlington derby
    doncaster dundee durham edinburgh enfield exeter gateshead glasgow gloucester guildford halifax harrogate harrow
    hereford huddersfield hull inverness ipswich kilmarnock lancaster leeds leicester lincoln liverpool llandudno london
    luton maidstone manchester medway middlesbrough motherwell newcastle newport northampton norwich nottingham oldham
    oxford paisley perth peterborough plymouth poole portsmouth preston reading redhill rochdale rochester romford
    salford salisbury sheffield shrewsbury slough southampton southend stevenage stirling stockport stoke sunderland
    sutton swansea swindon taunton telford torquay truro twickenham wakefield walsall warrington watford wigan
    winchester wolverhampton worcester worthing york
    """)
)
# City and the first two digits of its codes.
_CONTINENTAL_TOWNS = """
    paris 75; marseille 13; lyon 69; toulouse 31; nice 06; nantes 44; strasbourg 67; montpellier 34; bordeaux 33;
    lille 59; rennes 35; reims 51; toulon 83; grenoble 38; dijon 21; angers 49; nîmes 30; brest 29; tours 37; amiens 80;
    limoges 87; metz 57; besançon 25; orléans 45; rouen 76; mulhouse 68; caen 14; nancy 54;
    berlin 10 12 13 14; hamburg 20 21 22; münchen 80 81; köln 50 51; frankfurt 60 65; stuttgart 70; düsseldorf 40;
    leipzig 04; dortmund 44; essen 45; bremen 28; dresden 01; hannover 30; nürnberg 90; duisburg 47; bochum 44;
    wuppertal 42; bielefeld 33; bonn 53; münster 48; mannheim 68; karlsruhe 76; augsburg 86; wiesbaden 65; kiel 24;
    aachen 52; mainz 55; freiburg 79; rostock 18; kassel 34; erfurt 99; potsdam 14;
    madrid 28; barcelona 08; valencia 46; sevilla 41; zaragoza 50; málaga 29; murcia 30; palma 07; bilbao 48;
    alicante 03; córdoba 14; valladolid 47; vigo 36; gijón 33; granada 18; oviedo 33; pamplona 31; santander 39;
    salamanca 37; toledo 45; burgos 09;
    roma 00; milano 20; napoli 80; torino 10; palermo 90; genova 16; bologna 40; firenze 50; bari 70; catania 95;
    venezia 30; verona 37; messina 98; padova 35; trieste 34; brescia 25; parma 43; modena 41; perugia 06; cagliari 09;
    livorno 57; ravenna 48; rimini 47; ferrara 44; salerno 84; pisa 56; siena 53; lecce 73
"""
_AUSTRALIAN_TOWNS = {
    town: state
    for state, towns in (
        ("NSW", "sydney newcastle wollongong parramatta penrith albury dubbo"),
        ("VIC", "melbourne geelong ballarat bendigo shepparton"),
        ("QLD", "brisbane cairns townsville toowoomba mackay rockhampton"),
        ("WA", "perth fremantle bunbury"),
        ("SA", "adelaide"),
        ("TAS", "hobart launceston"),
        ("NT", "darwin"),
        ("ACT", "canberra"),
    )
    for town in towns.split()
}

_CANADIAN = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d")
_BRITISH = re.compile(r"([A-Z]{1,2})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}")
LONGEST_REGION = 40


def _regions(table: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in table.split(";"):
        code, name, *rest = entry.split()
        found[code] = found[name.replace("_", " ").upper()] = tuple(rest)
    return found


def _spread(ranges: tuple[str, ...], width: int) -> frozenset[str]:
    bounds = ((first, last or first) for first, _, last in (text.partition("-") for text in ranges))
    return frozenset(f"{at:0{width}}" for first, last in bounds for at in range(int(first), int(last) + 1))


US_STATES = {name: _spread(ranges, 3) for name, ranges in _regions(_US_RANGES).items()}
PROVINCES = {name: frozenset(letters[0]) for name, letters in _regions(_CANADA).items()}
AUSTRALIAN_STATES = {name: _spread(ranges, 4) for name, ranges in _regions(_AUSTRALIA).items()}
_STATE_PREFIXES = frozenset[str]().union(
    *(US_STATES[name] for name in US_STATES if not name.startswith(("ARMED", "AA", "AE", "AP")))
)
_TOWN_PREFIXES: dict[str, frozenset[str]] = {
    entry.split()[0]: frozenset(entry.split()[1:]) for entry in _CONTINENTAL_TOWNS.split(";")
}


@dataclass(frozen=True, slots=True)
class Street:
    """The form of streets in a country and its range of five-digit codes."""

    country: str
    pattern: str
    first_code: int
    last_code: int

    def has_code(self, code: str) -> bool:
        """Return whether a five-digit code is in the country's range."""
        return self.first_code <= int(code) <= self.last_code


_TAIL = r"(?:[ ,]+[\p{L}\p{N}.'’/º°-]+){1,8}"
_NAME = r"(?:[ ,]+[\p{L}.'’-]+){1,6}"
_NUMBER = r"[ ,]+(?:nº? ?)?\d{1,4}(?:[ /-]?[\p{L}\d]{1,3})?\b"
#: Words with which streets of France begin.
FRENCH_STREETS = (
    "rue|avenue|boulevard|bd|chemin|allées?|impasse|quai|place|route|cours|square|passage|faubourg|esplanade"
)
#: Words with which streets of Spain and Italy begin.
SOUTHERN_STREETS = (
    "calle|avenida|avda|av|plaza|pza|paseo|camino|carretera|ronda|travesía|glorieta|rambla|cuesta|callejón|pasaje|alameda"
    "|carrer|passeig|avinguda|plaça|rúa|praza|urbanización|cañada|acceso|vía|vial|rotonda|stretto|canale|via|viale|piazza|piazzale|corso|largo|vicolo|strada|contrada|borgo|lungomare"
)
#: A street of Germany without its number.
GERMAN_STREET = (
    r"\p{L}[ -]?(?:straße|strasse|str\.?|weg|platz|allee|gasse|ring|damm|ufer|reihe|markt|graben|steig|stieg|pfad"
    r"|chaussee|promenade|twiete|zeile) *$"
    r"|^ *(?:am|im|zum|zur|an der|an den|auf der|auf dem|in der|in den|hinter der|hinter dem|unter den|vor dem) +\p{L}"
)
STREETS = (
    Street(
        "France",
        rf"\b(?:\d{{1,4}}(?: ?(?:bis|ter|quater))?,? +)?(?:rue|avenue|boulevard|bd|chemin|allée|impasse|quai){_TAIL}"
        rf"|\b\d{{1,4}}(?: ?(?:bis|ter|quater))?,? +(?:place|route|cours|square|passage|faubourg|esplanade){_TAIL}",
        1000,
        98999,
    ),
    Street(
        "Germany",
        r"\p{Lu}[\p{L}.-]*(?:[ -]\p{L}[\p{L}.-]*){0,3}[ -]?"
        r"(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer)"
        r" *\d{1,4} ?[a-z]?(?:[/-]\d{1,4}[a-z]?)?\b",
        1001,
        99998,
    ),
    Street(
        "Spain",
        r"(?:\b(?:calle|avenida|avda\.?|av\.|plaza|pza\.?|paseo|camino|carretera|ronda|travesía|glorieta|rambla|cuesta"
        rf"|callejón|pasaje|alameda|urbanización|cañada|acceso|vía|vial)|\bc/){_NAME}{_NUMBER}(?:{_TAIL})?",
        1001,
        52999,
    ),
    Street(
        "Italy",
        r"\b(?:via|viale|piazza|corso|largo|vicolo|strada|piazzale|contrada|borgo|rotonda|lungomare)"
        rf"{_NAME}{_NUMBER}(?:{_TAIL})?",
        10,
        98168,
    ),
)


def normal(region: str) -> str:
    """Return a region's name as the tables have it."""
    return " ".join(region.upper().split())


def is_region(text: str) -> bool:
    """Return whether a whole value is the code or name of a state or province; case does not matter."""
    if len(text) > LONGEST_REGION:
        return False
    name = normal(text)
    return name in US_STATES or name in PROVINCES or name in AUSTRALIAN_STATES


def fits(code: str, region: str) -> bool:
    """Return whether a postal code belongs to a region (code or name) of the United States, Canada or Australia."""
    if len(region) > LONGEST_REGION:
        return False
    name, code = normal(region), code.strip()
    if is_canadian(code):
        return code[0] in PROVINCES.get(name, ())
    if len(code) == len("2000"):
        return code in AUSTRALIAN_STATES.get(name, ())
    return code[:3] in US_STATES.get(name, ())


def is_near(code: str, region: str) -> bool:
    """Return whether a ZIP code belongs to a state in the same tenth of the country (its first digit) as a region."""
    if len(region) > LONGEST_REGION or len(code) < len("02139") or code[:3] not in _STATE_PREFIXES:
        return False
    return any(prefix[0] == code[0] for prefix in US_STATES.get(normal(region), ()))


def is_canadian(code: str) -> bool:
    """Return whether this is a Canadian postal code."""
    return _CANADIAN.fullmatch(code.strip()) is not None


def is_british(code: str) -> bool:
    """Return whether this is a British postcode of an area that exists."""
    match = _BRITISH.fullmatch(code.strip())
    return match is not None and match[1] in _UK_AREAS


def is_british_town(place: str) -> bool:
    """Return whether the last word is one of the larger towns of the United Kingdom."""
    return place.strip(" ,").split(" ")[-1].lower() in _UK_TOWNS


def is_australian_town(place: str, code: str) -> bool:
    """Return whether a larger town of Australia lies in the state of a code."""
    return fits(code, _AUSTRALIAN_TOWNS.get(place.strip().lower(), ""))


def is_town_of_code(place: str, code: str) -> bool:
    """Return whether a larger town of France, Germany, Spain or Italy has such a five-digit code."""
    return code[:2] in _TOWN_PREFIXES.get(place.strip(" ,").lower(), ())
