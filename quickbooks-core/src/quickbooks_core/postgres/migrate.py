"""Creates and upgrades the mirror: roles, schemas, tables, merges, fence, views and grants.

Idempotent, one transaction, under an advisory lock. Neither a superuser nor the database's owner is needed:
CREATE on the database and on the mirror's schema, and CREATEROLE (or roles made by an administrator).
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from quickbooks_core.catalog import MIRRORED
from quickbooks_core.postgres import statements
from quickbooks_core.postgres.statements import Names
from quickbooks_core.postgres.views import views
from quickbooks_core.schema import INTERNAL, internal_types

# Raised when what `migrate` makes changes; `check` compares it.
VERSION = 1


class MigrationRefused(Exception):
    """The database does not let us; the message says which statement an administrator has to run."""


def migrate(conninfo: str, schema: str = "public", *, create_roles: bool = True) -> None:
    """Brings a database to the current version; raises MigrationRefused or psycopg.OperationalError."""
    names = Names(schema)
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('quickbooks migrate'))")
        if create_roles:
            _create_roles(connection)
        _prepare(connection, names)
        connection.execute("SET LOCAL ROLE quickbooks_owner")
        _build(connection, names)


def roles_sql() -> str:
    """What an administrator runs where the migration role may not create roles."""
    return Names().compose("roles.sql").as_string(None)


def _create_roles(connection: psycopg.Connection) -> None:
    try:
        with connection.transaction():
            connection.execute(Names().compose("roles.sql"))
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationRefused(
            "The migration role may not create roles. Ask an administrator to run the output of "
            "`quickbooks migrate --no-roles`, then run `quickbooks migrate` again."
        ) from None


def _prepare(connection: psycopg.Connection, names: Names) -> None:
    """Memberships and schemas: what must be done as the migration role itself."""
    row = connection.execute(
        "SELECT current_user, current_database(), current_setting('server_version_num')::int"
    )
    user, database, version = row.fetchone() or ("", "", 0)
    if not _one(
        connection,
        "SELECT pg_has_role(current_user, 'quickbooks_owner', %s)",
        ["SET" if version >= 160000 else "MEMBER"],
    ):
        _attempt(
            connection,
            sql.SQL(
                "GRANT quickbooks_owner TO {}" + (" WITH INHERIT TRUE, SET TRUE" if version >= 160000 else "")
            ).format(sql.Identifier(user)),
        )
    if not _one(connection, "SELECT pg_has_role('quickbooks_admin', 'quickbooks_owner', 'MEMBER')"):
        _attempt(connection, sql.SQL("GRANT quickbooks_owner TO quickbooks_admin"))
    for schema in (names.mirror, names.load):
        if not _one(connection, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [schema]):
            if not _one(connection, "SELECT has_database_privilege(current_database(), 'CREATE')"):
                raise MigrationRefused(
                    f"{user} may not create the schema {schema}. Ask an administrator to run: "
                    f'GRANT CREATE ON DATABASE "{database}" TO "{user}"'
                )
            connection.execute(
                sql.SQL("CREATE SCHEMA {} AUTHORIZATION quickbooks_owner").format(sql.Identifier(schema))
            )
        if not _one(connection, "SELECT has_schema_privilege('quickbooks_owner', %s, 'CREATE')", [schema]):
            _attempt(
                connection,
                sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO quickbooks_owner WITH GRANT OPTION").format(
                    sql.Identifier(schema)
                ),
            )
        if not _one(connection, "SELECT has_schema_privilege('quickbooks_owner', %s, 'CREATE')", [schema]):
            raise MigrationRefused(
                f"{user} may not let quickbooks_owner create tables in {schema}. Ask an administrator to run: "
                f'GRANT USAGE, CREATE ON SCHEMA "{schema}" TO quickbooks_owner WITH GRANT OPTION'
            )


def _attempt(connection: psycopg.Connection, statement: sql.SQL | sql.Composed) -> None:
    """Runs a grant; where it is not ours to give, says which statement is missing."""
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationRefused(f"Ask an administrator to run: {statement.as_string(connection)}") from None


def _one(connection: psycopg.Connection, query: str, values: list[object] | None = None) -> bool:
    row = connection.execute(query, values or []).fetchone()
    return bool(row and row[0])


def _build(connection: psycopg.Connection, names: Names) -> None:
    for part in ("internal.sql", "fence.sql"):
        connection.execute(names.compose(part))
    for entity in MIRRORED:
        for statement in statements.mirror_table(names, entity):
            connection.execute(statement)
    # The functions of the runs name the row types of the landing tables, whose triggers name the functions.
    connection.execute("SET LOCAL check_function_bodies = off")
    for stream, (_, keys) in INTERNAL.items():
        _landing_without_trigger(connection, names, stream, internal_types(stream), keys)
    connection.execute(names.compose("runs.sql"))
    for statement in statements.internal_landing(names):
        connection.execute(statement)
    for entity in MIRRORED:
        connection.execute(statements.merge_function(names, entity))
        for statement in statements.landing_table(
            names, entity.table, statements.columns_of(entity), ("id",)
        ):
            connection.execute(statement)
        for statement in statements.fence(names, entity):
            connection.execute(statement)
    for statement in views(names):
        connection.execute(statement)
    for statement in statements.grants(names, MIRRORED):
        connection.execute(statement)
    connection.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"
        ).format(sql.Identifier(names.mirror, "_sync_migration"))
    )
    connection.execute(
        sql.SQL("INSERT INTO {} (version) VALUES (%s) ON CONFLICT DO NOTHING").format(
            sql.Identifier(names.mirror, "_sync_migration")
        ),
        [VERSION],
    )
    connection.execute(
        sql.SQL("GRANT SELECT ON {} TO quickbooks_reader, quickbooks_writer, quickbooks_loader").format(
            sql.Identifier(names.mirror, "_sync_migration")
        )
    )


def _landing_without_trigger(
    connection: psycopg.Connection, names: Names, stream: str, columns: dict[str, str], keys: tuple[str, ...]
) -> None:
    *tables, _trigger = statements.landing_table(names, stream, columns, keys)
    for statement in tables:
        connection.execute(statement)
