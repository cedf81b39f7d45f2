"""Attachments with their files go through the queue: each once, byte for byte."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import psycopg
import pytest

# Whatever a file may hold: line ends, zeros, something like a boundary.
FILE = b"%PDF\r\n\0\n--quickbooks-1--\r\n" + bytes(range(256)) * 40


def upload(
    books: Any, name: str = "receipt.pdf", file: bytes = FILE, key: str | None = None, **values: Any
) -> int:
    number: int = books.query(
        "SELECT quickbooks_load.upload_file(%s::jsonb, %s, %s)",
        json.dumps({"file_name": name, "content_type": "application/pdf", **values}), file, key,
    )[0][0]  # fmt: skip
    return number


def fetched(books: Any, id: str) -> bytes:
    (document,) = books.documents("attachable", f"Id = '{id.removeprefix('qbk_att')}'")
    with urllib.request.urlopen(document["TempDownloadUri"]) as answer:
        return bytes(answer.read())


def attachments(books: Any, name: str) -> list[dict[str, Any]]:
    return [d for d in books.documents("attachable") if d.get("FileName") == name]


def test_a_file_reaches_quickbooks_byte_for_byte_and_the_row_the_mirror(books: Any) -> None:
    books.mirror("customer")
    ((customer,),) = books.query("SELECT id FROM customer ORDER BY id LIMIT 1")
    number = upload(
        books, name='Beleg "1" für Söhne.pdf', note="scanned",
        attachable_ref=[{"EntityRef": {"type": "Customer", "value": customer}}],
    )  # fmt: skip

    outcome = books.drain()

    change = books.change(number)
    assert (outcome.code, change["status"]) == (0, "done"), (outcome, change)
    assert books.query("SELECT id, file_name, size, note FROM attachable") == [
        (change["id"], 'Beleg "1" für Söhne.pdf', len(FILE), "scanned")
    ]
    assert fetched(books, change["id"]) == FILE
    # It is in QuickBooks now, and kept here no longer.
    assert books.query("SELECT (SELECT count(*) FROM _sync_file), sum(length(body)) FROM _sync_request") == [
        (0, 0)
    ]


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_a_file_whose_answer_is_lost_is_there_once(books: Any, kind: str) -> None:
    books.sandbox.control("switches", requestid_retention_s="1")
    books.sandbox.control("faults", kind=kind, method="POST", path="upload")
    number = upload(books)

    with books.following():
        books.wait(number)

    (found,) = attachments(books, "receipt.pdf")
    assert found["Size"] == len(FILE)
    assert fetched(books, books.change(number)["id"]) == FILE


def test_another_file_of_the_same_name_is_not_taken_for_the_lost_one(books: Any) -> None:
    books.sandbox.control("switches", requestid_retention_s="1")
    books.sandbox.control("faults", kind="reset_before", method="POST", path="upload")
    lost = upload(books, file=b"ours")
    theirs = upload(books, file=b"theirs, and longer")

    with books.following():
        books.wait(lost, theirs)

    assert [fetched(books, books.change(number)["id"]) for number in (lost, theirs)] == [
        b"ours", b"theirs, and longer",
    ]  # fmt: skip


def test_a_refusal_comes_in_quickbooks_words(books: Any) -> None:
    number = upload(books, attachable_ref=[{"EntityRef": {"type": "Customer", "value": "99999"}}])

    books.drain()

    change = books.change(number)
    assert (change["status"], change["sqlstate"], change["code"]) == ("failed", "23514", "6000")
    assert "does not exist" in change["error"]


def test_a_key_that_comes_again_gets_the_first_file(books: Any) -> None:
    first = upload(books, key="scan-1")
    books.drain()

    again = upload(books, key="scan-1", file=b"another")
    books.drain()

    assert again == first
    assert len(attachments(books, "receipt.pdf")) == 1
    assert books.query("SELECT count(*) FROM _sync_file") == [(0,)]


def test_a_file_needs_a_name(books: Any) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation):
        upload(books, name="")
