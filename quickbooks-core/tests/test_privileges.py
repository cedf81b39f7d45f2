"""No table, view or function of ours shows a row or a column that Postgres' own grants and policies forbid.

The places are not listed here: they are all that the database's own catalogs know.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb
from quickbooks_core.catalog import MIRRORED, Entity
from quickbooks_core.postgres.statements import columns_of
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database

SECRET = "SECRET"
GRANTED = "id"  # every table has it
RUN = "sandbox:111:run1:"
_OURS = ("public", "quickbooks_load")


def value_of(kind: str, word: str) -> object:
    """A value of a column that carries a word, in every part from which our views make columns."""
    if kind == "jsonb":
        detail = {"ItemRef": {"value": word, "name": word}, "AccountRef": {"value": word}}
        return Jsonb([
            {"Id": word, "Description": word, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail,
             "TxnId": word, "TxnType": "Invoice", "TxnLineId": word},
        ])  # fmt: skip
    return word if kind == "text" else None


def land(
    connection: psycopg.Connection, entity: Entity, id: str, word: str, read_at: str, token: str
) -> None:
    types = columns_of(entity)
    row: dict[str, object] = {column: value_of(kind, word) for column, kind in types.items()}
    row |= {"id": id, "_sync_run": RUN, "_sync_seq": 1, "_sync_read_at": read_at}
    row |= {"sync_token": token} if "sync_token" in types else {}
    connection.execute(
        sql.SQL("insert into quickbooks_load.{} ({}) values ({})").format(
            sql.Identifier(entity.table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        ),
        [*row.values()],
    )


def allowed(entity: Entity) -> str:
    return f"qbk_{entity.prefix}1"


def forbidden(entity: Entity) -> str:
    return f"qbk_{entity.prefix}{SECRET}"


def fill(database: Database, word: str = SECRET) -> None:
    """In each table a row to show and a row to hide; one that was deleted, and one that waits for a client's lock."""
    with psycopg.connect(database.superuser.url) as admin, psycopg.connect(database.superuser.url) as client:
        for entity in MIRRORED:
            gone = f"{forbidden(entity)}_gone"
            land(admin, entity, allowed(entity), word, "2026-11-01", "0")
            for id in (forbidden(entity), gone):
                land(admin, entity, id, SECRET, "2026-11-01", "0")
            admin.execute(
                "select quickbooks_load.delete_rows(%s, array[%s], 'cdc', '2026-11-02', 'run1')",
                (entity.table, gone),
            )
        admin.commit()
        for entity in MIRRORED:
            client.execute(
                sql.SQL("select from {} where id = %s for update").format(sql.Identifier(entity.table)),
                (forbidden(entity),),
            )
            land(admin, entity, forbidden(entity), f"{SECRET}er", "2026-11-03", "1")
        images = admin.execute(
            "select (select count(*) from _sync_deletes), (select count(*) from _sync_parked)"
        ).fetchone()
    assert images == (len(MIRRORED), len(MIRRORED))


def restrict(database: Database, role: str) -> None:
    """A policy that lets the role see one row of each table."""
    with psycopg.connect(database.superuser.url) as admin:
        for entity in MIRRORED:
            table, name = sql.Identifier(entity.table), sql.Identifier(role)
            admin.execute(sql.SQL("alter table {} enable row level security").format(table))
            admin.execute(
                sql.SQL("create policy one on {} to {} using (id = {})").format(
                    table, name, sql.Literal(allowed(entity))
                )
            )


@dataclass(frozen=True)
class Seen:
    """What a role can reach."""

    relations: dict[str, str]  # all it can read there, as text
    refused: set[str]  # views whose tables it may not read
    functions: set[str]

    @property
    def leaks(self) -> list[str]:
        return sorted(name for name, text in self.relations.items() if SECRET in text)


