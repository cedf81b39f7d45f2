"""The requests that recorded answers answered, as far as they are known: file → how to ask the same of a sandbox.

Where the recording needed a document, one is made first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests
from quickbooks_core.catalog import by_name
from sandbox_replay import Replay

Ask = Callable[[Replay], requests.Response]
_NAMED_TWICE = {"DisplayName": "Weiskopf Consulting"}
_SERVICE = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
_OLD = "1999-01-01"


def _query(statement: str) -> Ask:
    return lambda replay: replay.ask(statement)


def _get(path: str) -> Ask:
    return lambda replay: replay.send("GET", path)


def _post(path: str, body: Any) -> Ask:
    return lambda replay: replay.send("POST", path, body)


def _without_token(replay: Replay) -> requests.Response:
    return replay.send("GET", "customer/1", Authorization="Bearer AB01-no-longer-good-token")


def _duplicate(replay: Replay) -> requests.Response:
    replay.control("switches", duplicate_name_detail="null")
    try:
        return replay.send("POST", "customer", _NAMED_TWICE)
    finally:
        replay.control("switches", duplicate_name_detail="words")


def _duplicate_renaming(replay: Replay) -> requests.Response:
    made, other = replay.make("Customer", Decimal(0)), replay.make("Customer", Decimal(0))
    marks = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    return replay.send("POST", "customer", {**marks, "DisplayName": other["DisplayName"]})


def _link_to_nothing(replay: Replay) -> requests.Response:
    about = {"AttachableRef": [{"EntityRef": {"type": "Estimate", "value": "75"}}], "FileName": "a.xml"}
    parts = {
        "file_metadata_01": ("attachment.json", json.dumps({**about, "ContentType": "text/xml"}), "application/json"),
        "file_content_01": ("a.xml", b"<a/>", "text/xml"),
    }  # fmt: skip
    return replay.session.post(f"{replay.address}/upload", files=parts, timeout=60)


def _delete_by_id_alone(replay: Replay) -> requests.Response:
    made = replay.make("Attachable", Decimal(0))
    return replay.send("POST", "attachable?operation=delete", {"Id": made["Id"]})


def _named_only(replay: Replay) -> requests.Response:
    made = replay.post(by_name("Customer"), {"DisplayName": f"Doe {next(replay.numbers)}, Jane"})
    return replay.send("GET", f"customer/{made['Id']}")


def _renamed(replay: Replay) -> requests.Response:
    made = replay.make("Customer", Decimal(0))
    phone = {"PrimaryPhone": {"FreeFormNumber": "(415) 444-1234"}}
    name = {"DisplayName": f"Jack {made['Id']}"}
    return replay.send(
        "POST", "customer", {**name, **phone, "Id": made["Id"], "SyncToken": made["SyncToken"]}
    )


def _voided(replay: Replay) -> requests.Response:
    made = replay.post(by_name("Invoice"), _INVOICE)
    return replay.send("POST", "invoice?operation=void", {"Id": made["Id"], "SyncToken": "0"})


def _sold_to_nobody(replay: Replay) -> requests.Response:
    """A full update that names only the lines."""
    made = replay.make("SalesReceipt", Decimal(10))
    detail = {
        "ItemRef": {"value": "4"},
        "UnitPrice": 75,
        "Qty": Decimal("4.5"),
        "TaxCodeRef": {"value": "NON"},
    }
    line = {
        "Description": "Custom Design",
        "Amount": Decimal("337.5"),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }
    return replay.send("POST", "salesreceipt", {"Line": [line], "Id": made["Id"], "SyncToken": "0"})


def _inventory_too_early(replay: Replay) -> requests.Response:
    detail = {"ItemRef": {"value": "11"}, "UnitPrice": 13, "Qty": 1}
    line = {"Amount": 13, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": "3"}, "TxnDate": _OLD, "Line": [line]}
    return replay.send("POST", "invoice", body)


def _batch(replay: Replay) -> requests.Response:
    receipt = replay.make("SalesReceipt", Decimal("337.5"))
    update = {"Id": receipt["Id"], "SyncToken": "7", "sparse": True, "PrivateNote": "A private note."}
    items = [
        {"bId": "bid1", "operation": "create", "Vendor": {"DisplayName": f"Boraski {receipt['Id']}"}},
        {"bId": "bid2", "operation": "delete", "Invoice": {"Id": "99999", "SyncToken": "0"}},
        {"bId": "bid3", "operation": "update", "SalesReceipt": update},
        {"bId": "bid4", "Query": "select * from SalesReceipt where TotalAmt > '300.00'"},
    ]
    return replay.send("POST", "batch", {"BatchItemRequest": items})


_INVOICE = {"Line": [{"Amount": 100, **_SERVICE}], "CustomerRef": {"value": "1"}}
_CUSTOMER = "select * from Customer where {} STARTPOSITION 1 MAXRESULTS 20"
_BY_TIME = "Select * from Customer Where {} Order By Metadata.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 20"
_ADD = "App_add_customer_returns_200_and_summary_with_id_"
_VENDOR = "App_add_vendor_returns_200_and_summary_when_using_display_name_to_match_"

REQUESTS: dict[str, Ask] = {
    "vcr-minimul__error_400_1.json": _query("SELECT * FROM Custmoer"),
    "vcr-minimul__error_500.json": _get("customer/1/5"),
    "vcr-minimul__error_500_1.json": _get("customer/1.5"),
    "vcr-minimul__error_401.json": _without_token,
    "vcr-minimul__error_validation.json": _duplicate,
    "vcr-minimul__attachment_error_estimate.json": _link_to_nothing,
    "vcr-minimul__attachment_delete_attachment.json": _delete_by_id_alone,
    "vcr-minimul__create_invoice.json": _post("invoice", _INVOICE),
    "vcr-minimul__void_invoice_1.json": _voided,
    "vcr-minimul__update_customer.json": _named_only,
    "vcr-minimul__update_customer_1.json": _renamed,
    "vcr-minimul__update_sales_receipt_1.json": _sold_to_nobody,
    "vcr-minimul__batch_basic.json": _batch,
    "vcr-minimul__all_customers_1.json": _query("SELECT * FROM Customer MAXRESULTS 1000 STARTPOSITION 1"),
    "vcr-minimul__all_vendors_by_5_3.json": _query("SELECT * FROM Vendor MAXRESULTS 5 STARTPOSITION 11"),
    "vcr-minimul__all_vendors_by_5.json": _query("SELECT COUNT(*) FROM Vendor"),
    "vcr-minimul__all_employees_including_active.json": _query(
        "SELECT COUNT(*) FROM Employee WHERE Active IN (true, false) "
    ),
    "vcr-minimul__all_alt_select_4.json": _query(
        "SELECT * FROM Customer WHERE Id IN ('5', '6', '7', '8', '9', '10') AND Active IN ( true, false )"
        " MAXRESULTS 2 STARTPOSITION 7"
    ),
    "vcr-minimul__get_display_name.json": _query(
        r"SELECT * FROM Customer WHERE DisplayName = 'Amy\'s Bird Sanctuary'"
    ),
    "vcr-minimul__misc_ampersand.json": _query(
        "SELECT * FROM Vendor WHERE DisplayName = 'Robertson & Associates'"
    ),
    f"vcr-flowlink__{_ADD}3.xml": _query(_CUSTOMER.format("PrimayEmailAddr = 'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}4.xml": _query(_CUSTOMER.format("PrimayEmailAddr.Address = 'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}5.xml": _query(_CUSTOMER.format("PrimayEmailAddr>Address = 'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}6.xml": _query(_CUSTOMER.format("PrimayEmailAddr in Address = 'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}8.xml": _query(_CUSTOMER.format("PrimayEmailAddr.EmailAddress>'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}9.xml": _query(_CUSTOMER.format("PrimaryEmailAddr.EmailAddress>'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}11.xml": _query(_CUSTOMER.format("PrimaryEmailAddr.EmailAddress>test@gmail.com")),
    f"vcr-flowlink__{_ADD}12.xml": _query(_BY_TIME.format("PrimaryEmailAddr.EmailAddress>'test@gmail.com'")),
    f"vcr-flowlink__{_ADD}13.xml": _query(
        _BY_TIME.format("PrimaryEmailAddress.EmailAddress>'test@gmail.com'")
    ),
    f"vcr-flowlink__{_ADD}15.xml": _query(
        _BY_TIME.format("PrimaryEmailAddr.EmailAddress > 'test@gmail.com'")
    ),
    f"vcr-flowlink__{_VENDOR}2.xml": _query("select * from Vendor where EmailAddress = 'a@example.com'"),
    f"vcr-flowlink__{_VENDOR}3.xml": _query("select * from Vendor where PrimaryEmailAddr = 'a@example.com'"),
    f"vcr-flowlink__{_VENDOR}4.xml": _query("select * from Vendor where Id = ''"),
    "vcr-flowlink__App__add_invoice_returns_200_and_a_summary_9.xml": _inventory_too_early,
    "vcr-flowlink__App__update_invoice_returns_200_when_using_a_quickbooks_prefix_9.xml": _inventory_too_early,
    "vcr-flowlink__App_add_customer_returns_200_and_summary_when_using_qbo_id_2.xml": _duplicate_renaming,
    "vcr-flowlink__App_add_customer_returns_200_and_summary_when_using_unique_email_1.xml": _duplicate_renaming,
    "ruckus__customer_duplicate_error.xml": _post("customer", _NAMED_TWICE),
}
