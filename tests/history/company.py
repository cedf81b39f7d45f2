"""A whole company as the API and the sandbox's books give it, at one moment in which nobody writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from quickbooks_core.catalog import MIRRORED, Entity, Operation

Document = dict[str, Any]
_PAGE = 1000
_PATIENCE_S = 60


@dataclass(frozen=True)
class Posting:
    """One amount that a document booked, debit positive."""

    entity: str
    id: str
    account: str
    amount: Decimal
    kind: str
    name: str
    item: str
    quantity: Decimal


@dataclass(frozen=True)
class Company:
    """Every document by object and Id, every posting, the ledger's balances by account."""

    documents: dict[str, dict[str, Document]]
    postings: tuple[Posting, ...]
    ledger: dict[str, Decimal]
    ledger_sum: Decimal

    def of(self, *entities: str) -> Iterator[tuple[str, Document]]:
        """(object, document) of some objects."""
        for entity in entities:
            for document in self.documents.get(entity, {}).values():
                yield entity, document

    def get(self, entity: str, id: str) -> Document | None:
        """A document."""
        return self.documents.get(entity, {}).get(id)


def read_company(session: requests.Session, url: str, company_url: str) -> Company:
    """Queries every object by pages, and looks at the books."""
    documents = {
        entity.name: {_id(document): document for document in rows(session, company_url, entity)}
        for entity in MIRRORED
        if entity.can(Operation.QUERY)
    }
    ledger = _json(session, f"{url}/sandbox/ledger")
    return Company(
        documents,
        tuple(_postings(session, url)),
        {row["id"]: Decimal(row["balance"]) for row in ledger["accounts"]},
        Decimal(ledger["sum"]),
    )


def _id(document: Document) -> str:
    """A template has the Id of what it wraps; rates of exchange have none."""
    inner = document if "Id" in document else next(iter(document.values()))
    return str(inner.get("Id", "")) if isinstance(inner, dict) else str(document)


def rows(session: requests.Session, company_url: str, entity: Entity) -> Iterator[Document]:
    """Every document of an object, the inactive ones too."""
    active = entity.by_path.get("Active")
    every = " where Active in (true, false)" if active and active.filterable else ""
    start = 1
    while True:
        statement = f"select * from {entity.name}{every} startposition {start} maxresults {_PAGE}"
        page = _json(session, f"{company_url}/query", query=statement)["QueryResponse"].get(entity.key, [])
        yield from page
        if len(page) < _PAGE:
            return
        start += len(page)


def _postings(session: requests.Session, url: str) -> Iterator[Posting]:
    after: int | None = 0
    while after is not None:
        page = _json(session, f"{url}/sandbox/postings", after=after)
        for row in page["postings"]:
            yield Posting(**{**row, "amount": Decimal(row["amount"]), "quantity": Decimal(row["quantity"])})
        after = page["next"]


def _json(session: requests.Session, url: str, **parameters: Any) -> Any:
    answer = session.get(url, params=parameters, timeout=_PATIENCE_S)
    assert answer.ok, f"{url} {parameters}: {answer.text}"
    return answer.json(parse_float=Decimal)
