"""`quickbooks status`: where each table stands."""

from __future__ import annotations

import argparse
import json
from typing import Any

import psycopg
from psycopg import sql

from quickbooks_core.command.failure import database_url, mirror_schema


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser("status", help="show where each table stands")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints one line a table, then the last run."""
    schema = mirror_schema()
    with psycopg.connect(database_url(), connect_timeout=10) as connection:
        tables = connection.execute(
            sql.SQL(
                "SELECT table_name, status, rows, last_poll_at, error FROM {} ORDER BY table_name"
            ).format(sql.Identifier(schema, "_sync_cdc"))
        ).fetchall()
        last = connection.execute(
            sql.SQL(
                "SELECT run_id, status, coalesce(finished_at, seen_at) FROM {} ORDER BY seen_at DESC LIMIT 1"
            ).format(sql.Identifier(schema, "_sync_run"))
        ).fetchone()
    if arguments.json:
        for table in tables:
            print(
                json.dumps(
                    dict(zip(("table", "status", "rows", "last_poll_at", "error"), table, strict=True)),
                    default=str,
                )
            )
        return
    print(f"{'table':<28}{'rows':>10}  {'last poll':<20}status")
    for name, state, rows, polled, error in tables:
        print(f"{name:<28}{rows or 0:>10}  {polled:%Y-%m-%d %H:%M:%S} {state} {error or ''}".rstrip())
    print(f"last run: {last[0]} {last[1]} {last[2]:%Y-%m-%d %H:%M:%S}" if last else "no run yet")
