"""Bank accounts: variations of the example IBANs of the registry of ISO 13616, and national account numbers.

Source: SWIFT, IBAN registry (the example of each country).
"""

from __future__ import annotations

from random import Random

from scoreboard.arithmetic import digits, iban, mod_97_key
from scoreboard.sample import Maker, Spec, changed_digit, grouped, one_of, shape

_EXAMPLES = """
ALBANIA AL47212110090000000235698741
ANDORRA AD1200012030200359100100
BOSNIA_AND_HERZEGOVINA BA391290079401028494
BRAZIL BR1800360305000010009795493C1
BULGARIA BG80BNBG96611020345678
COSTA_RICA CR05015202001026284066
CROATIA HR1210010051863000160
CYPRUS CY17002001280000001200527600
CZECH_REPUBLIC CZ6508000000192000145399
DENMARK DK5000400440116243
DOMINICAN_REPUBLIC DO28BAGR00000001212453611324
EGYPT EG380019000500000000263180002
ESTONIA EE382200221020145685
FAROE_ISLANDS FO6264600001631634
FINLAND FI2112345600000785
FRANCE FR1420041010050500013M02606
GEORGIA GE29NB0000000101904917
GERMANY DE89370400440532013000
GREECE GR1601101250000000012300695
GREENLAND GL8964710001000206
HUNGARY HU42117730161111101800000000
ICELAND IS140159260076545510730339
IRELAND IE29AIBK93115212345678
ITALY IT60X0542811101000000123456
JORDAN JO94CBJO0010000000000131000302
KOSOVO XK051212012345678906
LIECHTENSTEIN LI21088100002324013AA
LITHUANIA LT121000011101001000
MALTA MT84MALT011000012345MTLCAST001S
MAURITANIA MR1300020001010000123456753
MAURITIUS MU17BOMM0101101030300200000MUR
MONACO MC5811222000010123456789030
MONTENEGRO ME25505000012345678951
NETHERLANDS NL91ABNA0417164300
NORTH_MACEDONIA MK07250120000058984
POLAND PL61109010140000071219812874
PORTUGAL PT50000201231234567890154
SAN_MARINO SM86U0322509800000000270100
SENEGAL SN08SN0100152000048500003035
SERBIA RS35260005601001611379
SLOVAKIA SK3112000000198742637541
SLOVENIA SI56263300012039086
SPAIN ES9121000418450200051332
SWEDEN SE4550000000058398257466
SWITZERLAND CH9300762011623852957
TIMOR_LESTE TL380080012345678910157
TUNISIA TN5910006035183598478831
TURKIYE TR330006100519786457841326
UK GB29NWBK60161331926819
UKRAINE UA213223130000026007233566001
UNITED_ARAB_EMIRATES AE070331234567890123456
VIRGIN_ISLANDS VG96VPVG0000012345678901
"""


def _variation(example: str) -> Maker:
    """Draw other digits for the example's digits and other letters for its letters, with new check digits."""

    def make(rng: Random) -> str:
        body = "".join(
            rng.choice("0123456789") if char.isdigit() else rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            for char in example[4:]
        )
        return iban(example[:2], body)

    return grouped(make, (4,) * (len(example) // 4), " ", " ", "-")


def _longer(maker: Maker) -> Maker:
    return lambda rng: maker(rng).replace(" ", "").replace("-", "") + digits(rng, 2)


def _french(rng: Random) -> str:
    bank, branch = digits(rng, 5, "123"), digits(rng, 5)
    account = digits(rng, 10) + rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    values = {letter: str(at % 9 + 1) for at, letter in enumerate("ABCDEFGHIJKLMNOPQR")}
    values |= {letter: str(at + 2) for at, letter in enumerate("STUVWXYZ")}
    body = bank + branch + "".join(values.get(char, char) for char in account)
    return bank + branch + account + mod_97_key(body + "00")


def _german(rng: Random) -> str:
    return f"{digits(rng, 8, '12345678')}{rng.choice(' /-')}{digits(rng, 10)}"


def _italian(rng: Random) -> str:
    body = digits(rng, 22)
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
    total = sum(odd[int(char)] if place % 2 == 0 else int(char) for place, char in enumerate(body))
    return chr(65 + total % 26) + body


def _spanish(rng: Random) -> str:
    bank, account = digits(rng, 8), digits(rng, 10)

    def control(text: str) -> str:
        total = sum(int(char) * pow(2, place, 11) for place, char in enumerate(text))
        return {10: "1", 11: "0"}.get(11 - total % 11) or str(11 - total % 11)

    return bank + control("00" + bank) + control(account) + account


def _british(rng: Random) -> str:
    sort_code = "-".join(digits(rng, 2) for _ in range(3))
    return f"{sort_code} {digits(rng, 8)}"


_NATIONAL: dict[str, tuple[Maker, dict[str, Maker], str]] = {
    "FRANCE": (
        grouped(_french, (5, 5, 11, 2), " "),
        {"wrong key of the account": changed_digit(_french), "an order number": shape("CMD-2024-######")},
        "numéro de compte",
    ),
    "GERMANY": (
        _german,
        {
            "a bank code that none is": shape("9####### ##########", "0####### ##########"),
            "a bank code": shape("%#######"),
        },
        "Kontonummer",
    ),
    "ITALY": (
        grouped(_italian, (1, 5, 5, 12), " "),
        {
            "wrong check character": lambda rng: "Q" + changed_digit(_italian)(rng)[1:],
            "an invoice": shape("FT-2024/#####"),
        },
        "numero di conto",
    ),
    "SPAIN": (
        grouped(_spanish, (4, 4, 2, 10), " ", "-"),
        {"wrong check digits": lambda rng: changed_digit(_spanish, 8)(rng), "an invoice": shape("F2024-######")},
        "número cuenta cliente",
    ),
    "UK": (
        _british,
        {"an account alone": shape("########"), "a sort code alone": shape("##-##-##")},
        "account number",
    ),
}


def _spec(name: str, example: str) -> Spec:
    maker = _variation(example)
    other = _variation("IE29AIBK93115212345678" if name != "IRELAND" else "NL91ABNA0417164300")
    misses = {
        "wrong check digits": changed_digit(maker, 0),
        "a wrong digit": changed_digit(maker),
        "two digits too many": _longer(maker),
        "another country's": other,
    }
    national = _NATIONAL.get(name)
    if national is None:
        return Spec(f"{name}_BANK_ACCOUNT_NUMBER", ("IBAN",), maker, misses, alone=maker)
    bban, more, keyword = national

    def either(rng: Random) -> str:
        return rng.choice((maker, bban))(rng)

    return Spec(f"{name}_BANK_ACCOUNT_NUMBER", (keyword, "bban"), either, {**misses, **more}, alone=maker)


SPECS = (
    *(_spec(*line.split()) for line in _EXAMPLES.split("\n") if line),
    Spec(
        "BANK_ACCOUNT_NUMBER",
        ("bank account", "checking acct", "savings account"),
        shape("%########", "%###########", "%################"),
        {
            "too short": shape("%#######"),
            "too long": shape("%#################"),
            "in groups": shape("%### #### ####", "%###-###-###"),
            "masked": shape("******%###", "xxxx####"),
            "words": one_of("pending", "joint", "n/a", "closed 2021"),
        },
    ),
)
