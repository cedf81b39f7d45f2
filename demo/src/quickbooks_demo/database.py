"""Databases and logins on a running server: an administrator's work around `quickbooks migrate`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import resources
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

MIGRATION_ROLE = "quickbooks_migrator"


@dataclass(frozen=True)
class Address:
    """A database's URL, and the same for other users and databases of its server."""

    url: str

    @property
    def database(self) -> str:
        """The database's name."""
        return urlsplit(self.url).path.lstrip("/")

    def on(self, database: str) -> Address:
        """The same user in another database of the server."""
        return replace(self, url=urlunsplit(urlsplit(self.url)._replace(path=f"/{quote(database)}")))

    def by(self, user: str, password: str) -> Address:
        """Another user of the same database."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        login = f"{quote(user)}:{quote(password, safe='')}"
        return replace(self, url=urlunsplit(parts._replace(netloc=f"{login}@{host}")))

    def at(self, host: str, port: int) -> Address:
        """The same user and database where something else listens."""
        parts = urlsplit(self.url)
        login = parts.netloc.rpartition("@")[0]
        return replace(self, url=urlunsplit(parts._replace(netloc=f"{login}@{host}:{port}")))

    def query(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        """The rows of one statement, run and committed on a connection of its own."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


def create_database(administrator: Address, name: str, template: str | None = None) -> None:
    """A new database, or a copy of a template."""
    # As files, which for a small database costs half of what its way through the log does.
    create = sql.SQL("create database {} template {} strategy file_copy")
    _run(administrator, create.format(sql.Identifier(name), sql.Identifier(template or "template0")))


def drop_database(administrator: Address, name: str) -> None:
    """Remove a database and throw out whoever is connected to it."""
    _run(administrator, sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def database_exists(administrator: Address, name: str) -> bool:
    """Whether the server has a database of this name."""
    return bool(administrator.query("select 1 from pg_database where datname = %s", (name,)))


def grant_migration(administrator: Address, password: str) -> Address:
    """Let the migration role work in the administrator's current database; returns its address there."""
    role = sql.Identifier(MIGRATION_ROLE)
    _run(administrator, _template("migration_role").format(role=role, password=sql.Literal(password)))
    database = sql.Identifier(administrator.database)
    _run(administrator, _template("migration_rights").format(role=role, database=database))
    return administrator.by(MIGRATION_ROLE, password)


def create_login(migration: Address, login: str, password: str, group: str) -> Address:
    """A login with the rights of one group; returns its address."""
    names = {"login": sql.Identifier(login), "group": sql.Identifier(group)}
    _run(migration, _template("login").format(password=sql.Literal(password), **names))
    return migration.by(login, password)


def _template(name: str) -> sql.SQL:
    text = resources.files("quickbooks_demo").joinpath("sql", f"{name}.sql").read_text()
    return sql.SQL(text)


def _run(address: Address, statement: sql.Composed) -> None:
    with psycopg.connect(address.url, autocommit=True) as connection:
        connection.execute(statement)
