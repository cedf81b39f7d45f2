"""A sandbox as a process of its own, for the length of a `with` block."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quickbooks_sandbox.remote import Remote

_START_PATIENCE_S = 60
_STOP_PATIENCE_S = 10
_LOOK_EVERY_S = 0.02


class NotStarted(RuntimeError):
    """The sandbox ended or said nothing; the message has its last words."""


@contextmanager
def running(directory: Path, company: str = "demo") -> Iterator[Remote]:
    """A sandbox that keeps its company in a directory, on a free port; stopped at the end."""
    directory.mkdir(parents=True, exist_ok=True)
    port_file, log = directory / "listening", directory / "log"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "quickbooks_sandbox.main", "serve", "--company", company]
    with log.open("wb") as words:
        process = subprocess.Popen(
            [*command, "--data", str(directory), "--port-file", str(port_file)],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Remote(f"http://127.0.0.1:{_port(process, port_file, log)}")
    finally:
        _stop(process)


def _port(process: subprocess.Popen[bytes], file: Path, log: Path) -> str:
    """The port, once it listens: the file is written after that."""
    until = time.monotonic() + _START_PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if file.exists() and (text := file.read_text()).endswith("\n"):
            return text.strip()
        time.sleep(_LOOK_EVERY_S)
    raise NotStarted(f"the sandbox did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
