"""Several clients and a person change the same rows at once: what is written was based on what was there."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from quickbooks_demo.waiting import wait_for

_ENDED = ("done", "failed", "unknown")


def ended(books: Any, number: int) -> dict[str, Any]:
    """The change, when it has come to its end."""
    wait_for(lambda: books.status(number)[0] in _ENDED, f"the end of change {number}", 60)
    change: dict[str, Any] = books.change(number)
    return change


def test_ten_clients_append_to_one_text_and_none_is_lost(books: Any) -> None:
    books.mirror("item")
    ((id,),) = books.query("SELECT id FROM item WHERE type = 'Service' ORDER BY id LIMIT 1")
    books.query("SELECT quickbooks_load.enqueue('item', 'update', %s, '{\"description\": \"-\"}')", id)

    def append(_client: int) -> list[dict[str, Any]]:
        return [ended(books, one_more(books, id)) for _ in range(20)]

    with books.following(), ThreadPoolExecutor(10) as clients:
        changes = [change for of_one in clients.map(append, range(10)) for change in of_one]

    ((mirrored,),) = books.query("SELECT description FROM item WHERE id = %s", id)
    (document,) = books.documents("item", f"Id = '{id.removeprefix('qbk_item')}'")
    done = sum(change["status"] == "done" for change in changes)
    assert {change["sqlstate"] for change in changes if change["status"] != "done"} <= {"40001"}
    assert len(changes) == 200
    assert (mirrored, document["Description"]) == ("-" + "x" * done, "-" + "x" * done)
    assert done > 1


def one_more(books: Any, id: str) -> int:
    """Queues the text as it is now with one more letter, based on the row as it was read."""
    ((number,),) = books.query(
        "SELECT quickbooks_load.enqueue('item', 'update', id, jsonb_build_object('description', description || 'x'), "
        "base => to_jsonb(item)) FROM item WHERE id = %s",
        id,
    )
    return int(number)


def test_two_writers_and_a_person_on_the_same_invoices_overwrite_nothing(books: Any) -> None:
    books.mirror("item", "invoice")
    # What holds stock cannot be written again in the demo company: its items begin later than its invoices.
    rows = books.query(
        "SELECT id FROM invoice WHERE balance > 0 AND NOT EXISTS (SELECT FROM item WHERE type = 'Inventory' "
        "AND invoice.line::text LIKE '%\"' || item.name || '\"%') ORDER BY id LIMIT 6"
    )
    invoices = [id for (id,) in rows]
    draw = random.Random(4)
    columns = {"private_note": "PrivateNote", "doc_number": "DocNumber"}

    def write(writer: int) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Each sets one column of each invoice, based on the row as the mirror had it in the beginning."""
        column = ("private_note", "doc_number")[writer]
        made = []
        for id in invoices:
            value = f"w{writer}-{id[-3:]}"
            made.append(
                (id, column, value, ended(books, books.enqueue("invoice", "update", id, **{column: value})))
            )
        return made

    def meddle() -> dict[str, tuple[str, str]]:
        """A person sets one of the same columns, or another one, of each."""
        made = {}
        for id in draw.sample(invoices, len(invoices)):
            field = draw.choice(["PrivateNote", "DocNumber", "TrackingNum"])
            books.sandbox.control(
                "person",
                action="edit",
                object="Invoice",
                id=id.removeprefix("qbk_inv"),
                changes={field: f"p-{id[-3:]}"},
            )
            made[id] = (field, f"p-{id[-3:]}")
        return made

    with books.following(), ThreadPoolExecutor(3) as people:
        person = people.submit(meddle)
        written = [one for of_one in people.map(write, range(2)) for one in of_one]
        by_hand = person.result()

    documents = {f"qbk_inv{d['Id']}": d for d in books.documents("invoice")}
    for id, column, value, change in written:
        field, by_person = by_hand[id]
        found = documents[id].get(columns[column])
        if change["status"] == "failed":
            # Only where the person was first at the same column; and then it is the person's value that stays.
            assert (change["sqlstate"], field, found) == ("40001", columns[column], by_person), change[
                "error"
            ]
        else:
            assert found == value or (field == columns[column] and found == by_person), (id, column, change)
    for id, (field, value) in by_hand.items():
        lost = documents[id].get(field) != value
        overwritten = [
            c for i, column, _, c in written if i == id and columns[column] == field and c["status"] == "done"
        ]
        assert not lost or overwritten, (id, field, documents[id].get(field))
