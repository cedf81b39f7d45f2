"""Columns that users have added to a mirrored table: an INSERT sets them when QuickBooks has named the row."""

from __future__ import annotations

import psycopg
import pytest

from .conftest import Writer

COLUMNS = """
    alter table customer
        add region text default 'none', add tags text[], add since interval, add at tstzrange, add place point,
        add score float8, add number serial, add slug text,
        add length int generated always as (length(display_name)) stored;
    create function slugged() returns trigger language plpgsql as
        $$ begin new.slug := 'of ' || new.id; return new; end $$;
    create trigger slugged before insert on customer for each row execute function slugged();
    grant usage on sequence customer_number_seq to quickbooks_writer;
"""
SHOWN = "region, tags, place, score, length, slug"


def test_an_insert_sets_them_in_the_row_that_quickbooks_has_made(writer: Writer) -> None:
    writer.books.database.superuser.query(COLUMNS)

    with writer.connect() as client:
        client.execute(
            "set intervalstyle = sql_standard; set datestyle = 'SQL, DMY'; set extra_float_digits = 0"
        )
        shown = client.execute(
            "insert into customer (display_name, region, tags, since, at, place, score) values "
            "('Owned', 'north', '{a,\"b c\"}', '-1 day +2 hours', '[2026-02-01,2026-03-04)', '(1,2)', "
            "0.1::float8 + 0.2) "
            f"returning id, number, {SHOWN}".encode()
        ).fetchone()
        assert shown is not None
        kept = client.execute(
            f"select id, number, {SHOWN} from customer where id = %s".encode(), [shown[0]]
        ).fetchone()
        client.execute(
            "insert into customer (display_name, region) values ('Null', null), ('Default', default)"
        )
        with client.cursor().copy("copy customer (display_name, region) from stdin") as copy:
            copy.write("Copied\tsouth\n")

    assert shown == kept
    found = writer.books.query(f"select since, at, {SHOWN} from customer where display_name = 'Owned'")
    assert found == writer.books.query(
        "select '-1 day +2 hours'::interval, '[2026-02-01,2026-03-04)'::tstzrange, 'north', '{a,\"b c\"}'::text[], "
        "'(1,2)'::point, 0.1::float8 + 0.2, 5, 'of ' || %s", shown[0],
    )  # fmt: skip
    assert writer.books.query(
        "select display_name, region from customer where display_name in ('Null', 'Default', 'Copied') order by 1"
    ) == [("Copied", "south"), ("Default", "none"), ("Null", None)]
    assert writer.document("Customer", shown[0].removeprefix("qbk_cust"))["DisplayName"] == "Owned"


def test_a_value_that_json_cannot_keep_is_refused_before_quickbooks_is_asked(writer: Writer) -> None:
    writer.books.database.superuser.query("""
        create type mood as enum ('fine');
        create function told(mood) returns json language sql as $$ select '{"no": "mood"}'::json $$;
        create cast (mood as json) with function told(mood);
        alter table customer add mood mood;
    """)

    with writer.connect() as client:
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="column of your own") as refused:
            client.execute("insert into customer (display_name, mood) values ('Moody', 'fine')")
        assert (
            client.execute("insert into customer (display_name) values ('Even')").statusmessage
            == "INSERT 0 1"
        )

    assert "afterwards" in str(refused.value.diag.message_hint)
    made = writer.books.documents("customer", "DisplayName IN ('Moody', 'Even')")
    assert [document["DisplayName"] for document in made] == ["Even"]


def test_what_a_trigger_refuses_is_a_warning_since_quickbooks_has_the_row(writer: Writer) -> None:
    writer.books.database.superuser.query("""
        alter table customer add region text;
        create function never() returns trigger language plpgsql as $$ begin raise exception 'never so'; end $$;
        create trigger never before update of region on customer for each row execute function never();
    """)
    heard = []

    with writer.connect() as client:
        client.add_notice_handler(lambda notice: heard.append((notice.severity, notice.message_primary)))
        row = client.execute(
            "insert into customer (display_name, region) values ('Warned', 'x') returning display_name, region"
        ).fetchone()

    assert row == ("Warned", None)
    assert heard == [
        ("WARNING", "[QuickBooks] Done in QuickBooks, but columns of your own are not set: never so")
    ]
