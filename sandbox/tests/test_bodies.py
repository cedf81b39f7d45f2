"""The good bodies that other tests start from are good, and leave books that balance."""

from __future__ import annotations

from typing import Any

from quickbooks_core.catalog import Operation, by_name


def test_every_good_body_is_accepted_and_the_books_balance(client: Any, bodies: dict[str, Any]) -> None:
    made = {name: client.make(name)["SyncToken"] for name in bodies}

    ledger = client.sandbox.look("ledger")

    assert made == dict.fromkeys(bodies, "0")
    assert (ledger["sum"], ledger["unbalanced"]) == (0, [])


def test_every_document_can_be_sent_back_as_it_was_read(client: Any, bodies: dict[str, Any]) -> None:
    names = [name for name in bodies if by_name(name).can(Operation.UPDATE)]
    before = {name: client.read(name, client.make(name)["Id"]) for name in names}

    after = {name: client.post(by_name(name).resource, before[name])[by_name(name).key] for name in names}

    assert {name: without_marks(document) for name, document in after.items()} == {
        name: without_marks(document) for name, document in before.items()
    }


def without_marks(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("SyncToken", "MetaData")}
