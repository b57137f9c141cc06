"""What one account's Macie in one Region knows and can do."""

from __future__ import annotations

from moto.core.base_backend import BackendDict, BaseBackend

from localaws.macie2.dials import dials
from localaws.macie2.operations.classification_jobs import ClassificationJobs
from localaws.macie2.operations.managed_data_identifiers import ManagedDataIdentifiers
from localaws.macie2.operations.organization import Organization
from localaws.macie2.operations.session import Sessions
from localaws.macie2.operations.tags import Tags


class MacieBackend(ClassificationJobs, ManagedDataIdentifiers, Organization, Sessions, Tags, BaseBackend):
    """Macie of one account in one Region; not enabled at first."""

    def __init__(self, region_name: str, account_id: str) -> None:
        BaseBackend.__init__(self, region_name, account_id)
        self.forget()

    def reset(self) -> None:
        """Stop the jobs and start anew, with the dials where they were when the process started."""
        self.discard_jobs()
        dials.reset()
        super().reset()


macie2_backends = BackendDict(MacieBackend, "macie2")
