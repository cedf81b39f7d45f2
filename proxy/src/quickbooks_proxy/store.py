"""The proxy's own connections to the database: the mirror's catalogs, the queue, and waiting for what comes of it."""

from __future__ import annotations

import asyncio
import json
import logging
import select
import uuid
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from quickbooks_core.catalog import MIRRORED
from quickbooks_core.errors import NotConfigured
from quickbooks_core.postgres.statements import Names
from quickbooks_core.writing import ClientError, encoded

from quickbooks_proxy.asking import Ended, Fetch, Write
from quickbooks_proxy.crypto import Seal
from quickbooks_proxy.relations import Tables, relations
from quickbooks_proxy.statement import Relations

log = logging.getLogger("quickbooks-proxy")
Connection = psycopg.AsyncConnection[dict[str, Any]]
_CONNECTIONS = 4
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)
_ENDS = ("", "08", "57")
_SHOWN = 2000
# For as long Postgres may be away, before what has to be written down in it is given up.
_PATIENCE_S = 15.0
_PAUSE_S = 0.3
FINAL = ("done", "failed", "unknown")
# Tables of the mirror, and what is over them, however deep.
_SEEN: LiteralString = (
    "WITH RECURSIVE seen AS (SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = %s AND c.relname = ANY (%s) UNION "
    "SELECT r.ev_class FROM seen JOIN pg_depend AS d ON d.refobjid = seen.oid "
    "AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass "
    "JOIN pg_rewrite AS r ON r.oid = d.objid) "
)


