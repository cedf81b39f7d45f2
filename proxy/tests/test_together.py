"""Several clients write the same row at once: each that is told UPDATE has written, and nothing else is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from .conftest import Writer

APPEND = "update item set description = description || 'x' where id = %s"


@pytest.mark.parametrize(("clients", "times"), [(4, 5), pytest.param(10, 20, marks=pytest.mark.soak)])
def test_clients_append_to_one_text_and_none_is_lost(
    writer: Writer, clients: int, times: int, record_property: Any
) -> None:
    writer.books.mirror("item")
    ((id,),) = writer.books.query("select id from item where type = 'Service' order by id limit 1")

    def append(_client: int) -> list[str]:
        with writer.connect() as client:
            return [appended(client, id) for _ in range(times)]

    with writer.connect() as client:
        client.execute("update item set description = '-' where id = %s", [id])
    with ThreadPoolExecutor(clients) as pool:
        told = [one for of_one in pool.map(append, range(clients)) for one in of_one]

    written = told.count("UPDATE 1")
    record_property("counts", {words: told.count(words) for words in sorted(set(told))})
    ((mirrored,),) = writer.books.query("select description from item where id = %s", id)
    document = writer.books.documents("item", f"Id = '{id.removeprefix('qbk_item')}'")[0]
    assert set(told) <= {"UPDATE 1", "40001"}
    assert (mirrored, document["Description"]) == ("-" + "x" * written, "-" + "x" * written)
    assert written > 1


def appended(client: psycopg.Connection[Any], id: str) -> str:
    """The tag, or the SQLSTATE of the error."""
    try:
        return client.execute(APPEND, [id]).statusmessage or ""
    except psycopg.Error as error:
        return error.sqlstate or ""
