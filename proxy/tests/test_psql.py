"""psql through the proxy: what a person sees."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import installed
from .conftest import Writer


def psql(writer: Writer, *commands: str, **variables: str) -> list[str]:
    """The lines of output and errors, in their order."""
    options = [part for command in commands for part in ("-c", command)]
    ended = subprocess.run(
        [*installed.psql(), writer.address.url, "-A", "-t", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip
    return ended.stdout.splitlines()


def test_a_customer_is_renamed(writer: Writer) -> None:
    shown = psql(
        writer,
        "update customer set display_name = 'Amy''s Birds' where id = 'qbk_cust1'",
        "select display_name, sync_token from customer where id = 'qbk_cust1'",
    )

    assert shown == ["UPDATE 1", "Amy's Birds|1"]
    assert writer.document("Customer", "1")["DisplayName"] == "Amy's Birds"


def test_a_file_is_copied(writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('name,note\n"Copied, one",\nCopied two,x\n')

    shown = psql(
        writer, f"\\copy customer (display_name, notes) from '{tmp_path}/new.csv' with (format csv, header)"
    )

    assert shown == ["COPY 2"]
    made = writer.books.documents("customer", "DisplayName LIKE 'Copied%'")
    assert {d["DisplayName"]: d.get("Notes") for d in made} == {"Copied, one": None, "Copied two": "x"}


def test_one_that_is_not_there_is_not_found(writer: Writer) -> None:
    shown = psql(writer, "update customer set display_name = 'x' where id = 'qbk_cust1234567'")

    assert shown == ["ERROR:  [QuickBooks] Customer `qbk_cust1234567` not found"]


def test_what_is_wrong_is_said_with_detail_and_hint(writer: Writer) -> None:
    shown = psql(writer, "\\set VERBOSITY verbose", "update customer set balance = 1 where id = 'qbk_cust1'")

    assert shown == [
        "ERROR:  428C9: [QuickBooks] Customer `qbk_cust1` cannot set column balance: only QuickBooks does",
        "HINT:  Leave it out: QuickBooks works it out by itself.",
        "SCHEMA NAME:  public",
        "TABLE NAME:  customer",
        "COLUMN NAME:  balance",
    ]


def test_returning_is_shown_as_a_table(writer: Writer) -> None:
    shown = psql(
        writer,
        "insert into customer (display_name) values ('Shown') returning display_name as name, sync_token",
    )

    assert shown == ["Shown|0", "INSERT 0 1"]


def test_several_statements_in_one_query_run_in_their_order(writer: Writer) -> None:
    shown = psql(
        writer,
        "select 'first; of all'; update customer set notes = 'a' where id = 'qbk_cust1'; "
        "update customer set notes = notes || 'b' where id = 'qbk_cust1' returning notes; select 'last'",
    )

    assert shown == ["first; of all", "UPDATE 1", "ab", "UPDATE 1", "last"]
    assert writer.document("Customer", "1")["Notes"] == "ab"


def test_the_first_error_ends_a_query_of_several_statements(writer: Writer) -> None:
    shown = psql(
        writer, "select 1; update customer set balance = 1 where id = 'qbk_cust1'; select 2", "select 3"
    )

    assert shown[0] == "1"
    assert shown[1].startswith("ERROR:  [QuickBooks] Customer `qbk_cust1` cannot set column balance")
    assert shown[-1] == "3"


def test_a_block_in_one_query_is_a_block(writer: Writer) -> None:
    shown = psql(
        writer,
        "begin; update customer set notes = 'in a block' where id = 'qbk_cust1'; select notes from customer "
        "where id = 'qbk_cust1'; commit",
        "select notes from customer where id = 'qbk_cust1'",
    )

    assert shown == ["BEGIN", "UPDATE 1", "in a block", "COMMIT", "in a block"]


def test_tables_are_listed(writer: Writer) -> None:
    names = {line.split("|")[1] for line in psql(writer, "\\dt")}

    assert names >= {
        "customer", "invoice", "payment", "vendor", "employee", "item", "bill_payment", "purchase_order", "_sync_cdc",
    }  # fmt: skip
