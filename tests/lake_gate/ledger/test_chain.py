"""A hash chain finds every change of its lines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from lake_gate.ledger.chain import FIRST, Head, Kind, Line, check, check_head, name_of, sequence_of

HASH = "ab" * 32
COUNT = 4


def chain_of(count: int = COUNT, *, at: str = "2026-01-02T03:04:05+00:00") -> list[bytes]:
    """Contents of the lines of a chain, made without the code under test."""
    lines: list[bytes] = []
    for number in range(1, count + 1):
        line = {
            "sequence": number,
            "at": at,
            "kind": "record",
            "uri": f"s3://bronze/_runs/synthea/{number}/record.json",
            "version_id": f"v{number}",
            "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
            "previous": hashlib.sha256(lines[-1]).hexdigest() if lines else "0" * 64,
        }
        lines.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    return lines


def numbered(lines: Iterable[bytes]) -> list[tuple[int, bytes]]:
    return list(enumerate(lines, 1))


def problems_of(stored: Iterable[tuple[int, bytes]], head: Head | None = None) -> list[str]:
    checked = list(check(stored))
    found = [problem for line in checked for problem in line.problems]
    hashes = {line.sequence: line.hash for line in checked}
    about_head = head and check_head(head, checked[-1].sequence if checked else 0, hashes)
    return [*found, *([about_head] if about_head else [])]


def head_of(lines: list[bytes]) -> Head:
    return Head(len(lines), hashlib.sha256(lines[-1]).hexdigest())


def test_chain_that_nobody_has_changed_has_no_problems() -> None:
    lines = chain_of()
    assert problems_of(numbered(lines), head_of(lines)) == []
    assert problems_of(numbered(lines), head_of(lines[:2])) == []
    assert problems_of([]) == []


def test_hash_of_a_line_is_that_of_its_bytes_and_its_members_are_read() -> None:
    first, second = map(Line.parse, chain_of(2))
    assert first.previous == FIRST
    assert second.previous == first.hash == hashlib.sha256(chain_of(1)[0]).hexdigest()
    assert second.document == ("record", "s3://bronze/_runs/synthea/2/record.json", "v2", second.sha256)


@pytest.mark.parametrize("changed", range(COUNT))
def test_every_byte_of_a_line_is_guarded(changed: int) -> None:
    lines = chain_of()
    head = head_of(lines)
    whole = lines[changed]
    for place in range(len(whole)):
        for other in (whole[place] ^ 1, ord("7"), ord(" ")):
            if other == whole[place]:
                continue
            damaged = whole[:place] + bytes([other]) + whole[place + 1 :]
            assert problems_of(numbered([*lines[:changed], damaged, *lines[changed + 1 :]]), head)
        cut = whole[:place] + whole[place + 1 :]
        assert problems_of(numbered([*lines[:changed], cut, *lines[changed + 1 :]]), head)


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_line_that_was_removed_is_missing(removed: int) -> None:
    stored = [item for item in numbered(chain_of()) if item[0] != removed]
    assert problems_of(stored) == [f"line {removed} is missing"]


def test_lines_that_were_removed_and_numbered_again_break_the_chain() -> None:
    lines = chain_of()
    assert problems_of(numbered([lines[0], *lines[2:]]))
    again = [replace(Line.parse(line), sequence=number).to_bytes() for number, line in numbered([lines[0], *lines[2:]])]
    assert problems_of(numbered(again)) == [
        "line 2 does not have the hash of line 1: the chain breaks between them",
        "line 3 does not have the hash of line 2: the chain breaks between them",
    ]


def test_first_lines_that_were_removed_are_missing() -> None:
    assert problems_of(numbered(chain_of())[2:]) == ["lines 1 to 2 are missing"]
    lines = [replace(Line.parse(line), sequence=number).to_bytes() for number, line in numbered(chain_of()[1:])]
    assert problems_of(numbered(lines))[0] == "line 1 does not begin a chain"


def test_last_line_that_was_removed_is_missed_by_the_head_that_was_kept() -> None:
    lines = chain_of()
    assert problems_of(numbered(lines[:-1])) == []
    assert problems_of(numbered(lines[:-1]), head_of(lines)) == [
        "the ledger ends with line 3, but the head that was kept is line 4"
    ]
    assert problems_of([], head_of(lines))


@pytest.mark.parametrize("first", range(COUNT - 1))
def test_lines_in_another_order_break_the_chain(first: int) -> None:
    lines = chain_of()
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    assert problems_of(numbered(lines))


def test_rewritten_chain_is_whole_but_not_the_one_of_the_head_that_was_kept() -> None:
    kept, rewritten = chain_of(3), chain_of(at="2026-01-02T03:04:06+00:00")
    assert problems_of(numbered(rewritten)) == []
    assert problems_of(numbered(rewritten), head_of(kept)) == [
        "line 3 is not the line of the head that was kept: the chain was rewritten"
    ]


def test_fork_is_found_where_its_lines_meet_the_chain() -> None:
    chain, fork = chain_of(), chain_of(at="2027-01-01T00:00:00+00:00")
    assert problems_of(numbered([*chain[:2], *fork[2:]])) == [
        "line 3 does not have the hash of line 2: the chain breaks between them"
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b"[]\n", b"null\n", b"\xff\n", b'{"sequence":1}\n', b"[" * 9000, b'{"a":"secret 900-12-3456"}\n'],
)
def test_damaged_line_is_named_without_its_content(content: bytes) -> None:
    first, second, _, fourth = chain_of()
    (damaged, after) = problems_of(numbered([first, second, content, fourth]))
    assert damaged.startswith("line 3 is damaged: ")
    assert "secret" not in damaged
    assert after.startswith("line 4 does not have the hash of line 3")


@pytest.mark.parametrize(
    "changes", [{"kind": "else"}, {"sha256": HASH.upper()}, {"sha256": "a"}, {"previous": ""}, {"previous": "x" * 64}]
)
def test_values_that_the_gate_does_not_write_are_damage(changes: dict[str, str]) -> None:
    line = replace(Line.parse(chain_of()[0]), **changes)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a value that the gate does not write"):
        Line.parse(line.to_bytes())


def test_names_sort_the_newest_line_first_and_say_the_number() -> None:
    numbers = [1, 2, 9, 10, 11, 99, 10_000, 9_999_999_999]
    names = [name_of(number) for number in numbers]
    assert sorted(names) == names[::-1]
    assert list(map(sequence_of, names)) == numbers
    assert name_of(12) == "9999999987-0000000012.json"


@pytest.mark.parametrize(
    "name",
    ["", "a", "9999999987-0000000013.json", "9999999999-0000000000.json", "9999999987-0000000012.json\n", "x/" * 9],
)
def test_other_names_are_not_those_of_lines(name: str) -> None:
    assert sequence_of(name) is None


@pytest.mark.parametrize("number", [0, -1, 10**10])
def test_other_numbers_have_no_name(number: int) -> None:
    with pytest.raises(ValueError, match="not the number of a line"):
        name_of(number)


def test_head_is_read_as_a_message_has_it() -> None:
    head = Line.parse(chain_of()[2]).head
    assert Head.parse(f" {head} ") == head
    assert str(head) == f"3:{head.hash}"


@pytest.mark.parametrize("text", ["", "3", f"0:{HASH}", f"-1:{HASH}", f"3:{HASH}0", f"x:{HASH}", "9" * 99 + f":{HASH}"])
def test_other_texts_are_not_heads(text: str) -> None:
    with pytest.raises(ValueError, match="expected NUMBER:HASH"):
        Head.parse(text)


def test_every_kind_is_written_and_read() -> None:
    for kind in Kind:
        line = replace(Line.parse(chain_of()[0]), kind=kind)
        assert Line.parse(line.to_bytes()) == line


def test_last_line_is_checked_by_itself_without_a_head() -> None:
    *lines, last = chain_of()
    assert problems_of(numbered([*lines, last.replace(b":", b": ", 1)])) == [
        "line 4 is damaged: not written as the gate writes it"
    ]
    other = replace(Line.parse(last), sequence=5).to_bytes()
    assert problems_of(numbered([*lines, other])) == ["line 4 has the number of another line"]