class Store:
    """A few connections, each used by one question at a time."""

    def __init__(self, url: str, names: Names) -> None:
        self.url = url
        self.names = names
        self._free: asyncio.Queue[Connection | None] = asyncio.Queue()
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(None)

    async def open_connection(self) -> Connection:
        """A connection that keeps the digits of amounts; raises psycopg.OperationalError."""
        connection = await psycopg.AsyncConnection.connect(
            self.url,
            autocommit=True,
            connect_timeout=10,
            application_name="quickbooks-proxy",
            row_factory=dict_row,
        )
        set_json_loads(partial(json.loads, parse_float=Decimal), connection)
        return connection

    async def rows(self, statement: LiteralString, *values: Any) -> list[dict[str, Any]]:
        """The rows of one statement; raises psycopg.Error."""
        connection = await self._free.get()
        try:
            if connection and not connection.closed and _is_stale(connection):
                await connection.close()
            if connection is None or connection.closed:
                connection = await self.open_connection()
            cursor = await connection.execute(self._composed(statement), values)
            return await cursor.fetchall() if cursor.description else []
        finally:
            self._free.put_nowait(connection)

    async def surely(self, statement: LiteralString, *values: Any) -> None:
        """A statement that may be run twice, and has to be run, if Postgres comes again soon; raises psycopg.Error."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + _PATIENCE_S
        while True:
            try:
                await self.rows(statement, *values)
                return
            except _LOST:
                if clock() > deadline:
                    raise
            await asyncio.sleep(_PAUSE_S)

    def _composed(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(
            load=sql.Identifier(self.names.load), mirror=sql.Identifier(self.names.mirror)
        )

    async def close(self) -> None:
        """Gives all connections back."""
        for _ in range(_CONNECTIONS):
            if connection := await self._free.get():
                await connection.close()

    async def secret(self) -> Seal:
        """What proxy and database share."""
        (row,) = await self.rows("SELECT {load}.secret() AS key")
        return Seal(row["key"])

    async def tables(self) -> Tables:
        """The mirror's tables and the views over them; raises NotConfigured where there is no mirror."""
        known = frozenset(entity.table for entity in MIRRORED)
        found = await self.rows(
            _SEEN + "SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, "
            "(SELECT json_object_agg(attnum, attname) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 "
            "AND NOT attisdropped) AS columns, "
            "(SELECT ev_action::text FROM pg_rewrite WHERE ev_class = c.oid AND rulename = '_RETURN') AS rule "
            "FROM seen JOIN pg_class AS c USING (oid) JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'v') ORDER BY c.oid",
            self.names.mirror, list(known),
        )  # fmt: skip
        if not found:
            raise NotConfigured(f"the schema {self.names.mirror} is not migrated. Run: quickbooks migrate")
        return Tables(self.names.mirror, known, relations(found))

    async def relations(self) -> Relations:
        """The mirror's tables and all views over them, however deep."""
        found = await self.rows(
            _SEEN + "SELECT n.nspname, c.relname FROM seen JOIN pg_class AS c USING (oid) "
            "JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
            self.names.mirror, [entity.table for entity in MIRRORED],
        )  # fmt: skip
        tables = frozenset(entity.table for entity in MIRRORED)
        return Relations(self.names.mirror, tables, {(row["nspname"], row["relname"]): "" for row in found})

    async def missing(self, table: str, ids: Sequence[str]) -> list[str]:
        """Which of these ids the mirror does not have."""
        (row,) = await self.rows("SELECT {load}.missing_ids(%s, %s) AS ids", table, list(ids))
        return list(row["ids"])

    async def enqueue(self, write: Write) -> list[int] | ClientError:
        """The numbers of the changes; an error where none of them is queued, or nobody can know."""
        group = f"proxy {uuid.uuid4()}"
        changes = encoded([image.queued() for image in write.images]).decode()
        asker = write.asker
        try:
            (row,) = await self.rows(
                "SELECT {load}.enqueue_statement(%s::jsonb, %s, %s, %s, %s, %s::inet, %s, %s) AS numbers",
                changes, group, write.statement[:_SHOWN], asker.role, asker.application, asker.address or None,
                write.transaction, write.savepoint,
            )  # fmt: skip
            return list(row["numbers"])
        except psycopg.Error as refused:
            # Most of what the server itself says comes over a connection that is there.
            if isinstance(refused, _LOST) and (refused.sqlstate or "")[:2] in _ENDS:
                log.warning(
                    "the connection was lost while a statement was queued (%s)", type(refused).__name__
                )
                return await self._found(group)
            words = str(refused.diag.message_primary or refused)
            return ClientError(
                refused.sqlstate or "XX000", f"[QuickBooks] {words}", "", refused.diag.message_hint or ""
            )

    async def _found(self, group: str) -> list[int] | ClientError:
        """The connection may have been lost before or after the commit."""
        try:
            (row,) = await self.rows("SELECT {load}.statement_changes(%s) AS numbers", group)
            if row["numbers"]:
                return list(row["numbers"])
        except psycopg.Error:
            pass
        hint = "Look for it in _sync_queue before you repeat it."
        return ClientError(
            "08007", "[QuickBooks] Nobody knows whether the change is queued", f"Its group is {group}.", hint
        )

    async def enqueue_reading(self, fetch: Fetch) -> int:
        """The number under which the worker reads rows; raises psycopg.Error."""
        wanted = [
            {
                "table": fetch.table,
                "operation": "read",
                "id": fetch.ids[0],
                "values": {"ids": list(fetch.ids)},
            }
        ]
        (row,) = await self.rows(
            "SELECT {load}.enqueue_statement(%s::jsonb, NULL, NULL, %s, %s, %s::inet, NULL, NULL) AS numbers",
            encoded(wanted).decode(), fetch.asker.role, fetch.asker.application, fetch.asker.address or None,
        )  # fmt: skip
        return int(row["numbers"][0])

    async def results(self, numbers: Sequence[int]) -> list[Ended]:
        """What has become of changes so far."""
        found = await self.rows("SELECT * FROM {load}.change_results(%s)", list(numbers))
        return [_ended(row) for row in found]

    async def follow(self) -> None:
        """What was rolled back begins to be undone."""
        await self.rows("SELECT {load}.follow_transactions()")

    async def cancel(self, numbers: Sequence[int]) -> None:
        """Those that were not yet sent are not sent."""
        await self.surely("SELECT {load}.cancel_change(n) FROM unnest(%s::bigint[]) AS n", list(numbers))


def _is_stale(connection: Connection) -> bool:
    """Whether the server has ended it: nothing else comes on a connection that nobody uses."""
    looking = select.poll()
    looking.register(connection.fileno(), select.POLLIN)
    return bool(looking.poll(0))


def _ended(row: dict[str, Any]) -> Ended:
    error = None
    # What is done may have left something undone in the mirror.
    if row["status"] in ("failed", "unknown") or (row["status"] == "done" and row["error"]):
        error = ClientError(
            row["sqlstate"] or "XX000",
            row["error"] or "",
            row["detail"] or "",
            row["hint"] or "",
            row["error_column"] or "",
        )
    return Ended(
        row["status"],
        row["queue_id"],
        row["id"] or "",
        row["answer"],
        error,
        row["is_parked"],
        row["fate"] or "",
        row["fate_reason"] or "",
    )
