"""What the company as a whole has to say to a write: names, numbers, references, links, closed books.

One document by itself is checked in `checking`; here its neighbours are asked. Every rule raises Fault.
"""

from __future__ import annotations

from quickbooks_core.catalog import Entity

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.json_text import Document
from quickbooks_sandbox.lookup import Lookup
from quickbooks_sandbox.references import check_references, check_stock
from quickbooks_sandbox.rules import closed, linked, names, numbers
from quickbooks_sandbox.rules.accounts import check_account
from quickbooks_sandbox.rules.currency import settle_currency
from quickbooks_sandbox.rules.preferences import Preferences
from quickbooks_sandbox.rules.taxes import check_taxes
from quickbooks_sandbox.store import Store
from quickbooks_sandbox.switches import Switches

_NO_OPTIONS: frozenset[str] = frozenset()
_UNMOVED = ("Estimate", "PurchaseOrder")  # documents that name items and move no stock


class Rules:
    """The rules of one company."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches

    def create(self, entity: Entity, document: Document, options: frozenset[str] = _NO_OPTIONS) -> None:
        """Whether a new document may come."""
        self._dated(entity, document)
        self._write(entity, {}, document, options)

    def template(self, entity: Entity, document: Document) -> None:
        """Whether a recurring transaction may come: it has neither day nor number nor links."""
        check_references(self._store, entity, {}, document, self._switches)
        self._money(entity, {}, document)

    def update(
        self, entity: Entity, before: Document, after: Document, options: frozenset[str] = _NO_OPTIONS
    ) -> None:
        """Whether a document may become another."""
        self._dated(entity, before, after)
        linked.check_deposited(entity, before, self._store)
        names.check_standing(entity, before, after, self._switches)
        self._write(entity, before, after, options)

    def delete(self, entity: Entity, before: Document) -> None:
        """Whether a document may go."""
        self._dated(entity, before)
        linked.check_deposited(entity, before, self._store)
        linked.check_dependents(entity, before, self._store, self._switches)

    def void(self, entity: Entity, before: Document) -> None:
        """Whether a document's amounts may become zero."""
        self._dated(entity, before)
        linked.check_deposited(entity, before, self._store)

    def name(self, entity: Entity, document: Document) -> None:
        """Whether a completed document's name is free."""
        names.check_free(entity, document, self._store, self._switches)

    def number(self, entity: Entity, document: Document) -> None:
        """Gives a new document its number where the company does not number by hand."""
        numbers.assign(entity, document, self._store)

    def totals(self, document: Document) -> None:
        """Whether the total of a completed document is one that a document may have."""
        if (document.get("TotalAmt") or 0) < 0:
            raise faults.business("You must specify a transaction amount that is 0 or greater.")

    def _write(self, entity: Entity, before: Document, after: Document, options: frozenset[str]) -> None:
        if "allowduplicatedocnum" not in options:
            numbers.check_free(entity, before, after, self._store, self._switches)
        names.check_place(entity, after, Lookup(self._store))
        if entity.name == "Account":
            check_account({**before, **after}, Lookup(self._store))
        check_references(self._store, entity, before, after, self._switches)
        self._money(entity, before, after)
        if entity.name not in _UNMOVED or self._switches["stock_dates_cover"] == "all":
            check_stock(self._store, after)
        linked.check_links(entity, before, after, self._store, self._switches)

    def _money(self, entity: Entity, before: Document, after: Document) -> None:
        lookup = Lookup(self._store, self._switches)
        settle_currency(entity, before, after, lookup)
        check_taxes(entity, after, lookup)

    def _dated(self, entity: Entity, *documents: Document) -> None:
        closing = Preferences(self._store).close_date
        if not closing or not closed.covers(entity, self._switches):
            return
        if any(str(document.get("TxnDate", "9999")) <= closing for document in documents):
            raise refusals.closed_books(self._switches["closed_books_code"])
