"""Clients that others wrote for the real service work against the sandbox as they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects import (
    Account,
    Attachable,
    Bill,
    BillPayment,
    Class,
    CreditMemo,
    Customer,
    Department,
    Deposit,
    Employee,
    Estimate,
    Invoice,
    Item,
    JournalEntry,
    Payment,
    PaymentMethod,
    Purchase,
    RefundReceipt,
    SalesReceipt,
    Term,
    Transfer,
    Vendor,
    VendorCredit,
)
from quickbooks_demo.sandbox import Sandbox

REDIRECT = "http://localhost:8484/callback"


@pytest.fixture
def app(sandbox: Sandbox) -> AuthClient:
    """Intuit's own OAuth client, told by the discovery document where everything is."""
    discovery = f"{sandbox.url}/.well-known/openid_sandbox_configuration"
    given = sandbox.control("connect")
    return AuthClient(given["client_id"], given["client_secret"], REDIRECT, discovery)


def consent(app: AuthClient) -> dict[str, list[str]]:
    """What a person does on the consent page."""
    page = app.get_authorization_url([Scopes.ACCOUNTING], state_token="kept")
    assert "Sandbox Company_US_1" in requests.get(page, timeout=10).text
    back = requests.post(page, data={"answer": "allow"}, allow_redirects=False, timeout=10)
    assert back.status_code == 302
    return parse_qs(urlsplit(back.headers["Location"]).query)


def test_intuits_own_client_connects_refreshes_and_revokes(app: AuthClient, sandbox: Sandbox) -> None:
    answer = consent(app)
    app.get_bearer_token(answer["code"][0], realm_id=answer["realmId"][0])
    first = app.refresh_token

    app.refresh()

    assert (answer["state"], app.expires_in, app.realm_id) == (["kept"], 3600, "9341453172058475")
    assert app.refresh_token != first
    assert app.get_user_info().status_code == 200
    with pytest.raises(AuthClientError):
        app.get_bearer_token(answer["code"][0])  # a code works once

    app.refresh(refresh_token=first)  # within its grace
    sandbox.control("clock", advance_s=61)
    with pytest.raises(AuthClientError) as refused:
        app.refresh(refresh_token=first)
    assert (refused.value.status_code, b"invalid_grant" in refused.value.content) == (400, True)

    app.refresh()
    token = app.access_token
    assert app.revoke(token=app.refresh_token)
    headers = {"Authorization": f"Bearer {token}"}
    gone = requests.get(f"{sandbox.url}/v3/company/9341453172058475/customer/1", headers=headers, timeout=10)
    assert (gone.status_code, gone.json()["fault"]["error"][0]["code"]) == (401, "3200")


