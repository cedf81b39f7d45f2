"""What the processes of one company share: small named values and numbered places, under locks.

Here the store in files, for one machine; for several machines there is `postgres_store`.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol


class Slot(Protocol):
    """A named value while it is held by us alone."""

    def read(self) -> bytes | None:
        """The value, or None if there is none yet."""

    def write(self, value: bytes, *, durable: bool = True) -> None:
        """Replaces the value; when this returns and it is durable, a power cut does not lose it."""


class Store(Protocol):
    """Where named values are kept."""

    def hold(self, name: str) -> AbstractContextManager[Slot]:
        """Holds a value: nobody else reads or writes it meanwhile, in no thread and no process."""

    def take_any(self, name: str, numbers: Sequence[int]) -> Callable[[], None] | None:
        """Takes the first free one of numbered places, and returns what frees it; None when all are taken."""

    def close(self) -> None:
        """Gives back what the store keeps open."""


class FileStore:
    """Values as files of a directory that only we can read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def hold(self, name: str) -> Iterator[Slot]:
        """Under a lock of the file system, which ends with the process that holds it."""
        with (self._directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _File(self._directory / name)

    def take_any(self, name: str, numbers: Sequence[int]) -> Callable[[], None] | None:
        """A place is a locked file, so a process that dies frees its places."""
        for number in numbers:
            place = os.open(
                self._directory / f"{name}.{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(place)
            else:
                return lambda: os.close(place)
        return None

    def close(self) -> None:
        """Nothing is kept open."""


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        return self._path.read_bytes() if self._path.exists() else None

    def write(self, value: bytes, *, durable: bool = True) -> None:
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(descriptor, "wb") as out:
            out.write(value)
            if durable:
                out.flush()
                os.fsync(descriptor)
        Path(name).replace(self._path)
        if durable:
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
