"""RETURNING shows what QuickBooks has made of a row, and everything else as Postgres would without us."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from .conftest import Writer


def returned(writer: Writer, statement: str, *values: Any) -> list[Any]:
    with writer.connect() as client:
        return client.execute(statement.encode(), values or None).fetchall()


def test_a_row_that_is_only_joined_is_shown_as_it_is(writer: Writer) -> None:
    statement = (
        "update customer c set notes = 'mine' from customer o where c.id = 'qbk_cust1' and o.id = 'qbk_cust2' "
        "returning c.id, o.id, c.notes, o.notes, c.sync_token, o.sync_token"
    )

    assert returned(writer, statement) == [("qbk_cust1", "qbk_cust2", "mine", None, "1", "0")]


def test_everything_is_the_columns_of_the_table_and_then_the_others(writer: Writer) -> None:
    statement = (
        "update customer c set notes = 'all' from (select id as other, sync_token as theirs from customer) o "
        "where c.id = 'qbk_cust1' and other = 'qbk_cust1' returning *"
    )

    (row,) = returned(writer, statement)

    (shown,) = writer.books.query("select * from customer where id = 'qbk_cust1'")
    assert row == (*shown, "qbk_cust1", "0")


def test_what_is_worked_out_may_need_what_the_statement_has_joined(writer: Writer) -> None:
    statement = (
        "update customer c set notes = word from (values ('joined')) as v (word) where c.id = 'qbk_cust1' "
        "returning c.sync_token, upper(word), v.word || c.id, c.notes"
    )

    assert returned(writer, statement) == [("1", "JOINED", "joinedqbk_cust1", "joined")]


def test_what_needs_both_the_joined_and_what_quickbooks_gives_is_refused(writer: Writer) -> None:
    statement = (
        "update customer c set notes = word from (values ('joined')) as v (word) where c.id = 'qbk_cust1' "
        "returning v.word || c.sync_token"
    )

    with pytest.raises(psycopg.errors.FeatureNotSupported):
        returned(writer, statement)
    assert writer.books.query("select count(*) from _sync_queue") == [(0,)]


@pytest.mark.parametrize("word", ["!", 7])
def test_parameters_may_stand_in_the_list(writer: Writer, word: Any) -> None:
    statement = (
        "insert into customer (display_name) values (%s) returning id, id || %s::text, sync_token || %s::text"
    )

    ((id, marked, token),) = returned(writer, statement, "Listed", word, word)

    assert id.startswith("qbk_cust")
    assert (marked, token) == (f"{id}{word}", f"0{word}")


def test_a_query_in_the_list_finds_what_was_there_before(writer: Writer) -> None:
    statement = (
        "update customer c set notes = 'counted' where c.id in ('qbk_cust1', 'qbk_cust2') "
        "returning (select count(*) from customer where notes = 'counted'), c.sync_token"
    )

    assert returned(writer, statement) == [(0, "1"), (0, "1")]


def test_a_query_in_the_list_may_read_the_table_by_the_name_that_is_written(writer: Writer) -> None:
    statement = (
        "update customer set notes = 'counted' where id in ('qbk_cust1', 'qbk_cust2') "
        "returning (select count(s.*) from customer as s where s.notes = 'counted' and s.id < customer.id), sync_token"
    )

    assert returned(writer, statement) == [(0, "1"), (0, "1")]


@pytest.mark.parametrize("query", ["(select customer)", "(select customer from customer as s limit 1)"])
def test_a_query_that_needs_the_whole_row_is_refused(writer: Writer, query: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        returned(writer, f"update customer set notes = 'row' where id = 'qbk_cust1' returning {query}")


def test_a_query_in_the_list_compares_the_new_row_with_the_table_as_it_was(writer: Writer) -> None:
    ((before,),) = writer.books.query("select count(*) from customer")
    statement = (
        "insert into customer (display_name) values ('Counted'), ('Counted too') "
        "returning (select count(s.*) from only public.customer as s where s.id <> customer.id), id"
    )

    assert [count for count, _ in returned(writer, statement)] == [before, before]


def test_a_query_in_the_list_reads_what_a_row_was(writer: Writer) -> None:
    statement = (
        "update customer set notes = 'new' where id in ('qbk_cust1', 'qbk_cust2') "
        "returning (select s.sync_token || coalesce(s.notes, '?') from customer s where s.id = customer.id) "
        "|| customer.sync_token || customer.notes"
    )

    assert returned(writer, statement) == [("0?1new",), ("0?1new",)]


def test_a_query_in_the_list_knows_the_new_row(writer: Writer) -> None:
    statement = "insert into customer (display_name) values ('Known') returning (select id || '!'), id"

    ((marked, id),) = returned(writer, statement)

    assert (marked, id[:8]) == (f"{id}!", "qbk_cust")


def test_words_in_the_list_keep_their_letters(writer: Writer) -> None:
    statement = "update customer c set notes = 'für' where c.id = 'qbk_cust1' returning 'Köln ' || c.notes"

    assert returned(writer, statement) == [("Köln für",)]


@pytest.fixture
def views(writer: Writer) -> Writer:
    """The writer, who may write through views."""
    for statement in (
        'create view named as select id as "Key", display_name as name, sync_token as version, '
        "upper(notes) as loud from customer",
        'create view again as select name, "Key" as id, version from named',
        "grant select, insert, update on named, again to quickbooks_writer",
    ):
        writer.books.database.superuser.query(statement)
    return writer


@pytest.fixture
def seen(views: Writer, start: Any) -> Writer:
    """The same before a proxy that was started when the views were there."""
    address = start().address(views.books.database.login("quickbooks_writer"))
    return Writer(views.books, address)


def test_through_a_view_the_answer_is_shown_too(seen: Writer) -> None:
    ((key, name, version),) = returned(
        seen, "insert into named (name) values ('By a view') returning \"Key\", name, version"
    )
    updated = returned(
        seen, "update again a set name = 'Again' where a.id = %s returning *, lower(name) || version", key
    )

    assert (key[:8], name, version) == ("qbk_cust", "By a view", "0")
    assert updated == [("Again", key, "1", "again1")]


def test_what_a_view_works_out_is_not_shown_for_what_it_was(seen: Writer) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        returned(seen, "update named set name = 'Loud' where \"Key\" = 'qbk_cust1' returning loud")


def test_behind_with_the_list_is_that_of_the_statement_itself(writer: Writer) -> None:
    writer.books.mirror("vendor")
    ((vendor,),) = writer.books.query("select min(id) from vendor")
    statement = (
        "with o as (update vendor set bill_addr_city = 'Here' where id = %s returning id) "
        "update customer c set notes = 'of ' || o.id from o where c.id = 'qbk_cust2' "
        "returning c.id, c.notes, c.sync_token"
    )

    assert returned(writer, statement, vendor) == [("qbk_cust2", f"of {vendor}", "1")]


def test_an_error_in_one_of_several_statements_has_its_place(writer: Writer) -> None:
    text = "/* für */ update customer set notes = 'x' where false; update customer set nosuch = 1"

    client = writer.connect(cursor_factory=psycopg.ClientCursor)
    with client, pytest.raises(psycopg.errors.UndefinedColumn) as refused:
        client.execute(text.encode())

    assert refused.value.diag.statement_position == str(text.index("nosuch") + 1)


def test_a_mirror_without_a_company_says_so(writer: Writer) -> None:
    writer.books.query("delete from _sync_company")

    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="holds no company yet"):
        returned(writer, "update customer set notes = 'x' where id = 'qbk_cust1'")
