"""Landing, by its operator."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pendulum
import pytest
from airflow.sdk import DAG

from lake_gate.delivery.operators import CheckExpectedOperator, LandOperator
from lake_gate.errors import DeliveryChangedError, RunPinnedError, SourceError, TablesMissingError
from lake_gate.model import jsonl
from lake_gate.model.run import MANIFEST, Run
from tests.builders import landed as made_up
from tests.lake import Lake
from tests.lake_gate.delivery.test_source import served
from tests.lake_gate.steps import CONTEXT, gate, land_files, read_runs, step, write

RUN = Run("synthea", "1")
DAY = pendulum.datetime(2026, 11, 24, 2)


def land(lake: Lake, source: str = "", *, run_id: str = "1", dry: str | bool = False, **params: Any) -> Any:
    """Land as a run does whose starter has chosen these params."""
    context = {"run_id": run_id, "params": params, "dag_run": SimpleNamespace(logical_date=None, run_after=DAY)}
    return gate(lake, LandOperator, source=source, is_dry_run=dry).step(context)


def deliver(lake: Lake, key: str, content: bytes = b"A\n1\n") -> str:
    lake.put(lake.outputs["SourceBucket"], key, content)
    return f"s3://{lake.outputs['SourceBucket']}/{key.rpartition('/')[0]}/"


def test_source_of_the_settings_is_landed_when_the_run_names_none(lake: Lake) -> None:
    deliver(lake, "deliveries/a.csv")
    done = gate(lake, LandOperator, source="").step(CONTEXT)
    assert (done["objects"], done["prefix"]) == (1, "synthea/1/")


@pytest.mark.parametrize(
    ("source", "chosen", "expected"),
    [
        ("", {}, "deliveries/"),
        ("", {"source": None, "reprocess_held": None}, "deliveries/"),
        ("clinic/${date}/", {}, "deliveries/clinic/2026-11-24/"),
        ("s3://{bucket}/x/${date}/", {}, "x/2026-11-24/"),
        ("clinic/${date}/", {"source": "s3://{bucket}/else/"}, "else/"),
        ("clinic/${date}/", {"source": " \n s3://{bucket}/else/\u00a0\r\n"}, "else/"),
        ("clinic/${date}/", {"source": "else/"}, "deliveries/else/"),
        ("clinic/${date}/", {"source": "  "}, "deliveries/clinic/2026-11-24/"),
        ("clinic/${date}/", {"source": " '' \u200b\n"}, "deliveries/clinic/2026-11-24/"),
    ],
)
@pytest.mark.parametrize("has_logical_date", [True, False])
def test_run_takes_the_delivery_of_its_day_unless_its_starter_chose_another_one(
    lake: Lake, source: str, chosen: dict[str, str], expected: str, has_logical_date: bool
) -> None:
    bucket = lake.outputs["SourceBucket"]
    address = deliver(lake, f"{expected}a.csv")
    params = {name: value and value.replace("{bucket}", bucket) for name, value in chosen.items()}
    later = DAY if has_logical_date else None
    dag_run = SimpleNamespace(logical_date=later, run_after=DAY.add(days=7) if has_logical_date else DAY)
    operator = gate(lake, LandOperator, source=source.replace("{bucket}", bucket))
    done = operator.step({"run_id": "1", "params": params, "dag_run": dag_run})
    assert (done["source"], done["objects"]) == (address, 1)


def test_held_files_go_before_a_source(lake: Lake) -> None:
    assert land(lake, source="x", reprocess_held="not_analysed")["source"] == "held://not_analysed"


def test_run_says_what_it_is_before_it_lands(lake: Lake) -> None:
    address = deliver(lake, "in/a.csv")
    land(lake, address, dry="True")
    pinned = json.loads(lake.read(lake.bronze, RUN.document("run.json")))
    assert (pinned["run_id"], pinned["source"], pinned["dry_run"]) == ("1", address, True)
    (first,) = lake.s3.list_object_versions(Bucket=lake.bronze, Prefix="_runs/synthea/1/run.json")["Versions"]
    landed = lake.s3.list_object_versions(Bucket=lake.bronze)["Versions"]
    assert all(first["LastModified"] <= one["LastModified"] for one in landed)


def test_run_id_that_is_used_again_for_something_else_is_refused_and_lands_nothing(lake: Lake) -> None:
    first, second = deliver(lake, "a/old.csv"), deliver(lake, "b/new.csv")
    land(lake, first)
    for change in ({"source": second}, {"dry": "True"}, {"reprocess_held": "*"}):
        with pytest.raises(RunPinnedError, match="Start a new run with another run id"):
            land(lake, **{"source": first, **change})
    assert lake.keys(lake.bronze) == ["synthea/1/old.csv"]


def test_delivery_that_comes_late_is_landed_when_the_run_is_cleared(lake: Lake) -> None:
    address = f"s3://{lake.outputs['SourceBucket']}/clinic/${{date}}/"
    assert land(lake, address)["objects"] == 0
    deliver(lake, "clinic/2026-11-24/late.csv")
    assert land(lake, address)["objects"] == 1
    assert lake.keys(lake.bronze) == ["synthea/1/late.csv"]


def test_cleared_run_turns_red_when_its_source_holds_something_else(lake: Lake) -> None:
    address = deliver(lake, "in/a.csv")
    land(lake, address)
    assert land(lake, address)["objects"] == 1
    deliver(lake, "in/b.csv")
    with pytest.raises(DeliveryChangedError, match=r"0 file\(s\) changed, 1 are new, 0 are missing, among them b\.csv"):
        land(lake, address)
    assert lake.keys(lake.bronze) == ["synthea/1/a.csv"]


def test_prefix_that_was_typed_in_and_does_not_exist_is_refused(lake: Lake) -> None:
    """The feed's folder of the day may be empty; a person has made a slip."""
    typed = {"source": f"s3://{lake.outputs['SourceBucket']}/tpyo/"}
    with pytest.raises(SourceError, match="it does not exist"):
        gate(lake, LandOperator, source="").step({"run_id": "1", "params": typed})
    assert lake.keys(lake.bronze) == []


