"""One company: what the API's operations do to it. Each write is one transaction.

Rules of single documents stand in `checking`, `complete`, `books`, `links` and `derive`; here they are put in
order: check, complete, book, link, store, and work out anew whatever the write has moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from quickbooks_core.catalog import Access, Deletion, Entity, Operation, Shape, by_name

from quickbooks_sandbox import faults, refusals
from quickbooks_sandbox.additions import with_tax_code
from quickbooks_sandbox.addresses import number_addresses, reserve_addresses
from quickbooks_sandbox.amounts import ZERO, from_units, units
from quickbooks_sandbox.arrange import arranged, without_empty
from quickbooks_sandbox.books import postings
from quickbooks_sandbox.changes import Moment, id_space, marks, named_by_state, updated, voided, writable
from quickbooks_sandbox.checking import check_change, check_new, readable
from quickbooks_sandbox.clock import Clock
from quickbooks_sandbox.companions import companions
from quickbooks_sandbox.complete import completed, name_of, number_lines
from quickbooks_sandbox.derive import also_moved, derived
from quickbooks_sandbox.json_text import Document, read, write
from quickbooks_sandbox.links import links, target_of
from quickbooks_sandbox.lookup import Lookup, value_of
from quickbooks_sandbox.rules import Rules
from quickbooks_sandbox.rules.closed import close_date_kept
from quickbooks_sandbox.settling import SETTLED, SETTLING, given_back, without
from quickbooks_sandbox.store import Row, Store
from quickbooks_sandbox.switches import Switches

Key = tuple[str, str]
_LONG_IDS = ("Attachable", "Class")  # newer lists number from 5,000,000,000,000,000,000
_LONG = 5_000_000_000_000_000_000
_NUMBERED = ("Invoice", "SalesReceipt", "Estimate", "CreditMemo", "RefundReceipt")
_TEMPLATES = (
    *_NUMBERED,
    "Bill",
    "Purchase",
    "PurchaseOrder",
    "JournalEntry",
    "Deposit",
    "Transfer",
    "VendorCredit",
)
_WORDS = {Operation.UPDATE: "update"}
_PARTIES = ("CustomerRef", "VendorRef")
_NO_OPTIONS: frozenset[str] = frozenset()


class Company:
    """The books, by operation. Raises Fault for what QuickBooks refuses."""

    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self.rules = Rules(store, switches)

    def read(self, entity: Entity, id: str) -> str:
        """The text of a document."""
        if entity.can(Operation.CREATE) and not id.isdecimal():
            raise faults.invalid_id(id)
        return self._row(entity.name, id).body

    def create(self, entity: Entity, given: Document, options: frozenset[str] = _NO_OPTIONS) -> str:
        """Makes a document; the options are those of the address (`include=allowduplicatedocnum`)."""
        self._require(entity, Operation.CREATE)
        if entity.wrapped:
            return self._create_template(entity, given)
        document = readable(entity, without_empty(given), self.switches)
        check_new(entity, document, self.switches)
        document = writable(entity, document, (Access.WRITE, Access.CREATE))
        if entity.shape is Shape.TRANSACTION and "TxnDate" in entity.by_path:
            document.setdefault("TxnDate", self.clock.today().isoformat())
        now = int(self.clock.time())
        with self.store.writing():
            self.rules.create(entity, document, options)
            document["Id"] = self._new_id(entity)
            if entity.name == "Customer":
                document = with_tax_code(document, Lookup(self.store, self.switches))
            number_addresses(document, {}, self.store)
            return self.put_new(entity, document, Moment(now, now))

    def put_new(self, entity: Entity, document: Document, at: Moment, sync_token: int = 0) -> str:
        """Completes and stores a new document that already has its Id."""
        lookup = Lookup(self.store, self.switches)
        opening = document.pop("QtyOnHand", 0) if entity.name == "Item" else 0
        self.rules.number(entity, document)
        made = completed(entity, document, lookup, self.clock.today())
        number_lines(entity, made, {})
        reserve_addresses(made, self.store)
        self.rules.name(entity, made)
        moved = self._book(entity, {**made, "$opening": opening}, lookup)
        body = self._store(
            entity, made, Row(entity.name, made["Id"], sync_token, at.created, at.updated, True, "", "")
        )
        self._refresh(moved | {(entity.name, p) for p in [value_of(made.get("ParentRef"))] if p}, at.updated)
        return body

    def put_template(
        self, entity: Entity, kind: str, document: Document, at: Moment, sync_token: int = 0
    ) -> str:
        """Stores a recurring transaction: a document of another kind that books nothing."""
        inner_entity = by_name(kind)
        made = completed(inner_entity, document, Lookup(self.store, self.switches), self.clock.today())
        number_lines(inner_entity, made, {})
        for key in ("TxnDate", "DueDate"):  # a template has no day of its own
            made.pop(key, None)
        made |= {**marks(sync_token, at), "RecurDataRef": {"value": made["Id"]}}
        inner = arranged(inner_entity, made)
        row = Row(entity.name, made["Id"], sync_token, at.created, at.updated, True, "", write({kind: inner}))
        self.store.put(row)
        return row.body

    def _create_template(self, entity: Entity, given: Document) -> str:
        kind = next((key for key, value in given.items() if isinstance(value, dict)), "")
        if kind not in _TEMPLATES:
            raise refusals.unreadable()
        document = readable(by_name(kind), without_empty(given[kind]), self.switches)
        if "RecurringInfo" not in document:
            raise faults.required("RecurringInfo")
        check_new(by_name(kind), document, self.switches)
        now = int(self.clock.time())
        with self.store.writing():
            self.rules.template(by_name(kind), document)
            document["Id"] = self._new_id(entity)
            return self.put_template(entity, kind, document, Moment(now, now))

    def update(self, entity: Entity, given: Document, options: frozenset[str] = _NO_OPTIONS) -> str:
        """Changes a document, whole or in part."""
        self._require(entity, Operation.UPDATE)
        with self.store.writing():
            row = self._current(entity, given)
            before: Document = read(row.body)
            document = readable(entity, without_empty(given), self.switches)
            sparse = document.get("sparse") is True and self._knows_sparse(entity)
            check_change(entity, before, document, sparse, self.switches)
            after = updated(entity, before, writable(entity, document, (Access.WRITE,)), sparse)
            after = close_date_kept(entity, before, after)
            self._keep_lines(before, after)
            number_addresses(after, before, self.store)
            self.rules.update(entity, before, after, options)
            self._rewrite(entity, row, before, after, row.sync_token + 1)
            return self._settled_anew(entity, before, self.switches["total_below_payments"] == "refuse")

    def delete(self, entity: Entity, given: Document) -> Document:
        """Takes a transaction away; what it settled is open again."""
        if entity.deletion is not Deletion.HARD:
            raise faults.unsupported(f"delete {entity.name.lower()}")
        with self.store.writing():
            row = self._current(entity, self._by_id_alone(entity, given))
            self.rules.delete(entity, read(row.body))
            self.remove(entity, row)
        return {"domain": "QBO", "status": "Deleted", "Id": row.id}

    def void(self, entity: Entity, given: Document) -> str:
        """Amounts become zero; the document stays."""
        with self.store.writing():
            row = self._current(entity, given)
            self.rules.void(entity, read(row.body))
            return self.void_row(entity, row)

    def unchanged(self, entity: Entity, given: Document) -> str:
        """The document as it is, if it is the version that is named; raises Fault 610 or 5010."""
        return self._current(entity, given).body

    def void_row(self, entity: Entity, row: Row) -> str:
        """Voids what is stored, for the API and for a person."""
        before: Document = read(row.body)
        self._rewrite(entity, row, before, voided(before), row.sync_token + 1)
        return self._settled_anew(entity, before)

    def remove(self, entity: Entity, row: Row, kind: str = "deleted") -> None:
        """Takes a document away with its postings and links; it was deleted, or merged into another."""
        now = int(self.clock.time())
        key = (entity.name, row.id)
        settling = {(source, id) for source, id, _ in self.store.links_to(*key)}
        touched = self.store.relink(*key, [])
        moved = touched | self.store.repost(*key, [])
        moved |= self._exchange_anew(entity, read(row.body), touched)
        self.store.remove(*key, now, kind)
        for source, id in settling:
            self._unlink(source, id, key)
        self._refresh(moved | settling, now)

    def set_active(self, entity: Entity, row: Row, active: bool) -> str:
        """Deactivates or reactivates a name, for a person."""
        before: Document = read(row.body)
        return self._rewrite(entity, row, before, {**before, "Active": active}, row.sync_token + 1)

    def row(self, entity: Entity, id: str) -> Row:
        """A stored document; raises Fault 610."""
        return self._row(entity.name, id)

    def rewrite(self, entity: Entity, row: Row, after: Document, sync_token: int | None = None) -> str:
        """Stores a changed document as a person's edit, or under the SyncToken it had."""
        token = row.sync_token + 1 if sync_token is None else sync_token
        before: Document = read(row.body)
        if entity.wrapped:
            ((kind, inner),) = after.items()
            at = Moment(row.created, max(int(self.clock.time()), row.updated))
            return self.put_template(entity, kind, inner, at, token)
        self._rewrite(entity, row, before, after, token)
        return self._settled_anew(entity, before)

    def _rewrite(self, entity: Entity, row: Row, before: Document, after: Document, token: int) -> str:
        lookup = Lookup(self.store, self.switches)
        now = max(int(self.clock.time()), row.updated)
        made = completed(entity, named_by_state(entity, before, after), lookup, self.clock.today())
        number_lines(entity, made, before)
        self.rules.name(entity, made)
        self._forget_back_links(entity, made)
        moved = set() if entity.name == "Item" else self._book(entity, made, lookup)
        body = self._store(entity, made, replace(row, sync_token=token, updated=now))
        parents = {value_of(document.get("ParentRef")) for document in (before, made)} - {""}
        self._refresh(moved | {(entity.name, parent) for parent in parents}, now)
        if before.get("FullyQualifiedName") != made.get("FullyQualifiedName"):
            self._rename_below(entity, made["Id"], now)
        return body

    def _book(self, entity: Entity, document: Document, lookup: Lookup) -> set[Key]:
        for name, companion in companions(entity, document, lookup):
            self._make_companion(by_name(name), companion)
        key = (entity.name, document["Id"])
        touched = self.store.relink(*key, links(entity.name, document))
        moved = touched | self._post(entity, document, lookup)
        return moved | self._exchange_anew(entity, document, touched)

    def _make_companion(self, entity: Entity, document: Document) -> None:
        now = int(self.clock.time())
        self.put_new(entity, {**document, "Id": self._new_id(entity)}, Moment(now, now))

    def _exchange_anew(self, entity: Entity, document: Document, touched: set[Key]) -> set[Key]:
        """What others gained or lost by settling the same documents, or this one, follows."""
        if "ExchangeRate" not in document:
            return set()
        key = (entity.name, str(document["Id"]))
        settling = {
            (source, id)
            for target in {key, *touched}
            for source, id, amount in self.store.links_to(*target)
            if amount and (source, id) != key
        }
        moved: set[Key] = set()
        for source, id in settling:
            lookup = Lookup(self.store, self.switches)
            lookup.hold(entity.name, document)
            moved |= self._post(by_name(source), lookup.get(source, id) or {}, lookup)
        return moved

    def _post(self, entity: Entity, document: Document, lookup: Lookup) -> set[Key]:
        booked = postings(entity.name, document, lookup)
        if any(posting.amount and not posting.account for posting in booked):
            raise faults.required("AccountRef")
        if sum(posting.amount for posting in booked):
            raise faults.system()  # a rule of ours is wrong: better no document than books that do not balance
        self.rules.totals(document)
        return self.store.repost(entity.name, document["Id"], booked)

    def _store(self, entity: Entity, document: Document, row: Row) -> str:
        document = {**document, **marks(row.sync_token, Moment(row.created, row.updated))}
        body = write(arranged(entity, derived(entity.name, document, self.store, self.switches)))
        active = document.get("Active", True) is not False
        self.store.put(replace(row, active=active, name=name_of(entity, document), body=body))
        return body

    def _refresh(self, keys: Iterable[Key], now: int) -> None:
        """Works out anew what a write has moved, and whatever that moves."""
        waiting = sorted(set(keys))
        while waiting:
            key = waiting.pop()
            row = self.store.get(*key)
            if row is None:
                continue
            document: Document = read(row.body)
            waiting += also_moved(row.entity, document)
            entity = by_name(row.entity)
            made = arranged(entity, derived(row.entity, document, self.store, self.switches))
            if write(made) != row.body:
                touched = now if self.switches["touch_on_balance"] == "touch" else row.updated
                at = Moment(row.created, max(touched, row.updated))
                made.update(marks(row.sync_token, at))  # in the place they have
                self.store.put(replace(row, updated=at.updated, body=write(made)))

    def _rename_below(self, entity: Entity, id: str, now: int) -> None:
        """The full names of everything below a renamed object follow."""
        found = self.store.rows(
            "select id from document where entity = ? and json_extract(body, '$.ParentRef.value') = ?",
            (entity.name, id),
        )
        for (child,) in found:
            row = self._row(entity.name, child)
            document: Document = read(row.body)
            made = completed(entity, document, Lookup(self.store, self.switches), self.clock.today())
            self._store(entity, made, replace(row, updated=now))
            self._rename_below(entity, child, now)

    def _unlink(self, source: str, id: str, gone: Key) -> None:
        """A payment loses the lines that settled a deleted document; its money stays unapplied."""
        row = self.store.get(source, id)
        if row is None:
            return
        before: Document = read(row.body)
        after = without(before, gone)
        if source in SETTLING:
            after = given_back(after, gone, ZERO)
        self._rewrite(by_name(source), row, before, after, row.sync_token)

    def _settled_anew(self, entity: Entity, before: Document, refuse: bool = False) -> str:
        """What settles a changed document follows: its amounts, and whose account it concerns."""
        key = (entity.name, str(before["Id"]))
        if entity.name in SETTLED:
            made: Document = read(self._row(*key).body)
            sources = [(s, id, amount) for s, id, amount in self.store.links_to(*key) if s in SETTLING]
            excess = sum(amount for _, _, amount in sources) - units(made.get("TotalAmt"))
            if excess > 0 and refuse:
                raise faults.business("The total is less than what has been paid.")
            moved = any(value_of(made.get(ref)) != value_of(before.get(ref)) for ref in _PARTIES)
            # The newest payment gives back first.
            for source, id, amount in sorted(sources, key=lambda one: -int(one[1])):
                back = max(min(excess, amount), 0)
                excess -= back
                if back or moved:
                    row = self._row(source, id)
                    paid: Document = read(row.body)
                    after = given_back(paid, key, from_units(back))
                    self._rewrite(by_name(source), row, paid, after, row.sync_token)
        return self._row(*key).body

    def _forget_back_links(self, entity: Entity, document: Document) -> None:
        """What clients send back of our own links is not theirs."""
        back = {(source, id) for source, id, _ in self.store.links_to(entity.name, document["Id"])}
        if "LinkedTxn" in document:
            document["LinkedTxn"] = [link for link in document["LinkedTxn"] if target_of(link) not in back]

    def _keep_lines(self, before: Document, after: Document) -> None:
        if self.switches["lines_not_repeated"] == "keep" and "Line" in after and "Line" in before:
            repeated = {line.get("Id") for line in after["Line"]}
            after["Line"] += [ln for ln in before["Line"] if ln.get("Id") and ln["Id"] not in repeated]

    def _new_id(self, entity: Entity) -> str:
        number = self.store.next_number(id_space(entity))
        return str(_LONG + number if entity.name in _LONG_IDS else number)

    def _by_id_alone(self, entity: Entity, given: Document) -> Document:
        """Recorded: an attachment goes without a SyncToken."""
        if entity.name != "Attachable" or given.get("SyncToken") or not given.get("Id"):
            return given
        return {**given, "SyncToken": str(self.row(entity, str(given["Id"])).sync_token)}

    def _current(self, entity: Entity, given: Document) -> Row:
        """The row that an update or delete names; raises Fault 610 or 5010."""
        id = str(given.get("Id") or "")
        if not id.isdecimal():
            raise faults.required("Id") if not id else faults.invalid_id(id)
        row = self._row(entity.name, id)
        token = str(given.get("SyncToken", ""))
        if not token:
            raise faults.required("SyncToken")
        is_newer = token.isdecimal() and int(token) > row.sync_token
        if token != str(row.sync_token) and not (is_newer and self.switches["newer_sync_token"] == "accept"):
            raise faults.stale()
        return row

    def _row(self, entity: str, id: str) -> Row:
        row = self.store.get(entity, id)
        if row is None:
            raise faults.not_found()
        return row

    def _knows_sparse(self, entity: Entity) -> bool:
        return entity.can(Operation.SPARSE_UPDATE) or self.switches["sparse_where_undocumented"] == "accept"

    @staticmethod
    def _require(entity: Entity, operation: Operation) -> None:
        if not entity.can(operation):
            raise faults.unsupported(f"{_WORDS.get(operation, operation.value)} {entity.name.lower()}")
