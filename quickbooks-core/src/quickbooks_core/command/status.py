"""`quickbooks status`: where each table stands, what waits, also for QuickBooks, and what the last run has cost.

Counts only: whoever may read the mirror may ask, and sees no row that a policy hides.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from quickbooks_core.command.check import require_migrated
from quickbooks_core.command.failure import database_url, mirror_schema

Row = Mapping[str, Any]

_TOGETHER = "*"  # in _sync_cdc, what was asked for all tables at once


def add_parser(subparsers: Any) -> None:
    """Declares the subcommand."""
    parser = subparsers.add_parser("status", help="show where each table stands")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, queue and last run at the end"
    )
    parser.add_argument("--warnings", action="store_true", help="only what needs a person, on stderr")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints one line a table, then what needs a person, then the queue and the last run."""
    schema = mirror_schema()
    with psycopg.connect(database_url(), connect_timeout=10) as connection:
        require_migrated(connection, schema)
        cursor = connection.cursor(row_factory=dict_row)
        tables = cursor.execute(_statement("status_tables", schema)).fetchall()
        last = cursor.execute(_statement("status_run", schema)).fetchone()
        queue = cursor.execute(_statement("status_queue", schema)).fetchone() or {}
    if arguments.warnings:
        for remark in [*_remarks(tables), *_doubts(queue)]:
            print(f"warning: {remark}", file=sys.stderr)
        return
    lines = _as_json(tables, queue, last) if arguments.json else _as_text(tables, queue, last)
    print("\n".join(lines))


def _statement(name: str, schema: str) -> sql.Composed:
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text()
    return sql.SQL(text).format(mirror=sql.Identifier(schema))


def _as_json(tables: Sequence[Row], queue: Row, last: Row | None) -> list[str]:
    lines = [*tables, {"queue": queue}, {"last_run": last}]
    return [json.dumps(line, default=str) for line in lines]


def _as_text(tables: Sequence[Row], queue: Row, last: Row | None) -> list[str]:
    head = f"{'table':<28}{'changed':>10}{'calls':>7}{'parked':>8}{'forbidden':>11}  {'last poll':<21}status"
    lines = [_line(table) for table in tables if table["table_name"] != _TOGETHER]
    together = [_together(table) for table in tables if table["table_name"] == _TOGETHER]
    return [head, *lines, *together, *_remarks(tables), *_doubts(queue), *_waiting(queue), _last(last)]


def _together(asked: Row) -> str:
    items = f", with {asked['batch_items']} questions in batches" if asked["batch_items"] else ""
    return f"for all tables at once: {asked['calls']} calls{items}"


def _line(table: Row) -> str:
    numbers = f"{table['rows'] or 0:>10}{table['calls'] or 0:>7}{table['parked']:>8}{table['forbidden']:>11}"
    return (
        f"{table['table_name']:<28}{numbers}  {_moment(table['last_poll_at']):<21}"
        f"{table['status']} {table['error'] or ''}".rstrip()
    )


def _remarks(tables: Sequence[Row]) -> list[str]:
    """What the columns mean where they are not 0."""
    parked, forbidden = (sum(table[name] for table in tables) for name in ("parked", "forbidden"))
    unsure, begun = (
        [table["table_name"] for table in tables if table["status"] == status]
        for status in ("incomplete", "unfinished")
    )
    held = [f"{t['table_name']} ({t['error']})" for t in tables if t["status"] == "deselected" and t["error"]]
    remarks = []
    if parked:
        remarks.append(
            f"parked: {parked} changes of rows that a client had locked; the next run tries again."
        )
    if forbidden:
        remarks.append(
            f"forbidden: {forbidden} rows that QuickBooks no longer has, but a foreign key of yours holds; remove "
            "what refers to them (_sync_deletes names each), and the next run deletes them."
        )
    if unsure:
        remarks.append(
            f"incomplete: QuickBooks gave fewer rows than it counts of {', '.join(unsure)}; run again."
        )
    if begun:
        remarks.append(
            f"unfinished: no run has read {', '.join(begun)} to the end, and some rows may be missing; "
            "a run that reads it completes it."
        )
    if held:
        remarks.append(f"deselected, but not empty: {', '.join(held)}; the next run tries again.")
    return remarks


def _doubts(queue: Row) -> list[str]:
    """Changes about which a person has to decide."""
    remarks = []
    if queue["unknown"]:
        remarks.append(
            f"unknown: {queue['unknown']} changes of which nobody knows whether QuickBooks has made them: "
            "`quickbooks queue list --status unknown`."
        )
    if queue["not_undone"]:
        remarks.append(
            f"not undone: {queue['not_undone']} changes of transactions that were rolled back stand in QuickBooks: "
            "`quickbooks queue list` says why."
        )
    return remarks


def _waiting(queue: Row) -> list[str]:
    """One line, where there is anything to say."""
    named = ("pending", "sending", "unknown")
    told = [f"{queue[name]} {name}" for name in named if queue[name]]
    failed = [f"{queue['failed']} failed in the last 24 hours"] if queue["failed"] else []
    oldest = [f"the oldest waits since {_moment(queue['oldest'])}"] if queue["oldest"] else []
    parts = [", ".join([*told, *failed]), *oldest]
    return [f"queue: {'; '.join(filter(None, parts))}"] if any(parts) else []


def _last(run: Row | None) -> str:
    if run is None:
        return "no run yet"
    calls = ", ".join(f"{times} {kind}" for kind, times in sorted((run["calls"] or {}).items()))
    cost = f"; calls of the API: {calls}" if calls else ""
    return f"last run: {run['run_id']} {run['status']} {_moment(run['at'])}{cost}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"
