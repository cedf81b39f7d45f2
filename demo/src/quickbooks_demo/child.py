"""Programs that run beside us: started in a session of their own, ended with us or by the next run."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from quickbooks_demo.waiting import TooLate, wait_for

_STOP_PATIENCE_S = 10

# The program itself notes its number and holds the lock: whatever kills us at whatever moment, the next run
# can tell whether it still lives, and never takes a stranger with the same number for it.
_NOTE_PID_THEN_RUN = 'echo $$ > "$1" && shift && exec "$@"'


class ChildEnded(Exception):
    """A program that should keep running has ended."""


def program(name: str) -> str:
    """A console script of the environment we run in."""
    return str(Path(sys.executable).parent / name)


class Process(Protocol):
    """What we need of `subprocess.Popen`."""

    pid: int

    @property
    def returncode(self) -> int | Any:
        """How it has ended: negative by a signal."""

    def poll(self) -> int | None:
        """The same; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended."""

    def send_signal(self, number: int, /) -> None:
        """Where it has not ended."""


@dataclass(frozen=True)
class Child:
    """A running program."""

    process: Process
    pid_file: Path
    log: Path

    def require_alive(self) -> None:
        """Raise with its last words if it has ended."""
        if self.process.poll() is not None:
            raise ChildEnded(f"{self.log.stem} ended with {self.process.returncode}:\n{self.words()[-2000:]}")

    def words(self) -> str:
        """All that it has said."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would, if it has not ended by itself."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it and what it has started to end, and insist if it does not."""
        stop_left_over(self.pid_file, reap=self.process)


def start_child(
    command: Sequence[str], state: Path, environment: Mapping[str, str], cwd: Path | None = None
) -> Child:
    """Start a program that at most one process may run for this state directory."""
    pid_file, log_file = vacated(command, state)
    with pid_file.open("w") as lock, log_file.open("wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process = subprocess.Popen(
            ["/bin/sh", "-c", _NOTE_PID_THEN_RUN, "sh", str(pid_file), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(lock.fileno(),),
            start_new_session=True,  # Ctrl-C is for us; we end our children in order
        )
    return Child(process, pid_file, log_file)


def vacated(command: Sequence[str], state: Path) -> tuple[Path, Path]:
    """Where a program's number and words go, after what was left over of it has ended."""
    name = Path(command[0]).name
    stop_left_over(state / f"{name}.pid")
    return state / f"{name}.pid", state / f"{name}.log"


def stop_left_over(pid_file: Path, reap: Process | None = None) -> None:
    """End the program that holds this file, if one does, and its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _is_over(pid_file, reap):
            return
        pid = wait_for(pid_file.read_text, f"the number in {pid_file}")
        try:
            os.killpg(int(pid), number)
            wait_for(lambda: _is_over(pid_file, reap), f"the end of {pid_file.stem}", _STOP_PATIENCE_S)
        except (ProcessLookupError, TooLate):
            continue
    if not _is_over(pid_file, reap):
        raise TooLate(f"{pid_file.stem} does not end")


def _is_over(pid_file: Path, reap: Process | None) -> bool:
    if reap is not None:
        return reap.poll() is not None
    if not pid_file.exists():
        return True
    with pid_file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
