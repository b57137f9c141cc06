"""Space on the worker's disk for copies of large files while they are landed."""

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
"""Share of the free space that landing may use: other tasks of the worker write to the same disk."""
_NO_FOLDER = "No usable temporary directory"
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(slots=True)
class Disk:
    """Space for copies, shared by threads: a reservation waits until others have released enough space.

    :param room: bytes that may be reserved at the same time.
    :param most: bytes that could be reserved on an empty disk; ``room`` by default.
    """

    room: int
    most: int = 0
    _condition: Condition = field(default_factory=Condition)
    _reserved: int = 0

    @classmethod
    def of_this_worker(cls) -> Disk:
        """Return the space that may be used now in the folder for temporary files."""
        usage = shutil.disk_usage(tempfile.gettempdir())
        return cls(int(usage.free * SHARE), int(usage.total * SHARE))

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Reserve so many bytes for the duration of the block, at most the whole room."""
        size = min(size, self.room)  # the caller has checked before whether the file fits
        with self._condition:
            self._condition.wait_for(lambda: self._reserved + size <= self.room)
            self._reserved += size
        try:
            yield
        finally:
            with self._condition:
                self._reserved -= size
                self._condition.notify_all()


def is_full(error: OSError) -> bool:
    """Return whether an error means that a disk is full.

    If the disk is full from the beginning, tempfile reports that it finds no usable folder.
    """
    has_no_folder = isinstance(error, FileNotFoundError) and str(error.strerror).startswith(_NO_FOLDER)
    return error.errno in _FULL or has_no_folder


@contextmanager
def disk_full_as_gate_error(purpose: str) -> Iterator[None]:
    """Translate errors about a full disk within the block.

    :param purpose: what the space is needed for, for the message.
    :raises DiskFullError: when the disk is full, which may pass.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskFullError(purpose) from None
