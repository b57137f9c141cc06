"""Read a delivery from the worker's disk without following links below the allowed root.

Every part of a path is opened relative to the handle of its parent folder (``openat``), and refused if it is a link. So
a link that is created after a check is not followed either.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from lake_gate.delivery.source_files import SourceFile, check_name
from lake_gate.errors import SourceError, SourceUnreachableError

_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Non-blocking, because opening a pipe would block."""


class LocalSource:
    """File or folder below the root.

    :param source: folder or file, with or without ``file://``.
    :param root: folder that local sources must be below; empty: no local sources are allowed.
    :param shown_as: name of the source in errors; ``source`` by default.
    :raises SourceError: when the source is not below the root, or does not exist.
    """

    def __init__(self, source: str, root: str, shown_as: str = "") -> None:
        address, source = source, shown_as or source
        if not root:
            raise SourceError(
                source, "local sources are not allowed; set the parameter local_source_root to allow them"
            )
        self._root = Path(root).resolve()
        try:
            path = Path(address.removeprefix("file://")).expanduser().resolve()
        except OSError as error:
            raise SourceError(source, _problem("", error)) from None
        except (RuntimeError, ValueError):  # an unknown user, a zero byte, a lone surrogate
            raise SourceError(source, "it is not a valid path on this worker") from None
        if not path.is_relative_to(self._root):
            raise SourceError(source, f"local sources must be below {root} (parameter local_source_root)")
        self._source, self._parts = source, path.relative_to(self._root).parts
        try:
            self._is_file = not stat.S_ISDIR(self._stat().st_mode)
        except OSError as error:
            raise SourceError(source, _problem("", error)) from None

    @property
    def is_zip(self) -> bool:
        """Whether it is a file whose name ends in ``.zip``."""
        return self._is_file and self._parts[-1].lower().endswith(".zip")

    def open(self) -> IO[bytes]:
        """Open the file.

        :raises SourceError: when it cannot be read.
        """
        return self._checked_file(self._parts[-1], self._parts).open()

    def files(self) -> list[SourceFile]:
        """Return the file, or all files below the folder.

        :raises SourceError: naming what cannot be read, or is neither a file nor a folder.
        """
        if self._is_file:
            return [self._checked_file(self._parts[-1], self._parts)]
        return list(self._below(self._parts, ""))

    def _below(self, folder: tuple[str, ...], prefix: str) -> Iterator[SourceFile]:
        for name, mode in self._entries(folder, prefix):
            place, path = (*folder, name), prefix + name
            if stat.S_ISDIR(mode):
                check_name(self._source, path)  # its limit also bounds the depth of the tree
                yield from self._below(place, f"{path}/")
            elif stat.S_ISLNK(mode):
                raise SourceError(self._source, f"{path!r} is a symbolic link")
            else:
                yield self._checked_file(path, place)

    def _entries(self, folder: tuple[str, ...], prefix: str) -> list[tuple[str, int]]:
        try:
            with self._opened(folder, _LIST) as handle, os.scandir(handle) as entries:
                return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
        except OSError as error:
            raise SourceError(self._source, _problem(f"the folder {prefix!r}: ", error)) from None

    def _checked_file(self, name: str, place: tuple[str, ...]) -> SourceFile:
        try:
            with self._opened(place[:-1], _PASS) as folder:
                is_file = stat.S_ISREG(os.stat(place[-1], dir_fd=folder, follow_symlinks=False).st_mode)
                # Open regular files only: opening some devices has side effects.
                found = _fstat(place[-1], folder) if is_file else None
        except OSError as error:
            raise SourceError(self._source, _problem(f"{name!r}: ", error)) from None
        if found is None or not stat.S_ISREG(found.st_mode):
            raise SourceError(self._source, f"{name!r} is neither a file nor a folder")
        return SourceFile(name, found.st_size, partial(self._open, name, place))

    def _open(self, name: str, place: tuple[str, ...]) -> IO[bytes]:
        try:
            with self._opened(place[:-1], _PASS) as folder:
                file = os.fdopen(os.open(place[-1], _READ, dir_fd=folder), "rb")
        except OSError as error:  # not a SourceError, which says that nothing was landed
            raise SourceUnreachableError(self._source, _problem(f"{name!r}: ", error)) from None
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise SourceUnreachableError(self._source, f"{name!r} is not a file any more")
        return file

    def _stat(self) -> os.stat_result:
        if not self._parts:
            return self._root.stat()
        with self._opened(self._parts[:-1], _PASS) as folder:
            return os.stat(self._parts[-1], dir_fd=folder, follow_symlinks=False)

    @contextmanager
    def _opened(self, folder: Sequence[str], flags: int) -> Iterator[int]:
        """Open a folder below the root, part by part."""
        handle = os.open(self._root, (flags if not folder else _PASS) & ~os.O_NOFOLLOW)
        try:
            for depth, part in enumerate(folder, 1):
                below = os.open(part, flags if depth == len(folder) else _PASS, dir_fd=handle)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)


def _fstat(name: str, folder: int) -> os.stat_result:
    handle = os.open(name, _READ, dir_fd=folder)
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def _problem(subject: str, error: OSError) -> str:
    """Describe an error without its own text, which may hold the whole path."""
    if isinstance(error, FileNotFoundError):
        return f"{subject}no such file or folder"
    if isinstance(error, PermissionError):
        return f"{subject}this worker may not read it; give its user read permission"
    return f"{subject}it cannot be read without following a link ({os.strerror(error.errno or 0)})"
