"""Dispatches `quickbooks <subcommand>`; expected failures are one paragraph on stderr and exit code 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import psycopg

from quickbooks_core.command.failure import CommandFailed
from quickbooks_core.errors import QuickBooksError

_ROLES = "quickbooks_owner to migrate, quickbooks_reader to look"
_SUBCOMMANDS = ("connect", "migrate", "check", "status", "reconcile", "queue", "doctor")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="quickbooks", description="QuickBooks Online as a Postgres database."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    given = sys.argv[1:] if argv is None else argv
    for module in _modules(given):
        module.add_parser(subparsers)
    arguments = parser.parse_args(given)
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


def _modules(given: Sequence[str]) -> Iterator[Any]:
    """The subcommand that is asked for: a run of the pipeline starts two of them, and none needs what all need."""
    for name in [name for name in _SUBCOMMANDS if name in given[:1]] or _SUBCOMMANDS:
        yield import_module(f"quickbooks_core.command.{name}")


if __name__ == "__main__":
    sys.exit(main())