@pytest.fixture
def client(app: AuthClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> QuickBooks:
    """python-quickbooks, connected."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # plain HTTP on the loopback

    class Local(QuickBooks):
        api_url_v3 = f"{sandbox.url}/v3"

    given = sandbox.control("connect")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it opens a session it never closes
        return Local(
            auth_client=app,
            refresh_token=given["refresh_token"],
            company_id=given["realm_id"],
            minorversion=75,
        )


def made(kind: Any, **values: Any) -> Any:
    document = kind()
    for name, value in values.items():
        setattr(document, name, value)
    return document


def ref(value: str, name: str = "") -> dict[str, str]:
    return {"value": value, "name": name}


def sale(amount: float) -> list[dict[str, Any]]:
    detail = {"ItemRef": ref("1"), "UnitPrice": amount, "Qty": 1}
    return [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]


def expense(amount: float) -> list[dict[str, Any]]:
    detail = {"AccountRef": ref("7")}
    return [
        {
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }
    ]


def entry(amount: float) -> list[dict[str, Any]]:
    return [
        {
            "Amount": amount,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ref(account)},
        }
        for side, account in (("Debit", "35"), ("Credit", "36"))
    ]


def into(account: str) -> list[dict[str, Any]]:
    detail = {"AccountRef": ref(account)}
    return [{"Amount": 10, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}]


@dataclass(frozen=True)
class Case:
    """One object: how it is made, what is changed, and by which property it is found."""

    kind: Any
    make: Callable[[], Any]
    change: tuple[str, str]
    found_by: str

    def __str__(self) -> str:
        return str(self.kind.__name__)


CASES = [
    Case(Customer, lambda: made(Customer, DisplayName="Witness & Co"), ("Notes", "n"), "DisplayName"),
    Case(Vendor, lambda: made(Vendor, DisplayName="Witness's Wood"), ("AcctNum", "7"), "DisplayName"),
    Case(
        Employee,
        lambda: made(Employee, GivenName="Wit", FamilyName="Ness"),
        ("SSN", "XXX-XX-1234"),
        "DisplayName",
    ),
    Case(
        Item,
        lambda: made(Item, Name="Witnessing", Type="Service", IncomeAccountRef=ref("1")),
        ("Description", "d"),
        "Name",
    ),
    Case(Account, lambda: made(Account, Name="Witness", AccountType="Expense"), ("Description", "d"), "Name"),
    Case(Term, lambda: made(Term, Name="Net 45", DueDays=45), ("Name", "Net 46"), "Name"),
    Case(
        Invoice, lambda: made(Invoice, CustomerRef=ref("1"), Line=sale(10)), ("PrivateNote", "n"), "DocNumber"
    ),
    Case(
        Estimate,
        lambda: made(Estimate, CustomerRef=ref("1"), Line=sale(5)),
        ("PrivateNote", "n"),
        "DocNumber",
    ),
    Case(
        SalesReceipt,
        lambda: made(SalesReceipt, CustomerRef=ref("1"), Line=sale(7.5)),
        ("PrivateNote", "n"),
        "DocNumber",
    ),
    Case(
        CreditMemo,
        lambda: made(CreditMemo, CustomerRef=ref("1"), Line=sale(3)),
        ("PrivateNote", "n"),
        "DocNumber",
    ),
    Case(
        RefundReceipt,
        lambda: made(RefundReceipt, CustomerRef=ref("1"), Line=sale(2), DepositToAccountRef=ref("35")),
        ("PrivateNote", "n"),
        "DocNumber",
    ),
    Case(Payment, lambda: made(Payment, CustomerRef=ref("1"), TotalAmt=12), ("PrivateNote", "n"), "TxnDate"),
    Case(Bill, lambda: made(Bill, VendorRef=ref("30"), Line=expense(9)), ("PrivateNote", "n"), "TxnDate"),
    Case(
        VendorCredit,
        lambda: made(VendorCredit, VendorRef=ref("30"), Line=expense(9)),
        ("PrivateNote", "n"),
        "TxnDate",
    ),
    Case(
        Purchase,
        lambda: made(Purchase, AccountRef=ref("35"), PaymentType="Cash", Line=expense(4)),
        ("PrivateNote", "n"),
        "TxnDate",
    ),
    Case(JournalEntry, lambda: made(JournalEntry, Line=entry(50)), ("PrivateNote", "n"), "TxnDate"),
    Case(
        Deposit,
        lambda: made(Deposit, DepositToAccountRef=ref("35"), Line=into("34")),
        ("PrivateNote", "n"),
        "TxnDate",
    ),
    Case(
        Transfer,
        lambda: made(Transfer, FromAccountRef=ref("35"), ToAccountRef=ref("36"), Amount=25),
        ("PrivateNote", "n"),
        "TxnDate",
    ),
]
assert len(CASES) >= 12
assert {PaymentMethod, Class, Department}.isdisjoint(
    case.kind for case in CASES
)  # their names are not filterable


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_python_quickbooks_keeps_an_object(client: QuickBooks, sandbox: Sandbox, case: Case) -> None:
    before = case.kind.count(qb=client)
    document = case.make().save(qb=client)
    property_name, value = case.change

    found = case.kind.filter(**{case.found_by: getattr(document, case.found_by)}, qb=client)
    queried = case.kind.query(f"select * from {case.kind.__name__} where Id = '{document.Id}'", qb=client)

    assert document.Id in [other.Id for other in found]
    assert [other.Id for other in queried] == [document.Id]
    assert case.kind.count(qb=client) == before + 1

    fresh, stale = (case.kind.get(int(document.Id), qb=client) for _ in range(2))
    setattr(fresh, property_name, value)
    fresh.save(qb=client)
    assert getattr(case.kind.get(int(document.Id), qb=client), property_name) == value
    assert (document.SyncToken, fresh.SyncToken) == ("0", "0")

    with pytest.raises(QuickbooksException) as refused:
        stale.save(qb=client)
    assert refused.value.error_code == 5010

    last = case.kind.get(int(document.Id), qb=client)
    if hasattr(last, "delete"):
        last.delete(qb=client)
        with pytest.raises(QuickbooksException) as gone:
            case.kind.get(int(document.Id), qb=client)
        assert gone.value.error_code == 610
    else:
        last.Active = False
        last.save(qb=client)
        kept = case.kind.get(int(document.Id), qb=client)
        assert (kept.Active, str(getattr(kept, case.found_by)).endswith(" (deleted)")) == (False, True)
    assert case.kind.count(qb=client) == before
    assert sandbox.look("ledger")["unbalanced"] == []


def paid_bill() -> Any:
    check = {"BankAccountRef": ref("35")}
    return made(BillPayment, VendorRef=ref("30"), TotalAmt=4, PayType="Check", CheckPayment=check, Line=[])


# python-quickbooks leaves files and sessions to the garbage collector.
ITS_LEAKS = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@ITS_LEAKS
def test_python_quickbooks_sends_batches_and_hears_of_the_one_bad_item(client: QuickBooks) -> None:
    before = Customer.count(qb=client)
    names = ["Batch One", "Batch One", "Batch Two"]

    created = batch_create([made(Customer, DisplayName=name) for name in names], qb=client)

    assert [customer.DisplayName for customer in created.successes] == ["Batch One", "Batch Two"]
    assert [fault.original_object.DisplayName for fault in created.faults] == ["Batch One"]
    assert [error.code for error in created.faults[0].Error] == ["6240"]
    assert Customer.count(qb=client) == before + 2

    for customer in created.successes:
        customer.Notes = "by batch"
    updated = batch_update(created.successes, qb=client)
    assert [(one.SyncToken, one.Notes) for one in updated.successes] == [("1", "by batch")] * 2


@ITS_LEAKS
def test_python_quickbooks_deletes_by_batch_and_learns_of_it_from_change_data(
    client: QuickBooks, sandbox: Sandbox
) -> None:
    since = sandbox.control("clock", advance_s=60)["now"]
    sandbox.control("clock", advance_s=1)  # changes are kept to the second
    kept, gone = (made(Invoice, CustomerRef=ref("1"), Line=sale(10)).save(qb=client) for _ in range(2))
    sandbox.control("clock", advance_s=1)

    deleted = batch_delete([gone], qb=client)
    changed = change_data_capture([Invoice, Customer, Vendor], since, qb=client)

    invoices = [(row.Id, getattr(row, "status", None)) for row in changed.Invoice._object_list]
    assert [one.status for one in deleted.successes] == ["Deleted"]
    assert invoices == [(kept.Id, None), (gone.Id, "Deleted")]
    assert [row.Id for row in changed.Customer._object_list] == ["1"]
    assert not hasattr(changed, "Vendor")


@ITS_LEAKS
@pytest.mark.parametrize(
    "make",
    [
        lambda: made(Invoice, CustomerRef=ref("1"), Line=sale(10)),
        lambda: made(SalesReceipt, CustomerRef=ref("1"), Line=sale(10)),
        lambda: made(Payment, CustomerRef=ref("1"), TotalAmt=12),
        paid_bill,
    ],
    ids=["Invoice", "SalesReceipt", "Payment", "BillPayment"],
)
def test_python_quickbooks_voids_a_document(
    client: QuickBooks, sandbox: Sandbox, make: Callable[[], Any]
) -> None:
    document = make().save(qb=client)

    document.void(qb=client)

    voided = type(document).get(int(document.Id), qb=client)
    assert (voided.TotalAmt, voided.PrivateNote, voided.SyncToken) == (0, "Voided", "1")
    assert sandbox.look("ledger")["unbalanced"] == []


@ITS_LEAKS
def test_python_quickbooks_sends_an_invoice_and_downloads_its_pdf(client: QuickBooks) -> None:
    invoice = made(Invoice, CustomerRef=ref("1"), Line=sale(10)).save(qb=client)

    answer = invoice.send(qb=client, send_to="ann+books@example.com")
    page = invoice.download_pdf(qb=client)

    sent = Invoice.get(int(invoice.Id), qb=client)
    assert (sent.EmailStatus, sent.BillEmail.Address) == ("EmailSent", "ann+books@example.com")
    assert answer["Invoice"]["SyncToken"] == invoice.SyncToken
    assert (page[:5], invoice.DocNumber.encode() in page) == (b"%PDF-", True)


@ITS_LEAKS
@pytest.mark.parametrize("as_bytes", [True, False])
def test_python_quickbooks_uploads_an_attachment(client: QuickBooks, tmp_path: Path, as_bytes: bool) -> None:
    content = bytes(range(256)) + b"\r\n--\n"
    invoice = made(Invoice, CustomerRef=ref("1"), Line=sale(10)).save(qb=client)
    link = {"EntityRef": {"type": "Invoice", "value": invoice.Id}, "IncludeOnSend": False}
    file = tmp_path / "receipt.bin"
    file.write_bytes(content)
    source = {"_FileBytes": content} if as_bytes else {"_FilePath": str(file)}
    attachment = made(
        Attachable, FileName=file.name, ContentType="application/octet-stream", AttachableRef=[link], **source
    )

    saved = attachment.save(qb=client)

    found = Attachable.get(int(saved.Id), qb=client)
    assert (found.FileName, found.Size, found.AttachableRef[0].EntityRef.value) == (
        "receipt.bin",
        len(content),
        invoice.Id,
    )
    assert requests.get(found.TempDownloadUri, timeout=10).content == content