@pytest.mark.parametrize("source", ["", "tpyo/", "s3://{bucket}/tpyo/"])
def test_source_of_a_feed_that_does_not_exist_is_refused_unless_it_is_the_folder_of_a_day(
    lake: Lake, source: str
) -> None:
    source = source.replace("{bucket}", lake.outputs["SourceBucket"])
    with pytest.raises(SourceError, match="it does not exist"):
        gate(lake, LandOperator, source=source).step(CONTEXT)
    context = {"run_id": "1", "dag_run": SimpleNamespace(logical_date=DAY, run_after=DAY)}
    assert gate(lake, LandOperator, source=source + "${date}/").step(context)["objects"] == 0


@pytest.mark.parametrize("typo", ["tpyo/", "https:/h/x", "/nowhere", "held://tpyo"])
def test_source_that_was_corrected_is_landed_by_the_same_run(lake: Lake, typo: str) -> None:
    with pytest.raises(SourceError):
        land(lake, typo)
    assert land(lake, deliver(lake, "in/a.csv"))["objects"] == 1


def test_run_that_was_landed_is_refused_with_a_source_that_cannot_be_opened(lake: Lake) -> None:
    land(lake, deliver(lake, "in/a.csv"))
    for source in ("/nowhere", "held://tpyo", "held://*"):
        with pytest.raises(RunPinnedError):
            land(lake, source)
    assert not lake.keys(lake.bronze, "_runs/synthea/1/reprocessed")


def test_second_of_two_tries_at_once_with_another_source_lands_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find no pin when they begin; who is first to have opened its source pins it."""
    monkeypatch.setattr("lake_gate.delivery.run_delivery.check_pin", lambda *_, **__: None)
    land(lake, deliver(lake, "a/old.csv"))
    with pytest.raises(RunPinnedError):
        land(lake, deliver(lake, "b/new.csv"))
    assert lake.keys(lake.bronze, "synthea/") == ["synthea/1/old.csv"]


SECRET = "hunter2"


def test_passwords_and_signatures_of_a_source_show_nowhere(
    lake: Lake, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Rendered fields, logs, results (XCom), documents, messages; for an address that works and for broken ones."""
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("a.csv", b"A\n1\n")
    boto3.client("ssm").put_parameter(Name="/lake_gate/allowed_source_hosts", Value="127.0.0.1", Type="String")
    settings = {**lake.settings.to_json(), "allowed_source_hosts": "127.0.0.1"}
    with served(tmp_path) as url:
        right = f"{url.replace('//', f'//me:{SECRET}@')}/d.zip?X-Amz-Signature={SECRET}"
        broken = [
            *(right.replace("/d.zip", "/gone.zip"), f"https:/me:{SECRET}@x/d.zip", f"https://me:{SECRET}/x@h/d.zip"),
            *(f"https://me:a?{SECRET}@h/d.zip", f"s3://key:{SECRET}@bucket/d.zip", f"ftp://me:{SECRET}@h/d.zip"),
            *(f"s3://bucket/d.zip?X-Amz-Signature={SECRET}", f"http://[{SECRET}", f"http://me:{SECRET}@10.0.0.1/"),
        ]
        texts, ended = [], []
        for number, source in enumerate([right, *broken]):
            with DAG("canary", schedule=None):
                operator = LandOperator(task_id="land", settings=settings, feed="synthea", source="")
            context: Any = {"run_id": str(number), "params": {"source": source}}
            operator.render_template_fields(context)
            texts += [repr(getattr(operator, field)) for field in operator.template_fields]
            try:
                texts.append(repr(operator.execute(context)))
                ended.append(number)
            except Exception as error:
                texts += [str(error), repr(error), repr(error.args)]
        assert ended == [0]
    for item in lake.s3.list_objects_v2(Bucket=lake.bronze)["Contents"]:
        texts.append(item["Key"])
        texts.append(lake.read(lake.bronze, item["Key"]).decode())
    captured = capfd.readouterr()
    assert SECRET not in "".join([*texts, captured.out, captured.err])
    assert "/d.zip" in "".join(texts)


