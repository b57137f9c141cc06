"""The backend of one account's Macie in one Region: all areas of the API."""

from __future__ import annotations

from collections.abc import Sequence

from moto.core.base_backend import BackendDict, BaseBackend

from localaws.macie2.dials import dials
from localaws.macie2.operations.allow_lists import AllowLists
from localaws.macie2.operations.automated_discovery import AutomatedDiscovery
from localaws.macie2.operations.buckets import Buckets
from localaws.macie2.operations.classification_jobs import ClassificationJobs
from localaws.macie2.operations.classification_scopes import ClassificationScopes
from localaws.macie2.operations.configurations import Configurations
from localaws.macie2.operations.custom_data_identifiers import CustomDataIdentifiers
from localaws.macie2.operations.events import Events
from localaws.macie2.operations.findings import Findings
from localaws.macie2.operations.findings_filters import FindingsFilters
from localaws.macie2.operations.invitations import Invitations
from localaws.macie2.operations.managed_data_identifiers import ManagedDataIdentifiers
from localaws.macie2.operations.members import Members
from localaws.macie2.operations.organization import Organization
from localaws.macie2.operations.resource_profiles import ResourceProfiles
from localaws.macie2.operations.reveal import Reveal
from localaws.macie2.operations.sensitivity_inspection_templates import SensitivityInspectionTemplates
from localaws.macie2.operations.session import Sessions
from localaws.macie2.operations.tags import Tags
from localaws.macie2.operations.usage import Usage


class MacieBackend(
    AllowLists,
    AutomatedDiscovery,
    Buckets,
    ClassificationJobs,
    ClassificationScopes,
    Configurations,
    CustomDataIdentifiers,
    Events,
    Findings,
    FindingsFilters,
    Invitations,
    ManagedDataIdentifiers,
    Members,
    Organization,
    ResourceProfiles,
    Reveal,
    SensitivityInspectionTemplates,
    Sessions,
    Tags,
    Usage,
    BaseBackend,
):
    """Macie of one account in one Region; not enabled at first."""

    def __init__(self, region_name: str, account_id: str) -> None:
        BaseBackend.__init__(self, region_name, account_id)
        self.forget()

    def macie_of(self, account_id: str) -> MacieBackend:
        """Return the Macie of another account in this Region."""
        return macie2_backends[account_id][self.region_name]

    def every_macie(self) -> Sequence[MacieBackend]:
        """Return the Macies of all accounts in this Region that have been used."""
        return [regions[self.region_name] for regions in list(macie2_backends.values()) if self.region_name in regions]

    def reset(self) -> None:
        """Stop the jobs and automated discovery, drop all state and reset the dials to the initial ones."""
        self.outbox.close()
        self.discard_jobs()
        self.stop_discovery()
        dials.reset()
        super().reset()


macie2_backends = BackendDict(MacieBackend, "macie2")
