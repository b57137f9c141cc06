"""Word lists for people, places and organizations: made up, except for the towns."""

import random
import zlib
from typing import Final, NamedTuple


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_WOMEN: Final = _split("""
Abigail Ada Agnes Alice Amelia Ana Angela Anna Beatriz Bridget Carmen Caroline Catalina Charlotte Chloe Clara
Colleen Daisy Diana Dolores Dorothy Eleanor Elena Elisa Emily Emma Esther Eva Fatima Fiona Florence Frances Gabriela
Gloria Grace Hannah Harriet Hazel Heather Helen Ines Irene Iris Isabel Ivy Jane Janet Jia Joan Josephine Joyce
Judith Julia Karen Katherine Kimiko Laura Lauren Leah Lillian Linda Lucy Lucía Lydia Mabel Margaret Maria Marta
María Matilda Mei Megan Mercedes Miriam Molly Mónica Nadia Nancy Naomi Nina Nora Olga Olive Olivia Paula Pearl
Phoebe Priya Rachel Rebecca Rosa Rose Ruth Sadie Sara Sofía Sonia Stella Susan Sylvia Tamara Teresa Theresa Ursula
Valeria Vera Victoria Viola Violet Wanda Yolanda Zoe""")
_MEN: Final = _split("""
Aaron Adam Adrián Alan Albert Alejandro Alexander Alfred Andrew Andrés Anthony Arthur Arturo Benjamin Bernard Boris
Brian Bruno Calvin Carlos Cecil Charles Christopher Clarence Claude Curtis Daniel David Dennis Diego Dmitri Douglas
Edgar Edmund Eduardo Edward Elias Emilio Enrique Eric Ernest Eugene Felix Fernando Francis Frank Frederick Gabriel
George Gerald Gilbert Graham Gregory Guillermo Gustavo Harold Harvey Héctor Henry Herbert Hiro Horace Howard Hugh
Hugo Ian Isaac Iván Jack Jacob James Javier Jerome Jesús Joel John Jonathan Jorge José Joseph Juan Julian Kenneth
Kevin Kwame Lawrence Leon Leonard Lewis Lorenzo Louis Luis Manuel Marco Mark Martin Matthew Michael Miguel Milton
Nathan Nicholas Oliver Oscar Otto Owen Patrick Paul Pedro Peter Philip Ralph Ramón Raúl Raymond Ricardo Robert Roger
Roland Samuel Santiago Simon Stanley Stephen Theodore Thomas Tomás Victor Vincent Walter Wei William Zachary""")
_SURNAMES: Final = _split("""
Abbott Acosta Aguilar Alden Allard Alvarez Ames Archer Arroyo Ashworth Atwood Ayers Baker Baldwin Barlow Barrera
Bassett Bell Benítez Bishop Blackwood Blanchard Bolton Bowman Bradshaw Brennan Brewster Briggs Brooks Burke Byrne
Cabrera Caldwell Callahan Cárdenas Carver Castillo Chandler Chang Chavez Chilton Clarke Colburn Conway Cooper
Cordero Crane Crowley Cushing D'Amico Dalton Darling Davenport Delgado Dempsey Diaz Dillon Doyle Drake Draper Duarte
Dunbar Eaton Edwards Ellis Emerson Endicott Escobar Espinoza Farley Farrow Fenton Ferreira Fisher Fitzgerald
Fletcher Flores Fontaine Forbes Foster Fowler Fuentes Fuller Gallagher Gardner Garrison Gibbs Gilmore Godfrey Gómez
Gonzalez Goodwin Gorham Graves Greene Griffin Guerrero Gutiérrez Hale Hammond Harding Harlow Harper Hathaway Hawkins
Hayden Hendricks Herrera Hobbs Holbrook Holland Horton Hoyt Hubbard Huerta Huntley Hurley Ingram Irving Jacobs
Jarvis Jennings Jiménez Joyner Kane Keating Kelley Kendrick Kimball Kincaid Kirby Knapp Knowles Lambert Landry
Langley Lara Larkin Lawson Leclair Leland Leonard Lim Linden Livingston Lockhart Lombard López Lowell Lund Lynch
Mackey Maddox Malone Manning Marlow Marsh Martínez Mather Maxwell McBride McCarthy McKenna Medina Mendoza Mercer
Merrill Molina Monroe Montoya Morales Moreno Morse Mullen Murdock Nakamura Nash Navarro Nguyen Nickerson Nolan
Norwood Núñez O'Brien O'Hara O'Neill Oakes Ochoa Odell Olsen Ortega Osborne Pacheco Paine Palmer Parker Patel Paxton
Peabody Pereira Perkins Phelps Pickering Pike Porter Prescott Preston Quigley Quincy Quinn Ramírez Randall Redmond
Reyes Rhodes Rivera Roberts Rojas Romero Ross Rowland Russo Ryder Salazar Sanborn Sánchez Sandoval Santos Sawyer
Schultz Sedgwick Sewall Shaw Shepard Sherwood Silva Slater Snow Soto Spencer Sprague Stafford Standish Stanton
Sterling Stoddard Stone Sullivan Sutton Swift Talbot Tanaka Thayer Thorne Tobin Torres Townsend Tracy Trask Trujillo
Tucker Turner Tyler Underwood Upton Valdez Vance Vargas Vaughan Vega Velasco Vickers Wadsworth Walcott Walsh Wang
Ward Warren Webster Wheeler Whitaker Whitman Wilder Winslow Winthrop Wong Woodbury Wyatt Yates York Zamora Zimmerman""")
_STREET_KINDS: Final = _split("""
Alley Arcade Avenue Bend Boulevard Bridge Bypass Camp Club Common Course Crossing Dale Estate Extension Flat Ford
Gardens Glen Grove Heights Hill Junction Lane Light Loaf Meadow Mews Orchard Parade Path Plaza Promenade Quay Ramp
Road Route Run Spur Square Stravenue Street Terrace Trace Tunnel View Way""")
_FOREIGN_BIRTHPLACES: Final = (
    "Ponce  Puerto Rico  PR",
    "Porto  Norte  PT",
    "Santo Domingo  National District  DO",
    "Cork  Munster  IE",
    "Hanoi  Hanoi  VN",
    "Guangzhou  Guangdong  CN",
    "San Salvador  San Salvador  SV",
    "Praia  Santiago  CV",
    "Port-au-Prince  Ouest  HT",
    "Pune  Maharashtra  IN",
)


