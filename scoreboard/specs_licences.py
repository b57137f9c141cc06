"""Driving licences by the formats that the countries publish (European ones: Directive 2006/126, PRADO register)."""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, luhn
from scoreboard.sample import Maker, Spec, changed_digit, changed_letter, one_of, shape

_WORDS = {"words": one_of("none", "expired", "see copy", "category B", "B, BE, C1")}


def _british(rng: Random) -> str:
    surname = rng.choice(("MORGA", "SMITH", "JONES", "FOX99", "LEE99", "TAYLO"))
    month = rng.randrange(1, 13) + rng.choice((0, 50))
    body = f"{surname}{digits(rng, 1)}{month:02}{rng.randrange(1, 29):02}{digits(rng, 1)}"
    return body + rng.choice(("SM", "J9", "AB", "T9")) + rng.choice("9876") + "".join(rng.choices("ABCDEFGHJK", k=2))


def _finnish(rng: Random) -> str:
    day, number = (
        f"{rng.randrange(1, 29):02}{rng.randrange(1, 13):02}{rng.randrange(40, 100)}",
        f"{rng.randrange(2, 900):03}",
    )
    return f"{day}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + number) % 31]}"


def _swedish(rng: Random) -> str:
    number = luhn(f"{rng.randrange(40, 100)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{digits(rng, 3)}")
    return rng.choice((f"{number[:6]}-{number[6:]}", f"19{number[:6]}-{number[6:]}", number))


def _spanish(rng: Random) -> str:
    number = rng.randrange(1_000_000, 99_000_000)
    return f"{number:08}{rng.choice(('', '-'))}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _spec(
    country: str, keyword: str, forms: str, wrong: str, valid: Maker | None = None, more: dict[str, Maker] | None = None
) -> Spec:
    misses = {"another form": shape(*wrong.split("|")), **_WORDS, **(more or {})}
    keywords = tuple(keyword.split("|"))
    return Spec(f"{country}DRIVERS_LICENSE", keywords, valid or shape(*forms.split("|")), misses)


_ENGLISH = "driver's license|driving licence"
_GERMAN = "Führerschein|Führerscheinnummer"

SPECS = (
    _spec(
        "",
        _ENGLISH,
        "@#######|@########|#########|@###-####-####|@############|##-###-###|@@######",
        "###|@@@@@@|@##|####",
    ),
    _spec(
        "CANADA_",
        _ENGLISH + "|permis de conduire",
        "@####-#####-#####|@####-######-##|#######|######-###|@#########",
        "###|@@@###|##########|@##-##",
    ),
    _spec("UK_", _ENGLISH, "", "@@@@@######|@@@@@#33####@@#@@|#########", _british),
    _spec(
        "AUSTRALIA_",
        _ENGLISH,
        "########|#########|##########|####@@|@#####|###  ###".replace("|###  ###", "") + "|### ### ###",
        "###|####|@@@@@@@|############",
    ),
    _spec(
        "INDIA_",
        _ENGLISH,
        "DL-0420110######|MH0220######|MH02 2015#######|KA0120190######".replace("|MH0220######", "")
        .replace("DL-0420110######", "DL-04201100#####")
        .replace("KA0120190######", "KA01201900#####"),
        "DL-04-18##-#######|MH022019####|#########|@@########",
    ),
    _spec("AUSTRIA_", "Führerschein|Führerschein Republik Österreich", "########", "#######|##########|@@######"),
    _spec("BELGIUM_", "rijbewijs|permis de conduire|Führerschein", "##########", "#########|###########|@#########"),
    _spec("BULGARIA_", "шофьорска книжка|сумпс", "#########", "########|##########|@########"),
    _spec("CROATIA_", "vozačka dozvola", "########", "#######|#########|@#######"),
    _spec("CYPRUS_", "άδεια οδήγησης", "############", "###########|#############|@###########"),
    _spec(
        "CZECHIA_",
        "řidičský průkaz|číslo řidičského průkazu",
        "@@######|@@ ######",
        "@######|@@#####|@@@######|########",
    ),
    _spec("DENMARK_", "kørekort|kørekortnummer", "########", "#######|#########|######-####"),
    _spec("ESTONIA_", "juhiluba|juhiloa number", "ET######|@@######", "@######|@@#####|########"),
    _spec(
        "FINLAND_",
        "ajokortti|körkort",
        "",
        "######-###|########|######x####",
        _finnish,
        {"wrong check character": changed_digit(_finnish, 6)},
    ),
    _spec("FRANCE_", "permis de conduire", "############|##@@#####", "###########|#########|@@#######"),
    _spec(
        "GERMANY_",
        _GERMAN,
        "@##******#*|@##@@@@@@#@|B072@@@2@##|N0123######",
        "##########|@#########|###########|@###@@@@@@@@",
    ),
    _spec("GREECE_", "adeia odigisis", "#########", "########|##########|@########"),
    _spec("HUNGARY_", "vezetői engedély|jogosítvány", "@@######", "@######|@@#####|@@@######|########"),
    _spec("IRELAND_", "ceadúnas tiomána", "#########|### ### ###|######@@@@", "########|######@@@|##########"),
    _spec("ITALY_", "patente di guida", "@A#######@|@V#######@|U1*******@", "@B#######@|@@########|##########"),
    _spec("LATVIA_", "vadītāja apliecība|autovadītāja apliecība", "@@######|@@@######", "@######|@@#####|#########"),
    _spec("LITHUANIA_", "vairuotojo pažymėjimas", "########", "#######|#########|@#######"),
    _spec("LUXEMBOURG_", "Fahrerlaubnis|Führerschäin", "######", "#####|#######|@#####"),
    _spec("MALTA_", "liċenzja tas-sewqan", "@#######|@@######|########", "#######|#########|@@@@####"),
    _spec("NETHERLANDS_", "rijbewijs|rijbewijsnummer", "##########", "#########|###########|@#########"),
    _spec("POLAND_", "prawo jazdy|numer licencyjny", "#####/##/####", "#####/##/##|####/##/####|###########|@@@######"),
    _spec(
        "PORTUGAL_",
        "carta de condução|número de licença",
        "@@-######|@-######|@@-##### #|@-###### #",
        "@@@-######|#########|@@-####",
    ),
    _spec("ROMANIA_", "permis de conducere", "@########|@########@", "@#######|#########|@@########"),
    _spec("SLOVAKIA_", "vodičský preukaz|číslo vodičského preukazu", "@#######", "@######|@########|########|@@######"),
    _spec("SLOVENIA_", "vozniško dovoljenje", "#########", "########|##########|@########"),
    _spec(
        "SPAIN_",
        "permiso de conducción|permiso conducir".replace("|permiso conducir", "|licencia de manejo"),
        "",
        "########|#######@|@########",
        _spanish,
        {"wrong letter": changed_letter(_spanish, "TRWAGMYFPDXBNJZSQVHLCKE")},
    ),
    _spec(
        "SWEDEN_",
        "körkort|körkortsnummer",
        "",
        "########|######-###|991345-####",
        _swedish,
        {"wrong check digit": changed_digit(_swedish)},
    ),
)
