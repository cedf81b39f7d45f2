"""What a document points at, and what of it is asked for."""

from __future__ import annotations

from quickbooks_core.catalog import by_name
from quickbooks_core.mapping import to_row
from quickbooks_core.reading.linked import Linked, targets, targets_of_row

PAYMENT = {
    "Id": "9",
    "CustomerRef": {"value": "1", "name": "Amy"},
    "DepositToAccountRef": {"value": "4"},
    "Line": [{"Amount": 5, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}],
}
ENTRY = {
    "Id": "3",
    "Line": [
        {"JournalEntryLineDetail": {
            "AccountRef": {"value": "33"}, "Entity": {"Type": "Vendor", "EntityRef": {"value": "2"}}}},
    ],
}  # fmt: skip
CHECK = {
    "Id": "5",
    "EntityRef": {"value": "6", "type": "Employee"},
    "LinkedTxn": [{"TxnId": "8", "TxnType": "BillPaymentCheck"}],
}


def test_names_accounts_items_and_linked_documents_are_found_at_any_depth() -> None:
    assert set(targets(PAYMENT)) == {("Customer", "1"), ("Account", "4"), ("Invoice", "7")}
    assert set(targets(ENTRY)) == {("Account", "33"), ("Vendor", "2")}
    assert set(targets(CHECK)) == {("Employee", "6"), ("BillPayment", "8")}


def test_what_was_told_itself_is_not_asked_for() -> None:
    linked = Linked()
    linked.saw(by_name("Payment"), [PAYMENT])
    linked.saw(by_name("Invoice"), [{"Id": "7"}])
    linked.told(by_name("Account"), ["4"])

    missing = linked.missing()

    assert missing == {by_name("Customer"): {"1"}}
    assert linked.missing() == {}


def test_the_customer_above_follows_and_no_document_is_needed_for_names() -> None:
    linked = Linked()
    linked.saw(by_name("Customer"), [{"Id": "1", "ParentRef": {"value": "2"}}])

    first = linked.missing()
    linked.saw_again(by_name("Customer"), [{"Id": "3", "ParentRef": {"value": "4"}}])

    assert (first, linked.missing()) == ({}, {by_name("Customer"): {"4"}})


def test_documents_have_moved_where_one_was_seen_or_is_gone() -> None:
    changed, gone, names = Linked(), Linked(), Linked()

    changed.saw(by_name("Payment"), [PAYMENT])
    gone.told(by_name("Payment"), ["9"])
    names.saw(by_name("Account"), [{"Id": "33"}])
    names.told(by_name("Customer"), ["1"])

    assert (changed.documents_moved, gone.documents_moved, names.documents_moved) == (True, True, False)


def test_a_row_of_the_mirror_points_at_the_same_as_its_document() -> None:
    row = to_row(by_name("Payment"), PAYMENT)

    assert set(targets_of_row(by_name("Payment"), row)) == set(targets(PAYMENT))


def test_an_id_of_ours_in_json_is_nobodys_id_in_quickbooks() -> None:
    line = [{"LinkedTxn": [{"TxnId": "qbk_inv7", "TxnType": "Invoice"}], "ItemRef": {"value": "qbk_item3"}}]

    assert list(targets(line)) == []
