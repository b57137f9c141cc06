"""What the areas of the API have in common."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from localaws.macie2.exceptions import ConflictException, ResourceNotFoundException

type Request = Mapping[str, Any]
type Answer = Mapping[str, Any]


class Area:
    """One account's Macie in one Region, as every area sees it; moto's backend gives it its three names."""

    account_id: str
    region_name: str
    partition: str
    _client_tokens: dict[tuple[str, str], tuple[Request, str]]

    def forget(self) -> None:
        """Drop all that was made; an area drops its own and calls its super."""
        self._client_tokens = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        """Return the tags of everything that can have some; an area adds its own to those of its super."""
        return {}

    def arn(self, kind: str, resource_id: str) -> str:
        """Return the ARN of something that Macie made."""
        return f"arn:{self.partition}:macie2:{self.region_name}:{self.account_id}:{kind}/{resource_id}"

    def made_before(self, kind: str, request: Request, known: Container[str]) -> str | None:
        """Return the id of what the same client token made; None when that was deleted: it can be made anew.

        :param known: the ids of what there is of the kind.
        :raises ConflictException: when the token came with another request. AWS publishes neither the scope nor the
            lifetime of a token; that it must not stand for two things is what other services of AWS do.
        """
        token = request.get("clientToken")
        if token is None or (kind, token) not in self._client_tokens:
            return None
        first, made = self._client_tokens[kind, token]
        if made not in known:
            return None
        if first != request:
            raise ConflictException("The client token was used before with other parameters")
        return made

    def remember(self, kind: str, request: Request, made: str) -> None:
        """Let the request's client token stand for what it made."""
        if "clientToken" in request:
            self._client_tokens[kind, request["clientToken"]] = (request, made)


def existing[Resource](resources: Mapping[str, Resource], resource_id: str) -> Resource:
    """Return one of the resources.

    :raises ResourceNotFoundException: when there is none with that id.
    """
    if resource_id not in resources:
        raise ResourceNotFoundException
    return resources[resource_id]


def partial[Operation: Callable[..., Any]](missing: str) -> Callable[[Operation], Operation]:
    """Say what an operation cannot do that Macie's can; :mod:`localaws.macie2.coverage` tells it to the reader."""

    def mark(operation: Operation) -> Operation:
        operation.missing = missing  # type: ignore[attr-defined]
        return operation

    return mark
