"""Tags of all taggable resources.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/tags-resourcearn.html
"""

from __future__ import annotations

from localaws.macie2.dials import state_lock
from localaws.macie2.operations.area import Answer, Area, Request, existing
from localaws.macie2.validation import check_tags


class Tags(Area):
    """The tags of jobs, identifiers, lists, filters and members, by ARN."""

    def list_tags_for_resource(self, request: Request) -> Answer:
        return {"tags": self._tags_of(request)}

    def tag_resource(self, request: Request) -> Answer:
        with state_lock:
            tags = self._tags_of(request)
            check_tags({**tags, **request["tags"]})
            tags.update(request["tags"])
        return {}

    def untag_resource(self, request: Request) -> Answer:
        with state_lock:
            tags = self._tags_of(request)
            for key in request["tagKeys"]:
                tags.pop(key, None)
        return {}

    def _tags_of(self, request: Request) -> dict[str, str]:
        return existing(self.tags_by_arn(), request["resourceArn"])
