"""`quickbooks check`: may a sync start? The first step of the Meltano job; changes nothing."""

from __future__ import annotations

import argparse
import os
from typing import Any

import psycopg
from psycopg import sql

from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema
from quickbooks_core.postgres.version import database_version, is_newer, program_version


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser("check", help="say whether a sync may start, and what is missing")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> None:
    """Raises CommandFailed with what is wrong and what to do."""
    del arguments
    schema = mirror_schema()
    with psycopg.connect(database_url(), connect_timeout=10) as connection:
        require_ready(connection, schema)
    print(f"The schema {schema} is ready.")


def require_ready(connection: psycopg.Connection, schema: str) -> None:
    """Raises CommandFailed when the mirror is not migrated or holds another company."""
    require_migrated(connection, schema)
    _check_company(connection, schema)


def require_migrated(connection: psycopg.Connection, schema: str) -> None:
    """Raises CommandFailed when the mirror is not there or has another version."""
    found = database_version(connection, schema)
    if found is None:
        raise CommandFailed(f"the schema {schema} is not migrated. Run: quickbooks migrate")
    if found > program_version():
        raise CommandFailed(is_newer(schema, found))
    if found < program_version():
        raise CommandFailed(f"the schema {schema} has version {found}, this program has {program_version()}. "
                            "Run: quickbooks migrate")  # fmt: skip


def _check_company(connection: psycopg.Connection, schema: str) -> None:
    wanted = (os.environ.get("QUICKBOOKS_ENVIRONMENT"), os.environ.get("QUICKBOOKS_REALM_ID"))
    query = sql.SQL("SELECT environment, realm_id FROM {}").format(sql.Identifier(schema, "_sync_company"))
    held = connection.execute(query).fetchone()
    if held and all(wanted) and held != wanted:
        raise CommandFailed(
            f"the schema {schema} holds company {held[1]} ({held[0]}), the settings name {wanted[1]} ({wanted[0]}). "
            "Give each company a schema of its own (QUICKBOOKS_SCHEMA and `quickbooks migrate`), "
            "or correct QUICKBOOKS_REALM_ID and QUICKBOOKS_ENVIRONMENT."
        )
