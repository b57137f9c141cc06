"""What one account's Macie in one Region knows and can do."""

from __future__ import annotations

from collections.abc import Sequence

from moto.core.base_backend import BackendDict, BaseBackend

from localaws.macie2.dials import dials
from localaws.macie2.operations.invitations import Invitations
from localaws.macie2.operations.managed_data_identifiers import ManagedDataIdentifiers
from localaws.macie2.operations.organization import Organization
from localaws.macie2.operations.reveal import Reveal
from localaws.macie2.operations.tags import Tags


class MacieBackend(Reveal, Invitations, ManagedDataIdentifiers, Organization, Tags, BaseBackend):
    """Macie of one account in one Region; not enabled at first."""

    def __init__(self, region_name: str, account_id: str) -> None:
        BaseBackend.__init__(self, region_name, account_id)
        self.forget()

    def macie_of(self, account_id: str) -> MacieBackend:
        return macie2_backends[account_id][self.region_name]

    def every_macie(self) -> Sequence[MacieBackend]:
        return [regions[self.region_name] for regions in list(macie2_backends.values()) if self.region_name in regions]

    def reset(self) -> None:
        """Stop the jobs and start anew, with the dials where they were when the process started."""
        self.outbox.close()
        self.discard_jobs()
        dials.reset()
        super().reset()


macie2_backends = BackendDict(MacieBackend, "macie2")