_RELATIONS = """
select format('%%I.%%I', n.nspname, c.relname), array_agg(format('%%I', a.attname) order by a.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = any (%s) and c.relkind = any ('{r,v,m,p,f,S}') and has_schema_privilege(n.oid, 'usage')
  and (has_column_privilege(c.oid, a.attnum, 'select') or c.relkind = 'S' and has_sequence_privilege(c.oid, 'select'))
group by 1 order by 1"""
_FUNCTIONS = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any (%s) and has_function_privilege(p.oid, 'execute')"""


def seen_by(login: Address) -> Seen:
    """Reads every column of every relation that the catalogs say may be read."""
    relations: dict[str, str] = {}
    refused: set[str] = set()
    with psycopg.connect(login.url, autocommit=True) as connection:
        for name, columns in connection.execute(_RELATIONS, ([*_OURS],)).fetchall():
            query = f"select {', '.join(columns)} from {name}"
            try:
                relations[name] = "\n".join(map(str, connection.execute(query.encode()).fetchall()))
            except psycopg.errors.InsufficientPrivilege:
                refused.add(name)
        functions = {name for (name,) in connection.execute(_FUNCTIONS, ([*_OURS],))}
    return Seen(relations, refused, functions)


TABLES = {f"public.{sql.Identifier(e.table).as_string(None)}".replace('"', "") for e in MIRRORED}
VIEWS = {f"public.{e.table}_line" for e in MIRRORED if "line" in e.columns} | {"public.linked_txn"}
TOLD = {
    f"public.{name}"
    for name in (
        "_sync_cdc",
        "_sync_company",
        "_sync_migration",
        "_sync_progress",
        "_sync_run",
        "_sync_queue_mode",
    )
}
# Of these it may be counted what waits and what is held; ids, rows and images are the owner's only.
COUNTED = {"public._sync_deletes", "public._sync_parked"}

# Whoever writes may only see what he himself has asked for.
OWN = {"public._sync_queue", "public._sync_pending"}
ASKED = "select quickbooks_load.enqueue('customer', 'create', new_values => jsonb_build_object('notes', %s::text))"

# These run as whoever writes: the one refuses, the other says whether a role is in queue mode.
FENCE = {"quickbooks_load.fence()", "quickbooks_load.in_queue_mode(name)"}
COUNTING = {"_sync_waiting()"}  # numbers only
# These serve a client of the proxy: the first two only whoever knows the secret, the others say what they are given.
SERVING = {
    "_sync_bracket(text,bytea)", "_sync_images(text,bytea)", "_sync_fail(text,text,text,text,text,text)",
    "_sync_tell(boolean,text,text)", "_sync_level()", "_sync_settle(text,bytea,text,text[])",
    "_sync_delete(text,bytea,text,text[])", "_sync_owed(text,bytea,boolean)",
    "_sync_visible(oid,jsonb)", "_sync_touches(text)", "_sync_read(text)",
}  # fmt: skip


@pytest.fixture
def somebody(migrated: Database) -> Iterator[Address]:
    """A login of no group of ours, who may read one column of each table, and all views as far as their tables go."""
    name = f"somebody_{secrets.token_hex(4)}"
    role = sql.Identifier(name)
    with psycopg.connect(migrated.superuser.url) as admin:
        admin.execute(sql.SQL("create role {} login password 'word'").format(role))
        for entity in MIRRORED:
            admin.execute(
                sql.SQL("grant select ({}) on {} to {}").format(
                    sql.Identifier(GRANTED), sql.Identifier(entity.table), role
                )
            )
        for view in VIEWS:
            admin.execute(sql.SQL("grant select on {} to {}").format(sql.Identifier(*view.split(".")), role))
    yield migrated.superuser.by(name, "word")
    with psycopg.connect(migrated.superuser.url) as admin:
        admin.execute(sql.SQL("drop owned by {}").format(role))
        admin.execute(sql.SQL("drop role {}").format(role))


def test_a_column_grant_with_a_row_policy_shows_that_column_of_that_row_and_nothing_else(
    migrated: Database, somebody: Address
) -> None:
    fill(migrated)
    restrict(migrated, "public")

    seen = seen_by(somebody)

    assert seen.leaks == []
    rows = {f"public.{entity.table}": str((allowed(entity),)) for entity in MIRRORED}
    assert {name.replace('"', ""): text for name, text in seen.relations.items()} == rows
    assert (seen.refused, seen.functions) == (VIEWS, FENCE | SERVING)


@pytest.mark.parametrize("group", ["quickbooks_reader", "quickbooks_writer"])
def test_a_row_policy_on_a_group_holds_in_every_place_the_group_can_read(
    migrated: Database, group: str
) -> None:
    fill(migrated, "shown")
    login = migrated.login(group)
    restrict(migrated, group)
    migrated.superuser.query(ASKED, (SECRET,))
    own = OWN if group == "quickbooks_writer" else set()

    seen = seen_by(login)

    assert seen.leaks == []
    assert {name.replace('"', "") for name in seen.relations} == TABLES | VIEWS | TOLD | COUNTED | own
    assert all("shown" in seen.relations[name] for name in VIEWS)
    assert (seen.refused, seen.functions) == (set(), FENCE | SERVING | COUNTING)


def test_a_role_without_any_grant_reaches_nothing(migrated: Database, somebody: Address) -> None:
    with psycopg.connect(migrated.superuser.url) as admin:
        user = sql.Identifier(psycopg.conninfo.conninfo_to_dict(somebody.url)["user"])
        admin.execute(sql.SQL("drop owned by {}").format(user))

    assert seen_by(somebody) == Seen({}, set(), FENCE | SERVING)


def test_every_view_of_ours_asks_with_the_rights_of_its_reader(migrated: Database) -> None:
    views = migrated.superuser.query(
        "select n.nspname || '.' || relname, 'security_invoker=true' = any (reloptions) from pg_class c"
        " join pg_namespace n on n.oid = relnamespace"
        " where n.nspname = any ('{public,quickbooks_load}') and relkind in ('v', 'm')"
    )

    assert dict(views) == dict.fromkeys(VIEWS | {"public._sync_pending"}, True)


def test_this_search_finds_a_view_that_shows_too_much(migrated: Database, somebody: Address) -> None:
    fill(migrated)
    restrict(migrated, "public")
    migrated.superuser.query(
        "create view careless as select notes from customer; grant select on careless to public"
    )

    assert seen_by(somebody).leaks == ["public.careless"]
