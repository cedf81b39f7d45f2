"""Versions of the mirror's schema: the program's, a database's, and the steps that lead from one to the other.

A step is a file `sql/migrations/<version>_<what>.sql`; the highest number is the program's version. `internal.sql`
states the whole schema of that version, so a new database runs no step and an old one all that come after its own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import psycopg
from psycopg import sql

FIRST = 1  # it has no step that leads to it


@cache
def steps() -> dict[int, str]:
    """Version → the statement file that leads to it from the one before, in order."""
    folder = files(__package__).joinpath("sql", "migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return {int(name.partition("_")[0]): f"migrations/{name}" for name in names}


def program_version() -> int:
    """The version that `migrate` makes and that a run wants."""
    return max(steps(), default=FIRST)


def database_version(connection: psycopg.Connection, schema: str) -> int | None:
    """The version of a mirror; None where there is none."""
    table = sql.Identifier(schema, "_sync_migration")
    there = connection.execute("SELECT to_regclass(%s)", [table.as_string(connection)]).fetchone()
    if not there or there[0] is None:
        return None
    row = connection.execute(sql.SQL("SELECT max(version) FROM {}").format(table)).fetchone()
    return int(row[0]) if row and row[0] is not None else None


def is_newer(schema: str, found: int) -> str:
    """What to do about a mirror that a later program has migrated."""
    return (
        f"the schema {schema} has version {found}, this program knows up to {program_version()}: a newer one has "
        "migrated it. Upgrade quickbooks-core, and tap-quickbooks with it."
    )
