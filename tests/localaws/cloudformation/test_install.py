"""Resource types that a template can have."""

from __future__ import annotations

from tests.localaws.cloudformation.conftest import Stack
from tests.localaws.conftest import error_of


def test_template_is_refused_when_its_types_do_not_exist_here(stack: Stack) -> None:
    template = "Resources: {E: {Type: AWS::MWAA::Environment}}"
    arguments = {"StackName": "s", "ChangeSetName": "c", "TemplateBody": template, "ChangeSetType": "CREATE"}
    code, _, message = error_of(stack.cloudformation.create_change_set, **arguments)
    assert (code, "[AWS::MWAA::Environment]" in message) == ("ValidationError", True)
