"""A statement that is tried out may not write other tables: it is taken back, and what it wrote there with it."""

from __future__ import annotations

import psycopg
import pytest

from .conftest import Writer

LOGGED = """
    create table log (words text);
    create function log_it(words text) returns text language plpgsql volatile as
        $$ begin insert into log values (words); return words || '!'; end $$;
    create function empty_it() returns boolean language plpgsql volatile as $$ begin truncate log; return true; end $$;
    create sequence counted;
    create function count_it(words text) returns text language plpgsql volatile as
        $$ begin return words || nextval('counted') || (select count(*) from log); end $$;
    grant all on log, counted to quickbooks_writer;
"""


@pytest.fixture
def logged(writer: Writer) -> Writer:
    """There are functions that write a table of somebody's own."""
    writer.books.database.superuser.query(LOGGED)
    return writer


def log(writer: Writer) -> list[str]:
    return [words for (words,) in writer.books.query("select words from log order by words")]


@pytest.mark.parametrize("is_block", [False, True])
def test_a_function_that_writes_another_table_is_refused_before_quickbooks_is_asked(
    logged: Writer, is_block: bool
) -> None:
    statements = [
        "update customer set notes = log_it('set') where id = 'qbk_cust1'",
        "update customer set notes = 'x' where id = 'qbk_cust1' and log_it('where') = 'where!'",
        "update customer set notes = 'x' where id = 'qbk_cust1' returning log_it('returning')",
        "insert into customer (display_name) select log_it('select')",
        "with w as (select log_it('with') as words) update customer set notes = words from w where id = 'qbk_cust1'",
        "update customer set notes = 'x' where id = 'qbk_cust1' and empty_it()",
        "update customer set notes = pg_temp.mine() where id = 'qbk_cust1'",
    ]

    with psycopg.connect(logged.address.url, autocommit=not is_block) as client:
        client.execute("create temp table own (n int)")
        client.execute(
            "create function pg_temp.mine() returns text language sql as 'insert into own values (1) returning n::text'"
        )
        client.execute("insert into log values ('before')")
        client.commit()
        refused = [refusal(client, statement, is_block) for statement in statements]

    assert refused == [("0A000", "log")] * 6 + [("0A000", "own")]
    assert log(logged) == ["before"]
    assert logged.books.query("select count(*) from _sync_queue") == [(0,)]


def refusal(client: psycopg.Connection, statement: str, is_block: bool) -> tuple[str | None, str]:
    """With which code, and because of which table; in a block that table is written before, too."""
    if is_block:
        client.execute("insert into log values ('in the block')")
        client.execute("insert into own values (1)")
    with pytest.raises(psycopg.Error) as refused:
        client.execute(statement.encode())
    client.rollback()
    words = str(refused.value.diag.message_primary)
    assert "by a statement of its own" in str(refused.value.diag.message_hint)
    return refused.value.diag.sqlstate, words.rpartition(" ")[2]


def test_what_is_written_elsewhere_stays_where_quickbooks_is_asked_for_nothing(logged: Writer) -> None:
    with logged.connect() as client:
        tag = client.execute(
            "update customer set notes = notes where id = 'qbk_cust1' and log_it('kept') <> ''"
        ).statusmessage

    assert (tag, log(logged)) == ("UPDATE 1", ["kept"])


def test_a_block_may_write_both_by_two_statements(logged: Writer) -> None:
    with psycopg.connect(logged.address.url) as client:
        client.execute("insert into log values ('one')")
        client.execute("update customer set notes = count_it('two') where id = 'qbk_cust1'")
        client.execute("insert into log values ('three')")

    assert log(logged) == ["one", "three"]
    assert logged.document("Customer", "1")["Notes"] == "two11"


def test_triggers_and_foreign_keys_write_when_the_answer_is_merged(logged: Writer) -> None:
    logged.books.mirror("time_activity")
    logged.books.database.superuser.query("""
        create function note_it() returns trigger language plpgsql security definer as
            $$ begin insert into public.log values (tg_op || ' ' || new.display_name); return null; end $$;
        create trigger noting after insert or update of notes on customer for each row execute function note_it();
        create table sheet (activity text references time_activity on delete cascade);
        insert into sheet select id from time_activity;
    """)

    with logged.connect() as client:
        client.execute("insert into customer (display_name) values ('Noted')")
        client.execute("delete from time_activity where id = (select min(id) from time_activity)")

    assert log(logged) == ["INSERT Noted"]
    assert logged.books.query(
        "select count(*) from sheet where activity not in (select id from time_activity)"
    ) == [(0,)]
