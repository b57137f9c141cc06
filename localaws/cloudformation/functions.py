"""Lambda functions with all their properties, their versions and permissions."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException, UnknownPolicyException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import ValidationError

from localaws.cloudformation.resource import Resource


class NewFunction(LambdaFunction):
    """An ``AWS::Lambda::Function``; one that exists is an error, and moto would replace it."""

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> LambdaFunction:
        """Create the function as moto does, then apply what moto left out."""
        if any(known.function_name == resource_name for known in get_backend(account_id, region_name).list_functions()):
            raise ValidationError(message=f"Function {resource_name} already exists")
        properties = cloudformation_json["Properties"]
        resource = {**cloudformation_json, "Properties": {**properties, **_numbers(properties)}}
        made = LambdaFunction.create_from_cloudformation_json(resource_name, resource, account_id, region_name)
        made.tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: LambdaFunction,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> LambdaFunction:
        """Change the code and the configuration; moto takes the text of an inline handler for a zip."""
        properties = cloudformation_json["Properties"]
        code = dict(properties["Code"])
        if "ZipFile" in code:
            code["ZipFile"] = base64.b64encode(cls._create_zipfile_from_plaintext_code(code["ZipFile"]))
        original_resource.update_configuration({**properties, **_numbers(properties)})
        original_resource.update_function_code(code)
        return original_resource


class Permission(Resource):
    """An ``AWS::Lambda::Permission``; enforced where IAM is (:mod:`localaws.iam`)."""

    type_name = "AWS::Lambda::Permission"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Add a statement to the function's policy."""
        function = get_backend(account_id, region_name).get_function(properties["FunctionName"])
        function.policy.add_statement(json.dumps({**properties, "StatementId": name}))
        return f"{function.function_name}|{name}"

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Remove the statement, unless the function is gone."""
        function, _, sid = physical_id.partition("|")
        with suppress(UnknownFunctionException, UnknownPolicyException):
            get_backend(account_id, region_name).get_function(function).policy.del_statement(sid)

    @staticmethod
    def attributes(physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the id of the statement."""
        return {"Id": physical_id.partition("|")[2]}


class Version(Resource):
    """An ``AWS::Lambda::Version``."""

    type_name = "AWS::Lambda::Version"

    @staticmethod
    def make(name: str, properties: dict[str, Any], account_id: str, region_name: str) -> str:
        """Publish the function as it is."""
        version = get_backend(account_id, region_name).publish_version(properties["FunctionName"])
        return str(version and version.function_arn)

    @staticmethod
    def remove(physical_id: str, account_id: str, region_name: str) -> None:
        """Delete the version, unless the function is gone."""
        name, version = physical_id.split(":")[-2:]
        with suppress(UnknownFunctionException):
            get_backend(account_id, region_name).delete_function(name, version)

    @staticmethod
    def attributes(physical_id: str, account_id: str, region_name: str) -> Mapping[str, Any]:
        """Return the number of the version."""
        return {"Version": physical_id.rpartition(":")[2], "FunctionArn": physical_id}


def _numbers(properties: Mapping[str, Any]) -> dict[str, int]:
    """Return the numbers, which CloudFormation takes as texts, too."""
    return {name: int(properties[name]) for name in ("MemorySize", "Timeout") if name in properties}
