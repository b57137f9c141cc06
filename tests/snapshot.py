"""Snapshots of the local AWS of this process: what is expensive to set up is set up once.

The state of all services is packed by pickle in one piece, so that what they share stays shared. A snapshot only refers
to what pickle cannot pack and moto never changes: its private keys, factories of default values, locks, and the
containers of its backends; and to clients of boto3.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable
from copyreg import __newobj__ as new  # type: ignore[attr-defined]
from types import FunctionType
from typing import Any, Protocol

from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict
from moto.moto_api._internal.models import moto_api_backend

_LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Condition)
_REFERRED = (RSAPrivateKey, FunctionType, BackendDict, BaseClient, *_LOCKS)


class SetUpOnce(Protocol):
    """Returns what ``set_up`` returns, with the local AWS as it leaves it; each fixture calls ``set_up`` once."""

    def __call__[T](self, set_up: Callable[[], T]) -> T: ...


class Snapshot[T]:
    """The state of all services as it is now, and a value that describes it.

    No job of Macie and no delivery of a message may be under way.
    """

    def __init__(self, value: T) -> None:
        content = io.BytesIO()
        pickler = _Pickler(content, pickle.HIGHEST_PROTOCOL)
        instances: list[Any] = BackendDict._instances  # type: ignore[misc]
        pickler.dump((value, [(services, vars(services), [*services.iter_backends()]) for services in instances]))
        self._content, self._referred = content.getvalue(), pickler.referred

    def restore(self) -> T:
        """Replace the state of all services by this one; return a copy of the value. May be called again and again."""
        unpickler = pickle.Unpickler(io.BytesIO(self._content))
        unpickler.persistent_load = self._referred.__getitem__  # type: ignore[method-assign]
        moto_api_backend.reset()
        value: T
        value, instances = unpickler.load()
        for services, attributes, backends in instances:
            vars(services).update(attributes)  # of S3: which account each bucket belongs to
            for account_id, region, backend in backends:
                dict.__setitem__(services[account_id], region, backend)
        return value


class _Pickler(pickle.Pickler):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.referred: list[Any] = []

    def persistent_id(self, value: Any) -> int | None:
        if not isinstance(value, _REFERRED):
            return None
        self.referred.append(value)
        return len(self.referred) - 1

    def reducer_override(self, value: Any) -> Any:
        """Pack mappings of moto by what they hold: S3's, for one, only shows the latest version of each key."""
        if not (isinstance(value, dict) and type(value).__module__.startswith("moto.")):
            return NotImplemented
        state = (dict(dict.items(value)), vars(value), getattr(value, "default_factory", None))
        return new, (type(value),), state, None, None, _fill


def _fill(mapping: Any, state: tuple[dict[Any, Any], dict[str, Any], Any]) -> None:
    content, attributes, factory = state
    dict.update(mapping, content)
    vars(mapping).update(attributes)
    if factory:
        mapping.default_factory = factory
