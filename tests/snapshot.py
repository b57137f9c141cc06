"""Snapshots of the local AWS of this process: what is expensive to set up is set up once.

The state of all services is packed by pickle in one piece, so that what they share stays shared. A snapshot only refers
to what pickle cannot pack and moto never changes: its private keys, factories of default values, locks, and the
containers of its backends; and to clients of boto3.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import threading
from types import FunctionType
from typing import Any

from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict
from moto.moto_api._internal.models import moto_api_backend
from moto.ssm.models import ParameterDict

_LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Condition)
_REFERRED = (RSAPrivateKey, FunctionType, BackendDict, BaseClient, *_LOCKS)


class Snapshot[T]:
    """The state of all services as it is now, and a value that describes it.

    No job of Macie and no delivery of a message may be under way.
    """

    def __init__(self, value: T) -> None:
        self._referred: list[Any] = []
        content = io.BytesIO()
        pickler = pickle.Pickler(content, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = self._refer  # type: ignore[method-assign]
        pickler.dispatch_table = copyreg.dispatch_table | {ParameterDict: _reduce}
        backends = [(services, *place) for services in BackendDict._instances for place in services.iter_backends()]
        pickler.dump((value, backends))
        self._content = content.getvalue()

    def _refer(self, value: Any) -> int | None:
        if not isinstance(value, _REFERRED):
            return None
        self._referred.append(value)
        return len(self._referred) - 1

    def restore(self) -> T:
        """Replace the state of all services by this one; return a copy of the value. May be called again and again."""
        unpickler = pickle.Unpickler(io.BytesIO(self._content))
        unpickler.persistent_load = self._referred.__getitem__  # type: ignore[method-assign]
        moto_api_backend.reset()
        value: T
        value, backends = unpickler.load()
        for services, account_id, region, backend in backends:
            dict.__setitem__(services[account_id], region, backend)
        return value


def _reduce(parameters: ParameterDict) -> tuple[Any, ...]:
    """Name the arguments of its constructor, which pickle takes for that of a defaultdict."""
    arguments = (parameters.account_id, parameters.region_name)
    return ParameterDict, arguments, vars(parameters), None, iter(parameters.items())
