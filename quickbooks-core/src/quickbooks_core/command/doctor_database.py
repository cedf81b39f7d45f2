"""The doctor's looks at the database: version, pooler, migration, grants, the loader's login. Changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from importlib.resources import files

import psycopg
from psycopg import sql

from quickbooks_core.command.check import require_ready
from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema, readable
from quickbooks_core.postgres.statements import Names

_OLDEST, _NEWEST = 15, 18
# Under this name Meltano gives its loader the database.
LOADER_URL = "TARGET_POSTGRES_SQLALCHEMY_URL"
_ASKED_TWICE = 3


def connect(url: str | None = None) -> psycopg.Connection:
    """A connection for one look; every statement is a transaction of its own."""
    return psycopg.connect(url or database_url(), connect_timeout=10, autocommit=True)


def look_at_server() -> str:
    """Which database, and whether its Postgres is one we know."""
    with connect() as connection:
        found = supported(connection.info.server_version // 10000)
        return f"{connection.info.dbname}, {found}"


def supported(version: int) -> str:
    """Words for a version of Postgres; raises CommandFailed when it is too old."""
    if version < _OLDEST:
        raise CommandFailed(f"Postgres {version} is too old: {_OLDEST} to {_NEWEST} are supported")
    return f"Postgres {version}" + ("" if version <= _NEWEST else f" (tested up to {_NEWEST})")


def look_at_pooler() -> str:
    """Whether what we talk to is the server itself."""
    with connect() as connection:
        pids = [row[0] for _ in range(_ASKED_TWICE) for row in connection.execute("SELECT pg_backend_pid()")]
        return pooling(connection.info.backend_pid, pids)


def pooling(announced: int, answered: Collection[int]) -> str:
    """Words for who stands between, by the process that was announced and those that have answered."""
    if len(set(answered)) > 1:
        raise CommandFailed(
            "a pooler in transaction mode stands before the server, which the loader's prepared statements do not "
            "survive. Give DATABASE_URL and the loader the server's own address, or a pool in session mode."
        )
    return "none" if announced in answered else "in session mode"


def look_at_mirror() -> str:
    """Whether a run may begin."""
    with connect() as connection:
        require_ready(connection, mirror_schema())
        return f"schema {mirror_schema()} is migrated and holds {_company(connection)}"


def _company(connection: psycopg.Connection) -> str:
    table = sql.Identifier(mirror_schema(), "_sync_company")
    row = connection.execute(
        sql.SQL("SELECT realm_id || ' (' || environment || ')' FROM {}").format(table)
    ).fetchone()
    return f"company {row[0]}" if row else "no company yet"


def look_at_grants() -> str:
    """Whether every group may do what `quickbooks migrate` lets it do."""
    text = files(__package__).joinpath("sql", "missing_grants.sql").read_text()
    names = Names(mirror_schema())
    with connect() as connection:
        missing = connection.execute(text.encode(), {"mirror": names.mirror, "load": names.load}).fetchall()
    if missing:
        (group, privilege, place), more = missing[0], len(missing) - 1
        others = f", and {more} more" if more else ""
        raise CommandFailed(f"{group} lacks {privilege} on {place}{others}. Run: quickbooks migrate")
    return "each group has its rights"


def look_at_loader() -> str:
    """Whether the loader's login is one that may load; not known where Meltano alone knows it."""
    url = os.environ.get(LOADER_URL)
    if not url:
        return f"{LOADER_URL} is not set here, so its login was not tried"
    with connect(readable(LOADER_URL, re.sub(r"^postgresql\+\w+:", "postgresql:", url))) as connection:
        user = connection.info.user
        row = connection.execute("SELECT pg_has_role('quickbooks_loader', 'USAGE')").fetchone()
        there = connection.execute("SELECT to_regclass(%s)", [_landing().as_string(connection)]).fetchone()
    if not there or there[0] is None:
        raise CommandFailed(f"{LOADER_URL} leads to another database than DATABASE_URL: it has no mirror")
    if not row or not row[0]:
        raise CommandFailed(f'{user} may not load. Run: GRANT quickbooks_loader TO "{user}"')
    return f"{user} may load"


def _landing() -> sql.Identifier:
    return sql.Identifier(mirror_schema(), "_sync_company")
