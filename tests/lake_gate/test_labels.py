"""What Airflow's UI calls the tasks and groups: names and explanations for each, without code spans."""

from __future__ import annotations

import pytest

from lake_gate import labels


def test_task_has_its_id_a_name_and_an_explanation() -> None:
    assert labels.task("land") == {
        "task_id": "land",
        "task_display_name": "Land the delivery",
        "doc_md": "Copies every file of the source into bronze, and writes the manifest.",
    }


def test_task_of_another_dag_with_the_same_id_has_its_own_name() -> None:
    assert labels.task("notify", "notify_overdue")["task_id"] == "notify"
    assert labels.task("notify", "notify_overdue")["task_display_name"] != labels.task("notify")["task_display_name"]


def test_group_has_a_tooltip() -> None:
    assert labels.group("scan")["tooltip"].startswith("One Macie job reads the files")


@pytest.mark.parametrize("name", ["unknown", ""])
def test_task_without_a_label_is_an_error_while_parsing(name: str) -> None:
    with pytest.raises(KeyError):
        labels.task(name)
