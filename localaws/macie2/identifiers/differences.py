"""Differences of the managed identifiers from Macie's, beyond the ``rule`` of a catalogue entry."""

from __future__ import annotations

DIFFERENCES: tuple[str, ...] = (
    "Macie publishes neither its patterns nor most of its check digits: the rule of an entry names what AWS omits.",
    'Macie publishes its keywords as examples ("keywords include"): here the list is complete. A keyword with '
    "accents also counts without them, and an apostrophe in either form; other abbreviations do not count.",
    "NAME and ADDRESS are found by rules and word lists instead of a language model; a name in small letters is "
    "found only in a column or under a key that is named for persons, one in capitals there or "
    "as a whole value with a comma (SMITH, JOHN).",
    "ADDRESS needs a place and a postal code that fit: by state or province (US, Canada, Australia), by postcode area "
    "with a larger town or a street (United Kingdom), by street or larger town (France, Germany, Italy, Spain). "
    "In rows, a ZIP code beside a street may be that of a state in the same tenth of the country (its first digit).",
    "Numbers whose check digit is wrong do not count where the issuer's algorithm is known; Macie documents this for "
    "cards, IBANs and SUBE cards only.",
    "MEDICAL_DEVICE_UDI does not look at check digits, since most of Synthea's device identifiers have a wrong one.",
    "Numbers that have no check digit and share a shape are reported for every identifier whose keyword is near: "
    'nine digits beside "passport" are a passport of the United States, whatever country issued it.',
    "A match without a keyword inside a longer match of another managed identifier of the job does not count (a card "
    "number in a UDI, a phone number in an IBAN). One with a keyword counts there, too, unless the longer one is as "
    "severe and of the same kind (phone numbers, financial information) or its keyword is nearer. An HTTP_COOKIE, "
    "which may hold data of any kind, hides nothing. Custom identifiers and the rules for NAME and ADDRESS neither "
    "hide other matches nor are hidden. AWS does not say how Macie counts it.",
    "The country code of a phone number, also with 00, decides its country; 00 needs a keyword or a separator behind "
    "the code. Numbers without one are distinguished by their grouping; a form that several countries share is "
    "reported for each of them, but an Italian mobile number in groups of 3, 3 and 4 digits that could be a North "
    "American one counts with spaces only. An extension (x123, ext. 123) belongs to the number.",
    "Not found, as documented or for want of documentation: the name `AWS_SECRET_KEY` as a keyword (a keyword is a "
    "whole word, and `_` a part of a word), Maestro numbers of 12 digits (AWS says 13 to 19), and IBANs in small "
    "letters or with a space behind the country (AWS says that groups may be separated, but not these forms).",
    "Dates are read with digits or English month names only; expiration dates need month and year from 2020 on.",
    "BRAZIL_CNPJ_NUMBER knows digits only, not the form with letters that is issued since 2026.",
)
