"""Data is never code: what of an operator Airflow renders as a template comes from this repository alone.

What Airflow 3.2.1 and 3.3.1 render (read in ``airflow/sdk/definitions``, ``_internal/templater.py`` and
``_internal/expandinput.py``):

* Every text in a template field is rendered once, at any depth of lists, tuples, sets and values of dicts. What comes
  out is not rendered again, so ``{{ params.x }}`` may yield braces, and they stay text.
* An XComArg in a template field is replaced by its value (``resolve``), and that is not rendered.
* ``expand(x=...)`` (``DictOfListsExpandInput``): the mapped value itself is in ``seen_oids``, by its ``id()``, and what
  is there is not rendered. It holds only while the operator keeps that very object: one that copies the value, or picks
  a text out of it into another template field, has it rendered. A literal in ``expand`` is rendered.
* ``expand_kwargs(...)`` (``ListOfDictsExpandInput``): only values that are XComArgs still, or other objects to be
  resolved at run time, are in ``seen_oids``. Every text is rendered.
* A mapped argument reaches the operator's constructor whether or not it is a template field.
* ``map_index_template`` is rendered once before and once after the task, with what the task has put into the context.
* A trigger (3.3.1) is rendered only when a task starts in the triggerer (``start_trigger_args``), as none of ours does.

So: no ``expand_kwargs``; no mapped argument is a template field; no mapped task function, whose arguments always are;
and every text that stands in a template field is plain, or made of expressions that are listed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator, XComArg, task
from airflow.sdk.definitions._internal.expandinput import DictOfListsExpandInput, ListOfDictsExpandInput
from airflow.sdk.definitions.mappedoperator import MappedOperator

from lake_gate.finding_events.operators import WithdrawOperator
from lake_gate.held.operators import NotifyHeldOperator
from lake_gate.masking.operators import MaskFilesOperator
from lake_gate.moving.operators import MoveOperator
from tests.conftest import REPO

PARAMS = (
    *("dry_run", "max_scan_usd", "older_than_hours", "policy", "promotion", "quarantine_threshold"),
    *("quarantined_older_than_days", "reprocess_held", "source", "feed", "month"),
)
EXPRESSIONS = {
    *(f"{{{{ params.{name} }}}}" for name in PARAMS),
    *("{% if params.reprocess_held %}", "{% elif params.source %}", "{% else %}", "{% endif %}"),
    "{{ (dag_run.logical_date or dag_run.run_after) | ds }}",
    *(f"{{{{ include_path('{name}') }}}}" for name in ("identifiers", "identifiers/allow_lists")),
}
"""All that templates may be made of. Params are texts of whoever starts a run: rendered into a field, and not again."""
RESULT = re.compile(r"\{\{ ti\.xcom_pull\(task_ids='[a-z_.]+'(, key='[a-z_]+')?\)(\['[a-z_]+'\])?( \| tojson)? \}\}")
"""The result of an earlier task, see :mod:`lake_gate.xcom`: rendered into a field, and not again."""
NAMES = {None, "{{ moved }}", "{{ masked }}", "{{ task.about }}", "{{ task.chunk['of'][:200] }}"}
"""Templates of the names of mapped tasks."""
PAGES = {
    REPO / "plugins/lake_gate" / name
    for name in ("display/environment.py", "pages/rendering.py", "reports/rendering.py")
}
OPENING = ("{{", "{%", "{#")
MAPPED = {
    ("synthea_gate", "promote"): (MoveOperator, "chunk"),
    ("synthea_gate", "quarantine"): (MoveOperator, "chunk"),
    ("synthea_gate", "hold"): (MoveOperator, "chunk"),
    ("synthea_deidentified_gate", "promote"): (MoveOperator, "chunk"),
    ("synthea_deidentified_gate", "quarantine"): (MoveOperator, "chunk"),
    ("synthea_deidentified_gate", "hold"): (MoveOperator, "chunk"),
    ("synthea_deidentified_gate", "mask_files"): (MaskFilesOperator, "chunk"),
    ("finding_events", "withdraw"): (WithdrawOperator, "chunk"),
    ("held_objects", "notify"): (NotifyHeldOperator, "about"),
}
"""Every mapped task, its class and its one mapped argument: another one has to be looked at."""


def violations(dag: DAG) -> Iterator[str]:
    """Yield what of a DAG's operators Airflow might render although it is not a template of this repository."""
    for operator in dag.tasks:
        if isinstance(operator, MappedOperator):
            yield from (f"{operator.task_id}: {found}" for found in _of_mapped(operator))
        if operator.template_ext:
            yield f"{operator.task_id}: texts that end with {operator.template_ext} are read as files"
        if getattr(operator, "start_trigger_args", None):
            yield f"{operator.task_id}: its trigger is rendered"
        if operator.map_index_template not in NAMES:
            yield f"{operator.task_id}: map_index_template {operator.map_index_template}"
        for field in operator.template_fields:
            yield from (f"{operator.task_id}.{field}: {found}" for found in _of_value(_value(operator, field)))


