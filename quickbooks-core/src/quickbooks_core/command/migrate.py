"""`quickbooks migrate`: creates the mirror or brings it up to date."""

from __future__ import annotations

import argparse
from typing import Any

from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema
from quickbooks_core.postgres.migrate import migrate
from quickbooks_core.postgres.prepare import MigrationRefused, roles_sql


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser("migrate", help="create the mirror, or bring it up to date")
    parser.add_argument(
        "--no-roles", action="store_true", help="print the SQL that creates the roles, change nothing"
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> None:
    """Raises CommandFailed with the statement an administrator has to run."""
    if arguments.no_roles:
        print(roles_sql())
        return
    try:
        migrate(database_url(), mirror_schema())
    except MigrationRefused as refused:
        raise CommandFailed(str(refused)) from None
    print(f"The schema {mirror_schema()} is up to date.")
