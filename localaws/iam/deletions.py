"""DeleteObjects, whose keys are allowed or refused separately.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from localaws.iam.refusal import Answer
from localaws.iam.request import AwsRequest, put_body, read_body

_END = b"</DeleteResult>"
_EMPTY = b'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult></DeleteResult>'


class Deletions:
    """The keys of a request and the errors of the refused ones."""

    def __init__(self, request: AwsRequest) -> None:
        self._request = request
        self._root = ElementTree.fromstring(read_body(request.environ))  # noqa: S314 - of a test's own client
        for element in self._root.iter():  # moto reads no namespace with a prefix, which is how this would be written
            element.tag = element.tag.rpartition("}")[2]
        self._errors: list[str] = []

    @property
    def wanted(self) -> list[tuple[str, str | None]]:
        """Keys with version ids, None for the latest, in the order of the request."""
        found = self._root.findall("Object")
        return [(element.findtext("Key", ""), element.findtext("VersionId") or None) for element in found]

    def refuse(self, key: str, version_id: str | None, message: str) -> None:
        """Take a key out of the request and report it as an error."""
        version = f"<VersionId>{escape(version_id)}</VersionId>" if version_id else ""
        error = f"<Key>{escape(key)}</Key>{version}<Code>AccessDenied</Code><Message>{escape(message)}</Message>"
        self._errors.append(f"<Error>{error}</Error>")
        for element in self._root.findall("Object"):
            if (element.findtext("Key", ""), element.findtext("VersionId") or None) == (key, version_id):
                self._root.remove(element)

    def replace_body(self) -> None:
        """Make the keys that were not refused the body of the request."""
        put_body(self._request.environ, ElementTree.tostring(self._root))

    def complete(self, answer: Answer | None) -> Answer:
        """Add the errors to the service's answer, None if all keys were refused and the service was not called."""
        answer = answer or Answer(HTTPStatus.OK, [("Content-Type", "application/xml")], _EMPTY)
        if answer.status != HTTPStatus.OK:
            return answer
        head, end, _ = answer.body.rpartition(_END)
        whole = head + "".join(self._errors).encode() + end
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        return replace(answer, headers=[*headers, ("Content-Length", str(len(whole)))], body=whole)
