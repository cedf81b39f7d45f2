"""Who runs the database server, and in which directory.

Postgres refuses to run as root. So root hands it to an unprivileged account, by uid. Nothing that
exists already is ever opened up for that account: what it cannot reach is copied instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNPRIVILEGED = ("postgres", "nobody")
_SHARED_DIRECTORIES = ("/var/tmp", "/tmp")  # the first outlives a restart of the machine
_MEMORY = Path("/dev/shm")
_MEMORY_LEAST_BYTES = 6 << 30


class NoAccount(Exception):
    """Running as root, and this machine has no unprivileged account that could run Postgres."""


@dataclass(frozen=True)
class Account:
    """The account that runs the server; `uid` is None where that is simply whoever we are."""

    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str | Path], timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, with nothing of our environment."""
        group: dict[str, Any] = (
            {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}
        )
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            **group,
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether the account may pass through a directory of ours."""
        return self.run(["/bin/sh", "-c", 'cd -P "$1"', "sh", directory]).returncode == 0

    def can_execute(self, program: Path) -> bool:
        """Whether the account can start a program and the libraries it needs."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except PermissionError:
            return False

    def give(self, path: Path) -> None:
        """Hand over a file or directory that we have just created."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def server_account() -> Account:
    """Ourselves, or an unprivileged account when we are root."""
    if os.geteuid() != 0:
        return Account()
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise NoAccount(
        f"Postgres does not run as root, and there is no account {' or '.join(_UNPRIVILEGED)} here"
    )


def new_shared_directory(account: Account, *, in_memory: bool = False) -> Path:
    """A new directory of ours with an unguessable name that the account can enter but not change.

    `in_memory`: in the machine's memory where it has plenty, because making and dropping databases by the hundred
    costs a disk's file system ten times as much of a core.
    """
    memory = (str(_MEMORY),) if in_memory and _has_plenty(_MEMORY) else ()
    for parent in (*memory, *_SHARED_DIRECTORIES, tempfile.gettempdir()):
        if not os.access(parent, os.W_OK):
            continue
        directory = Path(tempfile.mkdtemp(prefix="quickbooks-", dir=parent))
        directory.chmod(0o755)
        if account.can_enter(directory):
            return directory
        directory.rmdir()
    raise NoAccount("found no directory that the database's account could enter; tried the temporary ones")


def _has_plenty(memory: Path) -> bool:
    if not memory.is_dir():
        return False
    found = os.statvfs(memory)
    return not found.f_flag & os.ST_NOEXEC and found.f_bavail * found.f_frsize >= _MEMORY_LEAST_BYTES


def server_home(state: Path, account: Account) -> Path:
    """The state directory itself, or one elsewhere that it remembers."""
    if account.can_enter(state):
        return state
    note = state / "elsewhere"
    if note.exists():
        remembered = Path(note.read_text().strip())
        if _is_ours(remembered):
            return remembered
    home = new_shared_directory(account)
    note.write_text(f"{home}\n")
    return home


def _is_ours(directory: Path) -> bool:
    # The system may have emptied its temporary directory, and someone else may have taken the name since.
    return directory.is_dir() and not directory.is_symlink() and directory.lstat().st_uid == os.geteuid()


def reachable_package(package: Path, program: str, home: Path, account: Account) -> Path:
    """The directory of an installed package's program, copied below `home` if the account cannot run it."""
    if account.can_execute(package / program):
        return (package / program).parent
    copy = home / "binaries"
    done = copy / "complete"
    if not done.exists() or done.read_text() != str(_fingerprint(package / program)):
        shutil.rmtree(copy, ignore_errors=True)
        # The libraries are found by a path relative to the program, so both keep their places.
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True)
        done.write_text(str(_fingerprint(package / program)))
    return (copy / package.name / program).parent


def _fingerprint(program: Path) -> tuple[int, int]:
    found = program.stat()
    return found.st_size, int(found.st_mtime)
