"""What must be there before the mirror: groups, memberships, two schemas; done as the migration role itself."""

from __future__ import annotations

import psycopg
from psycopg import sql

from quickbooks_core.postgres.statements import Names


class MigrationRefused(Exception):
    """The database does not let us; the message says what to do, or what an administrator has to run."""


def roles_sql() -> str:
    """What an administrator runs where the migration role may not create roles."""
    return Names().compose("roles.sql").as_string(None)


def make_roles(connection: psycopg.Connection) -> None:
    """Creates the groups; raises MigrationRefused when that is not for us to do."""
    try:
        with connection.transaction():
            connection.execute(Names().compose("roles.sql"))
    except psycopg.errors.InsufficientPrivilege:
        raise MigrationRefused(
            "The migration role may not create roles. Ask an administrator to run the output of "
            "`quickbooks migrate --no-roles`, then run `quickbooks migrate` again."
        ) from None


def prepare(connection: psycopg.Connection, names: Names) -> None:
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
