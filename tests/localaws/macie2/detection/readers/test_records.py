"""Records: row rules over members, and sensitive names."""

from __future__ import annotations

import json

from localaws.macie2.detection.result import Record
from tests.localaws.macie2.detection.scans import SSN, counts, found, scan_text


def test_name_and_address_may_be_spread_over_the_members_of_an_object() -> None:
    person = {"first_name": "John", "last_name": "Smith", "home": {"street": "12 Elm St", "city": "Boston"}}
    person["home"] |= {"state": "MA", "zip": "02139"}  # type: ignore[operator]
    result = scan_text(json.dumps({"people": [person, person]}), extension="json")
    assert counts(result) == {"NAME": 2, "ADDRESS": 2}
    assert found(result, "NAME")[1] == Record("$.people[1].first_name", 0)
    assert found(result, "ADDRESS")[0] == Record("$.people[0].home.street", 0)


def test_sensitive_name_counts_and_no_path_contains_it() -> None:
    result = scan_text('[{"ssn 078-05-1120": {"x": "ssn 219-09-9999"}}]', managed=SSN, extension="json")
    assert (counts(result), found(result)) == ({SSN: 2}, (Record(None, 0), Record(None, 0)))
