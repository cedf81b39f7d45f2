"""Makes a recorded document once more in a running sandbox, and reads what it has become.

References lead to objects of the demo company that can play the part. What was settled, deposited, voided or
deactivated when it was recorded becomes so again. What the API cannot make is taken from the demo company.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import requests
from fact_fixtures import Document
from fact_numbers import dumps, loads
from quickbooks_core.catalog import Access, Entity, Operation, by_name

# Who plays the part: by the key of the reference, or by the type it names.
_PARTS = {
    "APAccountRef": "33", "ARAccountRef": "84", "AccountRef": "7", "AssetAccountRef": "81", "BankAccountRef": "35",
    "CCAccountRef": "41", "CreditCardAccountRef": "41", "DepositToAccountRef": "35", "DiscountAccountRef": "86",
    "ExpenseAccountRef": "80", "FromAccountRef": "35", "IncomeAccountRef": "79", "ItemAccountRef": "79",
    "ToAccountRef": "36", "COGSAccountRef": "80", "ClassRef": "5000000000000000101", "CurrencyRef": "USD",
    "CustomerRef": "3", "DepartmentRef": "1", "EmployeeRef": "54", "ItemRef": "4", "PaymentMethodRef": "2",
    "SalesTermRef": "3", "TermRef": "3", "AgencyRef": "1", "TaxRateRef": "1", "VendorRef": "56",
    "CustomerTypeRef": "5000000000000000201", "DefaultTaxCodeRef": "2", "TxnTaxCodeRef": "2",
    "TaxAgencyRef": "1", "customer": "3", "employee": "54", "vendor": "56",
}  # fmt: skip
_CREDIT_CARD, _UNDEPOSITED = "41", "4"
_NAMES = ("DisplayName", "Name")
_SERVER_LINES = ("SubTotalLineDetail",)
_MAKERS = {
    "Invoice": "Invoice", "CreditMemo": "CreditMemo", "Bill": "Bill", "VendorCredit": "VendorCredit",
    "Payment": "Payment", "SalesReceipt": "SalesReceipt", "Estimate": "Estimate",
    "PurchaseOrder": "PurchaseOrder",
}  # fmt: skip


class NotMade(ValueError):
    """The sandbox refused; its words."""


@dataclass
class Replay:
    """One sandbox, asked as a client asks it."""

    url: str
    session: requests.Session
    address: str = ""
    numbers: Iterator[int] = field(default_factory=itertools.count)
    currencies: Iterator[str] = field(default_factory=lambda: iter(("ISK", "NOK", "SEK", "DKK", "PLN")))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One request below the company's address; a body that is bytes goes as it is."""
        data = body if body is None or isinstance(body, bytes) else dumps(body).encode()
        return self.session.request(method, f"{self.address}/{path}", data=data, headers=headers, timeout=60)

    def ask(self, statement: str) -> requests.Response:
        """One query."""
        return self.send("GET", f"query?{urlencode({'query': statement})}")

    def begin(self, company: str) -> None:
        """A fresh company, connected anew, with Intuit's limits lifted."""
        self.control("reset", company=company)
        self.control("throttle", on=False)
        given = self.control("connect")
        self.address = f"{self.url}/v3/company/{given['realm_id']}"
        self.session.headers.update(
            {"Authorization": f"Bearer {given['access_token']}", "Accept": "application/json"}
        )

    def control(self, action: str, **values: Any) -> Any:
        """Something for the sandbox's control plane."""
        answer = requests.post(f"{self.url}/sandbox/{action}", json=values, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, entity: Entity, body: Document, how: str = "") -> Document:
        """The document that a write gives."""
        return _held(entity, self.send("POST", f"{entity.resource}{how}", body))

    def read(self, entity: Entity, id: str) -> Document:
        """A document as it is now."""
        return _held(entity, self.send("GET", f"{entity.resource}/{id}"))

    def again(self, entity: Entity, recorded: Document) -> Document:
        """The same document, made and read back; raises NotMade."""
        if not entity.can(Operation.CREATE) or entity.name == "Budget":
            return self._existing(entity, recorded)
        if recorded.get("status") == "Deleted":
            made = self.make(entity.name, Decimal(10))
            return self.post(entity, {"Id": made["Id"], "SyncToken": made["SyncToken"]}, "?operation=delete")
        if "FileAccessUri" in recorded:
            return self._uploaded(recorded)
        made = self.post(entity, self.request(entity, recorded))
        self._settle(entity, made, recorded)
        if entity.name == "SalesReceipt" and "CustomerRef" not in recorded:
            body = {k: v for k, v in made.items() if k not in ("CustomerRef", "BillAddr", "ShipAddr")}
            self.post(entity, body)
        return self.read(entity, made["Id"])

    def request(self, entity: Entity, recorded: Document) -> Document:
        """What a client would have sent to get the document."""
        given = {f.steps[0] for f in entity.fields if f.access is not Access.READ}
        given -= {"Id", "SyncToken", "MetaData", "domain", "sparse", "LinkedTxn", "PurchaseEx"}
        body = {key: self._part(key, value) for key, value in recorded.items() if key in given}
        for key in (*_NAMES, "DocNumber"):
            if name := str(body.get(key, "")).removesuffix(" (deleted)"):
                body[key] = f"{next(self.numbers)} {name}"[: 20 if key == "DocNumber" else 30]
        if body.get("PreferredDeliveryMethod") == "Email":  # asks for an address, which older ones lack
            body.setdefault("PrimaryEmailAddr", {"Address": "a@example.com"})
        if entity.name == "CompanyCurrency":
            body["Code"] = next(self.currencies)
        if entity.name == "Purchase":
            part = _CREDIT_CARD if body.get("PaymentType") == "CreditCard" else "35"
            body["AccountRef"] = {"value": part}
        if "ParentRef" in body:
            body["ParentRef"] = {"value": self.make(entity.name, Decimal(0))["Id"]}
        if "Line" in body:
            kept = [ln for ln in recorded["Line"] if ln.get("DetailType") not in _SERVER_LINES]
            body["Line"] = [self._line(entity, body, line) for line in kept]
        body.pop("Active", None)
        if any(link.get("TxnType") == "Deposit" for link in recorded.get("LinkedTxn", ())):
            body["DepositToAccountRef"] = {"value": _UNDEPOSITED}
        if entity.name == "SalesReceipt":  # made with a customer, who may be gone when it was recorded
            body.setdefault("CustomerRef", {"value": "3"})
        return _shuffled(body)

    def make(self, name: str, amount: Decimal, **changes: Any) -> Document:
        """A plain document of an object."""
        entity, number = by_name(name), next(self.numbers)
        sold = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "4"}}}
        spent = {
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}},
        }
        body: Document = {"CustomerRef": {"value": "3"}, "Line": [{"Amount": amount, **sold}]}
        if name in ("Bill", "VendorCredit", "PurchaseOrder"):
            body = {"VendorRef": {"value": "56"}, "Line": [{"Amount": amount, **spent}]}
        elif name == "Payment":
            body = {"CustomerRef": {"value": "3"}, "TotalAmt": amount}
        elif name in ("Customer", "Vendor"):
            body = {"DisplayName": f"Somebody {number}"}
        elif name in ("Account", "Class", "Department", "Item"):
            body = {"Name": f"Something {number}", "AccountType": "Expense"}
        if name == "Item":
            body = {**body, "Type": "Service", "IncomeAccountRef": {"value": "79"}}
        if name == "Attachable":
            body = {"Note": "A note"}
        allowed = {f.steps[0] for f in entity.fields}
        return self.post(entity, {k: v for k, v in {**body, **changes}.items() if k in allowed})

    def _part(self, key: str, value: Any) -> Any:
        """A value with its references turned to those who play the parts."""
        if isinstance(value, list):
            return [self._part(key, item) for item in value]
        if not isinstance(value, dict):
            return value
        if "value" in value and key.endswith("Ref"):
            part = _PARTS.get(str(value.get("type", "")).lower()) or _PARTS.get(key)
            part = str(value["value"]) if key == "TaxCodeRef" else part
            return {**{k: v for k, v in value.items() if k != "name"}, "value": part or value["value"]}
        value = {k: v for k, v in value.items() if not (key.endswith("Addr") and k in ("Id", "Lat", "Long"))}
        inner = {k: self._part(k, v) for k, v in value.items()}
        if "Entity" in inner and isinstance(entity := inner["Entity"], dict) and "EntityRef" in entity:
            kind = str(value["Entity"].get("Type", "Customer")).lower()
            inner["Entity"] = {**entity, "EntityRef": {"value": _PARTS.get(kind, "3")}}
        return inner

    def _line(self, entity: Entity, body: Document, line: Document) -> Document:
        """A line as it is sent: without the server's marks, linked to something of ours."""
        sent = {k: self._part(k, v) for k, v in line.items() if k not in ("Id", "LineNum", "LineEx")}
        linked = []
        for link in line.get("LinkedTxn", ()):
            maker = _MAKERS.get(str(link.get("TxnType")))
            if maker is None:
                continue
            amount = abs(Decimal(str(line.get("Amount") or 10)))
            names = {k: body[k] for k in ("CustomerRef", "VendorRef") if k in body}
            into = {"DepositToAccountRef": {"value": _UNDEPOSITED}} if entity.name == "Deposit" else {}
            other = self.make(maker, amount, **names, **into)
            linked.append({**link, "TxnId": other["Id"]})
        return (
            {**sent, "LinkedTxn": linked} if linked else {k: v for k, v in sent.items() if k != "LinkedTxn"}
        )

    def _settle(self, entity: Entity, made: Document, recorded: Document) -> None:
        """What others had done to the document when it was recorded."""
        marks = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
        if recorded.get("PrivateNote") == "Voided" and entity.can(Operation.VOID):
            form = "?operation=void" if entity.name == "Invoice" else "?operation=update&include=void"
            self.post(entity, {**marks, "sparse": True}, form)
        elif recorded.get("Active") is False:
            self.post(entity, {**made, "Active": False})
        total = made.get("TotalAmt", Decimal(0))
        for link in recorded.get("LinkedTxn", ()):
            self._link(str(link.get("TxnType")), entity, made, total)

    def _link(self, kind: str, entity: Entity, made: Document, total: Any) -> None:
        line = {"Amount": total, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": entity.name}]}
        if kind in ("BillPaymentCheck", "BillPaymentCreditCard") and entity.name == "Bill":
            paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
            if kind == "BillPaymentCreditCard":
                paid = {
                    "PayType": "CreditCard",
                    "CreditCardPayment": {"CCAccountRef": {"value": _CREDIT_CARD}},
                }
            body = {"VendorRef": made["VendorRef"], "TotalAmt": total, "Line": [line], **paid}
            self.post(by_name("BillPayment"), body)
        elif kind == "Payment" and entity.name == "Invoice":
            body = {"CustomerRef": made["CustomerRef"], "TotalAmt": total, "Line": [line]}
            self.post(by_name("Payment"), body)
        elif kind == "Deposit" and entity.name in ("Payment", "SalesReceipt"):
            line["LinkedTxn"][0]["TxnLineId"] = "0"
            self.post(by_name("Deposit"), {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
        elif kind == "Invoice" and entity.name == "Estimate":
            self.make("Invoice", total, CustomerRef=made["CustomerRef"], LinkedTxn=line["LinkedTxn"])

    def _existing(self, entity: Entity, recorded: Document) -> Document:
        """One of the demo company's, by its name where it has one of that name."""
        if entity.name == "CompanyInfo" or entity.name == "Preferences":
            return self.read(entity, "1")
        answer = self.ask(f"select * from {entity.resource}")
        rows = loads(answer.text).get("QueryResponse", {}).get(entity.key, [])
        named = [row for row in rows if row.get("Name") and row["Name"] == recorded.get("Name")]
        if not rows:
            raise NotMade(f"the demo company has no {entity.name}")
        return dict((named or rows)[0])

    def _uploaded(self, recorded: Document) -> Document:
        """A file, as it is uploaded in two parts."""
        about = {
            "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "130"}}],
            "FileName": recorded["FileName"],
            "ContentType": recorded["ContentType"],
        }
        parts = {
            "file_metadata_01": ("attachment.json", json.dumps(about), "application/json"),
            "file_content_01": (recorded["FileName"], b"x" * int(recorded["Size"]), recorded["ContentType"]),
        }
        answer = self.session.post(f"{self.address}/upload", files=parts, timeout=60)
        (one,) = loads(answer.text)["AttachableResponse"]
        return self.read(by_name("Attachable"), one["Attachable"]["Id"])


def _shuffled(value: Any) -> Any:
    """The keys in another order than recorded, so that the order of the answer is the sandbox's own."""
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(list(value))}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value


def _held(entity: Entity, answer: requests.Response) -> Document:
    if answer.status_code != 200:
        raise NotMade(" ".join(answer.text.split())[:300])
    return dict(loads(answer.text)[entity.key])
