"""Responses of the pages: templates with autoescape, and headers that allow nothing but our own files."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from lake_gate.display.environment import environment
from lake_gate.pages.places import quoted
from lake_gate.pages.states import State

HERE = Path(__file__).parent
STATIC = HERE / "static"
PREFIX = "/gate"
"""Path below which Airflow mounts the app."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PRIVATE = "private, no-store"
_PUBLIC = "public, max-age=86400"
"""Of static files, whose addresses change with their content."""

type Message = MutableMapping[str, Any]
type Asgi = Callable[..., Awaitable[None]]


@cache
def _environment() -> Environment:
    found = environment(HERE / "templates")
    found.filters |= {"quoted": quoted, "path": lambda part: quote(str(part), safe="")}
    found.globals |= {"version": _version(), "query": _query}
    return found


def _query(**arguments: object) -> str:
    """Return a query string without empty arguments."""
    return urlencode({name: value for name, value in arguments.items() if value not in {"", None}})


def _version() -> str:
    """Return a hash of the static files, which makes their addresses new when they change."""
    content = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file())
    return hashlib.sha256(content).hexdigest()[:12]


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page.

    :param context: values of the template; all are escaped.
    """
    root = request.scope.get("root_path", "").rstrip("/")
    page = _environment().get_template(template)
    return HTMLResponse(page.render(root=root, airflow=root.removesuffix(PREFIX), **context), status_code=status)


def render_state(request: Request, state: State, **context: Any) -> HTMLResponse:
    """Return the page of a state."""
    return render(request, "state.html", state.status, state=state, **context)


class SecurityHeaders:
    """ASGI middleware that adds the headers to every response; only static files may be cached."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Asgi, send: Asgi) -> None:
        """Pass the request on, and the response with the headers."""
        # Before the app is called: it changes the root path of the scope.
        below_static = scope.get("path", "").removeprefix(scope.get("root_path", "")).startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_static = below_static and message["status"] == HTTPStatus.OK
                added = {**_HEADERS, "Cache-Control": _PUBLIC if is_static else _PRIVATE}
                names = {name.lower().encode() for name in added}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
                message["headers"] = [
                    *kept,
                    *((name.lower().encode(), value.encode()) for name, value in added.items()),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)
