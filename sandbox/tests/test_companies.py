"""The companies a sandbox can begin with: each is fresh after a reset, and its books balance."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from quickbooks_sandbox.companies import COMPANIES


@pytest.mark.parametrize("name", COMPANIES)
def test_a_company_is_fresh_and_balanced_after_each_reset(client: Any, name: str) -> None:
    client.move(name)
    first = client.ledger()
    client.post("vendor", {"DisplayName": "Somebody new"})

    client.move(name)

    names = client.send("GET", "query?query=select count(*) from Vendor where DisplayName = 'Somebody new'")
    assert names.json()["QueryResponse"] == {"totalCount": 0}
    assert client.ledger() == first
    assert client.sandbox.look("health")["company"] == name


@pytest.mark.parametrize("name", ["abroad", "currencies"])  # demo has sales from before its stock began
def test_every_document_of_the_seeds_can_be_written_back_and_moves_nothing(client: Any, name: str) -> None:
    client.move(name)
    before = client.ledger()

    for kind in ("Invoice", "Bill", "CreditMemo", "VendorCredit", "JournalEntry", "Estimate", "Purchase"):
        for document in (
            client.send("GET", f"query?query=select * from {kind}").json()["QueryResponse"].get(kind, ())
        ):
            after = client.post(kind.lower(), document)[kind]
            changing = ("SyncToken", "MetaData")
            assert {k: v for k, v in after.items() if k not in changing} == {
                k: v for k, v in document.items() if k not in changing
            }

    assert client.moved_since(before) == {}


def test_a_company_that_is_not_there_is_refused_and_the_present_one_stays(client: Any) -> None:
    before = client.ledger()

    answer = requests.post(f"{client.sandbox.url}/sandbox/reset", json={"company": "none"}, timeout=60)

    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "no company none: there are abroad, currencies, demo, empty"},
    )
    assert client.ledger() == before


def test_generated_names_are_in_the_currency_of_the_company(client: Any) -> None:
    client.move("abroad")

    first = client.sandbox.control("generate", object="Customer", count=1)["first"]

    assert client.read("Customer", first)["CurrencyRef"] == {"value": "CAD", "name": "Canadian Dollar"}


def test_the_consent_page_names_the_company(client: Any) -> None:
    client.move("currencies")
    asked = {"client_id": "sandbox-client", "redirect_uri": "http://127.0.0.1/", "response_type": "code"}

    page = requests.get(f"{client.sandbox.url}/connect/oauth2", params=asked, timeout=60).text

    assert "<b>Harbor &amp; Quill Translations</b>" in page
