"""Creates and upgrades the mirror: roles, schemas, tables, merges, fence, views and grants.

Idempotent, one transaction, under an advisory lock: first the steps that an older database lacks (`version`), then
everything as a new database gets it, then new columns from `extra` (`adopt`). Neither a superuser nor the database's
owner is needed: CREATE on the database and on the mirror's schema, and CREATEROLE (or roles made by an administrator).
"""

from __future__ import annotations

import psycopg

from quickbooks_core.catalog import MIRRORED
from quickbooks_core.postgres.adopt import adopt, gains
from quickbooks_core.postgres.build import build, mark
from quickbooks_core.postgres.prepare import MigrationRefused, make_roles, prepare
from quickbooks_core.postgres.statements import Names
from quickbooks_core.postgres.version import database_version, is_newer, program_version, steps


def migrate(conninfo: str, schema: str = "public", *, create_roles: bool = True) -> None:
    """Brings a database to the current version; raises MigrationRefused or psycopg.OperationalError."""
    names = Names(schema)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('quickbooks migrate'))")
        if create_roles:
            make_roles(connection)
        prepare(connection, names)
        connection.execute("SET LOCAL ROLE quickbooks_owner")
        new = gains(connection, names, MIRRORED)
        _upgrade(connection, names)
        _build(connection, names)
        adopt(connection, names, new)


def _upgrade(connection: psycopg.Connection, names: Names) -> None:
    """The steps that lead an older mirror to this version; a new one needs none."""
    found = database_version(connection, names.mirror)
    if found is None:
        return
    if found > program_version():
        raise MigrationRefused(is_newer(names.mirror, found))
    for version, step in steps().items():
        if version > found:
            connection.execute(names.compose(step))
            connection.execute(mark(names, version))


def _build(connection: psycopg.Connection, names: Names) -> None:
    try:
        for statement in build(names):
            connection.execute(statement)
    except psycopg.errors.DependentObjectsStillExist as error:
        raise MigrationRefused(
            f"A view of ours changes its columns, on which something of yours is built: {error.diag.message_detail}. "
            "Drop what is yours, run `quickbooks migrate` again, and create it anew."
        ) from None
