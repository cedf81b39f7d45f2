"""pytest fixtures that every package's tests share: one real Postgres, a fresh database for each test."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from quickbooks_core.postgres.migrate import migrate

from quickbooks_demo.postgres import EmbeddedPostgres, scratch_home


@dataclass(frozen=True)
class Database:
    """One database of the test server and the people who may log in."""

    server: EmbeddedPostgres
    name: str

    def url(self, user: str = "postgres", password: str | None = None) -> str:
        """As whom to connect: postgres (superuser), migrator, loader, writer or reader."""
        return self.server.url(self.name, user, password or (None if user == "postgres" else user))

    def connect(self, user: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """A new session."""
        return psycopg.connect(self.url(user), autocommit=autocommit)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """One server a session, with the logins that the tests play."""
    home = scratch_home("quickbooks-tests")
    server = EmbeddedPostgres(home)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        # Neither a superuser nor the owner of any database.
        admin.execute("CREATE ROLE migrator LOGIN CREATEROLE PASSWORD 'migrator'")
    yield server
    server.stop("immediate")
    shutil.rmtree(home, ignore_errors=True)


def _create(server: EmbeddedPostgres, template: str | None = None) -> Database:
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        clone = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        admin.execute(sql.SQL("CREATE DATABASE {}{}").format(sql.Identifier(name), clone))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO migrator").format(sql.Identifier(name)))
    database = Database(server, name)
    with database.connect() as admin:
        admin.execute("GRANT CREATE, USAGE ON SCHEMA public TO migrator WITH GRANT OPTION")
    return database


def _drop(database: Database) -> None:
    with psycopg.connect(database.server.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


@pytest.fixture
def database(postgres_server: EmbeddedPostgres) -> Iterator[Database]:
    """An empty database."""
    made = _create(postgres_server)
    yield made
    _drop(made)


@pytest.fixture(scope="session")
def template(postgres_server: EmbeddedPostgres) -> Database:
    """A migrated database that tests are cloned from, with its logins."""
    made = _create(postgres_server)
    migrate(made.url("migrator"))
    with made.connect() as admin:
        for login in ("loader", "reader", "writer"):
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(login), sql.Literal(login), sql.Identifier(f"quickbooks_{login}")))  # fmt: skip
    return made


@pytest.fixture
def mirror(postgres_server: EmbeddedPostgres, template: Database) -> Iterator[Database]:
    """A migrated, empty mirror."""
    made = _create(postgres_server, template.name)
    yield made
    _drop(made)
