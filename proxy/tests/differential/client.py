"""A client that sends statements as libpq does, each in a way of its own, and says all that it is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from select import select
from typing import Any

from psycopg import pq

from .copies import UNKNOWN, Row

_NUMERIC = 1700
_ROW = re.compile(r"Failing row contains .*", re.DOTALL)
_FIELDS = {
    name: pq.DiagnosticField[field]
    for name, field in {
        "code": "SQLSTATE", "message": "MESSAGE_PRIMARY", "detail": "MESSAGE_DETAIL", "hint": "MESSAGE_HINT",
        "position": "STATEMENT_POSITION", "schema": "SCHEMA_NAME", "table": "TABLE_NAME", "column": "COLUMN_NAME",
        "constraint": "CONSTRAINT_NAME", "type": "DATATYPE_NAME", "severity": "SEVERITY", "context": "CONTEXT",
    }.items()
}  # fmt: skip


class Way(Enum):
    """How statements are sent."""

    QUERY = "one Query"
    PARAMETERS = "parameters"
    BINARY = "parameters, answers in binary"
    PREPARED = "prepared"
    PIPELINE = "pipeline"


@dataclass(frozen=True)
class Value:
    """A parameter, in text, with its type or 0."""

    text: str | None
    type: int = 0

    def literal(self) -> str:
        """As it is written in a Query."""
        if self.text is None:
            return "NULL"
        quoted = "'" + self.text.replace("'", "''") + "'"
        return f"{quoted}::{_TYPES[self.type]}" if self.type else quoted


_TYPES = {23: "int4", 1700: "numeric", 1082: "date", 16: "bool", 25: "text", 3802: "jsonb", 1009: "text[]"}


@dataclass(frozen=True)
class Statement:
    """One statement. `kind`: by which name it is counted; `is_plain`: no refusal of the proxy's own is excused."""

    text: str
    values: tuple[Value, ...] = ()
    kind: str = "control"
    is_plain: bool = False
    in_order: bool = False

    @property
    def is_dml(self) -> bool:
        return self.kind != "control"

    def as_query(self) -> str:
        """With its values in it."""
        return re.sub(r"\$(\d+)", lambda found: self.values[int(found.group(1)) - 1].literal(), self.text)


@dataclass(frozen=True)
class Step:
    """What is sent at once."""

    statements: tuple[Statement, ...]
    way: Way

    def __str__(self) -> str:
        return f"[{self.way.value}] " + "; ".join(
            f"{one.text} {[value.text for value in one.values] or ''}" for one in self.statements
        )


@dataclass(frozen=True)
class Result:
    """What one statement is answered."""

    tag: str = ""
    columns: tuple[tuple[str, int], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    error: dict[str, str] = field(default_factory=dict)


class Client:
    """One connection. `new`: rows of which the plain copy has told."""

    def __init__(self, url: str) -> None:
        self._connection = pq.PGconn.connect(url.encode())
        assert self._connection.status == pq.ConnStatus.OK, self._connection.error_message
        self._connection.notice_handler = self._told
        self._prepared = 0
        self.new: list[tuple[str, Row]] = []

    @property
    def status(self) -> pq.TransactionStatus:
        return pq.TransactionStatus(self._connection.transaction_status)

    def close(self) -> None:
        self._connection.finish()

    def perform(self, step: Step) -> list[Result]:
        """Sends it, and waits for everything."""
        self.new = []
        if step.way is Way.PIPELINE:
            return self._pipeline(step.statements)
        if step.way is Way.QUERY:
            self._connection.send_query("\n; ".join(one.as_query() for one in step.statements).encode())
            return self._results([*step.statements])
        (statement,) = step.statements
        if step.way is Way.PREPARED:
            return self._prepare(statement)
        self._send(statement, int(step.way is Way.BINARY))
        return self._results([statement])

    def _send(self, statement: Statement, form: int = 0) -> None:
        self._connection.send_query_params(
            statement.text.encode(), _encoded(statement), [value.type for value in statement.values] or None, None, form
        )  # fmt: skip

    def _prepare(self, statement: Statement) -> list[Result]:
        self._prepared += 1
        name = f"prepared {self._prepared}".encode()
        types = [value.type for value in statement.values]
        self._connection.send_prepare(name, statement.text.encode(), types or None)
        (prepared,) = self._results([statement])
        if prepared.error:
            return [prepared]
        self._connection.send_query_prepared(name, _encoded(statement))
        return self._results([statement])

    def _pipeline(self, statements: Sequence[Statement]) -> list[Result]:
        self._connection.enter_pipeline_mode()
        for statement in statements:
            self._send(statement)
        self._connection.pipeline_sync()
        found: list[Result] = []
        for statement in [*statements, None]:
            while result := self._next():
                if result.status == pq.ExecStatus.PIPELINE_SYNC:
                    break
                found.append(_result(result, statement))
        self._connection.exit_pipeline_mode()
        return found

    def _results(self, statements: list[Statement]) -> list[Result]:
        found = []
        while result := self._next():
            found.append(_result(result, statements[len(found)] if len(found) < len(statements) else None))
        return found

    def _next(self) -> pq.abc.PGresult | None:
        """The next result. Inside `get_result` no other thread would run, and the player is one."""
        while self._connection.is_busy():
            select([self._connection.socket], [], [])
            self._connection.consume_input()
        return self._connection.get_result()

    def _told(self, notice: pq.abc.PGresult) -> None:
        told = _fields(notice)
        if told.get("message") == "new" and told.get("severity") == "INFO":
            self.new.append((told["table"], json.loads(told["detail"], parse_float=Decimal)))


def _encoded(statement: Statement) -> list[bytes | None] | None:
    return [None if value.text is None else value.text.encode() for value in statement.values] or None


def _fields(result: pq.abc.PGresult) -> dict[str, str]:
    found = {name: result.error_field(which) for name, which in _FIELDS.items()}
    return {name: text.decode() for name, text in found.items() if text is not None}


def _result(result: pq.abc.PGresult, statement: Statement | None) -> Result:
    if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
        error = _fields(result)
        if "detail" in error:
            error["detail"] = _ROW.sub("Failing row", error["detail"])
        return Result("ERROR", error=error)
    if result.status == pq.ExecStatus.PIPELINE_ABORTED:
        return Result("ABORTED")
    columns = tuple(((result.fname(n) or b"").decode(), result.ftype(n)) for n in range(result.nfields))
    rows = [
        tuple(_value(result, row, n, name) for n, (name, _) in enumerate(columns))
        for row in range(result.ntuples)
    ]
    if not (statement and statement.in_order):
        rows.sort(key=repr)
    return Result((result.command_status or b"").decode(), columns, tuple(rows))


def _value(result: pq.abc.PGresult, row: int, column: int, name: str) -> Any:
    """Money that is written with one decimal has two in the mirror, which is the same number."""
    value = result.get_value(row, column)
    if value is None or name in UNKNOWN:
        return "unknown" if name in UNKNOWN else None
    if result.ftype(column) == _NUMERIC and not result.fformat(column):
        return Decimal(value.decode()).normalize()
    return value
