"""Reads a delivery from the worker's own disk, without ever following a link below the root that is allowed.

Every part of a path is opened relative to the handle of the folder before it (``openat``), and refused when it is a
link: one that is put there after a check leads nowhere.
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
"""Without waiting: a pipe in the place of a file would be waited for."""


class LocalSource:
    """A file or a folder below the root.

    :param source: folder or file; ``file://`` may stand before it.
    :param root: local sources must be below it; empty refuses them all.
    :param shown_as: how errors name it; as ``source`` by default.
    :raises SourceError: when it is not below the root, or not there.
    """

    def __init__(self, source: str, root: str, shown_as: str = "") -> None:
        address, source = source, shown_as or source
        if not root:
            raise SourceError(
                source, "local sources are switched off; set the parameter local_source_root to allow them"
            )
        self._root = Path(root).resolve()
        try:
            path = Path(address.removeprefix("file://")).expanduser().resolve()
        except OSError as error:
            raise SourceError(source, _said_of("", error)) from None
        except (RuntimeError, ValueError):  # of a user that is not there, of a zero byte, of half a character
            raise SourceError(source, "it is no path that this worker can have") from None
        if not path.is_relative_to(self._root):
            raise SourceError(source, f"local sources must be below {root} (parameter local_source_root)")
        self._source, self._parts = source, path.relative_to(self._root).parts
        try:
            self._is_file = not stat.S_ISDIR(self._stat().st_mode)
        except OSError as error:
            raise SourceError(source, _said_of("", error)) from None

    @property
    def is_zip(self) -> bool:
        """Whether it is a file whose name says that it is a zip."""
        return self._is_file and self._parts[-1].lower().endswith(".zip")

    def open(self) -> IO[bytes]:
        """Open the file.

        :raises SourceError: when it may not be read.
        """
        return self._checked_file(self._parts[-1], self._parts).open()

    def files(self) -> list[SourceFile]:
        """Return the file, or all files below the folder.

        :raises SourceError: naming what may not be read, and what is neither a file nor a folder.
        """
        if self._is_file:
            return [self._checked_file(self._parts[-1], self._parts)]
        return list(self._below(self._parts, ""))

    def _below(self, folder: tuple[str, ...], prefix: str) -> Iterator[SourceFile]:
        for name, mode in self._entries(folder, prefix):
            place, shown = (*folder, name), prefix + name
            if stat.S_ISDIR(mode):
                check_name(self._source, shown)  # so that no tree is deeper than a name is long
                yield from self._below(place, f"{shown}/")
            elif stat.S_ISLNK(mode):
                raise SourceError(self._source, f"{shown!r} is a symbolic link")
            else:
                yield self._checked_file(shown, place)

    def _entries(self, folder: tuple[str, ...], prefix: str) -> list[tuple[str, int]]:
        try:
            with self._opened(folder, _LIST) as handle, os.scandir(handle) as entries:
                return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
        except OSError as error:
            raise SourceError(self._source, _said_of(f"the folder {prefix!r}: ", error)) from None

    def _checked_file(self, name: str, place: tuple[str, ...]) -> SourceFile:
        try:
            with self._opened(place[:-1], _PASS) as folder:
                is_file = stat.S_ISREG(os.stat(place[-1], dir_fd=folder, follow_symlinks=False).st_mode)
                # Only then opened: with some devices that alone sets something off.
                found = _fstat(place[-1], folder) if is_file else None
        except OSError as error:
            raise SourceError(self._source, _said_of(f"{name!r}: ", error)) from None
        if found is None or not stat.S_ISREG(found.st_mode):
            raise SourceError(self._source, f"{name!r} is neither a file nor a folder")
        return SourceFile(name, found.st_size, partial(self._open, name, place))

    def _open(self, name: str, place: tuple[str, ...]) -> IO[bytes]:
        try:
            with self._opened(place[:-1], _PASS) as folder:
                file = os.fdopen(os.open(place[-1], _READ, dir_fd=folder), "rb")
        except OSError as error:  # others may have been landed by now: no SourceError, which says that nothing was
            raise SourceUnreachableError(self._source, _said_of(f"{name!r}: ", error)) from None
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


def _said_of(what: str, error: OSError) -> str:
    """Return what the system says; its own text may hold the whole path."""
    if isinstance(error, FileNotFoundError):
        return f"{what}there is no such file or folder"
    if isinstance(error, PermissionError):
        return f"{what}this worker may not read it; give its user the right to"
    return f"{what}it cannot be read without following a link ({os.strerror(error.errno or 0)})"
