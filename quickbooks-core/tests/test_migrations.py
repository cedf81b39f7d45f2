"""A mirror of any released version becomes one of this version: nothing of the user's is lost, nothing is left over.

`schemas/<version>.sql.gz` is what `quickbooks migrate` of that version ran. When a version is released, write its file
with `tools/make_schema.py`; all tests here then start from it as well.
"""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from quickbooks_core.postgres.prepare import make_roles, prepare
from quickbooks_core.postgres.statements import Names
from quickbooks_core.postgres.version import program_version, steps
from quickbooks_demo.database import Address
from quickbooks_demo.testing import Database, Outcome, run

SCHEMAS = Path(__file__).parent / "schemas"
CATALOGS = (SCHEMAS / "catalogs.sql").read_text()
RELEASED = sorted(int(path.name[:4]) for path in SCHEMAS.glob("*.sql.gz"))

every_release = pytest.mark.parametrize("version", RELEASED)

# What a user has made of a version's mirror: each table and column is one that every version has.
FILLED = """
    INSERT INTO quickbooks_load.customer
        (id, display_name, notes, extra, created_at, updated_at, sync_token, _sync_run, _sync_seq, _sync_read_at)
    SELECT 'qbk_cust' || n, 'Customer ' || n, 'noted', '{"Unknown": 1}', '2026-10-01Z', '2026-10-01Z', '0',
           'sandbox:111:run1:', n, '2026-11-01Z' FROM generate_series(1, 5) AS n;
    INSERT INTO quickbooks_load._sync_sweep (table_name, page, ids, read_at, _sync_run, _sync_seq, _sync_read_at)
        VALUES ('customer', 1, '["qbk_cust1", "qbk_cust2", "qbk_cust3", "qbk_cust4"]', '2026-11-02Z',
                'sandbox:111:run1:', 1, '2026-11-02Z');
    INSERT INTO quickbooks_load._sync_run
        (run_id, event, at, streams, bookmarks, counts, selected, _sync_run, _sync_seq, _sync_read_at)
        SELECT 'run1', 'close', '2026-11-02Z', '{"customer": 5, "_sync_sweep": 1}',
            '{"customer": "2026-11-01T00:00:00Z"}', '{"customer": 5}', jsonb_build_object('customer', (
                SELECT jsonb_agg(attname) FROM pg_attribute
                WHERE attrelid = 'customer'::regclass AND attname <> 'notes')),
            'sandbox:111:run1:', 1, '2026-11-02Z';
    INSERT INTO _sync_parked (table_name, id, landing)
        SELECT 'customer', id, to_jsonb(c) || '{"display_name": "Waited", "_sync_read_at": "2026-11-03T00:00:00+00:00"}'
        FROM customer AS c WHERE id = 'qbk_cust4';
    ALTER TABLE customer ADD COLUMN my_colour text;
    UPDATE customer SET my_colour = 'red' WHERE id = 'qbk_cust1';
    CREATE INDEX my_index ON customer (my_colour, balance);
    CREATE VIEW my_view AS SELECT id, my_colour FROM customer;
    CREATE VIEW my_lines AS SELECT invoice_id, amount FROM invoice_line;
"""
# All that is in the mirror, with what a later version added left out where it is empty.
HELD = """
    SELECT 'customer', jsonb_strip_nulls(to_jsonb(t)) FROM customer AS t
    UNION ALL SELECT '_sync_company', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_company AS t
    UNION ALL SELECT '_sync_run', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_run AS t
    UNION ALL SELECT '_sync_progress', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_progress AS t
    UNION ALL SELECT '_sync_cdc', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_cdc AS t
    UNION ALL SELECT '_sync_deletes', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_deletes AS t
    UNION ALL SELECT '_sync_parked', jsonb_strip_nulls(to_jsonb(t)) FROM _sync_parked AS t
    UNION ALL SELECT '_sync_deselected', to_jsonb(t) - 'pending' FROM _sync_deselected AS t
    UNION ALL SELECT 'my_view', to_jsonb(t) FROM my_view AS t
    ORDER BY 1, 2
"""


def old(database: Database, version: int) -> Address:
    """The database as the `quickbooks migrate` of a version left it."""
    with psycopg.connect(database.url) as connection:
        make_roles(connection)
        prepare(connection, Names())
        connection.execute("SET LOCAL ROLE quickbooks_owner")
        connection.execute(gzip.decompress((SCHEMAS / f"{version:04}.sql.gz").read_bytes()))
    return database.superuser


def migrate(database: Database) -> Outcome:
    return run("quickbooks", "migrate", DATABASE_URL=database.url)


