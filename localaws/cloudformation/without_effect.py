"""Types that templates may have and that have no effect here: they are given an id, and nothing is made.

What a pipeline of data does not depend on: a place to type commands in, a network, a dashboard. A type that is neither
here nor made is refused by its name.
"""

from __future__ import annotations

from typing import Any

from moto.utilities.utils import get_partition

from localaws.cloudformation.resource import Resource

#: Each with what is missing; docs/local_aws.md has the list.
NAMES = {
    "AWS::Athena::WorkGroup": "no queries",
    "AWS::Budgets::Budget": "no costs",
    "AWS::CDK::Metadata": "as in AWS",
    "AWS::Cloud9::EnvironmentEC2": "no environment to work in",
    "AWS::CloudTrail::Trail": "no log of calls",
    "AWS::Config::ConfigRule": "no rules",
    "AWS::Config::ConfigurationRecorder": "no records",
    "AWS::Config::DeliveryChannel": "no deliveries",
    "AWS::EC2::VPCEndpoint": "no network; the services are at one address",
    "AWS::EC2::VPCEndpointService": "no network",
    "AWS::GuardDuty::Detector": "no detection of threats",
    "AWS::SecurityHub::Hub": "findings are not published to it",
}


class WithoutEffect(Resource):
    """A resource that only has an id."""

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Return the name as the id."""
        return name

    @classmethod
    def change(cls, physical_id: str, name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Keep the id."""
        return physical_id

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Nothing was made."""

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return a made-up ARN, or the id for any other attribute."""
        if not attribute_name.endswith("Arn"):
            return self.physical_resource_id
        _, service, kind = self.type_name.lower().split("::")
        where = f"{get_partition(self._region_name)}:{service}:{self._region_name}:{self._account_id}"
        return f"arn:{where}:{kind}/{self.physical_resource_id}"


TYPES: dict[str, Any] = {name: type("WithoutEffect", (WithoutEffect,), {"type_name": name}) for name in NAMES}
