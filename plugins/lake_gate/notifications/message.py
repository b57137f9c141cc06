"""Notifications in the format and within the limits of SNS. Pure.

Every message has two forms: a body with names and counts, and a sentence without file names for text messages (SMS),
which pass through the networks of telephone companies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_SUBJECT_CHARACTERS = 100
MAX_MESSAGE_BYTES = 256 * 1024
"""Most bytes of a message with its attributes, including JSON's escapes. Source, also of the subject's limit:
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
MAX_SMS_CHARACTERS = 140
"""Most characters of one text message. Source: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html"""
_MAX_ATTRIBUTE_CHARACTERS = 256
"""Our own limit: filter policies of subscriptions compare names and severities."""
_NO_VALUE = "none"
_MAX_LINE_CHARACTERS = 2000
"""So that a single line never displaces all others, or the link."""
_REST = "... and {} more, in the record."


@dataclass(frozen=True, slots=True)
class Notice:
    """One message.

    :param subject: subject of the e-mail; converted to ASCII and cut to 100 characters.
    :param lines: lines of the body, the most important first; empty lines are dropped, lines that do not fit counted.
    :param sms: the message without file names; converted to ASCII and cut to 140 characters.
    :param attributes: attributes that subscriptions can filter on; at most ten: SNS does not deliver a message with
        more to a queue that is subscribed for raw delivery.
    :param record_uri: ``s3://bucket/key`` of the run record, the last line of the body; empty for no such line.
    :param left_out: number of lines that were dropped before because they never fit.
    """

    subject: str
    lines: Sequence[str]
    sms: str
    attributes: Mapping[str, str | int]
    record_uri: str = ""
    left_out: int = 0

    def to_sns(self) -> dict[str, Any]:
        """Return the arguments of SNS Publish, except for the topic.

        E-mail and queues receive ``default``, telephones receive ``sms``.
        """
        attributes = {name: _attribute(value) for name, value in self.attributes.items()}
        taken = sum(len(f"{n}{a['DataType']}{a['StringValue']}".encode()) for n, a in attributes.items())
        sms = _ascii(self.sms, MAX_SMS_CHARACTERS)
        room = MAX_MESSAGE_BYTES - taken - len(_structured("", sms).encode())
        return {
            "Subject": clip_subject(self.subject),
            "Message": _structured("\n".join(self._lines_within(room)), sms),
            "MessageStructure": "json",
            "MessageAttributes": attributes,
        }

    def _lines_within(self, room: int) -> list[str]:
        """Return the lines that fit, a line with the number of the others, and the link."""
        last = [body_line(f"Run record: {self.record_uri}")] if self.record_uri else []
        room -= sum(map(size_in_body, [*last, _REST.format(10**9)]))
        lines = [line for line in self.lines if line]
        fitting: list[str] = []
        for line in map(body_line, lines):
            room -= size_in_body(line)
            if room < 0:
                break
            fitting.append(line)
        left_out = self.left_out + len(lines) - len(fitting)
        return [*fitting, *([_REST.format(left_out)] if left_out else []), *last]


def clip_subject(text: str) -> str:
    """Convert a text for the subject of an SNS message."""
    return _ascii(text, MAX_SUBJECT_CHARACTERS)


def body_line(text: str) -> str:
    """Convert a text to a single line of a body.

    The name of a file may have line breaks, which would add lines, and control characters that SNS or a terminal
    interprets.
    """
    shown = text if len(text) <= _MAX_LINE_CHARACTERS else text[: _MAX_LINE_CHARACTERS - 3] + "..."
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)


def size_in_body(line: str) -> int:
    """Return the size of a line with its line break in the JSON of a message, in bytes."""
    return len(json.dumps(f"{line}\n", ensure_ascii=False).encode()) - 2  # the quotes


def _structured(body: str, sms: str) -> str:
    return json.dumps({"default": body, "sms": sms}, ensure_ascii=False)


def _ascii(text: str, characters: int) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain if len(plain) <= characters else plain[: characters - 3] + "..."


def _attribute(value: str | int) -> dict[str, str]:
    """Return an attribute; SNS refuses a message with an empty one, or with characters that XML does not allow."""
    if isinstance(value, int):
        return {"DataType": "Number", "StringValue": str(value)}
    return {"DataType": "String", "StringValue": _ascii(value, _MAX_ATTRIBUTE_CHARACTERS) or _NO_VALUE}