def catalogs(address: Address) -> dict[tuple[str, str], Any]:
    return {(what, name): facts for what, name, facts in address.query(CATALOGS)}


@every_release
def test_a_filled_mirror_of_a_release_becomes_what_a_new_one_is(
    database: Database, migrated: Database, version: int
) -> None:
    superuser = old(database, version)
    superuser.query(FILLED)
    before = superuser.query(HELD)

    outcome = migrate(database)

    assert (outcome.code, outcome.out) == (0, "The schema public is up to date.\n"), outcome
    assert catalogs(superuser) == catalogs(migrated.superuser)
    assert superuser.query(HELD) == before
    assert {table for table, _ in before} == {
        "customer", "my_view", "_sync_company", "_sync_run", "_sync_progress", "_sync_cdc", "_sync_deletes",
        "_sync_parked", "_sync_deselected",
    }  # fmt: skip


@every_release
def test_after_the_upgrade_an_answer_is_merged_and_what_waited_with_it(
    database: Database, version: int
) -> None:
    superuser = old(database, version)
    superuser.query(FILLED)

    migrate(database)
    superuser.query(
        """INSERT INTO quickbooks_load.customer
            (id, display_name, updated_at, sync_token, _sync_run, _sync_seq, _sync_read_at)
        VALUES ('qbk_cust1', 'Changed', '2026-11-03Z', '1', 'sandbox:111:run2:run1', 1, '2026-11-04Z')"""
    )

    assert superuser.query("SELECT display_name, notes, my_colour FROM customer ORDER BY id") == [
        ("Changed", None, "red"), ("Customer 2", None, None), ("Customer 3", None, None), ("Waited", None, None),
    ]  # fmt: skip


def test_migrating_again_changes_nothing(migrated: Database) -> None:
    superuser = migrated.superuser
    superuser.query(FILLED)
    before = (
        catalogs(superuser),
        superuser.query(HELD),
        superuser.query("SELECT version, at::text FROM _sync_migration"),
    )

    outcome = migrate(migrated)

    assert outcome.code == 0, outcome
    assert before == (
        catalogs(superuser),
        superuser.query(HELD),
        superuser.query("SELECT version, at::text FROM _sync_migration"),
    )


@every_release
def test_two_may_migrate_at_once(database: Database, migrated: Database, version: int) -> None:
    superuser = old(database, version)

    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(migrate, [database, database]))

    assert [outcome.code for outcome in outcomes] == [0, 0], outcomes
    assert catalogs(superuser) == catalogs(migrated.superuser)
    assert superuser.query("SELECT version FROM _sync_migration ORDER BY version") == [
        (number,) for number in range(version, program_version() + 1)
    ]


def test_a_mirror_of_a_newer_program_is_refused_and_left_alone(migrated: Database) -> None:
    newer = program_version() + 1
    migrated.superuser.query("INSERT INTO _sync_migration VALUES (%s)", (newer,))
    migrated.superuser.query("DROP VIEW invoice_line")
    before = catalogs(migrated.superuser)
    words = (
        f"the schema public has version {newer}, this program knows up to {newer - 1}: a newer one has migrated it. "
        "Upgrade quickbooks-core, and tap-quickbooks with it."
    )

    assert [run("quickbooks", word, DATABASE_URL=migrated.url).err for word in ("migrate", "check")] == [
        f"quickbooks: {words}\n",
        f"quickbooks: {words}\n",
    ]
    assert catalogs(migrated.superuser) == before


def test_check_asks_for_the_migration_of_an_older_mirror(database: Database) -> None:
    old(database, 1)

    outcome = run("quickbooks", "check", DATABASE_URL=database.url)

    assert outcome.err == (
        f"quickbooks: the schema public has version 1, this program has {program_version()}. "
        "Run: quickbooks migrate\n"
    )


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert list(steps()) == list(range(2, program_version() + 1))


def test_a_view_of_the_users_that_stands_in_the_way_is_named(migrated: Database) -> None:
    migrated.superuser.query(
        """DROP VIEW linked_txn; CREATE VIEW linked_txn AS SELECT 1 AS other;
        ALTER VIEW linked_txn OWNER TO quickbooks_owner;
        CREATE VIEW my_links AS SELECT * FROM linked_txn"""
    )

    outcome = migrate(migrated)

    assert outcome.err == (
        "quickbooks: A view of ours changes its columns, on which something of yours is built: view my_links depends "
        "on view linked_txn. Drop what is yours, run `quickbooks migrate` again, and create it anew.\n"
    )
