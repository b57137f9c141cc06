"""The changes that a change set announces."""

from __future__ import annotations

import pytest

from tests.localaws.cloudformation.conftest import TEMPLATE, Stack, changes
from tests.localaws.conftest import error_of


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Value": "new"}, {"Plain": "Modify", "Filled": "Modify"}),
        ({"Extra": "yes"}, {"Chosen": "Modify", "Added": "Add"}),
    ],
    ids=["by a reference and in a text", "by a condition"],
)
def test_change_of_a_parameter_changes_what_reads_it(
    stack: Stack, values: dict[str, str], expected: dict[str, str]
) -> None:
    stack.change(kind="CREATE")
    before = stack.settings
    assert changes(stack.announce(**values)) == expected
    assert stack.settings == before
    assert stack.change(**values) == "UPDATE_COMPLETE"
    assert stack.settings != before
    assert stack.change() == "UPDATE_COMPLETE"
    assert stack.settings == before


def test_change_set_has_failed_when_nothing_changes(stack: Stack) -> None:
    stack.change(kind="CREATE")
    change_set = stack.announce(Value="a")
    assert (change_set["Status"], change_set["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in change_set["StatusReason"]
    code, _, _ = error_of(stack.cloudformation.execute_change_set, ChangeSetName=change_set["ChangeSetId"])
    assert code == "ValidationError"


def test_change_set_may_be_executed_when_only_outputs_change(stack: Stack) -> None:
    stack.change(kind="CREATE")
    assert stack.change(TEMPLATE + "  Other: {Value: !Ref Plain}\n") == "UPDATE_COMPLETE"
    assert {"OutputKey": "Other", "OutputValue": "/plain"} in stack.described["Outputs"]
