"""CPU seconds and memory of running programs, as the kernel counts them.

Read from /proc while the programs run, so what a program does in the last twentieth of a second of its life is
missed. Knows nothing of what the programs do.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_EVERY_S = 0.05
_INTERPRETERS = ("python", "sh")


@dataclass(frozen=True)
class Usage:
    """What a program has used: seconds of CPU, and its largest resident memory."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def and_more(self, other: Usage) -> Usage:
        """Both together; their memories are not added, since they may have lived one after the other."""
        return Usage(self.cpu_s + other.cpu_s, max(self.peak_mb, other.peak_mb))


def usage(pid: int, *, with_children: bool = False) -> Usage:
    """Of one process until now, and of its children that have ended; nothing once it has gone."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        status = (_PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return Usage()
    own, children = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")
    return Usage((own + (children if with_children else 0)) / _TICKS, int(peak) / 1024)


def server_cpu_s(postmaster: int) -> float:
    """All processes of a database server, those that have ended included."""
    living = sum(usage(pid).cpu_s for pid in descendants(postmaster) if pid != postmaster)
    return usage(postmaster, with_children=True).cpu_s + living


def descendants(root: int) -> Iterator[int]:
    """A process and all that it has started and that live."""
    yield root
    for task in (_PROC / str(root) / "task").glob("*/children"):
        try:
            children = task.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield from descendants(int(child))


def name_of(pid: int) -> str:
    """The program's name, not its interpreter's."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    names = [Path(word).name for word in words if word and not word.startswith("-")]
    return next((name for name in names if not name.startswith(_INTERPRETERS)), "")


class Watch:
    """Collects the usage of a program and of all that it starts, by name, for as long as it is open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._seen: dict[tuple[int, str], Usage] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def of(self, name: str) -> Usage:
        """Of all programs of this name together."""
        total = Usage()
        for (_, found), used in self._seen.items():
            if found == name:
                total = total.and_more(used)
        return total

    def _look(self) -> None:
        while not self._over.wait(_EVERY_S):
            for pid in descendants(self._root):
                used = usage(pid)
                if used.peak_mb and (name := name_of(pid)):
                    self._seen[pid, name] = used