def _of_mapped(operator: MappedOperator) -> Iterator[str]:
    expanded = operator._get_specified_expand_input()
    if not isinstance(expanded, DictOfListsExpandInput):
        yield "expand_kwargs"
        return
    for name, value in expanded.value.items():
        if not isinstance(value, XComArg):
            yield f"{name} is mapped over a literal, which is rendered"
        if name in operator.template_fields:
            yield f"{name} is mapped and a template field"
    if operator._expand_input_attr != "expand_input":
        yield "a task function is mapped"


def _value(operator: Any, field: str) -> Any:
    if isinstance(operator, MappedOperator):
        return operator.partial_kwargs.get(field)
    return getattr(operator, field, None)


def _of_value(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, XComArg | bool | int | float):
        return
    if isinstance(value, str):
        rest = RESULT.sub("", value)
        for expression in EXPRESSIONS:
            rest = rest.replace(expression, "")
        if any(opening in rest for opening in OPENING):
            yield f"{rest!r} is not a template that is listed"
    elif isinstance(value, dict):
        for each in value.values():
            yield from _of_value(each)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from _of_value(each)
    else:
        yield f"{type(value).__name__} is rendered by its own rules"


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    return dict(DagBag(str(REPO / "dags")).dags)


def test_nothing_but_templates_of_this_repository_is_rendered(dags: dict[str, Any]) -> None:
    assert {dag_id: list(violations(dag)) for dag_id, dag in dags.items()} == {dag_id: [] for dag_id in dags}


def expanded_by(operator: MappedOperator) -> Any:
    return operator._get_specified_expand_input().value


def test_every_mapped_task_is_one_that_was_looked_at(dags: dict[str, Any]) -> None:
    mapped = {
        (dag_id, operator.task_id): (operator.operator_class, *expanded_by(operator))
        for dag_id, dag in dags.items()
        for operator in dag.tasks
        if isinstance(operator, MappedOperator)
    }
    assert mapped == MAPPED


def test_airflow_renders_the_texts_of_expand_kwargs() -> None:
    """The reason for all of this: who makes it an error in a new version of Airflow may see this test fail."""
    text = "{{ 7*7 }}"
    context = {"ti": SimpleNamespace(map_index=0)}
    mapping, not_rendered = ListOfDictsExpandInput([{"about": text}]).resolve(context)
    assert id(mapping["about"]) not in not_rendered


class Rendering(BaseOperator):
    """An operator that has its text rendered."""

    template_fields = ("text",)

    def __init__(self, *, text: Any = "", other: Any = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text, self.other = text, other


def _expand_kwargs() -> None:
    Rendering.partial(task_id="t").expand_kwargs([{"text": "x"}])


def _mapped_field() -> None:
    Rendering.partial(task_id="t").expand(text=EmptyOperator(task_id="e").output)


def _mapped_literal() -> None:
    Rendering.partial(task_id="t").expand(other=["{{ 7*7 }}"])


def _mapped_function() -> None:
    @task
    def t(x: str) -> None: ...

    t.expand(x=EmptyOperator(task_id="e").output)


def _text_from_xcom() -> None:
    Rendering(task_id="t", text="{{ ti.xcom_pull('e') }}")


def _text_deep_inside() -> None:
    Rendering(task_id="t", text={"a": [("{% for x in y %}",)]})


def _text_that_is_partial() -> None:
    Rendering.partial(task_id="t", text="{{ dag_run.conf }}").expand(other=EmptyOperator(task_id="e").output)


def _named_by_data() -> None:
    Rendering.partial(task_id="t", map_index_template="{{ task.other }}").expand(
        other=EmptyOperator(task_id="e").output
    )


def _object() -> None:
    Rendering(task_id="t", text=Path("x"))


@pytest.mark.parametrize(
    "make",
    [
        *(_expand_kwargs, _mapped_field, _mapped_literal, _mapped_function, _text_from_xcom, _text_deep_inside),
        *(_text_that_is_partial, _named_by_data, _object),
    ],
)
def test_what_might_be_rendered_is_found(make: Any) -> None:
    with DAG("d", schedule=None) as dag:
        make()
    assert list(violations(dag))


def test_what_is_never_rendered_is_let_pass() -> None:
    with DAG("d", schedule=None) as dag:
        before = EmptyOperator(task_id="e")
        Rendering.partial(task_id="t", text="{{ params.source }}").expand(other=before.output)
        Rendering(task_id="u", text=[before.output, 1, "plain", {"a": None}])
    assert list(violations(dag)) == []


@pytest.mark.parametrize(
    "path", [p for folder in ("dags", "plugins") for p in sorted((REPO / folder).rglob("*.py"))], ids=lambda p: p.name
)
def test_no_code_of_ours_renders_templates_itself(path: Path) -> None:
    """Gate page and reports have templates of their own, which are files: what they show is escaped, and only shown."""
    tree = ast.parse(path.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not used & {"expand_kwargs", "render_template", "render_template_fields", "get_template_env"}
    assert not any(re.match(r"jinja2\b", name) for name in names) or path in PAGES
    assert not used & {"from_string"}
