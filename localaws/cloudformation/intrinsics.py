"""Intrinsic functions and properties as CloudFormation reads them, where moto leaves them out silently.

moto drops a property whose attribute or resource does not exist, and passes on a function that it does not know. Where
AWS takes an object of JSON also as its text, moto fails or stores the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import moto.cloudformation.parsing as parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.cloudformation.parsing import ResourceMap
from moto.core.exceptions import ServiceException

from localaws.cloudformation.syntax import MOST_BYTES
from localaws.cloudformation.template import PLACEHOLDER, conditions_of

#: Properties that AWS takes as an object and as its text. Source: the schemas of the types, ``"type": ["object",
#: "string"]``, as included in cfn-lint.
_JSON_PROPERTIES = frozenset(
    {
        "AssumeRolePolicyDocument",
        "DeliveryPolicy",
        "EventPattern",
        "FilterPolicy",
        "KeyPolicy",
        "PolicyDocument",
        "RedriveAllowPolicy",
        "RedrivePolicy",
    }
)
_TEXT_IN_MOTO = frozenset({"AWS::Logs::ResourcePolicy"})
_FUNCTIONS = frozenset(
    f"Fn::{name}"
    for name in [
        *("Base64", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Select", "Split", "Sub"),
        *("ToJsonString", "And", "Equals", "Not", "Or", "Transform"),
    ]
)
#: Attributes of resources that moto does not have, and where it keeps them. Source: "Return values" of each type in
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
_ATTRIBUTES = {
    "AWS::IAM::ManagedPolicy": {"PolicyArn": "arn", "PolicyId": "id", "DefaultVersionId": "default_version_id"},
    "AWS::Events::Rule": {"RuleName": "name"},
    "AWS::KMS::Key": {"KeyId": "id"},
    "AWS::SNS::Topic": {"TopicArn": "arn"},
    "AWS::SSM::Parameter": {"Type": "type", "Value": "value"},
}

_clean_json = parsing.clean_json
_parse_resource = parsing.parse_resource
_load_conditions = ResourceMap.load_conditions


def install() -> None:
    """Put these in the place of moto's; calling it again changes nothing."""
    parsing.clean_json = clean_json
    parsing.parse_resource = parse_resource
    ResourceMap.load_conditions = load_conditions  # type: ignore[method-assign]
    ResourceMap.validate_outputs = lambda self: None  # type: ignore[method-assign]  # outputs are read when all is made


def clean_json(resource_json: Any, resources_map: ResourceMap) -> Any:
    """Resolve the functions in a part of a template.

    :raises ValidationError: for a function, an attribute or a resource that does not exist.
    """
    body, resources = resource_json, resources_map
    if isinstance(body, dict):
        if unknown := [
            key for key in body if isinstance(key, str) and key.startswith("Fn::") and key not in _FUNCTIONS
        ]:
            raise ValidationError(message=f"Template error: {unknown[0]} is not implemented by the local AWS")
        if "Ref" in body and isinstance(resources, ResourceMap):  # conditions have the parameters only
            _check_made(body["Ref"], resources)
        if "Fn::GetAtt" in body:
            path = body["Fn::GetAtt"]
            name, *attribute = path.split(".") if isinstance(path, str) else path
            return _attribute(name, ".".join(clean_json(part, resources) for part in attribute), resources)
        if "Fn::Sub" in body:
            return _substituted(body["Fn::Sub"], resources)
        if "Fn::Join" in body:
            separator, items = body["Fn::Join"]
            return _joined(separator, map(str, clean_json(items, resources)))
    if isinstance(body, list):  # moto leaves a null where AWS leaves out the item that is AWS::NoValue
        return [item for item in (clean_json(each, resources) for each in body) if item is not None]
    return _clean_json(body, resources)


def load_conditions(self: ResourceMap) -> None:
    """Evaluate the conditions in the order of their dependencies: moto's recursion does not survive long chains.

    :raises ValidationError: if one cannot be evaluated.
    """
    self._template = {**self._template, "Conditions": conditions_of(self._template)}
    try:
        _load_conditions(self)
    except ServiceException:
        raise
    except Exception:
        message = "Template format error: a condition of the template cannot be evaluated"
        raise ValidationError(message=message) from None


def parse_resource(resource_json: dict[str, Any], resources_map: ResourceMap) -> Any:
    """Resolve a resource, with the objects of JSON that the template has as texts."""
    parsed = _parse_resource(dict(resource_json), resources_map)  # moto adds properties to a resource without
    if parsed and resource_json["Type"] not in _TEXT_IN_MOTO:
        kind, body, name = parsed
        return kind, {**body, "Properties": _with_objects(body.get("Properties", {}))}, name
    return parsed


def _substituted(template: Any, resources: ResourceMap) -> str:
    """Fill in a text, once: moto fills in values again, in time that grows with the square of the text."""
    text, values = (template, {}) if isinstance(template, str) else template
    known = {name: clean_json(value, resources) for name, value in values.items()}
    parts, end = [], 0
    for found in PLACEHOLDER.finditer(text):
        parts += [text[end : found.start()], _value(found[2].strip(), known, resources, is_literal=bool(found[1]))]
        end = found.end()
    return _joined("", [*parts, text[end:]])


def _value(name: str, known: dict[str, Any], resources: ResourceMap, *, is_literal: bool) -> str:
    if is_literal:
        return f"${{{name}}}"
    if name not in known:
        known[name] = clean_json({"Fn::GetAtt" if "." in name else "Ref": name}, resources)
    return str(known[name])


def _joined(separator: str, parts: Iterable[str]) -> str:
    """Join texts, up to the size of a template (our own limit): texts of texts grow without bound."""
    kept, size = [], 0
    for part in parts:
        size += len(separator) + len(part)
        if size > MOST_BYTES:
            raise ValidationError(message=f"Template error: a text of Fn::Sub or Fn::Join exceeds {MOST_BYTES} bytes")
        kept.append(part)
    return separator.join(kept)


def _check_made(name: Any, resources: ResourceMap) -> None:
    """Refuse what refers to a resource whose condition is false."""
    condition = resources._resource_json_map.get(name, {}).get("Condition") if isinstance(name, str) else None
    if condition and not resources.lazy_condition_map[condition]:
        message = (
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
        )
        raise ValidationError(message=message)


def _attribute(name: str, attribute: str, resources: ResourceMap) -> Any:
    _check_made(name, resources)
    resource: Any = resources[name]
    kind = resources._resource_json_map[name]["Type"]
    if kept_as := _ATTRIBUTES.get(kind, {}).get(attribute):
        return getattr(resource, kept_as)
    try:
        value = resource.get_cfn_attribute(attribute)
    except (AttributeError, NotImplementedError, UnformattedGetAttTemplateException):
        value = None
    if value is None:
        message = f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
        raise ValidationError(message=message)
    return value


def _with_objects(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_objects(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _object(name, item) if name in _JSON_PROPERTIES and isinstance(item, str) else _with_objects(item)
        for name, item in value.items()
    }


def _object(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValidationError(message=f"Properties validation failed: {name} is not an object of JSON") from None
