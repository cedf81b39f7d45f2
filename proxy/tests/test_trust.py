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
    superuser.query(f"drop owned by {ROLE}")
    superuser.query(f"drop role {ROLE}")


def queued(writer: Writer) -> list[Any]:
    return writer.books.query("select table_name, operation, changed from _sync_queue order by queue_id")


@pytest.mark.parametrize(
    "attempt",
    [
        "select public._sync_bracket('x', '\\x00')",
        "select public._sync_images('x', '\\x00')",
        "select public._sync_settle('x', '\\x00', 'customer', '{qbk_cust1}')",
        "select quickbooks_load.secret()",
        "select key from quickbooks_load._secret",
        "select * from quickbooks_load._image",
        "insert into quickbooks_load._bracket select pg_backend_pid(), pg_current_xact_id()",
        "select quickbooks_load.enqueue('customer', 'delete', 'qbk_cust1')",
        "select quickbooks_load.enqueue_statement('[]', 'g', 's', 'r', 'a', null, null, null)",
        "select * from _sync_queue",
        "create trigger mine after update on customer for each row execute function quickbooks_load.capture()",
        "update customer set display_name = 'x' where id = 'qbk_cust1'",
        "update customer set notes = 'x' where id = 'qbk_cust1' returning display_name",
        "update customer set notes = display_name where id = 'qbk_cust1'",
        "delete from customer where id = 'qbk_cust1'",
        "insert into customer (display_name) values ('x')",
        "truncate customer",
    ],
)
def test_what_it_may_not_is_refused_by_postgres(
    intruder: psycopg.Connection[Any], writer: Writer, attempt: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        intruder.execute(attempt.encode())

    assert queued(writer) == []


EVIL = """
    create function own.evil() returns text language plpgsql as $$
    begin {body} return 'evil'; end $$
"""


@pytest.mark.parametrize(
    "body",
    [
        "update public.customer set display_name = 'x' where id = 'qbk_cust1';",
        "delete from public.customer where id = 'qbk_cust2';",
        "perform public._sync_images('x', '\\x00');",
        "perform * from quickbooks_load._image;",
    ],
)
def test_a_function_inside_the_statement_has_no_more_rights(
    intruder: psycopg.Connection[Any], writer: Writer, body: str
) -> None:
    intruder.execute(EVIL.format(body=body).encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        intruder.execute("update customer set notes = own.evil() where id = 'qbk_cust1'")

    assert queued(writer) == []


def test_its_own_functions_operators_and_errors_pass_for_nobody_elses(
    intruder: psycopg.Connection[Any], writer: Writer
) -> None:
    """They stand before pg_catalog in its search_path, and bear the names of ours."""
    intruder.execute("set search_path = own, pg_catalog, public")
    intruder.execute(
        "create function own._sync_images(text, bytea) returns table (images text, seal bytea) language sql as "
        '$$ select \'[{"table": "vendor", "operation": "DELETE", "old": {"id": "qbk_vend30"}}]\', \'\\x00\'::bytea $$'
    )
    intruder.execute("create function own.pg_backend_pid() returns int language sql as 'select 1'")
    intruder.execute("create function own.same(text, text) returns boolean language sql as 'select true'")
    intruder.execute("create operator own.= (leftarg = text, rightarg = text, function = own.same)")
    intruder.execute(EVIL.format(body="raise info 'qbx' using detail = '[]';"))  # type: ignore[arg-type]

    outcome = written(
        intruder, "update customer set notes = own.evil() where id operator(pg_catalog.=) 'qbk_cust1'"
    )

    # Through the proxy it is the one change that the role may make; directly it is none.
    through = [("customer", "update", {"notes": "evil"})]
    assert (outcome, queued(writer)) in [("UPDATE 1", through), ("0A000", [])]


def written(client: psycopg.Connection[Any], statement: str) -> str | None:
    try:
        return client.execute(statement.encode()).statusmessage
    except psycopg.Error as refused:
        return refused.sqlstate
