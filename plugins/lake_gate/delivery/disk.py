"""The worker's disk, which copies of large files share while they are landed, with all else that runs there."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition

from lake_gate.errors import DiskFullError

SHARE = 0.5
"""Of what is free when landing begins: other tasks of the worker write there, too."""
_NO_FOLDER = "No usable temporary directory"
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(slots=True)
class Disk:
    """Room for copies: whoever would have too little waits until others are done.

    :param room: bytes that may be taken at a time.
    :param most: bytes that could be taken if nothing else was on the disk; as ``room`` by default.
    """

    room: int
    most: int = 0
    _changed: Condition = field(default_factory=Condition)
    _taken: int = 0

    @classmethod
    def of_this_worker(cls) -> Disk:
        """Return what of the folder for temporary files may be taken now."""
        usage = shutil.disk_usage(tempfile.gettempdir())
        return cls(int(usage.free * SHARE), int(usage.total * SHARE))

    @contextmanager
    def take(self, size: int) -> Iterator[None]:
        """Take so many bytes as long as the block goes on; never more than the room at once."""
        size = min(size, self.room)  # whether all of it fits is for the caller to say, before
        with self._changed:
            self._changed.wait_for(lambda: self._taken + size <= self.room)
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()


def is_full(error: OSError) -> bool:
    """Whether an error says that there is no room on a disk.

    On a disk that is full from the beginning tempfile finds no folder in which it could write.
    """
    has_no_folder = isinstance(error, FileNotFoundError) and str(error.strerror).startswith(_NO_FOLDER)
    return error.errno in _FULL or has_no_folder


@contextmanager
def room_for(what: str) -> Iterator[None]:
    """Turn a full disk within the block into an error that says so.

    :raises DiskFullError: when the disk is full: a state that passes, and not the fault of any file.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskFullError(what) from None
