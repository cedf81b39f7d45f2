"""What a following test plays on: a Postgres of its own that may be killed, a migrated mirror, tap and loader."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.database import Address, create_database, grant_migration
from quickbooks_demo.pipeline import loader_url
from quickbooks_demo.postgres import Server
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, Outcome, run

from following.flow import Flow, Programs, new_programs

# A process that is killed leaves what it has written with the kernel: without fsync a kill loses nothing, a power
# cut would. Everything else is as durable as on a user's machine, above all the wait for the WAL at each commit.
SURVIVES_KILLS = {"fsync": "off", "scram_iterations": "1"}
_PASSWORD = "password-of-the-tests"


@dataclass
class Stage:
    """One mirror and the pipeline into it."""

    server: Server
    database: Database
    programs: Programs
    connection: Mapping[str, str]

    def flow(self, state: str, fatal: bytes = b"") -> Flow:
        """Starts a run."""
        return Flow(self.programs.start_tap(state), self.programs.start_loader(), fatal)

    def connect(self, sandbox: Sandbox) -> None:
        """A person consents once more."""
        self.connection = {**self.connection, **sandbox.connection()}
        self.programs.connect(self.connection)

    def kill_postgres(self) -> None:
        """Ends every process of the server at once, and starts it again."""
        kill_and_start(self.server)

    def command(self, *arguments: str) -> Outcome:
        """`quickbooks ...` in the environment of the company and the mirror."""
        return run("quickbooks", *arguments, **{**self.connection, "DATABASE_URL": self.database.url})  # type: ignore[arg-type]  # all of them strings


def kill_and_start(server: Server) -> None:
    """As a power cut that leaves the disk as it is."""
    postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
    with psycopg.connect(server.url()) as admin:
        found = admin.execute("select pid from pg_stat_activity").fetchall()
    os.kill(postmaster, signal.SIGKILL)  # first, so that it starts no others
    for (pid,) in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.start()


@contextmanager
def server_to_kill() -> Iterator[Server]:
    """A server of one's own."""
    home = new_shared_directory(server_account(), in_memory=True)
    server = Server(home, SURVIVES_KILLS)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def new_stage(server: Server, connection: Mapping[str, str], checkout: Path, home: Path) -> Stage:
    """A migrated database on the server, and programs that load a company into it."""
    database = new_migrated(server, f"mirror_{home.name}")
    loader = loader_url(database.login("quickbooks_loader").url)
    return Stage(server, database, new_programs(checkout, home, connection, loader), connection)


def new_migrated(server: Server, name: str) -> Database:
    """A migrated database."""
    administrator = Address(server.url())
    create_database(administrator, name)
    superuser = administrator.on(name)
    database = Database(superuser, grant_migration(superuser, _PASSWORD))
    migrated = run("quickbooks", "migrate", DATABASE_URL=database.url)
    assert migrated.code == 0, migrated
    return database
