"""Dispatches `quickbooks <subcommand>`; expected failures are one paragraph on stderr and exit code 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import psycopg

from quickbooks_core.command import check, connect, doctor, migrate, queue, reconcile, status
from quickbooks_core.command.failure import CommandFailed
from quickbooks_core.errors import QuickBooksError

_ROLES = "quickbooks_owner to migrate, quickbooks_reader to look"
_SUBCOMMANDS = (connect, migrate, check, status, reconcile, queue, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="quickbooks", description="QuickBooks Online as a Postgres database."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _SUBCOMMANDS:
        module.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    try:
        arguments.func(arguments)
    except (CommandFailed, QuickBooksError) as failure:
        print(f"quickbooks: {failure}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as failure:
        reason = str(failure).strip().splitlines()[0]
        print(f"quickbooks: the database cannot be used: {reason}. Check DATABASE_URL.", file=sys.stderr)
        return 1
    except psycopg.errors.InsufficientPrivilege as failure:
        reason = str(failure).strip().splitlines()[0]
        print(f"quickbooks: {reason}. Give DATABASE_URL a role that may: {_ROLES}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
