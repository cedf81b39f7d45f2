"""A program that writes through the proxy, transaction by transaction, and notes each step before and after it.

The notes are lines of JSON, which outlive its own death by SIGKILL. What it does is drawn from its name.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg

_PATIENCE_S = 120
_UPDATE = "update customer set notes = %s where id = %s"


@dataclass(frozen=True)
class Order:
    """What a client is to do: where, how often, with which rows."""

    url: str
    notes: str
    name: str
    first: int
    count: int
    own: list[str]
    shared: list[str]
    item: str

    @staticmethod
    def read(text: str) -> Order:
        """From its JSON."""
        return Order(**json.loads(text))


@dataclass
class Notes:
    """Where a client writes down what it asks and what it is told."""

    path: Path
    transaction: str = ""

    def __post_init__(self) -> None:
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def add(self, what: str, **more: Any) -> None:
        """One line, with the kernel when this returns."""
        os.write(self._file, json.dumps({"tx": self.transaction, "what": what, **more}).encode() + b"\n")


@dataclass
class Write:
    """One statement. `marks` are in what it writes; `ids` are what it deletes."""

    table: str
    statement: str
    values: Sequence[Any]
    marks: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class RolledBack(Exception):
    """The transaction is over, and nothing of it counts."""


def is_lost(connection: psycopg.Connection[Any], error: psycopg.Error) -> bool:
    """Whether the connection is gone, or the server has said that it goes."""
    return connection.closed or (error.sqlstate or "").startswith("57P")


class Client:
    """One life of a client."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._draw = Random(f"{order.name} {order.first}")
        self._notes = Notes(Path(order.notes))
        self._connection: psycopg.Connection[Any] | None = None
        self._statements = 0
        self._made: dict[str, list[str]] = {"customer": [], "payment": []}
        self._new: dict[str, list[str]] = {}

    def run(self) -> None:
        """All its transactions."""
        for number in range(self._order.first, self._order.first + self._order.count):
            self._notes.transaction = f"{self._order.name}.{number}"
            self._statements, self._new = 0, {"customer": [], "payment": []}
            connection = self._connected()
            way = self._draw.choices(("block", "single", "implicit"), (14, 4, 1))[0]
            self._notes.add("begin", way=way)
            try:
                {"block": self._block, "single": self._single, "implicit": self._implicit}[way](connection)
            except RolledBack:
                self._notes.add("end", how="rolled back")
            except psycopg.Error as error:
                self._notes.add("end", how="lost" if is_lost(connection, error) else "rolled back")
                connection.close()
            else:
                self._notes.add("end", how="committed")
                for table, ids in self._new.items():
                    self._made[table] += ids

    def _connected(self) -> psycopg.Connection[Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while self._connection is None or self._connection.closed:
            try:
                self._connection = psycopg.connect(self._order.url, autocommit=True, connect_timeout=10)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        return self._connection

    def _single(self, connection: psycopg.Connection[Any]) -> None:
        self._write(connection)

    def _implicit(self, connection: psycopg.Connection[Any]) -> None:
        """Two statements in one Query."""
        marks = [self._mark(), self._mark()]
        self._notes.add("ask", n=self._statements, table="customer", marks=marks, ids=[])
        one, other = self._draw.sample(self._order.own, 2)
        text = "; ".join(
            f"update customer set notes = '{mark}' where id = '{id}'"
            for mark, id in zip(marks, (one, other), strict=True)
        )
        self._answered(connection, text, None)

    def _block(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("begin")
        if self._draw.random() < 0.15:
            connection.execute(
                "select from customer where id = %s for update", [self._draw.choice(self._order.own)]
            )
        for _ in range(self._draw.randint(1, 5)):
            if self._draw.random() < 0.2:
                self._inside_a_savepoint(connection)
            else:
                self._write_or_roll_back(connection)
        self._end(connection)

    def _inside_a_savepoint(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("savepoint one")
        self._notes.add("savepoint")
        try:
            self._write(connection)
            is_kept = self._draw.random() < 0.5
        except psycopg.Error as error:
            if is_lost(connection, error):
                raise
            is_kept = False
        connection.execute("release savepoint one" if is_kept else "rollback to savepoint one")
        self._notes.add("released" if is_kept else "rolled back to")

    def _write_or_roll_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            self._write(connection)
        except psycopg.Error as error:
            if is_lost(connection, error):
                raise
            connection.execute("rollback")
            raise RolledBack from None

    def _end(self, connection: psycopg.Connection[Any]) -> None:
        how = self._draw.choices(("commit", "rollback", "vanish", "commit and vanish"), (14, 4, 1, 1))[0]
        if how == "rollback":
            connection.execute("rollback")
            raise RolledBack
        if how == "vanish":
            os._exit(1)
        self._notes.add("commit")
        if how == "commit and vanish":
            connection.pgconn.send_query(b"commit")
            connection.pgconn.flush()
            os._exit(1)
        if connection.execute("commit").statusmessage != "COMMIT":
            raise RolledBack

    def _write(self, connection: psycopg.Connection[Any]) -> None:
        write = self._drawn()
        self._notes.add("ask", n=self._statements, table=write.table, marks=write.marks, ids=write.ids)
        ids = self._answered(connection, write.statement, write.values)
        if write.table in self._new and ids:
            self._new[write.table] += ids

    def _answered(self, connection: psycopg.Connection[Any], text: str, values: Any) -> list[str]:
        try:
            cursor = connection.execute(text.encode(), values)
        except psycopg.Error as error:
            if not is_lost(connection, error):
                self._notes.add("answer", n=self._statements, error=error.sqlstate, words=str(error)[:300])
            raise
        found = [id for (id,) in cursor.fetchall()] if cursor.description else []
        self._notes.add("answer", n=self._statements, tag=cursor.statusmessage, found=found)
        return found

    def _mark(self) -> str:
        self._statements += 1
        return f"{self._notes.transaction}.{self._statements}"

    def _drawn(self) -> Write:
        made = {"payment": self._made["payment"], "customer": self._made["customer"]}
        kind = self._draw.choices(
            ("name", "names", "invoice", "payment", "own", "shared", "several", "delete", "deactivate"),
            (2, 1, 2, 3, 5, 2, 1, 2, 1),
        )[0]
        gone = {"delete": "payment", "deactivate": "customer"}.get(kind, "")
        if gone and not made[gone]:
            kind = "own"
        return self._deletion(gone) if gone and made[gone] else self._of_kind(kind)

    def _deletion(self, table: str) -> Write:
        """Each row once, whatever becomes of it."""
        self._statements += 1
        id = self._made[table].pop(self._draw.randrange(len(self._made[table])))
        return Write(table, f"delete from {table} where id = %s", [id], ids=[id])

    def _of_kind(self, kind: str) -> Write:
        mark, draw = self._mark(), self._draw
        if kind == "name":
            insert = "insert into customer (display_name, notes) values (%s, %s) returning id"
            return Write("customer", insert, [mark, mark], [mark])
        if kind == "names":
            # Some are refused part way: the name is in use.
            second = mark if draw.random() < 0.4 else f"{mark} b"
            insert = "insert into customer (display_name, notes) values (%s, %s), (%s, %s) returning id"
            return Write("customer", insert, [mark, mark, second, f"{mark} b"], [mark, f"{mark} b"])
        if kind == "invoice":
            insert = "insert into invoice (customer_id, private_note, line) values (%s, %s, %s) returning id"
            return Write("invoice", insert, [self._customer(), mark, self._line()], [mark])
        if kind == "payment":
            insert = (
                "insert into payment (customer_id, total_amt, private_note) values (%s, %s, %s) returning id"
            )
            return Write("payment", insert, [self._customer(), draw.randint(1, 99), mark], [mark])
        if kind == "several":
            several = "update customer set notes = id || %s where id = any(%s)"
            ids = draw.sample(self._order.own, 2)
            return Write("customer", several, [f" {mark}", ids], [f"{id} {mark}" for id in ids])
        whose = self._order.shared if kind == "shared" else [*self._order.own, *self._new["customer"]]
        return Write("customer", _UPDATE, [mark, draw.choice(whose)], [mark])

    def _customer(self) -> str:
        return self._draw.choice([*self._order.own, *self._order.shared, *self._new["customer"]])

    def _line(self) -> str:
        detail = {"ItemRef": {"value": self._order.item}}
        amount = self._draw.randint(1, 99)
        return json.dumps(
            [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]
        )


if __name__ == "__main__":
    Client(Order.read(sys.argv[1])).run()
