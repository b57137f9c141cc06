"""Templates in YAML and JSON, read without executing anything.

moto reads them with PyYAML's loader of arbitrary Python objects, and dates of policies as dates. CloudFormation has
neither dates nor aliases in YAML. Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import lru_cache
from typing import Any

import moto.cloudformation.models
import moto.cloudformation.responses
import yaml
from moto.cloudformation.exceptions import ValidationError

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_DEEPEST = 200
#: Of a template in S3. Source:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_BYTES = 1024**2
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FAST):  # type: ignore[misc]
    """A safe loader that knows the short forms of the functions."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in _FAST.yaml_implicit_resolvers.items()
}


def _function(loader: Any, name: str, node: Any) -> dict[str, Any]:
    """Return the long form of ``!Name``."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)


class _Yaml:
    """What moto uses of the module ``yaml``."""

    Loader = _Loader

    @staticmethod
    def add_multi_constructor(*_: Any) -> None:
        """Leave the loader as it is."""

    @staticmethod
    def load(text: str, Loader: Any) -> Any:  # noqa: N803 - PyYAML's name
        return parse(text)


def install() -> None:
    """Let moto read templates this way; calling it again changes nothing."""
    for module in (moto.cloudformation.models, moto.cloudformation.responses):
        module.yaml = _Yaml  # type: ignore[attr-defined]


def parse(text: Any) -> Any:
    """Return the template.

    :raises ValidationError: if it is neither YAML nor JSON, or has what CloudFormation does not take in it.
    """
    if isinstance(text, str) and len(text.encode(errors="replace")) > MOST_BYTES:
        raise ValidationError(message=f"Template may not exceed {MOST_BYTES} bytes in size.")
    try:
        return _load(text)
    except (ValueError, TypeError, yaml.YAMLError, RecursionError):
        raise ValidationError(message="Template format error: neither well-formed YAML nor JSON") from None


def _load(text: Any) -> Any:
    if text.lstrip().startswith("{"):  # YAML does not take all of JSON: tabs
        with suppress(ValueError):
            template = json.loads(text)
            _check_depth(template)
            return template
    _check(text)
    return yaml.load(text, _Loader)  # noqa: S506 - a safe loader


def _check_depth(template: Any) -> None:
    """Refuse what is nested more deeply than in YAML."""
    level = [template]
    for _ in range(_DEEPEST):
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    if any(isinstance(value, dict | list) for value in level):
        raise _too_deep()


def _too_deep() -> ValidationError:
    return ValidationError(message=f"Template format error: more than {_DEEPEST} levels of nesting")


@lru_cache(maxsize=16)
def _check(text: str) -> None:
    """Refuse aliases, which grow without bound, and nesting that the loader in C does not survive."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            message = "Template format error: YAML aliases are not allowed in CloudFormation templates"
            raise ValidationError(message=message)
        if depth > _DEEPEST:
            raise _too_deep()
