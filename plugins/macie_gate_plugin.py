"""
The one module below ``plugins/`` that Airflow's plugin loader may execute.

Every Airflow process imports it, so it imports nothing heavy. The operators' console links need no registration here:
an operator that names its links in ``operator_extra_links`` brings them along.
"""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class MacieGatePlugin(AirflowPlugin):
    """Names the package to Airflow; ``airflow plugins`` shows that ``plugins.zip`` has arrived."""

    name = "macie_gate"