@pytest.mark.parametrize("source", ["{{ 7*7 }}", "/tmp/{{ 7*7 }}", "s3://lake/{% if 1 %}49{% endif %}/"])
def test_source_is_data_and_never_a_template(lake: Lake, source: str) -> None:
    with DAG("canary", schedule=None):
        operator = LandOperator(task_id="land", settings=lake.settings.to_json(), feed="synthea", source="")
    context: Any = {"run_id": "1", "params": {"source": source}}
    operator.render_template_fields(context)
    with pytest.raises(SourceError) as error:
        operator.step(context)
    assert error.value.source.endswith(source)
    assert source in str(error.value)


def check(lake: Lake, *tables: str, missing: str = "fail", source: str = "s3://b/in/") -> Any:
    return step(lake, CheckExpectedOperator, expect={"tables": list(tables), "missing": missing}, source=source)


def test_delivery_with_all_tables_passes(lake: Lake) -> None:
    land_files(lake, patients=b"A\n", claims=b"A\n", more=b"A\n")
    assert check(lake, "patients", "claims") == {"expected": 2, "missing_tables": []}


def test_table_is_there_whatever_its_folder_case_and_extension(lake: Lake) -> None:
    manifest = [made_up(name) for name in ("2026/Patients.CSV", "claims.csv.gz")]
    write(lake, MANIFEST, jsonl.dump(manifest))
    assert check(lake, "patients", "claims")["missing_tables"] == []


def test_missing_tables_are_named_and_stop_the_run_when_they_must_not_be(lake: Lake) -> None:
    land_files(lake, patients=b"A\n")
    with pytest.raises(TablesMissingError, match=r"lacks 2 of the 3 table.*synthea.*: claims, payers\. .*new run"):
        check(lake, "patients", "claims", "payers")


def test_missing_tables_are_returned_when_they_may_be(lake: Lake) -> None:
    land_files(lake, patients=b"A\n")
    assert check(lake, "patients", "claims", missing="warn") == {"expected": 2, "missing_tables": ["claims"]}


def test_empty_delivery_lacks_what_is_expected(lake: Lake) -> None:
    land_files(lake)
    with pytest.raises(TablesMissingError):
        check(lake, "patients")


@pytest.mark.parametrize(("tables", "source"), [((), "s3://b/in/"), (("patients",), "held://not_analysed")])
def test_nothing_is_missing_when_nothing_is_expected_or_held_objects_come_again(
    lake: Lake, tables: tuple[str, ...], source: str
) -> None:
    land_files(lake)
    assert check(lake, *tables, source=source) == {"expected": 0, "missing_tables": []}


@pytest.mark.parametrize("kind", ["folder", "zip", "job marker alone"])
def test_chosen_source_without_files_is_an_error_and_that_of_the_feed_an_empty_delivery(
    lake: Lake, tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "chosen"
    if kind == "zip":
        source = tmp_path / "chosen.zip"
        zipfile.ZipFile(source, "w").close()
    else:
        source.mkdir()
        if kind == "job marker alone":
            (source / "_SUCCESS").touch()
    chosen = {"run_id": "chosen", "params": {"source": str(source)}, "dag_run": SimpleNamespace(logical_date=DAY)}
    with pytest.raises(SourceError, match="it was chosen for this run and holds no files"):
        gate(lake, LandOperator, source="").step(chosen)
    assert land(lake, str(source), run_id="scheduled")["objects"] == 0


def test_run_is_in_the_index_of_its_feed_once_it_lands(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow")
    address = deliver(lake, "in/a.csv")
    facts = {"dag_id": "synthea_gate", "run_id": "1", "triggering_user_name": "ann", "run_type": "manual"}
    dag_run = SimpleNamespace(logical_date=None, run_after=DAY, **facts)
    context: Any = {"run_id": "1", "params": {"source": address}, "dag_run": dag_run}
    gate(lake, LandOperator, source="", is_dry_run="True").step(context)
    (row,) = read_runs(lake.s3, lake.bronze, "synthea")
    assert (row["state"], row["is_dry_run"], row["source"]) == ("running", True, address)
    assert (row["started_by"], row["airflow_url"]) == ("ann", "https://airflow/dags/synthea_gate/runs/1")


@pytest.mark.parametrize(("run_type", "by"), [("scheduled", "scheduled"), (None, None)])
def test_run_without_a_user_was_started_by_its_type(lake: Lake, run_type: str | None, by: str | None) -> None:
    deliver(lake, "deliveries/a.csv")
    dag_run = SimpleNamespace(logical_date=None, run_after=DAY, triggering_user_name=None, run_type=run_type)
    context: Any = {"run_id": "1", "params": {}, "dag_run": dag_run}
    gate(lake, LandOperator, source="").step(context)
    assert read_runs(lake.s3, lake.bronze, "synthea")[0]["started_by"] == by
