"""Our programs, Meltano and the loader, forked from a process that has imported them: a start costs next to nothing.

For tests, which start them by the thousand. What is installed as a console script is what the demo starts, and Meltano.
"""

from __future__ import annotations

import fcntl
import logging
import os
import pkgutil
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import IO

from quickbooks_demo.child import Child, program, vacated

PROGRAMS = (
    "meltano", "quickbooks", "quickbooks-proxy", "tap-quickbooks", "target-postgres", "target-quickbooks",
)  # fmt: skip
# Imported where it is first needed, which here is always.
_LATE = "quickbooks_core.command"
_FIRST = "quickbooks_demo.forkable"
_SETS_UP_LOGGING = "meltano.cli"  # as soon as it is imported, for all


@dataclass(frozen=True)
class Start:
    """What a program is started with; its number is noted in a file that it holds locked, if there is one.

    `out` is a file, or None for a pipe that we read. It reads nothing, or what we write into a pipe.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    out: Path | None
    err: Path
    pid_file: Path | None = None
    is_fed: bool = False


class Forked:
    """A running program, as `subprocess.Popen` would give it: a leader of a process group of its own."""

    def __init__(self, start: Start) -> None:
        context = _context()
        heard, told = context.Pipe(duplex=False)
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        reads = writes = None
        if start.is_fed:
            reads, self.stdin = _pipe("w")
        if start.out is None:
            writes, self.stdout = _pipe("r")
        point = _points()[Path(start.command[0]).name]
        ends = (told, reads, writes)
        self._process = context.Process(target=_run, args=(start, point.value, *ends), daemon=True)
        self._process.start()
        for end in ends:
            if end:
                end.close()
        with heard:
            heard.recv()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """How it has ended: negative by a signal."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended; raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"{self._process.name} still runs after {timeout} s")
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Where it has not ended."""
        self._tell(os.kill, number)

    def kill(self) -> None:
        """Ends it and what it has started, if it runs."""
        self._tell(os.killpg, signal.SIGKILL)

    def _tell(self, tell: Callable[[int, int], None], number: int) -> None:
        if self._process.exitcode is None:
            with suppress(ProcessLookupError):
                tell(self.pid, number)


def start_forked(
    command: Sequence[str], state: Path, environment: Mapping[str, str], cwd: Path | None = None
) -> Child:
    """Starts one of these programs as `start_child` does."""
    pid_file, log = vacated(command, state)
    log.write_bytes(b"")
    return Child(Forked(Start(command, environment, cwd or Path.cwd(), log, log, pid_file)), pid_file, log)


@cache
def _points() -> dict[str, EntryPoint]:
    found = entry_points(group="console_scripts")
    return {name: found[name] for name in PROGRAMS}


@cache
def _context() -> ForkServerContext:
    context = get_context("forkserver")
    late = [f"{_LATE}.{found.name}" for found in pkgutil.iter_modules(import_module(_LATE).__path__)]
    context.set_forkserver_preload([_FIRST, __name__, *(point.module for point in _points().values()), *late])
    return context


def _pipe(ours: str) -> tuple[Connection, IO[bytes]]:
    """The program's end of a new pipe, in a form that can be handed over, and ours."""
    reading, writing = os.pipe()
    if ours == "r":
        return Connection(writing, readable=False), os.fdopen(reading, "rb")
    return Connection(reading, writable=False), os.fdopen(writing, "wb")


def _run(
    start: Start, value: str, told: Connection, reads: Connection | None, writes: Connection | None
) -> None:
    """In the new process: makes it what an executed one would be, and runs the program."""
    os.setsid()
    _redirect(0, reads or Path(os.devnull))
    _redirect(1, writes or start.out or Path(os.devnull))
    _redirect(2, start.err)
    lock = _noted(start.pid_file) if start.pid_file else None
    _forget(start, keeps_logging=value.startswith(_SETS_UP_LOGGING))
    told.send(None)
    told.close()
    with lock or nullcontext():
        sys.exit(EntryPoint("", value, "").load()())


def _noted(pid_file: Path) -> IO[str]:
    """The file with our number, locked as long as it is open."""
    lock = pid_file.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _forget(start: Start, *, keeps_logging: bool) -> None:
    """Whatever is of the process that this one was forked from."""
    os.environ.clear()
    os.environ.update(start.environment)
    time.tzset()
    os.chdir(start.directory)
    random.seed()
    if not keeps_logging:
        logging.root.handlers.clear()
        logging.root.setLevel(logging.WARNING)
        logging.captureWarnings(False)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.argv = [program(start.command[0]), *start.command[1:]]


def _redirect(descriptor: int, to: Connection | Path) -> None:
    if isinstance(to, Connection):
        os.dup2(to.fileno(), descriptor)
        to.close()
        return
    opened = os.open(to, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)
