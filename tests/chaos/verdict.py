"""Is what clients were told true? Their notes beside the queue, and the queue beside QuickBooks.

Every finding is a sentence with the rows and notes that it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests
from history.company import rows
from psycopg.rows import dict_row
from quickbooks_core.catalog import by_table
from quickbooks_demo.books import Books

from chaos.told import Asked, Outcome, Transaction

Row = dict[str, Any]
TABLES = ("customer", "invoice", "payment")
_MARKED_IN = {"customer": "Notes", "invoice": "PrivateNote", "payment": "PrivateNote"}
_TAKEN = ("undone", "not_undone")
# What the proxy says where it does not know how a change will end, or its own connections were lost.
_UNCERTAIN = ("08006", "08007", "57014")


@dataclass
class Queue:
    """All changes, by what they are about."""

    changes: list[Row]
    states: Mapping[str, str]  # of clients' transactions, as Postgres knows them
    requests: list[Row]
    by_mark: dict[str, list[Row]] = field(default_factory=dict)
    deletions: dict[tuple[str, str], list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.changes:
            if row["undoes"] is not None or row["operation"] == "read":
                continue
            if row["operation"] == "delete":
                self.deletions.setdefault((row["table_name"], row["id"]), []).append(row)
            elif mark := mark_of(row):
                self.by_mark.setdefault(mark, []).append(row)

    def of(self, asked: Asked) -> list[Row]:
        """The changes of one statement."""
        marked = [row for mark in asked.marks for row in self.by_mark.get(mark, ())]
        return marked + [row for id in asked.ids for row in self.deletions.get((asked.table, id), ())]


def mark_of(row: Row) -> str:
    """The word of a client's by which a change is known."""
    changed = row["changed"]
    return str(changed.get("notes") or changed.get("private_note") or "")


def read_queue(books: Books) -> Queue:
    """As it is now."""
    with psycopg.connect(books.database.superuser.url, row_factory=dict_row) as connection:
        changes = connection.execute("select * from _sync_queue order by queue_id").fetchall()
        states = connection.execute(
            "select client_transaction as number, quickbooks_load.transaction_state(client_transaction) as state "
            "from (select distinct client_transaction from _sync_queue where client_transaction is not null) as t"
        ).fetchall()
        requests = connection.execute("select * from _sync_request order by request").fetchall()
    return Queue(changes, {row["number"]: row["state"] for row in states}, requests)


def read_company(books: Books) -> dict[str, list[Row]]:
    """What QuickBooks has of the tables that clients write, the inactive names too."""
    given = books.sandbox.connect()
    with requests.Session() as session:
        session.headers.update(
            {"Authorization": f"Bearer {given.access_token}", "Accept": "application/json"}
        )
        company = f"{books.sandbox.url}/v3/company/{given.realm_id}"
        return {table: list(rows(session, company, by_table(table))) for table in TABLES}


