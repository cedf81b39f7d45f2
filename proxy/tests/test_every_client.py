"""Every client does the same: insert returning, update, delete, rollback, an error in and outside of a transaction."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psycopg
import psycopg2
import pytest
from quickbooks_demo.waiting import wait_for

from .conftest import Writer
from .installed import CLIENTS, node_postgres, pgjdbc, psql

NOT_FOUND = ["P0002", "[QuickBooks] Customer `qbk_cust1234567` not found"]
INSERT = "insert into customer (display_name) values (%s) returning id, sync_token"
UPDATE = "update customer set notes = %s where id = %s"
DELETE = "delete from customer where id = %s"

# What a client has seen, by the name of the fact.
Facts = dict[str, list[str]]
Rows = list[Sequence[Any]]
# Runs one statement; its rows and how many there were.
Ask = Callable[..., tuple[Rows, int]]


def facts_of(ask: Ask, client: str) -> Iterator[tuple[str, list[Any]]]:
    """What a driver of Python's sees."""
    ((id, token),), _ = ask(INSERT, client)
    yield "made", [id, token]
    yield "updated", [ask(UPDATE, note, id)[1] for note in ("one", "two")]
    yield "outside", refused(ask, UPDATE, "x", "qbk_cust1234567")
    ask("begin")
    yield "inside", refused(ask, UPDATE, "x", "qbk_cust1234567")
    yield "after it", refused(ask, "select 1")[:1]
    ask("rollback")
    ask("begin")
    ((lost, _),), _ = ask(INSERT, f"{client} lost")
    ask("rollback")
    yield "rolled back", [lost]
    yield "deleted", [ask(DELETE, id)[1]]


def refused(ask: Ask, statement: str, *values: str) -> list[str]:
    """The SQLSTATE and the words of an error."""
    try:
        ask(statement, *values)
    except psycopg.Error as error:
        return [error.diag.sqlstate or "", error.diag.message_primary or ""]
    except psycopg2.Error as error:
        return [error.pgcode or "", error.diag.message_primary or ""]
    except asyncpg.PostgresError as error:
        return [error.sqlstate or "", error.args[0]]
    return ["", "nothing was refused"]


def with_psycopg(url: str, *, binary: bool = False, is_pipeline: bool = False) -> Facts:
    with psycopg.connect(url, autocommit=True) as client, ExitStack() as stack:
        pipeline = stack.enter_context(client.pipeline()) if is_pipeline else None

        def ask(statement: str, *values: str) -> tuple[Rows, int]:
            cursor = client.execute(statement.encode(), values, binary=binary)
            if pipeline:
                pipeline.sync()
            return (list(cursor.fetchall()) if cursor.description else []), cursor.rowcount

        return dict(facts_of(ask, "psycopg"))


def with_psycopg2(url: str) -> Facts:
    client = psycopg2.connect(url)
    client.autocommit = True

    def ask(statement: str, *values: str) -> tuple[Rows, int]:
        with client.cursor() as cursor:
            cursor.execute(statement, values)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount

    try:
        return dict(facts_of(ask, "psycopg2"))
    finally:
        client.close()


def with_asyncpg(url: str) -> Facts:
    with asyncio.Runner() as runner:
        client = runner.run(asyncpg.connect(url))

        async def asked(statement: str, values: Sequence[str]) -> tuple[Rows, int]:
            for number in range(1, len(values) + 1):
                statement = statement.replace("%s", f"${number}", 1)
            prepared = await client.prepare(statement)
            rows = await prepared.fetch(*values)
            count = prepared.get_statusmsg().rpartition(" ")[2]
            return rows, int(count) if count.isdigit() else 0

        def ask(statement: str, *values: str) -> tuple[Rows, int]:
            return runner.run(asked(statement, values))

        try:
            return dict(facts_of(ask, "asyncpg"))
        finally:
            runner.run(client.close())


def told(command: list[str], **environment: str) -> Facts:
    """What a program of its own has printed."""
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **environment}
    )
    assert ended.returncode == 0, ended.stderr
    return {fact: values for fact, *values in (line.split("|") for line in ended.stdout.splitlines())}


def with_pgjdbc(url: str) -> Facts:
    parts = urlsplit(url)
    address = f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}"
    return told([*pgjdbc(), f"{address}?user={parts.username}&password={parts.password}"])


EVERY: dict[str, Callable[[str], Facts]] = {
    "psql": lambda url: told([*psql(), "-q", "-A", "-t", "-f", str(CLIENTS / "psql.sql"), url]),
    "psycopg": with_psycopg,
    "psycopg, binary": lambda url: with_psycopg(url, binary=True),
    "psycopg, pipeline": lambda url: with_psycopg(url, is_pipeline=True),
    "psycopg2": with_psycopg2,
    "asyncpg": with_asyncpg,
    "node-postgres": lambda url: told([*node_postgres(), url]),
    "pgjdbc": with_pgjdbc,
}
UPDATED = {
    "psql": ["1"], "node-postgres": ["1", "1", "one", "two", "three"], "pgjdbc": ["6", "[1, 1]"],
}  # fmt: skip


def hash_as_usual(writer: Writer) -> None:
    """A password of the tests is hashed once, which pgjdbc does not accept."""
    parts = urlsplit(writer.address.url)
    writer.books.query(
        f"set scram_iterations = 4096; alter role {parts.username} password '{parts.password}'"
    )


@pytest.mark.parametrize("client", EVERY)
def test_a_client_sees_what_it_would_see_of_postgres(writer: Writer, client: str) -> None:
    hash_as_usual(writer)
    seen = EVERY[client](writer.address.url)

    (id, token), (lost,) = seen.pop("made"), seen.pop("rolled back")
    seen["inside"][1] = seen["inside"][1].removeprefix("ERROR: ")
    seen["outside"][1] = seen["outside"][1].removeprefix("ERROR: ")
    assert {fact: [str(value) for value in values] for fact, values in seen.items()} == {
        "updated": UPDATED.get(client, ["1", "1"]),
        "outside": NOT_FOUND,
        "inside": NOT_FOUND,
        "after it": ["25P02"],
        "deleted": ["1"],
    }
    assert token == "0"
    made_inactive = "select active from customer where id = %s"
    assert writer.books.query(made_inactive, id) == [(False,)]
    wait_for(
        lambda: writer.books.query(made_inactive, lost) == [(False,)], "the rollback has been followed", 30
    )
