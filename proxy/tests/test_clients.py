"""Clients as people use them: insert, update, delete, rollback, and errors in and out of a transaction."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psycopg2
import psycopg2.errors
import pytest
import sqlalchemy as sa
from quickbooks_demo.waiting import wait_for
from sqlalchemy import orm

from .conftest import Writer

MISSING = "[QuickBooks] Customer `qbk_cust1234567` not found"


def notes(writer: Writer, id: str = "qbk_cust1") -> str | None:
    """What QuickBooks has."""
    found: str | None = writer.document("Customer", id.removeprefix("qbk_cust")).get("Notes")
    return found


def is_inactive(writer: Writer, id: str) -> bool:
    return writer.books.query("select active from customer where id = %s", id) == [(False,)]


async def with_asyncpg(writer: Writer) -> dict[str, Any]:
    client = await asyncpg.connect(writer.address.url)
    try:
        id = await client.fetchval("insert into customer (display_name) values ($1) returning id", "asyncpg")
        tags = [
            await client.execute("update customer set notes = $1 where id = $2", f"{n}", id) for n in range(3)
        ]
        row = await client.fetchrow("update customer set notes = 'row' where id = $1 returning *", id)
        await client.executemany(
            "update customer set notes = $1 where id = $2", [("many", id), ("more", "qbk_cust1")]
        )
        errors = []
        for in_block in (False, True):
            transaction = client.transaction()
            if in_block:
                await transaction.start()
            try:
                await client.execute("update customer set notes = 'x' where id = $1", "qbk_cust1234567")
            except asyncpg.PostgresError as refused:
                errors.append((refused.sqlstate, str(refused)))
            if in_block:
                await transaction.rollback()
        gone = await client.execute("delete from customer where id = $1", id)
        return {"id": id, "tags": tags, "notes": row["notes"], "errors": errors, "gone": gone}
    finally:
        await client.close()


def test_asyncpg(writer: Writer) -> None:
    seen = asyncio.run(with_asyncpg(writer))

    assert seen["tags"] == ["UPDATE 1"] * 3
    assert (seen["notes"], seen["gone"]) == ("row", "DELETE 1")
    assert seen["errors"] == [("P0002", MISSING)] * 2
    assert notes(writer) == "more"
    assert is_inactive(writer, seen["id"])


def test_psycopg2(writer: Writer) -> None:
    client = psycopg2.connect(writer.address.url)
    with client.cursor() as cursor:
        cursor.execute("insert into customer (display_name) values (%s) returning id", ["psycopg2"])
        (id,) = cursor.fetchone()
        cursor.execute("update customer set notes = %s where id = %s", ["2", id])
        count = cursor.rowcount
        client.commit()
        with pytest.raises(psycopg2.errors.NoDataFound) as refused:
            cursor.execute("update customer set notes = 'x' where id = 'qbk_cust1234567'")
        client.rollback()
        cursor.execute("update customer set notes = 'rolled back' where id = %s", [id])
        client.rollback()
    client.close()

    assert (count, refused.value.diag.message_primary) == (1, MISSING)
    wait_for(lambda: notes(writer, id) == "2", "the rollback has been followed", 30)


class Base(orm.DeclarativeBase):
    """SQLAlchemy's."""


class Customer(Base):
    """A few columns of the mirror's table."""

    __tablename__ = "customer"
    id: orm.Mapped[str] = orm.mapped_column(primary_key=True, server_default=sa.FetchedValue())
    display_name: orm.Mapped[str]
    notes: orm.Mapped[str | None]
    sync_token: orm.Mapped[str] = orm.mapped_column(
        server_default=sa.FetchedValue(), server_onupdate=sa.FetchedValue()
    )


MISSED = sa.update(Customer).where(Customer.id == "qbk_cust1234567").values(notes="x")


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy(writer: Writer, driver: str) -> None:
    engine = sa.create_engine(writer.address.url.replace("postgresql:", f"postgresql+{driver}:"))
    with orm.Session(engine) as session:
        made = [Customer(display_name=f"SQLAlchemy {n}") for n in range(3)]
        session.add_all(made)
        session.commit()
        ids = [one.id for one in made]
        made[0].notes = "changed"
        session.flush()
        first = session.get_one(Customer, "qbk_cust1", with_for_update=True)
        first.notes = "locked"
        session.commit()
        shown = (made[0].notes, made[0].sync_token, first.notes)
        session.delete(made[1])
        session.commit()
        session.execute(sa.update(Customer).where(Customer.id == ids[2]).values(notes="core"))
        session.rollback()
        with pytest.raises(sa.exc.DBAPIError, match="not found"):
            session.execute(MISSED)
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as outside,
        pytest.raises(sa.exc.DBAPIError, match="not found"),
    ):
        outside.execute(MISSED)
    engine.dispose()

    assert [writer.document("Customer", id.removeprefix("qbk_cust"))["DisplayName"] for id in (ids[0], ids[2])] == [
        "SQLAlchemy 0", "SQLAlchemy 2",
    ]  # fmt: skip
    assert shown == ("changed", "1", "locked")
    assert is_inactive(writer, ids[1])
    wait_for(lambda: notes(writer, ids[2]) is None, "the rollback has been followed", 30)


def test_django(writer: Writer) -> None:
    parts = urlsplit(writer.address.url)
    settings = {
        "NAME": parts.path.lstrip("/"), "USER": parts.username, "PASSWORD": parts.password, "HOST": parts.hostname,
        "PORT": parts.port,
    }  # fmt: skip

    # Django's settings are those of a whole process.
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("django_client.py")), json.dumps(settings)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["id"].startswith("qbk_cust")
    assert (seen["outside"], seen["inside"]) == (["P0002", MISSING], ["P0002", MISSING])
    assert (seen["refreshed"], seen["locked"], seen["updated"]) == ("fields", "locked", 1)
    assert (seen["deleted"], seen["made"]) == (1, seen["id"])
    assert notes(writer) == "locked"
    assert is_inactive(writer, seen["id"])
    wait_for(lambda: is_inactive(writer, seen["lost"]), "the rollback has been followed", 30)
