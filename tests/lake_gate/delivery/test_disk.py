"""The worker's disk is shared by those who land, and never taken twice."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from lake_gate.delivery.disk import Disk, disk_full_as_gate_error
from lake_gate.errors import DiskFullError


def test_no_more_is_taken_at_once_than_there_is_and_everybody_gets_it() -> None:
    disk, lock, now, most, done = Disk(10), Lock(), 0, 0, []

    def copy(size: int) -> None:
        nonlocal now, most
        with disk.reserve(size):
            with lock:
                now += size
                most = max(most, now)
            with lock:
                now -= size
        done.append(size)

    sizes = [size for size in range(11) for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(copy, sizes))
    assert sorted(done) == sizes
    assert 0 < most <= 10


def test_who_does_not_fit_waits_until_there_is_room() -> None:
    disk = Disk(10)
    with ThreadPoolExecutor(1) as pool:
        with disk.reserve(6):
            waiting = pool.submit(lambda: disk.reserve(5).__enter__())
            with disk.reserve(4):  # fits beside it, and is not held up by who waits
                assert not waiting.done()
        assert waiting.result(timeout=10) is None


def test_a_file_that_fails_gives_its_room_back() -> None:
    disk = Disk(10)
    for _ in range(3):
        with pytest.raises(ConnectionError), disk.reserve(10):
            raise ConnectionError
    assert disk._reserved == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_named_and_may_be_tried_again(number: int) -> None:
    with pytest.raises(DiskFullError, match="no room for a copy now"), disk_full_as_gate_error("a copy"):
        raise OSError(number, "full")


def test_other_faults_of_a_disk_are_what_they_are() -> None:
    with pytest.raises(PermissionError), disk_full_as_gate_error("a copy"):
        raise PermissionError(errno.EACCES, "denied")


def test_most_is_not_less_than_what_is_free_now() -> None:
    disk = Disk.of_this_worker()
    assert 0 < disk.room <= disk.most


def test_disk_without_disk_full_as_gate_error_a_first_file_is_full() -> None:
    """tempfile tries all its folders, and names none of their errors."""
    problem = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    with pytest.raises(DiskFullError), disk_full_as_gate_error("a copy"):
        raise problem
    with pytest.raises(FileNotFoundError), disk_full_as_gate_error("a copy"):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "x")
