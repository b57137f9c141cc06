"""What is told to people, in the form and within the limits of SNS. Pure.

Every message has two forms: a body with names and counts, and a sentence for text messages (SMS) without any name of a
file, as these go through networks that are not ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_SUBJECT_CHARACTERS = 100
MAX_MESSAGE_BYTES = 256 * 1024
"""Of a message with its attributes; JSON's escapes count. Source, as of the subject's limit:
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
MAX_SMS_CHARACTERS = 140
"""What one text message holds. Source: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html"""
_MAX_ATTRIBUTE_CHARACTERS = 256
"""Of our own choice: a filter policy of a subscription compares with names and severities."""
_NO_VALUE = "none"
_MAX_LINE_CHARACTERS = 2000
"""One line never takes the room of all others, nor that of the link."""
_REST = "... and {} more, in the record."


@dataclass(frozen=True, slots=True)
class Notice:
    """One message.

    :param subject: of the e-mail; made fit for SNS: ASCII, at most 100 characters.
    :param lines: of the body, the most important first; empty ones are left out, and what does not fit is counted.
    :param sms: the message without any name of a file; made fit: ASCII, at most 140 characters.
    :param attributes: what subscriptions can filter on. At most ten: of messages with more, a queue that is
        subscribed for raw delivery gets none.
    :param record_uri: where the rest is, as ``s3://bucket/key``: the last line of the body; empty: no such line.
    :param left_out: number of lines that did not even come here, as they would never fit.
    """

    subject: str
    lines: Sequence[str]
    sms: str
    attributes: Mapping[str, str | int]
    record_uri: str = ""
    left_out: int = 0

    def to_sns(self) -> dict[str, Any]:
        """Return the arguments of SNS Publish, but for the topic.

        ``default`` is what e-mail and queues get; ``sms`` what telephones get.
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
        """Return the lines that fit, how many do not, and the link."""
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
    """Make a text fit for the subject of an SNS message."""
    return _ascii(text, MAX_SUBJECT_CHARACTERS)


def body_line(text: str) -> str:
    """Make a text fit for one line of a body.

    A file's name may hold line breaks, by which it would write lines of its own, and characters that SNS or a terminal
    takes for something else.
    """
    shown = text if len(text) <= _MAX_LINE_CHARACTERS else text[: _MAX_LINE_CHARACTERS - 3] + "..."
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown)


def size_in_body(line: str) -> int:
    """Return how many bytes a line takes of a message, with the line break, in JSON."""
    return len(json.dumps(f"{line}\n", ensure_ascii=False).encode()) - 2  # the quotes


def _structured(body: str, sms: str) -> str:
    return json.dumps({"default": body, "sms": sms}, ensure_ascii=False)


def _ascii(text: str, characters: int) -> str:
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain if len(plain) <= characters else plain[: characters - 3] + "..."


def _attribute(value: str | int) -> dict[str, str]:
    """Return an attribute; SNS refuses the whole message for an empty one, or for characters that XML does not have."""
    if isinstance(value, int):
        return {"DataType": "Number", "StringValue": str(value)}
    return {"DataType": "String", "StringValue": _ascii(value, _MAX_ATTRIBUTE_CHARACTERS) or _NO_VALUE}
