"""Organizations: the delegated administrator, its member accounts, and invitations.

An account's membership is kept by its administrator's Macie; the member looks there. An invitation waits there, too.

Source: https://docs.aws.amazon.com/macie/latest/APIReference/members.html
"""

from __future__ import annotations

from localaws.macie2.operations.area import Area


class Organization(Area):
    """The organization that the account belongs to."""
