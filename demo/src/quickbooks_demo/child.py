"""Programs that run beside us: started in a session of their own, ended with us or by the next run."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quickbooks_demo.waiting import TooLate, wait_for

_STOP_PATIENCE_S = 10


def program(name: str) -> str:
    """A console script of the environment we run in."""
    return str(Path(sys.executable).parent / name)


@dataclass
class Child:
    """A running program."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def require_alive(self) -> None:
        """Raise with its last words if it has ended."""
        if self.process.poll() is not None:
            words = self.log.read_text(errors="replace")[-2000:]
            raise ChildEnded(f"{self.process.args!r} ended with {self.process.returncode}:\n{words}")

    def stop(self) -> None:
        """Ask it to end, and insist if it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


class ChildEnded(Exception):
    """A program that should keep running has ended."""


def start_child(command: Sequence[str], state: Path, environment: Mapping[str, str]) -> Child:
    """Start a program that at most one process may run for this state directory."""
    name = Path(command[0]).name
    end_left_over(state / f"{name}.pid")
    # The lock lives as long as any process holds this file open: the child itself proves that it is alive,
    # so a process that happens to have inherited a dead child's number is never killed by mistake.
    with (state / f"{name}.pid").open("w") as lock, (state / f"{name}.log").open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(lock.fileno(),),
            start_new_session=True,  # Ctrl-C is for us; we end our children in order
        )
        lock.write(str(process.pid))
    return Child(process, state / f"{name}.log")


def end_left_over(pid_file: Path) -> None:
    """End a program that an earlier run left behind when it was killed."""
    if not pid_file.exists() or _unlocked(pid_file):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(int(pid_file.read_text()), number)
        try:
            wait_for(lambda: _unlocked(pid_file), f"the end of {pid_file.stem}", _STOP_PATIENCE_S)
        except TooLate:
            continue
        return


def _unlocked(pid_file: Path) -> bool:
    with pid_file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
