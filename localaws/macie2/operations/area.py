"""The base class of the areas of the API."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any, cast

from localaws.macie2.exceptions import ConflictException, ResourceNotFoundException

if TYPE_CHECKING:
    from localaws.macie2.models import MacieBackend

type Request = Mapping[str, Any]
type Answer = Mapping[str, Any]


class Area:
    """A part of one account's Macie in one Region; the backend lists all areas and is an instance of each.

    ``account_id``, ``region_name`` and ``partition`` are set by moto's ``BaseBackend``.
    """

    account_id: str
    region_name: str
    partition: str
    _client_tokens: dict[tuple[str, str], tuple[Request, str]]

    @property
    def macie(self) -> MacieBackend:
        """The backend itself, for what belongs to another area."""
        return cast("MacieBackend", self)

    def forget(self) -> None:
        """Drop all state; an area drops its own and calls ``super()``."""
        self._client_tokens = {}

    def tags_by_arn(self) -> dict[str, dict[str, str]]:
        """Return the tags of all taggable resources, by ARN; an area adds its own to those of ``super()``."""
        return {}

    def arn(self, kind: str, resource_id: str) -> str:
        """Return the ARN of a resource of Macie."""
        return f"arn:{self.partition}:macie2:{self.region_name}:{self.account_id}:{kind}/{resource_id}"

    def made_before(self, kind: str, request: Request, known: Container[str]) -> str | None:
        """Return the id of the resource that a request with the same client token created, None if there is none.

        A deleted resource does not count: the same token creates another one.

        :param known: ids of the existing resources of the kind.
        :raises ConflictException: when the token came with another request. AWS publishes neither the scope nor the
            lifetime of a token; other services of AWS refuse this.
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
        """Remember which resource the client token of the request created."""
        if "clientToken" in request:
            self._client_tokens[kind, request["clientToken"]] = (request, made)


def existing[Resource](resources: Mapping[str, Resource], resource_id: str) -> Resource:
    """Return the resource with the id.

    :raises ResourceNotFoundException: when it does not exist.
    """
    if resource_id not in resources:
        raise ResourceNotFoundException
    return resources[resource_id]


def partly_implemented[Operation: Callable[..., Any]](missing: str) -> Callable[[Operation], Operation]:
    """Mark an operation with what it lacks compared to Macie's, for :mod:`localaws.macie2.coverage`."""

    def mark(operation: Operation) -> Operation:
        operation.missing = missing  # type: ignore[attr-defined]
        return operation

    return mark
