"""Rows put into the landing tables as the loader does it, for tests of what the database makes of them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb


def land(connection: psycopg.Connection, table: str, *rows: dict[str, Any]) -> None:
    """Rows of one stream, in their order."""
    for place, row in enumerate(rows, 1):
        whole = {"_sync_seq": place, "_sync_read_at": "2026-11-01", **row}
        columns = sql.SQL(", ").join(map(sql.Identifier, whole))
        values = [Jsonb(value) if isinstance(value, dict | list) else value for value in whole.values()]
        places = sql.SQL(", ").join([sql.Placeholder()] * len(values))
        connection.execute(
            sql.SQL("insert into quickbooks_load.{} ({}) values ({})").format(
                sql.Identifier(table), columns, places
            ),
            values,
        )


def customers(run_id: str, *numbers: int, **more: Any) -> list[dict[str, Any]]:
    """Rows of customers with these numbers."""
    mark = f"sandbox:111:{run_id}:"
    return [
        {"id": f"qbk_cust{n}", "display_name": f"Customer {n}", "sync_token": "0", "_sync_run": mark, **more}
        for n in numbers
    ]


def a_run(
    connection: psycopg.Connection,
    run_id: str,
    *numbers: int,
    uncertain: Any = None,
    selected: Any = None,
    **more: Any,
) -> None:
    """A whole run that finds these customers and no others."""
    mark, at = f"sandbox:111:{run_id}:", more.get("_sync_read_at", "2026-11-01")
    land(connection, "customer", *customers(run_id, *numbers, **more))
    ids = [f"qbk_cust{number}" for number in numbers]
    sweep = {"table_name": "customer", "page": 1, "ids": ids, "read_at": at, "_sync_run": mark}
    land(connection, "_sync_sweep", sweep)
    streams = {"customer": len(numbers), "_sync_sweep": 1}
    a_word(connection, run_id, streams, selected=selected or {}, uncertain=uncertain or {})


def a_word(connection: psycopg.Connection, run_id: str, streams: dict[str, int], **more: Any) -> None:
    """The last word of a run: how far each of its streams goes."""
    counts = {"customer": streams["customer"]}
    word = {"run_id": run_id, "event": "close", "realm_id": "111", "environment": "sandbox", "at": "2026-11-02",
            "previous_run_id": "", "streams": streams, "bookmarks": {}, "counts": counts, "selected": {},
            "calls": {"query": 3, "oauth": 1}, "questions": {"customer": 3}, "uncertain": {}}  # fmt: skip
    land(connection, "_sync_run", {**word, "_sync_run": f"sandbox:111:{run_id}:", **more})
