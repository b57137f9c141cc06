"""The rules for tags.

Source: https://docs.aws.amazon.com/macie/latest/user/tagging-resources.html
"""

from __future__ import annotations

from collections.abc import Mapping

from localaws.macie2.exceptions import ValidationException

_MOST_TAGS = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse too many or too long tags, and keys that AWS reserves."""
    if len(tags) > _MOST_TAGS:
        raise ValidationException(f"A resource can have at most {_MOST_TAGS} tags")
    for key, value in tags.items():
        if not 1 <= len(key) <= _LONGEST_KEY or key.lower().startswith("aws:"):
            raise ValidationException(f"A tag key must have 1 to {_LONGEST_KEY} characters and not start with aws:")
        if len(value) > _LONGEST_VALUE:
            raise ValidationException(f"A tag value must have at most {_LONGEST_VALUE} characters")
