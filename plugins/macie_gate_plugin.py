"""
The one module below ``plugins/`` that Airflow's plugin loader may execute.

Every Airflow process imports it, so it imports nothing heavy: the Gate page is imported by the API server alone, on its
first request. The operators' console links need no registration here: an operator that names its links in
``operator_extra_links`` brings them along.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

_PREFIX = "/gate"
_ROOT = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
"""Path of Airflow's UI, empty for most: the browser imports a module by an absolute path only."""
_ICON = "gate/static/gate.svg"
_NAMES_OF_AIRFLOW = (("api", "base_url"), ("core", "execution_api_server_url"))


class LazyApp:
    """ASGI app that imports its target on the first request.

    :param target: ``module:attribute``.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on."""
        if self._app is None:
            module, _, name = self._target.partition(":")
            self._app = getattr(import_module(module), name)
        await self._app(scope, receive, send)


def trusted_hosts() -> list[dict[str, Any]]:
    """Return the middleware by which an Airflow without a login serves requests under its own names only.

    There every request is an admin's, also one that a page of any site makes in a browser on that machine, under a name
    that its owner lets point there (DNS rebinding). Where people log in, as on MWAA, there is none.
    """
    if not conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False):
        return []
    middleware = import_module("starlette.middleware.trustedhost").TrustedHostMiddleware
    hosts = ["127.0.0.1", "localhost", *(_host_of(conf.get(*name, fallback="")) for name in _NAMES_OF_AIRFLOW)]
    arguments = {"allowed_hosts": list(filter(None, hosts)), "www_redirect": False}
    return [{"name": "Trusted hosts", "middleware": middleware, "kwargs": arguments}]


def _host_of(url: str) -> str:
    """Return the host of a URL; empty if it has none, or one that the middleware would take for a pattern."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return "" if "*" in host else host


class MacieGatePlugin(AirflowPlugin):
    """Registers the Gate page; ``airflow plugins`` shows that ``plugins.zip`` has arrived."""

    name = "macie_gate"
    fastapi_apps = [{"app": LazyApp("lake_gate.pages.app:gate"), "url_prefix": _PREFIX, "name": "Gate page"}]  # noqa: RUF012 - as Airflow declares it
    fastapi_root_middlewares = trusted_hosts()
    external_views = [  # noqa: RUF012
        {"name": "Gate", "href": "gate/", "url_route": "gate", "destination": "nav", "icon": _ICON},
        {"name": "Gate", "href": "gate/dags/{DAG_ID}", "url_route": "gate-dag", "destination": "dag", "icon": _ICON},
        {
            "name": "Files",
            "href": "gate/dags/{DAG_ID}/runs/{RUN_ID}",
            "url_route": "gate-files",
            "destination": "dag_run",
            "icon": _ICON,
        },
    ]
    react_apps = [  # noqa: RUF012
        {
            "name": "Gate summary",
            "bundle_url": f"{_ROOT}{_PREFIX}/static/card.js",
            "url_route": "gate-summary",
            "destination": "dashboard",
        }
    ]
