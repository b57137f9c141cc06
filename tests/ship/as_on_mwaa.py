"""What Airflow finds in a package that is unpacked as on MWAA; runs in a Python that knows nothing of the repo.

Writes one JSON document, for ``test_unpacked.py``: ``python -I as_on_mwaa.py <source> <document>``.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HOME = Path(os.environ["AIRFLOW_HOME"])


def triggers_found() -> list[str]:
    """The triggers that the triggerer can import: it has ``plugins/`` on its path, and not ``dags/``."""
    from airflow.triggers.base import BaseTrigger

    import macie.triggers

    assert str(HOME / "dags") not in sys.path
    classes = [
        found
        for _, found in inspect.getmembers(macie.triggers, inspect.isclass)
        if found.__module__ == "macie.triggers"
    ]
    return [found.__name__ for found in classes if issubclass(found, BaseTrigger) and not inspect.isabstract(found)]


def loaded_by_wrong_names() -> list[str]:
    """Modules of the plugins folder that are loaded, and not by their full names."""
    start, wrong = f"{HOME}/plugins/", []
    for name, module in list(sys.modules.items()):
        file = vars(module).get("__file__") or ""  # getattr would make some library modules import more
        right = file.removeprefix(start).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if file.startswith(start) and name != right:
            wrong.append(name)
    return wrong


def run(dag: Any, source: str) -> tuple[str, str]:
    from airflow.sdk.execution_time import supervisor

    # Airflow 3.2.1 creates an API for every task; 3.3 caches it, as this does.
    supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)
    now = datetime.now(UTC)
    ended = dag.test(run_after=now, logical_date=now, run_conf={"source": source})
    return str(ended.run_id), str(ended.state)


def main(source: str) -> dict[str, Any]:
    import airflow
    from airflow import plugins_manager
    from airflow.utils.db import initdb

    initdb()
    plugins_manager.ensure_plugins_loaded()
    found: dict[str, Any] = {
        "airflow": airflow.__version__,
        "of_the_repo": [name for name in ("localaws", "dev", "ship", "tests") if find_spec(name)],
        "plugins": [plugin["name"] for plugin in plugins_manager.get_plugin_info()],
        "plugin_errors": plugins_manager.get_import_errors(),
        "triggers": triggers_found(),
    }
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(HOME / "dags"))
    found |= {"dags": sorted(bag.dags), "dag_errors": bag.import_errors}
    if "synthea_gate" in bag.dags:
        found["run_id"], found["state"] = run(bag.dags["synthea_gate"], source)
    from lake_gate.include import include_path

    return {**found, "include": include_path(""), "wrong_names": loaded_by_wrong_names()}


if __name__ == "__main__":
    answer = main(sys.argv[1])
    Path(sys.argv[2]).write_text(json.dumps(answer))
