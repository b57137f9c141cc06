"""The classification scope: buckets that automated discovery leaves out.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/classification-scopes.html
"""

from __future__ import annotations

from moto.moto_api._internal import mock_random

from localaws.macie2.exceptions import ResourceNotFoundException, ValidationException
from localaws.macie2.operations.area import Answer, Area, Request
from localaws.macie2.paging import page

#: Source: shape GetSensitivityInspectionTemplateResponse of the macie2 API; taken for the scope as well.
DISCOVERY_NAME = "automated-sensitive-data-discovery"
#: Source: https://docs.aws.amazon.com/macie/latest/user/discovery-asdd-account-configure-s3buckets.html
_MOST_BUCKETS = 1_000


class ClassificationScopes(Area):
    """The one scope of an account."""

    scope_id: str
    excluded_buckets: tuple[str, ...]

    def forget(self) -> None:
        super().forget()
        self.scope_id = mock_random.get_random_hex(32)
        self.excluded_buckets = ()

    def list_classification_scopes(self, request: Request) -> Answer:
        is_asked_for = request.get("name", DISCOVERY_NAME) == DISCOVERY_NAME
        scopes = [{"id": self.scope_id, "name": DISCOVERY_NAME}] if is_asked_for else []
        return page("classificationScopes", scopes, request)

    def get_classification_scope(self, request: Request) -> Answer:
        self._check_scope_id(request)
        excludes = {"bucketNames": list(self.excluded_buckets)}
        return {"id": self.scope_id, "name": DISCOVERY_NAME, "s3": {"excludes": excludes}}

    def update_classification_scope(self, request: Request) -> Answer:
        """Add, remove or replace excluded buckets; a name occurs once, whether such a bucket exists or not."""
        self._check_scope_id(request)
        if "s3" not in request:
            return {}
        excludes = request["s3"]["excludes"]
        names = tuple(excludes["bucketNames"])
        match excludes["operation"]:
            case "ADD":
                wanted = (*self.excluded_buckets, *names)
            case "REMOVE":
                wanted = tuple(name for name in self.excluded_buckets if name not in names)
            case _:
                wanted = names
        if len(set(wanted)) > _MOST_BUCKETS:
            raise ValidationException(f"A classification scope can exclude at most {_MOST_BUCKETS} buckets")
        self.excluded_buckets = tuple(dict.fromkeys(wanted))
        return {}

    def _check_scope_id(self, request: Request) -> None:
        if request["id"] != self.scope_id:
            raise ResourceNotFoundException