class Verdict:
    """On one story."""

    def __init__(self, told: list[Transaction], queue: Queue, company: dict[str, list[Row]]) -> None:
        self._told, self._queue, self._company = told, queue, company
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def wrong(self) -> Iterator[str]:
        """Everything that should not be."""
        yield from self._unended()
        for transaction in self._told:
            for words in self._of(transaction):
                yield "\n".join([words, *transaction.lines, *map(_shown, self._rows(transaction))])
        yield from self._strange()
        yield from self._documents()

    def _unended(self) -> Iterator[str]:
        for row in self._queue.changes:
            if row["status"] in ("pending", "sending") or row["fate"] in ("open", "rolled_back"):
                yield f"no end: {_shown(row)}"
            if row["status"] in ("failed", "unknown") and not row["error"]:
                yield f"no reason: {_shown(row)}"
            if row["fate"] == "not_undone":
                self.reasons[" ".join(str(row["fate_reason"]).split()[-6:])] += 1
                if not row["fate_reason"]:
                    yield f"no reason: {_shown(row)}"

    def _rows(self, transaction: Transaction) -> list[Row]:
        return [row for asked in transaction.asked for row in self._queue.of(asked)]

    def _of(self, transaction: Transaction) -> Iterator[str]:
        self.counts[transaction.outcome.value] += 1
        if transaction.outcome is Outcome.SINGLE:
            for asked in transaction.asked:
                yield from self._single(asked)
            return
        numbers = {row["client_transaction"] for row in self._rows(transaction)}
        if len(numbers) > 1 or None in numbers:
            yield f"the changes of one transaction are said to be of {numbers}"
        is_committed = self._is_committed(transaction, numbers)
        for asked in transaction.asked:
            if is_committed and asked.is_alive and not asked.error:
                yield from self._kept(asked, is_certain=bool(asked.tag))
            else:
                yield from self._taken(asked)

    def _is_committed(self, transaction: Transaction, numbers: set[str]) -> bool:
        if transaction.outcome is not Outcome.IN_DOUBT:
            return transaction.outcome is Outcome.COMMITTED
        is_so = {self._queue.states.get(number) for number in numbers} == {"committed"}
        self.counts["in doubt, and committed"] += is_so
        return is_so

    def _single(self, asked: Asked) -> Iterator[str]:
        """A statement of its own counts as committed once it is queued."""
        if asked.tag:
            yield from self._kept(asked, is_certain=True)
        elif asked.error and asked.error not in _UNCERTAIN:
            yield from self._taken(asked)
        else:
            for row in self._queue.of(asked):
                self.counts["writes with no answer, done"] += row["status"] == "done"

    def _kept(self, asked: Asked, *, is_certain: bool) -> Iterator[str]:
        wanted = len(asked.marks) or len(asked.ids)
        found = self._queue.of(asked)
        done = [row for row in found if row["status"] == "done"]
        if asked.tag.endswith(" 0"):
            wanted = 0  # it met no row
        if len(done) != wanted and (is_certain or len(done) > wanted):
            yield f"{wanted} changes of {asked.marks or asked.ids} were committed, {len(done)} are done"
        for row in found:
            if row["fate"] in _TAKEN:
                yield f"committed, and yet {row['fate']}: {row['queue_id']}"
        self.counts["writes of committed transactions, made"] += len(done)

    def _taken(self, asked: Asked) -> Iterator[str]:
        for row in self._queue.of(asked):
            if row["fate"] not in _TAKEN and (row["status"] != "failed" or row["client_transaction"]):
                yield f"not committed, and yet {row['fate'] or row['status']}: {row['queue_id']}"
            self.counts[f"writes of others, {(row['fate'] or row['status']).replace('_', ' ')}"] += 1

    def _strange(self) -> Iterator[str]:
        """Changes that nobody has asked for, or that were made twice."""
        known = {id(row) for one in self._told for row in self._rows(one)}
        for row in self._queue.changes:
            if row["undoes"] is None and row["operation"] != "read" and id(row) not in known:
                yield f"nobody has asked for it: {_shown(row)}"
        for mark, found in self._queue.by_mark.items():
            if sum(row["status"] == "done" for row in found) > 1:
                yield f"done twice: {mark}"

    def _documents(self) -> Iterator[str]:
        """QuickBooks beside the queue: how often each was created, and what is left of it."""
        for table in TABLES:
            made = Counter(self._first_marks(table))
            for mark, found in self._queue.by_mark.items():
                created = [row for row in found if (row["table_name"], row["operation"]) == (table, "create")]
                if created:
                    yield from self._created(table, mark, created, made[mark])

    def _first_marks(self, table: str) -> Iterator[str]:
        """The mark of the create; of a name it is its display name, since notes change."""
        for document in self._company[table]:
            if table == "customer":
                yield str(document["DisplayName"]).removesuffix(" (deleted)")
            else:
                yield str(document.get("PrivateNote", ""))

    def _created(self, table: str, mark: str, created: list[Row], made: int) -> Iterator[str]:
        done = [row for row in created if row["status"] == "done"]
        doubtful = sum(row["status"] == "unknown" for row in created)
        gone = sum(self._is_gone(row) for row in done) if table != "customer" else 0
        if table == "customer" and str(created[0]["changed"]["display_name"]) != mark:
            return
        if not len(done) - gone <= made <= len(done) - gone + doubtful:
            words = f"{made} of {table} {mark} are in QuickBooks, {len(done)} were made, {gone} deleted again"
            yield "\n".join([words, *map(_shown, created), *self._sent(created)])

    def _sent(self, changes: list[Row]) -> list[str]:
        """The requests for some changes."""
        numbers = {row["queue_id"] for row in changes}
        return [f"    {row}" for row in self._queue.requests if row["queue_id"] in numbers]

    def _is_gone(self, made: Row) -> bool:
        """Whether it was deleted by an undoing, or by a later deletion."""
        return made["fate"] == "undone" or any(
            row["status"] == "done" for row in self._queue.deletions.get((made["table_name"], made["id"]), ())
        )


