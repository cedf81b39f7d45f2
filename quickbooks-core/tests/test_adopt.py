"""A column that a new version gives a table holds at once what a read of the document would put there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql
from quickbooks_core.catalog import MIRRORED, Entity, Field, Kind, by_name
from quickbooks_core.mapping import to_row
from quickbooks_core.postgres.build import build
from quickbooks_core.postgres.prepare import make_roles, prepare
from quickbooks_core.postgres.statements import Names
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database, run

Document = dict[str, Any]

SEEDS = Path(__file__).parents[2] / "seeds" / "demo"
INVOICE, CUSTOMER = by_name("Invoice"), by_name("Customer")
DRAWN = 25  # documents of each object

# Values that some column holds, and values that look like them.
VALUES: list[Any] = [
    None, True, False, "true", "false", "True", "", "a", "Æ “q” \\ ' \n", "qbk_cust1", "58", "Vendor",
    0, 7, -7, 2**63 - 1, -(2**63), 2**63, 10**30, Decimal("7.0"), Decimal("-0.0001"), Decimal("300.00"), Decimal("1.5"),
    "7", "-7.50", "007", "7.", ".5", "+7", "1e3", "٣", "7\n", "9" * 40,
    "2026-02-28", "2026-02-30", "2024-02-29", "2100-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "2026-13-01",
    "2026-00-10", "2026-01-00", "2026-01-32", "28.2.2026", "2026-02-28\n", "\uff12026-02-28", "infinity", "today",
    "2026-01-01T20:00:00-08:00", "2026-07-01T00:00:00.125Z", "2026-07-01T00:00:59.999999+05:30", "2026-01-01T20:00:00",
    "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "2026-01-01T23:60:00Z", "2026-02-30T00:00:00Z",
    "2026-01-01T10:00:00+23:59", "2026-01-01T10:00:00-16:00", "2026-01-01T10:00:00+05:99", "2026-01-01T10:00:00+24:00",
    "0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00-08:00", "9999-12-31T23:59:59-01:00", "2026-01-01T20:00:00.1Z",
    "2026-01-01T20:00:00.1234567Z", "2026-01-01 20:00:00Z", "2026-01-01T20:00:00-00:00",
    [], {}, [{"Amount": Decimal("1.50")}], {"a": {"b": None}}, {"value": "7"}, [None], ["true"],
]  # fmt: skip
FITTING: dict[Kind, list[Any]] = {
    Kind.REF: ["9", "EUC-1", "qbk_cust1"],
    Kind.TEXT: ["a", "", "Æ “q” \\ ' \n"],
    Kind.BOOLEAN: [True, False],
    Kind.INTEGER: [0, -7, 2**63 - 1],
    Kind.NUMBER: [3, Decimal("0.0001"), 10**30],
    Kind.MONEY: [0, Decimal("300.00"), Decimal("-1.5"), Decimal("0.001")],
    Kind.DATE: ["2026-02-28", "2024-02-29"],
    Kind.TIMESTAMP: ["2026-01-01T20:00:00-08:00", "2026-07-01T00:00:59.999999+05:30"],
    Kind.JSON: [[{"Amount": Decimal("1.50")}], {}, []],
}
QUOTED = ["10.00", "7", "-0.5", "true", "false"]
TYPES = ["Vendor", "Customer", "Employee", "Invoice", "Entitlements", "vendor", "Nobody", "", None, 7]


def smallest(entity: Entity, number: int) -> Document:
    """What every document of an object has: what its id is made of."""
    return {path: "2026-02-28" if path == "AsOfDate" else f"{number}" for path in entity.id_paths}


def drawn_value(draw: Random, field: Field) -> Any:
    """Something that may stand under the path of a field, most often what belongs there."""
    if field.path == "EntityRef.type":
        return draw.choice(TYPES)
    if field.quoted and draw.random() < 0.5:
        return draw.choice(QUOTED)
    return draw.choice(FITTING[field.kind] if draw.random() < 0.6 else VALUES)


def drawn_document(draw: Random, entity: Entity, number: int) -> Document:
    """A document with some of the fields, some of which are not what they should be."""
    often = draw.random()
    inner: Document = {"Unknown": draw.choice(VALUES)} if draw.random() < 0.3 else {}
    for field in entity.fields:
        if field.kind is Kind.ID or field.path.startswith("$") or draw.random() > often:
            continue
        head, *rest = field.steps
        if not rest:
            inner[head] = drawn_value(draw, field)
        elif draw.random() < 0.05:
            inner[head] = draw.choice(VALUES)
        elif isinstance(inner.setdefault(head, {}), dict):
            inner[head] = inner[head] | {rest[0]: drawn_value(draw, field)}
            inner[head] |= {"Unknown": draw.choice(VALUES)} if draw.random() < 0.1 else {}
    return wrapped(entity, inner | smallest(entity, number))


def wrapped(entity: Entity, inner: Document, kind: str = "Invoice") -> Document:
    return {kind: inner} if entity.wrapped else inner


def seeded(entity: Entity) -> list[Document]:
    """The documents of the demo company, as one would POST them."""
    path = SEEDS / f"{entity.table}.json"
    if not path.exists():
        return []
    seeds = msgspec.json.Decoder(list[Document], float_hook=Decimal).decode(path.read_bytes())
    return [
        wrapped(
            entity,
            {k: v for k, v in seed.items() if k[0] != "$"} | smallest(entity, 1000 + number),
            seed.get("$type", ""),
        )
        for number, seed in enumerate(seeds)
    ]


def documents(entity: Entity) -> list[Document]:
    draw = Random(entity.name)
    return [*seeded(entity), *(drawn_document(draw, entity, number) for number in range(DRAWN))]


def load(address: Address, entity: Entity, rows: list[Document]) -> None:
    """Lands rows as somebody does who reads single documents."""
    marked = [{"_sync_read_at": "2026-11-01T00:00:00Z", **row} for row in rows]
    text = msgspec.json.Encoder(decimal_format="number").encode(marked).decode()
    table = sql.Identifier("quickbooks_load", entity.table)
    with psycopg.connect(address.url) as connection:
        connection.execute(
            sql.SQL("INSERT INTO {0} SELECT r.* FROM jsonb_populate_recordset(NULL::{0}, %s) AS r").format(
                table
            ),
            [text],
        )


def rows_of(address: Address, entity: Entity) -> dict[str, str]:
    """Every row as text, so that the scale of a number counts."""
    return dict(address.query(f"SELECT id, to_jsonb(t)::text FROM {entity.table} AS t"))


def without(entity: Entity, gone: frozenset[str]) -> Entity:
    """An object as an older catalogue had it."""
    return replace(entity, fields=tuple(field for field in entity.fields if field.column not in gone))


def older(database: Database, entities: list[Entity]) -> Address:
    """A mirror as a program with an older catalogue made it."""
    with psycopg.connect(database.url) as connection:
        make_roles(connection)
        prepare(connection, Names())
        connection.execute("SET LOCAL ROLE quickbooks_owner")
        for statement in build(Names(), entities):
            connection.execute(statement)
    return database.superuser


def customers_without(database: Database, *columns: str) -> Address:
    """A mirror whose customers lacked columns; two customers, of whom one has values for them."""
    assert set(columns) <= CUSTOMER.columns.keys()
    before = without(CUSTOMER, frozenset(columns))
    superuser = older(database, [before, INVOICE])
    one = {
        "Id": "1",
        "DisplayName": "One",
        "Notes": "noted",
        "BillAddr": {"City": "Ham", "Country": "US", "Lat": "5"},
        "Odd": 1,
    }
    load(superuser, CUSTOMER, [to_row(before, one), to_row(before, {"Id": "2", "DisplayName": "Two"})])
    return superuser


def migrate(database: Database) -> None:
    outcome = run("quickbooks", "migrate", DATABASE_URL=database.url)
    assert outcome.code == 0, outcome


def removable(entity: Entity) -> list[str]:
    """The columns that come from the document alone."""
    return [f.column for f in entity.fields if f.column != "id" and not f.path.startswith("$")]


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_new_columns_get_from_extra_what_the_documents_would_give_them(
    database: Database, migrated: Database, share: float
) -> None:
    draw = Random(share)
    gone = {e: frozenset(c for c in removable(e) if draw.random() <= share) for e in MIRRORED}
    gone[INVOICE] -= {"linked_txn"}  # one object at least has had links in every version
    before = {entity: without(entity, gone[entity]) for entity in MIRRORED}
    superuser = older(database, [*before.values()])
    for entity in MIRRORED:
        read = documents(entity)
        load(superuser, entity, [to_row(before[entity], document) for document in read])
        load(migrated.superuser, entity, [to_row(entity, document) for document in read])

    migrate(database)

    for entity in MIRRORED:
        found, expected = rows_of(superuser, entity), rows_of(migrated.superuser, entity)
        assert len(expected) >= DRAWN
        assert {id: (found.get(id), row) for id, row in expected.items() if found.get(id) != row} == {}, (
            entity
        )
        assert found.keys() == expected.keys()
    assert (
        superuser.query(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'adopt%' AND proname <> 'adopt_queue'"
        )
        == []
    )


def test_rows_without_a_value_for_a_new_column_are_not_touched(database: Database) -> None:
    superuser = customers_without(database, "notes", "bill_addr_city")
    [before] = superuser.query("SELECT xmin::text, ctid::text FROM customer WHERE id = 'qbk_cust2'")

    migrate(database)

    assert superuser.query("SELECT xmin::text, ctid::text FROM customer WHERE id = 'qbk_cust2'") == [before]


@pytest.mark.parametrize(
    ("deselected", "left"),
    [
        ("notes", (None, "Ham", {"Notes": "noted", "BillAddr": {"Country": "US", "Lat": "5"}, "Odd": 1})),
        (
            "extra",
            (
                None,
                None,
                {"Notes": "noted", "BillAddr": {"City": "Ham", "Country": "US", "Lat": "5"}, "Odd": 1},
            ),
        ),
    ],
)
def test_what_the_user_has_deselected_is_left_alone(
    database: Database, deselected: str, left: tuple[object, ...]
) -> None:
    superuser = customers_without(database, "notes", "bill_addr_city", "bill_addr_country")
    superuser.query(
        "INSERT INTO _sync_deselected VALUES ('customer', 'bill_addr_country'), ('customer', %s)",
        (deselected,),
    )

    migrate(database)

    assert superuser.query("SELECT notes, bill_addr_city, extra FROM customer WHERE id = 'qbk_cust1'") == [
        left
    ]


def test_a_row_that_waited_gets_its_new_columns_too(database: Database) -> None:
    superuser = customers_without(database, "notes")
    superuser.query(
        """INSERT INTO _sync_parked (table_name, id, landing) VALUES ('customer', 'qbk_cust2',
        '{"id": "qbk_cust2", "display_name": "Later", "extra": {"Notes": "new"}, "_sync_read_at": "2026-11-02Z"}')"""
    )

    migrate(database)

    assert superuser.query("SELECT display_name, notes, extra FROM customer WHERE id = 'qbk_cust2'") == [
        ("Later", "new", None)
    ]
    assert superuser.query("SELECT * FROM _sync_parked") == []


@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_triggers_of_the_users_run_as_in_a_merge_and_cannot_become_the_role_that_migrates(
    database: Database, deferred: str
) -> None:
    superuser = customers_without(database, "notes")
    superuser.query(
        f"""CREATE TABLE my_seen (id text, what text, role name, mark text); GRANT ALL ON my_seen TO quickbooks_owner;
        CREATE FUNCTION my_look() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            BEGIN
                RESET ROLE;
                INSERT INTO my_seen VALUES (NEW.id, 'reset', current_user, NEW.notes);
            EXCEPTION WHEN OTHERS THEN
                INSERT INTO my_seen VALUES (NEW.id, SQLERRM, current_user, NEW.notes);
            END;
            RETURN NULL;
        END $body$;
        CREATE CONSTRAINT TRIGGER my_look AFTER UPDATE ON customer {deferred} FOR EACH ROW EXECUTE FUNCTION my_look()"""
    )

    migrate(database)

    assert superuser.query("SELECT * FROM my_seen") == [
        (
            "qbk_cust1",
            'cannot set parameter "role" within security-definer function',
            "quickbooks_owner",
            "noted",
        )
    ]


def test_a_column_of_the_users_own_is_not_taken_for_a_new_one(database: Database) -> None:
    superuser = customers_without(database, "notes")
    superuser.query("ALTER TABLE customer ADD COLUMN notes int DEFAULT 7")

    outcome = run("quickbooks", "migrate", DATABASE_URL=database.url)

    assert outcome.err == (
        "quickbooks: customer.notes is a column of your own, and QuickBooks now has a field of this name. "
        "Run: ALTER TABLE public.customer RENAME COLUMN notes TO my_notes; then: quickbooks migrate\n"
    )
    superuser.query("ALTER TABLE customer RENAME COLUMN notes TO my_notes")
    migrate(database)
    assert superuser.query("SELECT my_notes, notes FROM customer ORDER BY id") == [(7, "noted"), (7, None)]
