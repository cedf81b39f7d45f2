"""Fixtures shared by every package's tests: a real Postgres, fresh databases, a real sandbox."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.database import (
    Address,
    create_database,
    create_login,
    drop_database,
    grant_migration,
)
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import Forked, Start, start_forked
from quickbooks_demo.pipeline import Pipeline, loader_url, new_project
from quickbooks_demo.postgres import THROWAWAY, Server
from quickbooks_demo.sandbox import Sandbox, start_sandbox

# A server of one's own choice to test on. Not DATABASE_URL: tests create and drop databases and roles.
TEST_SERVER = "QUICKBOOKS_TEST_DATABASE_URL"
_PASSWORD = "password-of-the-tests"


@dataclass(frozen=True)
class Database:
    """One database of a test: as the superuser, and as the role that migrates."""

    superuser: Address
    migration: Address

    @property
    def name(self) -> str:
        """The database's name."""
        return self.migration.database

    @property
    def url(self) -> str:
        """What DATABASE_URL should be."""
        return self.migration.url

    def login(self, group: str) -> Address:
        """Someone with the rights of one of our groups (`quickbooks_reader`, ...)."""
        return create_login(self.migration, f"test_{group}", _PASSWORD, group)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*command: str, timeout_s: float = 120, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run one of our programs with a clean environment plus what is given."""
    with TemporaryDirectory() as home:
        out, err = Path(home, "out"), Path(home, "err")
        variables = {**clean_environment(), **environment}
        running = Forked(Start(command, variables, cwd or Path.cwd(), out, err))
        try:
            return Outcome(running.wait(timeout_s), out.read_text(), err.read_text())
        finally:
            running.kill()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Address]:
    """The superuser's address on a server that lives as long as the session."""
    if TEST_SERVER in os.environ:
        yield Address(os.environ[TEST_SERVER])
        return
    home = new_shared_directory(server_account(), in_memory=True)
    server = Server(home, THROWAWAY)
    try:
        server.start()
        yield Address(server.url())
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def new_database(server: Address, template: str | None = None) -> Database:
    """A database of a random name, empty or a copy of another; whoever asks for it drops it."""
    name = f"test_{secrets.token_hex(6)}"
    create_database(server, name, template)
    superuser = server.on(name)
    return Database(superuser, grant_migration(superuser, _PASSWORD))


@pytest.fixture
def database(postgres_server: Address) -> Iterator[Database]:
    """An empty database; the migration role is neither superuser nor its owner."""
    new = new_database(postgres_server)
    yield new
    drop_database(postgres_server, new.name)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: Address) -> Iterator[str]:
    """The name of a migrated database from which tests take copies."""
    new = new_database(postgres_server)
    outcome = run("quickbooks", "migrate", DATABASE_URL=new.url)
    assert outcome.code == 0, outcome
    yield new.name
    drop_database(postgres_server, new.name)


@pytest.fixture
def migrated(postgres_server: Address, migrated_template: str) -> Iterator[Database]:
    """A database after `quickbooks migrate`, empty of data."""
    new = new_database(postgres_server, migrated_template)
    yield new
    drop_database(postgres_server, new.name)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that lives as long as the session."""
    started = start_sandbox(tmp_path_factory.mktemp("sandbox"), environment=clean_environment())
    yield started
    started.child.stop()


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    """The sandbox, reset to the seed company."""
    sandbox_process.control("reset", company="demo")
    sandbox_process.control("throttle", on=False)
    return replace(sandbox_process)


@pytest.fixture
def connected(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The environment of a command that is connected to the sandbox, with token files of its own."""
    return {**sandbox.connection(), "QUICKBOOKS_STATE_DIR": str(tmp_path / "quickbooks-state")}


@pytest.fixture
def pipeline(
    migrated: Database, connected: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Pipeline:
    """`meltano` with the sandbox on one side and a migrated database on the other, its own state."""
    return new_pipeline(migrated, connected, request.config.rootpath, tmp_path)


def new_pipeline(database: Database, connection: dict[str, str], checkout: Path, home: Path) -> Pipeline:
    """A Meltano project below `home` that loads into a database."""
    loader = database.login("quickbooks_loader")
    return Pipeline(
        new_project(checkout, home / "meltano"),
        {
            **connection,
            "QUICKBOOKS_THROTTLE": "off",
            "DATABASE_URL": database.url,
            "TARGET_POSTGRES_SQLALCHEMY_URL": loader_url(loader.url),
        },
        start_forked,
    )


@dataclass(frozen=True)
class Filled:
    """A mirror that one run has filled, and the pipeline that did it."""

    database: Database
    pipeline: Pipeline
    sandbox: Sandbox


@pytest.fixture(scope="module")
def filled(
    postgres_server: Address,
    migrated_template: str,
    sandbox_process: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Filled]:
    """A company in a mirror, shared by the tests of a module, which only read: the demo, or the module's COMPANY."""
    sandbox_process.control("reset", company=getattr(request.module, "COMPANY", "demo"))
    sandbox_process.control("throttle", on=False)
    home = tmp_path_factory.mktemp("filled")
    database = new_database(postgres_server, migrated_template)
    connection = {**sandbox_process.connection(), "QUICKBOOKS_STATE_DIR": str(home / "tokens")}
    pipeline = new_pipeline(database, connection, request.config.rootpath, home)
    code, words = pipeline.run("run", "sync")
    assert code == 0, words
    yield Filled(database, pipeline, sandbox_process)
    drop_database(postgres_server, database.name)