def _shown(row: Row) -> str:
    names = (
        "queue_id", "table_name", "operation", "id", "status", "fate", "fate_reason", "undoes", "client_transaction",
        "client_savepoint", "attempts", "sqlstate", "error", "in_group", "changed",
    )  # fmt: skip
    return "    " + " ".join(f"{name}={row[name]!r}" for name in names if row[name] is not None)


def history_of(queue: Queue, id: str) -> list[str]:
    """Everything that was asked for one row."""
    return [_shown(row) for row in queue.changes if row["id"] == id]


def versions(company: dict[str, list[Row]]) -> dict[str, int]:
    """How often each name has been written."""
    return {f"qbk_cust{document['Id']}": int(document["SyncToken"]) for document in company["customer"]}


def notes_of(company: dict[str, list[Row]]) -> dict[str, str | None]:
    """What stands in each name."""
    return {f"qbk_cust{document['Id']}": document.get("Notes") for document in company["customer"]}


def wrong_names(queue: Queue, before: dict[str, list[Row]], after: dict[str, list[Row]]) -> Iterator[str]:
    """Each change of a name is one version further, and the last one stands in it."""
    first, last = versions(before), versions(after)
    start, end = notes_of(before), notes_of(after)
    of_row: dict[str, list[Row]] = {}
    for row in queue.changes:
        if row["table_name"] == "customer" and row["id"] and row["operation"] in ("update", "delete"):
            of_row.setdefault(row["id"], []).append(row)
    for name, changes in of_row.items():
        if name not in last:
            yield f"{name} is not there"
            continue
        done = [row for row in changes if row["status"] == "done"]
        doubtful = sum(row["status"] == "unknown" for row in changes)
        steps = last[name] - first.get(name, 0)
        if not len(done) <= steps <= len(done) + doubtful:
            words = f"{name} was written {steps} times, {len(done)} changes are done, {doubtful} unknown"
            yield "\n".join([words, *map(_shown, changes)])
        noted = [row["changed"]["notes"] for row in done if "notes" in row["changed"]]
        if noted and not doubtful and end[name] != noted[-1]:
            words = f"{name} has the notes {end[name]!r}, and should have {noted[-1]!r}"
            yield "\n".join([words, *map(_shown, changes)])
        if end[name] not in _possible(queue, name, start.get(name)):
            words = f"{name} has the notes {end[name]!r}, which were not committed"
            yield "\n".join([words, *map(_shown, changes)])


def _possible(queue: Queue, name: str, notes: str | None) -> set[str | None]:
    """What may stand in a name: what was committed last, and what is known not to be undone or not to be known."""
    doubtful: set[str | None] = set()
    for row in queue.changes:
        if row["id"] != name or row["undoes"] is not None or "notes" not in row["changed"]:
            continue
        if row["operation"] == "create":
            notes = row["changed"]["notes"]  # also in what is only inactive now
        elif row["status"] == "unknown" or row["fate"] == "not_undone":
            doubtful.add(row["changed"]["notes"])
        elif row["status"] == "done" and row["fate"] in (None, "settled"):
            notes = row["changed"]["notes"]
    return {notes, *doubtful}