class Town(NamedTuple):
    """A town of Massachusetts."""

    name: str
    county: str
    zip_code: str
    latitude: float
    longitude: float


TOWNS: Final = tuple(
    Town(name, county, zip_code, float(latitude), float(longitude))
    for name, county, zip_code, latitude, longitude in (line.split("|") for line in """\
Boston|Suffolk County|02108|42.357|-71.064
Chelsea|Suffolk County|02150|42.392|-71.033
Revere|Suffolk County|02151|42.408|-71.012
Worcester|Worcester County|01602|42.263|-71.802
Fitchburg|Worcester County|01420|42.583|-71.802
Leominster|Worcester County|01453|42.525|-71.760
Milford|Worcester County|01757|42.140|-71.516
Springfield|Hampden County|01103|42.101|-72.590
Holyoke|Hampden County|01040|42.204|-72.616
Westfield|Hampden County|01085|42.125|-72.750
Cambridge|Middlesex County|02139|42.373|-71.110
Lowell|Middlesex County|01850|42.634|-71.316
Somerville|Middlesex County|02144|42.388|-71.100
Framingham|Middlesex County|01701|42.279|-71.416
Waltham|Middlesex County|02451|42.377|-71.236
Newton|Middlesex County|02458|42.337|-71.209
Concord|Middlesex County|01742|42.460|-71.349
Quincy|Norfolk County|02169|42.253|-71.002
Brookline|Norfolk County|02445|42.332|-71.121
Needham|Norfolk County|02492|42.281|-71.235
Dedham|Norfolk County|02026|42.244|-71.166
Franklin|Norfolk County|02038|42.083|-71.397
Lynn|Essex County|01902|42.467|-70.950
Salem|Essex County|01970|42.520|-70.896
Gloucester|Essex County|01930|42.616|-70.662
Lawrence|Essex County|01841|42.707|-71.164
Haverhill|Essex County|01830|42.776|-71.077
New Bedford|Bristol County|02740|41.636|-70.934
Fall River|Bristol County|02720|41.701|-71.155
Taunton|Bristol County|02780|41.901|-71.090
Attleboro|Bristol County|02703|41.944|-71.286
Brockton|Plymouth County|02301|42.083|-71.018
Plymouth|Plymouth County|02360|41.958|-70.667
Hingham|Plymouth County|02043|42.242|-70.890
Barnstable|Barnstable County|02630|41.700|-70.300
Falmouth|Barnstable County|02540|41.552|-70.615
Pittsfield|Berkshire County|01201|42.450|-73.245
North Adams|Berkshire County|01247|42.701|-73.109
Amherst|Hampshire County|01002|42.373|-72.520
Northampton|Hampshire County|01060|42.325|-72.641
Greenfield|Franklin County|01301|42.588|-72.599
Nantucket|Nantucket County|02554|41.284|-70.099
Edgartown|Dukes County|02539|41.389|-70.513""".splitlines())
)  # fmt: skip


def numbered(name: str) -> str:
    """Put digits behind a name, as Synthea does to mark it as made up: always the same ones behind the same name."""
    return f"{name}{zlib.crc32(name.encode()) % 999 + 1}"


def given_name(rng: random.Random, gender: str) -> str:
    """Draw a given name, now and then a double one, for ``F`` or ``M``."""
    names = _WOMEN if gender == "F" else _MEN
    return rng.choice(names) if rng.randrange(40) else f"{rng.choice(names)} {rng.choice(names)}"


def surname(rng: random.Random) -> str:
    """Draw a surname."""
    return rng.choice(_SURNAMES)


def street(rng: random.Random) -> str:
    """Draw a home address without the town, such as ``427 Alden Way Unit 19``."""
    unit = rng.choice(("", "", "", "", " Unit", " Apt", " Suite"))
    number = f" {rng.randint(1, 99)}" if unit else ""
    return f"{rng.randint(100, 1099)} {surname(rng)} {rng.choice(_STREET_KINDS)}{unit}{number}"


def birthplace(rng: random.Random) -> str:
    """Draw a place of birth, its parts separated by two spaces as in Synthea, which has no commas inside fields."""
    return f"{rng.choice(TOWNS).name}  Massachusetts  US" if rng.randrange(8) else rng.choice(_FOREIGN_BIRTHPLACES)
