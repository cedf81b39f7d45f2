"""A role that may write one column tries to have more queued, or to see more, than Postgres lets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from .conftest import Writer

ROLE = "only_notes"


@pytest.fixture(params=["proxy", "direct"])
def intruder(writer: Writer, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """May read ids and write notes of customers, and has a schema of its own."""
    superuser = writer.books.database.superuser
    superuser.query(f"drop role if exists {ROLE}")
    superuser.query(f"create role {ROLE} login password 'p'")
    superuser.query(f"grant select (id), update (notes) on customer to {ROLE}")
    superuser.query(f"create schema own authorization {ROLE}")
    address = writer.address if request.param == "proxy" else superuser
    with psycopg.connect(address.by(ROLE, "p").url, autocommit=True) as client:
        client.execute("set search_path = own, public")
        yield client
    superuser.query(f"drop owned by {ROLE} cascade")
    superuser.query(f"drop role {ROLE}")


def queued(writer: Writer) -> list[Any]:
    return writer.books.query("select table_name, operation, changed from _sync_queue order by queue_id")


# What a change needs is a privilege: however it is said, Postgres itself refuses it.
FORBIDDEN = [
    # ours, by hand
    "select public._sync_bracket('x', '\\x00')",
    # A proof of NULL proves nothing.
    "select public._sync_bracket(null, null)",
    "select public._sync_bracket('x', null)",
    "select public._sync_images(null, null)",
    "select public._sync_images(null, '\\x00')",
    "select public._sync_settle(null, null, 'customer', '{qbk_cust1}')",
    "select public._sync_delete(null, null, 'customer', '{qbk_cust1}')",
    "select public._sync_owed(null, null, true)",
    "select public._sync_images('x', '\\x00')",
    "select public._sync_settle('x', '\\x00', 'customer', '{qbk_cust1}')",
    "select public._sync_delete('x', '\\x00', 'customer', '{qbk_cust1}')",
    "select public._sync_owed('x', '\\x00', true)",
    "select quickbooks_load.secret()",
    "select quickbooks_load.proof('bracket ' || pg_backend_pid() || ' x')",
    "select quickbooks_load.enqueue('customer', 'delete', 'qbk_cust1')",
    "select quickbooks_load.enqueue_statement('[]', 'g', 's', 'r', 'a', null, null, null)",
    "select quickbooks_load.take_back('{1}')",
    "select quickbooks_load.change_results('{1}')",
    "select quickbooks_load.set_queue_mode('only_notes', true)",
    # our tables
    "select key from quickbooks_load._secret",
    "select * from quickbooks_load._image",
    "insert into quickbooks_load._image (pid, transaction, table_name, operation) values (1, '1', 'vendor', 'DELETE')",
    "insert into quickbooks_load._bracket (pid, transaction) select pg_backend_pid(), pg_current_xact_id()",
    "insert into quickbooks_load.customer (id, display_name) values ('qbk_cust1', 'x')",
    "insert into _sync_queue (table_name) values ('customer')",
    "select * from _sync_queue",
    "insert into _sync_queue_mode (role) values ('only_notes')",
    "select landing from _sync_parked",
    "create trigger mine after update on customer for each row execute function quickbooks_load.capture()",
    "create rule mine as on update to customer do also delete from vendor",
    "alter table customer disable trigger all",
    "alter table customer add column mine text",
    "create function public._sync_images(text, text) returns int language sql as 'select 1'",
    # somebody else
    "set role quickbooks_owner",
    "set role quickbooks_writer",
    "set session authorization quickbooks_owner",
    "set session_replication_role = replica",
    # other columns, rows and tables
    "update customer set display_name = 'x' where id = 'qbk_cust1'",
    "update customer set (notes, display_name) = ('x', 'y') where id = 'qbk_cust1'",
    "update customer set notes = 'x', _sync_read_at = now() where id = 'qbk_cust1'",
    "update only customer as notes set display_name = 'x' where notes.id = 'qbk_cust1'",
    "update vendor set display_name = 'x' where id = 'qbk_vend30'",
    "delete from customer where id = 'qbk_cust1'",
    "insert into customer (display_name) values ('x')",
    "insert into customer (id, notes) values ('qbk_cust1', 'x') on conflict (id) do update set notes = excluded.notes",
    "merge into customer using (values ('qbk_cust1')) as v (i) on id = i when matched then update set display_name = i",
    "merge into customer using (values ('qbk_cust1')) as v (i) on id = i when matched then delete",
    "with one as (update customer set display_name = 'x' where id = 'qbk_cust1' returning id) select * from one",
    "with gone as (delete from vendor) update customer set notes = 'x' where id = 'qbk_cust1'",
    "copy customer (display_name) from stdin",
    "copy (update customer set display_name = 'x' where id = 'qbk_cust1' returning id) to stdout",
    "explain analyze update customer set display_name = 'x' where id = 'qbk_cust1'",
    "prepare p as update customer set display_name = 'x' where id = 'qbk_cust1'; execute p",
    "prepare q (text) as delete from customer where id = $1; execute q ('qbk_cust1')",
    "do $$ begin update public.customer set display_name = 'x' where id = 'qbk_cust1'; end $$",
    "do $$ begin execute 'delete from public.customer where id = ''qbk_cust1'' '; end $$",
    "create view own.names as select id, display_name from customer; update own.names set display_name = 'x'",
    "truncate customer",
    # reading
    "select display_name from customer",
    "select customer from customer",
    "select * from own.spy()",
    "copy customer to stdout",
    "copy (select display_name from customer) to stdout",
    "copy (update customer set notes = 'x' where id = 'qbk_cust1' returning display_name) to stdout",
    "create view own.names as select id, display_name from customer; select * from own.names",
    "update customer set notes = 'x' where id = 'qbk_cust1' returning display_name",
    "update customer set notes = 'x' where id = 'qbk_cust1' returning *",
    "update customer as c set notes = 'x' where id = 'qbk_cust1' returning to_jsonb(c)",
    "update customer set notes = 'x' where id = 'qbk_cust1' returning (select max(display_name) from customer)",
    "update customer set notes = display_name where id = 'qbk_cust1'",
    "update customer set notes = (select max(display_name) from vendor) where id = 'qbk_cust1'",
    "update customer set notes = 'x' where display_name = 'x'",
    "update customer set notes = 'x' from customer as other where customer.id = 'qbk_cust1' and other.notes = 'y'",
    "update customer set notes = coalesce(notes, 'x') where id = 'qbk_cust1'",
]


def test_what_it_may_not_is_refused_by_postgres(intruder: psycopg.Connection[Any], writer: Writer) -> None:
    intruder.execute(
        "create function own.spy() returns text language sql as 'select max(display_name) from public.customer'"
    )

    outcomes = {attempt: written(intruder, attempt.encode()) for attempt in FORBIDDEN}

    assert {attempt: outcome for attempt, outcome in outcomes.items() if outcome != "42501"} == {}
    assert queued(writer) == []


EVIL = """
    create or replace function own.evil() returns text language plpgsql as $$
    begin {body} return 'evil'; end $$
