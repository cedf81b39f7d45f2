"""What does not belong together is refused with words that say what to do; doing it ends with the right mirror."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.database import Address, create_database, drop_database, grant_migration
from quickbooks_demo.pipeline import Pipeline, loader_url
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, run

RUN = ("run", "quickbooks:check", "tap-quickbooks", "target-postgres")


def into(pipeline: Pipeline, database: Database) -> Pipeline:
    """The same project, with the same state, in front of another database."""
    loader = database.login("quickbooks_loader")
    addresses = {"DATABASE_URL": database.url, "TARGET_POSTGRES_SQLALCHEMY_URL": loader_url(loader.url)}
    return replace(pipeline, environment={**pipeline.environment, **addresses})


def with_variables(pipeline: Pipeline, **variables: str) -> Pipeline:
    return replace(pipeline, environment={**pipeline.environment, **variables})


@pytest.fixture
def pipeline(pipeline: Pipeline) -> Pipeline:
    """Of one table: a run of all of them costs twice as much, and shows no more here."""
    return with_variables(pipeline, TAP_QUICKBOOKS__SELECT='["customer.*"]')


def must_run(pipeline: Pipeline, *arguments: str) -> None:
    code, words = pipeline.run(*(arguments or RUN))
    assert code == 0, words


def must_fail(pipeline: Pipeline, *words_to_find: str, arguments: tuple[str, ...] = RUN) -> None:
    code, words = pipeline.run(*arguments)
    assert code == 1, words
    assert all(expected in words for expected in words_to_find), words


def names(database: Database) -> set[str]:
    with psycopg.connect(database.superuser.url) as admin:
        return {name for (name,) in admin.execute("select display_name from customer")}


def test_a_dropped_database_asks_for_a_full_refresh(
    pipeline: Pipeline, migrated: Database, postgres_server: Address
) -> None:
    must_run(pipeline)
    expected = names(migrated)
    drop_database(postgres_server, migrated.name)
    create_database(postgres_server, migrated.name)
    grant_migration(migrated.superuser, "password-of-the-tests")

    must_fail(pipeline, "is not migrated", "quickbooks migrate")
    assert run("quickbooks", "migrate", DATABASE_URL=migrated.url).code == 0
    must_fail(into(pipeline, migrated), "never finished run", "--full-refresh")
    assert names(migrated) == set()

    must_run(into(pipeline, migrated), "run", "--full-refresh", *RUN[1:])
    assert names(migrated) == expected


def test_a_dump_of_yesterday_asks_for_a_full_refresh_and_keeps_no_ghosts(
    pipeline: Pipeline, migrated: Database, postgres_server: Address, sandbox: Sandbox
) -> None:
    must_run(pipeline)
    yesterday = f"{migrated.name}_restored"
    create_database(postgres_server, yesterday, migrated.name)
    restored = Database(postgres_server.on(yesterday), migrated.migration.on(yesterday))
    sandbox.control("person", action="merge", object="Customer", id="2", into="1")
    must_run(pipeline)

    must_fail(into(pipeline, restored), "never finished run", "--full-refresh")
    assert "Bill's Windsurf Shop" in names(restored)

    must_run(into(pipeline, restored), "run", "--full-refresh", *RUN[1:])
    assert names(restored) == names(migrated)
    assert "Bill's Windsurf Shop" not in names(restored)
    drop_database(postgres_server, yesterday)


def test_another_company_or_environment_is_refused(pipeline: Pipeline, migrated: Database) -> None:
    must_run(pipeline)
    expected = names(migrated)

    must_fail(
        with_variables(pipeline, QUICKBOOKS_REALM_ID="4620816365000000000"),
        "holds company 9341453172058475 (sandbox)",
        "QUICKBOOKS_SCHEMA",
    )
    must_fail(
        with_variables(pipeline, QUICKBOOKS_ENVIRONMENT="production"),
        "the settings name 9341453172058475 (production)",
    )
    # Without the check, and with the state of the other one, the database itself refuses.
    bare = ("run", "--full-refresh", "tap-quickbooks", "target-postgres")
    must_fail(
        with_variables(pipeline, QUICKBOOKS_ENVIRONMENT="production"),
        "This mirror holds company 9341453172058475 (sandbox)",
        arguments=bare,
    )
    assert names(migrated) == expected

    must_run(pipeline)
    assert names(migrated) == expected


def test_an_unmigrated_database_is_refused_and_a_bare_run_creates_nothing(
    pipeline: Pipeline, database: Database
) -> None:
    loader = database.superuser.url  # may do anything, and still creates nothing
    unmigrated = with_variables(
        pipeline, DATABASE_URL=database.url, TARGET_POSTGRES_SQLALCHEMY_URL=loader_url(loader)
    )

    must_fail(unmigrated, "is not migrated", "quickbooks migrate")
    assert run("quickbooks", "migrate", DATABASE_URL=database.url).code == 0
    must_run(into(pipeline, database))
    assert len(names(database)) == 29


def test_a_deselected_column_appears_nowhere(
    pipeline: Pipeline, migrated: Database, sandbox: Sandbox
) -> None:
    secret = "only-for-the-boss"
    changes = {"Notes": secret, "CompanyName": f"{secret} Inc."}
    sandbox.control("person", action="edit", object="Customer", id="3", changes=changes)
    must_run(pipeline)
    assert secret in text_of(migrated)

    select = '["*.*", "!customer.notes", "!customer.company_name"]'
    must_run(with_variables(pipeline, TAP_QUICKBOOKS__SELECT=select))

    assert secret not in text_of(migrated)
    with psycopg.connect(migrated.superuser.url) as admin:
        assert admin.execute("select count(*), count(company_name) from customer").fetchone() == (29, 0)


def text_of(database: Database) -> str:
    """All rows of all tables of ours, as text."""
    with psycopg.connect(database.superuser.url) as admin:
        tables = admin.execute(
            "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where nspname in ('public', 'quickbooks_load') and relkind = 'r'"
        ).fetchall()
        assert len(tables) > 2 * len(MIRRORED)
        return "\n".join(
            str(row)
            for (table,) in tables
            for row in admin.execute(f"select t::text from {table} as t".encode())
        )
