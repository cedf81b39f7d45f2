"""A document by e-mail: nothing leaves this machine; the document says that it was sent."""

from __future__ import annotations

import re

from quickbooks_core.catalog import Entity, Operation

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.clock import stamp
from quickbooks_sandbox.company import Company
from quickbooks_sandbox.json_text import Document, read

_PLAUSIBLE = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
# Where an object keeps its recipient; a payment keeps none and has to be told.
_ADDRESS = {"PurchaseOrder": "POEmail", "Payment": ""}


def send(company: Company, entity: Entity, id: str, send_to: str) -> str:
    """The document afterwards: EmailSent, delivered now, its SyncToken as it was. Raises Fault."""
    if not entity.can(Operation.SEND):
        raise faults.unsupported(f"send {entity.name.lower()}")
    company.read(entity, id)
    with company.store.writing():
        row = company.row(entity, id)
        document: Document = read(row.body)
        key = _ADDRESS.get(entity.name, "BillEmail")
        address = send_to or str((document.get(key) or {}).get("Address", ""))
        if not address:
            raise refusals.email_required()
        if not all(_PLAUSIBLE.fullmatch(one.strip()) for one in address.split(",")):
            raise refusals.bad_email("sendTo" if send_to else f"{key}.Address", address)
        if not key:
            return row.body
        sent = {**document, key: {"Address": address}, "EmailStatus": "EmailSent"}
        if "DeliveryInfo" in {field.steps[0] for field in entity.fields}:
            now = stamp(company.clock.time())
            sent["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": now}
        return company.rewrite(entity, row, sent, row.sync_token)
