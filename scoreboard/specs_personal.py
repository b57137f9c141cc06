"""Birth dates, phones, places on earth, cookies, vehicles.

Sources: NANP, the numbering plans of Ofcom, Arcep, BNetzA, AGCOM, CNMC and Anatel; 49 CFR 565 and ISO 3779.
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits
from scoreboard.sample import Maker, Spec, changed_digit, one_of, shape

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _birth_date(rng: Random) -> str:
    year, month, day = rng.randrange(1920, 2024), rng.randrange(1, 13), rng.randrange(1, 29)
    name = _MONTHS[month - 1]
    return rng.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{month:02}/{day:02}/{year}",
            f"{day:02}-{month:02}-{year}",
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
            f"{day:02}-{name[:3]}-{year}",
            f"{name[:3]} {day} {year}",
            f"{year}{month:02}{day:02}",
            f"{month}/{day}/{year % 100:02}",
            f"{year}/{month:02}/{day:02}",
            f"{day:02} {month:02} {year}",
        )
    )


def _american(rng: Random, *, coded: bool) -> str:
    area = rng.choice(("212", "310", "415", "617", "702", "787", "800", "877", "416", "604", "514"))
    exchange, line = digits(rng, 3, "23456789"), digits(rng, 4)
    if coded:
        return rng.choice(
            (
                f"+1 {area}-{exchange}-{line}",
                f"+1{area}{exchange}{line}",
                f"+1 ({area}) {exchange}-{line}",
                f"1-{area}-{exchange}-{line}",
            )
        )
    return rng.choice(
        (
            f"{area}-{exchange}-{line}",
            f"({area}) {exchange}-{line}",
            f"{area}.{exchange}.{line}",
            area + exchange + line,
            f"{area} {exchange} {line}",
        )
    )


def _french(rng: Random, *, coded: bool) -> str:
    pairs = [digits(rng, 2) for _ in range(4)]
    first, separator = rng.choice("12345679"), rng.choice((" ", ".", ""))
    return ("+33" + rng.choice((" ", "")) + first if coded else "0" + first) + separator + separator.join(pairs)


def _german(rng: Random, *, coded: bool) -> str:
    area = rng.choice(("30", "40", "89", "221", "69", "711", "6221", "151", "171", "160"))
    number = digits(rng, rng.randrange(6, 9), "23456789")
    return (
        rng.choice(
            (f"+49 {area} {number}", f"+49 ({area}) {number}".replace("(", "").replace(")", ""), f"+49{area}{number}")
        )
        if coded
        else rng.choice((f"0{area} {number}", f"0{area}/{number}", f"0{area}-{number}", f"(0{area}) {number}"))
    )


def _italian(rng: Random, *, coded: bool) -> str:
    if rng.random() < 0.5:
        prefix, number = rng.choice(("06", "02", "011", "081", "051")), digits(rng, 7, "23456789")
    else:
        prefix, number = rng.choice(("320", "333", "347", "349", "388")), digits(rng, 7)
    return f"+39 {prefix} {number}" if coded else f"{prefix} {number}"


def _spanish(rng: Random, *, coded: bool) -> str:
    number = rng.choice("6679") + digits(rng, 8)
    written = rng.choice(
        (number, f"{number[:3]} {number[3:6]} {number[6:]}", f"{number[:3]} {number[3:5]} {number[5:7]} {number[7:]}")
    )
    return f"+34 {written}" if coded else written


def _british(rng: Random, *, coded: bool) -> str:
    area, number = rng.choice(
        (("20", "7946 0###"), ("1632", "960###"), ("7700", "900###"), ("161", "496 0###"), ("800", "496 0###"))
    )
    number = shape(number)(rng)
    return f"+44 {area} {number}" if coded else f"0{area} {number}"


def _brazilian(rng: Random, *, coded: bool) -> str:
    area = rng.choice(("11", "21", "31", "41", "51", "61", "71", "85"))
    number = rng.choice((f"9{digits(rng, 4, '6789')}-{digits(rng, 4)}", f"{digits(rng, 4, '2345')}-{digits(rng, 4)}"))
    return (
        rng.choice((f"+55 {area} {number}", f"+55 ({area}) {number}"))
        if coded
        else rng.choice((f"({area}) {number}", f"{area} {number}"))
    )


def _abroad(code: str) -> Maker:
    numbers = {
        "33": "# ## ## ## ##",
        "49": "30 #######",
        "44": "20 7946 0###",
        "1": "617-555-####",
        "34": "6## ### ###",
        "39": "06 #######",
        "55": "11 9####-####",
        "41": "44 ### ## ##",
        "91": "98### #####",
    }
    others = [f"+{other} {form}" for other, form in numbers.items() if other != code]
    return shape(*others)


def _phone(id_: str, maker: object, code: str, keywords: tuple[str, ...]) -> Spec:
    draw = maker if callable(maker) else None
    assert draw is not None  # noqa: S101 - for the type checker

    def plain(rng: Random) -> str:
        return str(draw(rng, coded=rng.random() < 0.4))

    misses: dict[str, Maker] = {
        "another country's": _abroad(code),
        "too short": shape("%##-####", "%####"),
        "too long": shape("%################"),
        "an address of a machine": shape("10.0.%#.%#", "192.168.%.%#"),
        "an extension": shape("ext. ####", "x###"),
        "words": one_of("unlisted", "same as above", "none"),
    }
    return Spec(id_, keywords, plain, misses, alone=lambda rng: str(draw(rng, coded=True)))


def _coordinates(rng: Random) -> str:
    latitude, longitude = (
        f"{rng.uniform(-89, 89):.{rng.randrange(3, 8)}f}",
        f"{rng.uniform(-179, 179):.{rng.randrange(3, 8)}f}",
    )
    return rng.choice((", ", ",", " ")).join((latitude, longitude))


def _vin(rng: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    values = {**{str(at): at for at in range(10)}}
    values |= {char: at % 9 + 1 for at, char in enumerate("ABCDEFGH_JKLMN_P_R")} | {
        char: at + 2 for at, char in enumerate("STUVWXYZ")
    }
    front = rng.choice(("1HG", "1FT", "2T1", "3VW", "5YJ", "4T1")) + "".join(rng.choices(letters + "0123456789", k=5))
    back = rng.choice("ABCDEFGHJKLMNPRST123456789") + rng.choice(letters) + digits(rng, 6)
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(values[char] * weight for char, weight in zip(front + back, weights, strict=True)) % 11
    return front + "0123456789X"[total] + back


def _european_vin(rng: Random) -> str:
    return (
        rng.choice(("WVWZZZ1JZ", "WBA3A5C57", "VF1BB0N0F", "ZFA312000", "SALLAAA14"))
        + rng.choice("0123456789ABCDEFGH")
        + rng.choice("WPB0")
        + digits(rng, 6)
    )


def _cookie(rng: Random) -> str:
    return rng.choice(
        (
            f"Set-Cookie: id={digits(rng, 8)}",
            f"Set-Cookie: session={digits(rng, 6)}; Path=/; HttpOnly; Secure",
            f"Cookie: session={digits(rng, 4)}; lang=en",
            f"cookie: _ga=GA1.2.{digits(rng, 9)}.{digits(rng, 10)}",
        )
    )


_PHONE = ("phone", "mobile", "telephone number")

SPECS = (
    Spec(
        "DATE_OF_BIRTH",
        ("birth date", "DOB", "date of birth"),
        _birth_date,
        {
            "no such day": one_of("1989-02-30", "13/13/1989", "31 Apr 1990", "00/00/0000", "2001-13-01"),
            "a year": shape("19##"),
            "an age": shape("%# years", "%#"),
            "a time of day": shape("1#:4#:1#"),
            "words": one_of("unknown", "spring 1980", "withheld", "about 1955"),
            "another calendar": shape("30##-01-1#"),
        },
        skips=("timestamp", "ip", "version"),
    ),
    _phone("PHONE_NUMBER", _american, "1", _PHONE),
    _phone("FRANCE_PHONE_NUMBER", _french, "33", _PHONE),
    _phone("GERMANY_PHONE_NUMBER", _german, "49", _PHONE),
    _phone("ITALY_PHONE_NUMBER", _italian, "39", _PHONE),
    _phone("SPAIN_PHONE_NUMBER", _spanish, "34", _PHONE),
    _phone("UK_PHONE_NUMBER", _british, "44", _PHONE),
    _phone("BRAZIL_PHONE_NUMBER", _brazilian, "55", ("telefone", "celular", "phone")),
    Spec(
        "LATITUDE_LONGITUDE",
        ("coordinates", "lat long", "position"),
        _coordinates,
        {
            "out of range": one_of("91.5, 20.1", "-95.25,10.5", "45.1, 181.2", "12.5, -190.75"),
            "one number": shape("4#.######", "-7#.###"),
            "degrees and minutes": one_of("41°56.9168'N 87°39.3187'W", "41°56'55.0104\"N 87°39'19.1196\"W"),
            "whole numbers": shape("4#, 7#", "(1#, 2#)"),
            "a place in a list": shape("4 of ##", "####th"),
        },
    ),
    Spec(
        "HTTP_COOKIE",
        (),
        _cookie,
        {
            "about cookies": one_of(
                "Cookie: no",
                "Cookie policy: accept all",
                "cookies: a=b",
                "Cookies accepted",
                "Set-Cookie was missing",
                "Cache-Control: max-age=60",
                "biscuit or cookie: chocolate",
            )
        },
        alone=_cookie,
    ),
    Spec(
        "VEHICLE_IDENTIFICATION_NUMBER",
        ("VIN", "vehicle identification number", "Fahrgestellnummer"),
        lambda rng: rng.choice((_vin, _vin, _european_vin))(rng),
        {
            "wrong check digit": lambda rng: (lambda vin: vin[:8] + ("1" if vin[8] != "1" else "2") + vin[9:])(
                _vin(rng)
            ),
            "letters that are never used": lambda rng: _vin(rng)[:9] + "O" + _vin(rng)[10:],
            "too short": lambda rng: _vin(rng)[:16],
            "an engine": shape("@@@######"),
            "digits alone": shape("1################"),
            "a wrong digit": changed_digit(_vin),
        },
    ),
)