"""
BY_EVIL = b"update customer set notes = own.evil() where id = 'qbk_cust1'"


WITHOUT_RIGHT = [
    "update public.customer set display_name = 'x' where id = 'qbk_cust1';",
    "execute 'update public.customer set display_name = ''x'' where id = ''qbk_cust1'' ';",
    "delete from public.customer where id = 'qbk_cust2';",
    "perform display_name from public.customer;",
    "perform public._sync_images('x', '\\x00');",
    "perform public._sync_bracket('x', '\\x00');",
    "perform * from quickbooks_load._image;",
    "perform quickbooks_load.enqueue('customer', 'delete', 'qbk_cust1');",
    "set local role quickbooks_owner;",
]


def test_a_function_inside_the_statement_has_no_more_rights(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    outcomes = {}
    for body in WITHOUT_RIGHT:
        intruder.execute(EVIL.format(body=body).encode())
        outcomes[body] = written(intruder, BY_EVIL)

    assert outcomes == dict.fromkeys(WITHOUT_RIGHT, "42501")
    assert queued(writer) == []


# Through the proxy it is the one change that the role may make; directly it is none.
THROUGH = ("UPDATE 1", [("customer", "update", {"notes": "evil"})])
DIRECTLY = ("0A000", [])


TRICKS = [
    # Refused, and the refusal swallowed.
    "begin delete from public.customer; exception when others then null; end;",
    "begin perform quickbooks_load.secret(); exception when others then null; end;",
    "begin perform public._sync_images('x', '\\x00'); exception when others then null; end;",
    # Words that might pass for ours.
    "raise info 'qbx' using detail = '[]';",
    "raise notice '[QuickBooks]' using errcode = 'QBT00';",
    "perform public._sync_tell(false, '[]', '[]'), public._sync_level();",
    "perform pg_notify('quickbooks_queue', 'x'), pg_notify('quickbooks_done', 'public:1');",
    # Settings that ours look at.
    "perform set_config('quickbooks.queue_mode', 'trial', true);",
    "perform set_config('quickbooks.force', 'on', false);",
    "perform set_config('client_min_messages', 'debug5', true);",
    "perform set_config('search_path', 'own', true);",
]


def test_whatever_a_function_does_the_change_is_the_one_that_the_role_may_make(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    for number, body in enumerate(TRICKS):
        # Each time another value, so that there is a change.
        intruder.execute(EVIL.format(body=body).replace("'evil'", f"'evil {number}'").encode())
        before = queued(writer)

        outcome = written(intruder, BY_EVIL)

        added = [("customer", "update", {"notes": f"evil {number}"})]
        assert (outcome, queued(writer)) in (("UPDATE 1", before + added), ("0A000", before)), body


def test_its_own_functions_and_operators_pass_for_nobody_elses(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    """They stand before pg_catalog in its search_path, and bear the names of ours."""
    intruder.execute("set search_path = own, pg_catalog, public")
    intruder.execute(
        "create function own._sync_images(text, bytea) returns table (images text, seal bytea) language sql as "
        '$$ select \'[{"table": "vendor", "operation": "DELETE", "old": {"id": "qbk_vend30"}}]\', \'\\x00\'::bytea $$'
    )
    intruder.execute(
        "create function own._sync_visible(oid, jsonb) returns jsonb language sql as 'select $2'"
    )
    intruder.execute("create function own.pg_backend_pid() returns int language sql as 'select 1'")
    intruder.execute(
        "create function own.to_jsonb(anyelement) returns jsonb language sql as 'select null::jsonb'"
    )
    intruder.execute("create function own.same(text, text) returns boolean language sql as 'select true'")
    intruder.execute("create operator own.= (leftarg = text, rightarg = text, function = own.same)")
    intruder.execute(EVIL.format(body="").encode())

    outcome = written(
        intruder, b"update customer set notes = own.evil() where id operator(pg_catalog.=) 'qbk_cust1'"
    )

    assert (outcome, queued(writer)) in (THROUGH, DIRECTLY)


def test_a_cast_of_its_own_has_no_more_rights(intruder: psycopg.Connection[Any], writer: Writer) -> None:
    intruder.execute("create type own.sly as (word text)")
    intruder.execute(
        "create function own.slyly(own.sly) returns text language plpgsql as $$ begin "
        "delete from public.customer where id = 'qbk_cust2'; return 'x'; end $$"
    )
    intruder.execute("create cast (own.sly as text) with function own.slyly(own.sly) as assignment")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        intruder.execute("update customer set notes = row('x')::own.sly where id = 'qbk_cust1'")

    assert queued(writer) == []


def test_a_view_of_its_own_with_a_trigger_has_no_more_rights(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    intruder.execute("create view own.mine as select id from customer")
    intruder.execute(
        "create function own.instead() returns trigger language plpgsql as $$ begin "
        "update public.customer set display_name = 'x' where id = old.id; return new; end $$"
    )
    intruder.execute(
        "create trigger t instead of update on own.mine for each row execute function own.instead()"
    )

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        intruder.execute("update own.mine set id = 'x' where id = 'qbk_cust1'")

    assert queued(writer) == []


def test_a_row_that_a_policy_hides_is_neither_changed_nor_shown(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    superuser = writer.books.database.superuser
    superuser.query("alter table customer enable row level security")
    superuser.query("create policy one on customer to only_notes using (id = 'qbk_cust1')")
    seen: list[str] = []
    intruder.add_notice_handler(lambda notice: seen.append(notice.message_primary or ""))
    intruder.execute(
        "create function own.peep(text) returns boolean language plpgsql cost 0.0001 as "
        "$$ begin raise notice '%', $1; return true; end $$"
    )

    outcomes = [
        written(intruder, b"update customer set notes = 'x' where own.peep(id) and id = 'qbk_cust2'"),
        written(intruder, b"update customer set notes = 'x' where own.peep(id) and id <> 'qbk_cust1'"),
    ]

    assert (outcomes, {*seen} - {"qbk_cust1"}, queued(writer)) == (["UPDATE 0"] * 2, set(), [])


@pytest.mark.parametrize(
    "statement",
    [
        # The list means one thing in the statement, and another beside the row that QuickBooks has answered.
        "with customer as (select 'mine' as display_name) update public.customer as c set notes = 'evil' "
        "from customer where c.id = 'qbk_cust1' returning customer.display_name || ''",
        "with customer as (select 'mine' as display_name) update public.customer as c set notes = 'evil' "
        "from customer where c.id = 'qbk_cust1' returning customer",
    ],
)
def test_what_returning_shows_is_nothing_that_the_role_may_not_see(
    intruder: psycopg.Connection[Any], writer: Writer, statement: str
) -> None:
    shown: list[Any] = []

    try:
        shown = intruder.execute(statement.encode()).fetchall()
    except psycopg.Error as refused:
        assert refused.sqlstate == "0A000"  # noqa: PT017  # some are refused, and others answered

    ((name,),) = writer.books.query("select display_name from customer where id = 'qbk_cust1'")
    assert name not in str(shown)
    assert queued(writer) in [queue for _, queue in (THROUGH, DIRECTLY)]


def test_a_table_of_its_own_that_is_called_like_one_of_the_mirrors_asks_quickbooks_nothing(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    intruder.execute("create table own.vendor (id text, notes text)")

    outcome = written(intruder, b"update vendor set notes = 'x' where id = 'qbk_vend30'")

    assert (outcome, queued(writer)) == ("UPDATE 0", [])


def test_a_setting_that_is_no_number_is_an_error_and_nothing_more(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    intruder.execute("set quickbooks.max_rows_per_statement = 'many'")
    intruder.execute(EVIL.format(body="").encode())

    outcome = written(intruder, BY_EVIL)

    assert (outcome, queued(writer)) in (("22P02", []), DIRECTLY)
    assert intruder.execute("select 1").fetchone() == (1,)


def test_a_statement_that_bears_the_name_of_another_ends_no_bracket(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    """The proxy takes the second for what is executed; the server has kept the first."""
    raw = intruder.pgconn
    raw.prepare(b"s", b"commit")
    raw.prepare(b"s", b"update customer set notes = 'evil' where id = 'qbk_cust1'")
    intruder.execute("begin")
    raw.exec_prepared(b"s", None)
    intruder.execute("rollback")

    outcome = written(intruder, b"update customer set notes = 'evil' where id = 'qbk_cust1'")

    assert (outcome, queued(writer)) in (THROUGH, DIRECTLY)


@pytest.mark.parametrize("number", ["²", "9" * 5000, "", "x"])
def test_what_somebody_notifies_disturbs_nobody(
    intruder: psycopg.Connection[Any], writer: Writer, number: str
) -> None:
    listening = "select pid from pg_stat_activity where query like 'LISTEN \"quickbooks_done\"%'"
    before = writer.books.query(listening)

    intruder.execute("select pg_notify('quickbooks_done', 'public:' || %s)", [number])
    with writer.connect() as client:
        client.execute("update customer set notes = 'later' where id = 'qbk_cust1'")

    assert len(before) == 1
    assert writer.books.query(listening) == before


def written(client: psycopg.Connection[Any], statement: bytes) -> str | None:
    try:
        return client.execute(statement).statusmessage
    except psycopg.Error as refused:
        return refused.sqlstate
