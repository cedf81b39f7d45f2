"""`quickbooks reconcile`: compares the mirror with the company row by row, and repairs what differs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from quickbooks_core.catalog import Entity, by_table
from quickbooks_core.client import open_client
from quickbooks_core.command.check import require_ready
from quickbooks_core.command.failure import CommandFailed, database_url, mirror_schema
from quickbooks_core.reading.ahead import IN_FLIGHT, Ahead
from quickbooks_core.reconcile.table import Report, TableCheck
from quickbooks_core.settings import Connection

_SHOWN = 5  # ids a line
_RECONCILE = "quickbooks_core.reconcile"


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser(
        "reconcile", help="compare the mirror with QuickBooks, and repair what differs"
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="only these tables")
    parser.add_argument("--dry-run", action="store_true", help="print the differences, change nothing")
    parser.add_argument(
        "--force",
        action="store_true",
        help="let rows go back to what QuickBooks says, even where the mirror's is newer",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints a line for each table that differs, and what it has cost; raises CommandFailed."""
    schema = mirror_schema()
    with psycopg.connect(database_url(), connect_timeout=10, autocommit=True) as connection:
        require_ready(connection, schema)
        connection.execute("SET ROLE quickbooks_owner")
        connection.execute(
            "SELECT set_config('quickbooks.force', %s, false)", ["on" if arguments.force else "off"]
        )
        entities = _entities(connection, schema, arguments.tables)
        with open_client(Connection.from_environment()) as client, Ahead(IN_FLIGHT) as ahead:
            reports = []
            for entity in entities:
                check = TableCheck(client, ahead, connection, schema, entity, repairs=not arguments.dry_run)
                reports.append(check.run())
                print("\n".join(_lines(reports[-1], arguments.dry_run)), flush=True)
            calls = ", ".join(f"{times} {kind}" for kind, times in sorted(client.calls.items()))
    print(f"{_sum(reports, arguments.dry_run)}; calls of the API: {calls}")


def _entities(connection: psycopg.Connection, schema: str, wanted: Sequence[str]) -> list[Entity]:
    text = files(_RECONCILE).joinpath("sql", "tables.sql").read_text()
    there = [row[0] for row in connection.execute(sql.SQL(text).format(mirror=sql.Identifier(schema)))]
    if unknown := sorted(set(wanted) - set(there)):
        raise CommandFailed(
            f"the mirror does not hold {', '.join(unknown)}: `quickbooks status` shows what it holds."
        )
    return [by_table(table) for table in there if not wanted or table in wanted]


def _lines(report: Report, dry_run: bool) -> Iterator[str]:
    """What differs, and what was done."""
    if report.is_equal:
        yield f"{report.table}: {report.rows} rows, all equal"
        return
    yield f"{report.table}: {report.rows} rows in QuickBooks"
    for ids, words in (
        (report.missing, "not in the mirror"),
        (report.superfluous, "only in the mirror"),
        ([_named(one.id, one.columns) for one in report.different], "different"),
        (report.kept, "kept: newer in the mirror, or locked by a client (--force lets rows go back)"),
    ):
        if ids:
            yield f"  {len(ids)} {words}: {_some(ids)}"
    if report.doubt:
        yield f"  {report.doubt}: nothing was deleted; run it again"
    if not dry_run and not report.doubt:
        yield "  repaired" if not report.kept else "  the others repaired"


def _named(id: str, columns: Sequence[str]) -> str:
    return f"{id} ({', '.join(columns)})"


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


def _sum(reports: Sequence[Report], dry_run: bool) -> str:
    found = sum(len(r.missing) + len(r.superfluous) + len(r.different) for r in reports)
    if not found:
        return f"{len(reports)} tables are equal"
    return f"{found} differences in {sum(not r.is_equal for r in reports)} of {len(reports)} tables" + (
        ", nothing changed" if dry_run else ""
    )
