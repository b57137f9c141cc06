"""Caches for botocore: tasks and tests make thousands of clients and a million requests of the same kinds.

Nothing here changes what a request holds.
"""

from __future__ import annotations

import functools
from typing import Any

import botocore.client
import botocore.endpoint_provider
import botocore.hooks
import botocore.parsers
import botocore.regions
import botocore.useragent
from botocore.utils import parse_timestamp

_WITHOUT_EFFECT = ("Key", "Prefix", "CopySource")
"""Parameters of S3's requests that no rule of S3's endpoints looks at, and that are others in each request."""


def install() -> None:
    """Install the caches; call once in a process."""
    _cache_handlers()
    _share_endpoint_rules()
    _share_methods()
    clean = functools.lru_cache(maxsize=10_000)(botocore.useragent.sanitize_user_agent_string_component)
    botocore.useragent.sanitize_user_agent_string_component = clean
    # Listings have the same times again and again.
    botocore.parsers.DEFAULT_TIMESTAMP_PARSER = functools.lru_cache(maxsize=10_000)(parse_timestamp)


def _cache_handlers() -> None:
    """Cache what botocore finds out for each of the 130 handlers of each client."""
    accepts_kwargs = functools.lru_cache(maxsize=10_000)(botocore.hooks.accepts_kwargs)
    botocore.hooks.accepts_kwargs = lambda func: accepts_kwargs(getattr(func, "__func__", func))
    init, known = botocore.hooks.EventAliaser.__init__, dict[str, str]()

    def init_with_known(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        init(self, event_emitter, event_aliases)
        self._alias_name_cache = known

    botocore.hooks.EventAliaser.__init__ = init_with_known  # type: ignore[method-assign]


class _EndpointRules(botocore.endpoint_provider.EndpointProvider):
    """The rules of a service's endpoints, which know those that they have found for other objects."""

    def resolve_endpoint(self, **parameters: Any) -> Any:
        for name in _WITHOUT_EFFECT:
            parameters.pop(name, None)
        return super().resolve_endpoint(**parameters)


def _share_endpoint_rules() -> None:
    """Share the rules between clients; ``dev.task_cost`` shares the files that they are made from."""
    known: dict[tuple[int, ...], tuple[Any, _EndpointRules]] = {}

    def rules(**data: Any) -> _EndpointRules:
        """The rules and the partitions; newer versions of botocore also name the parameters without effect."""
        key = tuple(map(id, data.values()))
        if key not in known:
            known[key] = data, _EndpointRules(**data)
        return known[key][1]

    botocore.regions.EndpointProvider = rules  # type: ignore[attr-defined]


def _share_methods() -> None:
    """Share the methods of clients, which depend on their service alone: each client has a class of its own."""
    creator: Any = botocore.client.ClientCreator
    create = creator._create_methods
    known: dict[tuple[type, str, str], dict[str, Any]] = {}

    def create_once(self: Any, service_model: Any) -> dict[str, Any]:
        key = type(self), service_model.service_name, service_model.api_version
        if key not in known:
            known[key] = create(self, service_model)
        return dict(known[key])

    creator._create_methods = create_once
