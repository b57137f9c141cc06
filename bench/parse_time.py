"""Measure the time of parsing the DAG in addition to Airflow's own import (`make bench`).

Every sample is taken in a new process, with byte code as in a deployment, and the cases alternate, so that a load on
the machine affects all of them. The medians are printed:

* *Airflow*: its own import, which every DAG pays;
* *amazon provider*: the base classes of any AWS operator and sensor, which bring boto3;
* *this DAG*: parsing it on top of Airflow, the provider included. A process pays this that parses no other DAG with
  an AWS operator, such as that of a task;
* *in the DAG processor*: parsing it there, where Airflow imports the ``airflow.…`` modules of a file before it forks
  the process that parses it (``[dag_processor] parsing_pre_import_modules``);
* *again*: parsing it a second time in the same process. No import is left in it, only Airflow's building of the tasks.

The target is judged on the DAG processor: it is the process that parses DAGs in a deployment, again and again, and what
the DAG adds there is what adding the DAG costs. The provider is imported in the process that forks, once, for all DAGs
that use it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
DAG = REPO / "dags" / "synthea_gate.py"
TARGET_SECONDS = 0.3
SHOWN_PACKAGES = 8

_AIRFLOW = "import airflow; from airflow.sdk import DAG, Param, task"
_PARSE = f"import runpy; runpy.run_path({str(DAG)!r})"
_PROVIDER = "import airflow.providers.amazon.aws.operators.base_aws, airflow.providers.amazon.aws.sensors.base_aws"
_PRE_IMPORT = (
    "import importlib; from airflow.dag_processing.processor import iter_airflow_imports\n"
    f"for name in iter_airflow_imports({str(DAG)!r}): importlib.import_module(name)"
)
CASES = {
    "provider": (_AIRFLOW, _PROVIDER),
    "dag": (_AIRFLOW, _PARSE),
    "processor": (f"{_AIRFLOW}\n{_PRE_IMPORT}", _PARSE),
}
"""Code that is run first, and code that is measured."""

_CHILD = """
import gc, json, sys, time
collecting = []
gc.callbacks.append(lambda phase, info: collecting.append(time.perf_counter()))
def measure(code):
    collecting.clear()
    began = time.perf_counter()
    exec(code, {"__name__": "measured"})
    seconds = time.perf_counter() - began
    return seconds, sum(collecting[1::2]) - sum(collecting[::2])
first, then = json.loads(sys.argv[1])
before, _ = measure(first)
added, collected = measure(then)
again, _ = measure(then)
sys.stdout.write("\\n" + json.dumps({"before": before, "added": added, "collected": collected, "again": again}))
"""


def main() -> None:
    """Measure, and print whether the target is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.parse_time", description=main.__doc__)
    parser.add_argument("--samples", type=int, default=7, help="new processes for each case (default: %(default)s)")
    samples = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        medians = _measure(samples, environment)
        packages = _self_seconds(environment)
    _report(medians, packages, samples)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    return {
        **kept,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(REPO / "plugins"),
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
    }


def _measure(samples: int, environment: dict[str, str]) -> dict[str, dict[str, float]]:
    """Return the median of each number of each case."""
    found: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    for turn in range(samples + 1):
        for case, codes in CASES.items():
            sample = json.loads(_python(["-c", _CHILD, json.dumps(codes)], environment).stdout.splitlines()[-1])
            if turn:  # the first turn writes the byte code and Airflow's configuration
                found[case].append(sample)
    return {
        case: {name: statistics.median(sample[name] for sample in taken) for name in taken[0]}
        for case, taken in found.items()
    }


def _self_seconds(environment: dict[str, str]) -> dict[str, float]:
    """Return the import time of the modules of each package that the DAG adds, from ``-X importtime``."""
    mark = "--- from here on ---"
    # Without garbage collection: its time would be added to the module that is being imported.
    code = f"{_AIRFLOW}\nimport gc, sys; gc.disable(); print({mark!r}, file=sys.stderr)\n{_PARSE}"
    seconds: dict[str, float] = {}
    for line in _python(["-X", "importtime", "-c", code], environment).stderr.partition(mark)[2].splitlines():
        if line.startswith("import time:"):
            own, _, module = line.removeprefix("import time:").split("|")
            package = module.strip().split(".")[0]
            seconds[package] = seconds.get(package, 0) + int(own) / 1e6
    return seconds


def _python(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=REPO, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"The measured process failed:\n{done.stderr[-2000:]}")
    return done


def _report(medians: dict[str, dict[str, float]], packages: dict[str, float], samples: int) -> None:
    airflow, dag = medians["dag"]["before"], medians["dag"]
    print(f"Medians of {samples} new processes")
    print(f"  Airflow's own import                   {airflow:6.3f} s")
    print(f"  amazon provider, on top of it          {medians['provider']['added']:6.3f} s")
    ratio = f"{dag['added'] / airflow:.0%} of Airflow's own"
    print(f"  this DAG with it, on top of Airflow    {dag['added']:6.3f} s   {ratio}")
    print(f"    of which Python collects garbage     {dag['collected']:6.3f} s   mostly among Airflow's objects")
    processor = medians["processor"]
    print(f"  this DAG in the DAG processor          {processor['added']:6.3f} s   after its pre-imports")
    print(f"    again, without any import            {processor['again']:6.3f} s   Airflow builds the tasks")
    print("Imports that the DAG adds, by package (own time of the modules, including the overhead of -X importtime)")
    for package, seconds in sorted(packages.items(), key=lambda item: -item[1])[:SHOWN_PACKAGES]:
        print(f"  {package:36}   {seconds:6.3f} s")
    is_met = processor["added"] < TARGET_SECONDS
    print("Target, judged on the DAG processor, the process that parses DAGs in a deployment:")
    print(f"  the DAG adds less than {TARGET_SECONDS} s: {'met' if is_met else 'MISSED'}")


if __name__ == "__main__":
    main()
