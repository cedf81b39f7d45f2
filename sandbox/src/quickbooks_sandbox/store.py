"""The company on disk: one SQLite file, so that an answered write survives a kill.

Speaks of documents, postings, links and balances as rows. Knows nothing of what they mean.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quickbooks_sandbox.query.places import Places

_SCHEMA = """
create table if not exists document (
    entity text not null, id text not null, number integer not null, sync_token integer not null,
    created integer not null, updated integer not null, active integer not null,
    name text not null collate nocase, body text not null,
    primary key (entity, id)
);
create index if not exists document_created on document (entity, created);
create index if not exists document_updated on document (entity, updated);
create index if not exists document_person on document (json_extract(body, '$.DisplayName') collate nocase)
    where entity in ('Customer', 'Vendor', 'Employee');
create index if not exists document_parent on document (entity, json_extract(body, '$.ParentRef.value'))
    where json_extract(body, '$.ParentRef.value') is not null;
create index if not exists document_number on document (entity, json_extract(body, '$.DocNumber'))
    where json_extract(body, '$.DocNumber') is not null;
create index if not exists account_type on document (json_extract(body, '$.AccountType')) where entity = 'Account';
create index if not exists account_sub_type on document (json_extract(body, '$.AccountSubType'))
    where entity = 'Account';
create index if not exists document_name on document (entity, name, number);
create table if not exists posting (
    entity text not null, id text not null, account text not null, amount integer not null,
    kind text not null, name text not null, item text not null, quantity integer not null, own integer
);
create index if not exists posting_document on posting (entity, id);
create table if not exists balance (
    kind text not null, id text not null, amount integer not null, primary key (kind, id)
) without rowid;
create table if not exists link (
    entity text not null, id text not null, target text not null, target_id text not null, amount integer not null
);
create index if not exists link_source on link (entity, id);
create index if not exists link_target on link (target, target_id);
create table if not exists sequence (space text primary key, last integer not null) without rowid;
create table if not exists token (token text primary key, grant_id text not null, kind text not null,
    expires real not null, replaced_at real) without rowid;
create table if not exists deletion (entity text not null, id text not null, at integer not null, kind text not null);
create index if not exists deletion_at on deletion (entity, at);
create table if not exists answered (request_id text not null, b_id text not null, content text not null,
    at real not null, answer text not null, primary key (request_id, b_id)) without rowid;
create table if not exists file (id text primary key, content blob not null);
create table if not exists fact (name text primary key, value text not null) without rowid;
"""


@dataclass(frozen=True)
class Row:
    """One stored document."""

    entity: str
    id: str
    sync_token: int
    created: int
    updated: int
    active: bool
    name: str
    body: str


@dataclass(frozen=True)
class Posting:
    """One amount on one account, debit positive, in hundred-thousandths; who and what it concerns.

    `kind` and `name`: whose receivable or payable it moves; `item` and `quantity`: which stock. `own`: the amount in
    the account's own currency where that is a foreign one. In a document that is being booked, amounts are in its
    currency, and an `own` says that this one is at home already.
    """

    account: str
    amount: int
    kind: str = ""
    name: str = ""
    item: str = ""
    quantity: int = 0
    own: int | None = None


@dataclass(frozen=True)
class Link:
    """An amount of one document that settles another."""

    target: str
    target_id: str
    amount: int = 0


_OWN = " in its own currency"
_POSTING = "account, amount, kind, name, item, quantity, own"
_COLUMNS = "entity, id, sync_token, created, updated, active, name, body"


class Store:
    """Connections to the file, one a thread; one writer at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._local = threading.local()
        self._writing = threading.RLock()
        self.places = Places()
        self.hidden: dict[str, tuple[str, ...]] = {}  # Ids that no query finds for now, by object
        self.create_schema()

    def create_schema(self) -> None:
        """Makes the tables where they are missing."""
        with self._writing:
            self.db.executescript(_SCHEMA)
            if not self.db.execute(
                "select 1 from pragma_table_info('posting') where name = 'own'"
            ).fetchone():
                self.db.execute(
                    "alter table posting add column own integer"
                )  # a directory of an older sandbox

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "db", None)
        if found is None:
            found = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
            found.executescript(
                "pragma journal_mode=wal; pragma synchronous=normal; pragma cache_size=-65536"
            )
            self._local.db = found
        return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._writing:
            db = self.db
            if db.in_transaction:
                yield db
                return
            db.execute("begin immediate")
            self.places.begin_change()
            try:
                yield db
                if db.in_transaction:
                    db.execute("commit")
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
            finally:
                self.places.end_change()

    def restore(self, image: sqlite3.Connection) -> None:
        """Replaces everything by what another database holds."""
        with self._writing:
            self.places.begin_change()
            try:
                image.backup(self.db)
            finally:
                self.places.end_change()
            self.settle()

    def settle(self) -> None:
        """Moves what was written into the file itself, where it is found faster than in the log beside it."""
        with self._writing:
            self.db.execute("pragma wal_checkpoint(truncate)")

    def image(self) -> sqlite3.Connection:
        """A copy in memory."""
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with self._writing:
            self.db.backup(copy)
        return copy

    def get(self, entity: str, id: str) -> Row | None:
        """A document."""
        found = self.db.execute(
            f"select {_COLUMNS} from document where entity = ? and id = ?", (entity, id)
        ).fetchone()
        return Row(*found) if found else None

    def named(self, entity: str, name: str) -> list[tuple[str, str]]:
        """(entity, id) of an object's documents with a full name, in any case."""
        return self.db.execute(
            "select entity, id from document where entity = ? and name = ?", (entity, name)
        ).fetchall()

    def people(self, name: str) -> list[tuple[str, str]]:
        """(entity, id) of the customers, vendors and employees with a display name, in any case."""
        return self.db.execute(
            "select entity, id from document where entity in ('Customer', 'Vendor', 'Employee')"
            " and json_extract(body, '$.DisplayName') = ? collate nocase",
            (name,),
        ).fetchall()

    def numbered(self, entity: str, number: str, vendor: str = "") -> list[str]:
        """The Ids of an object's documents with a number, of one vendor or of all."""
        found = self.db.execute(
            "select id from document where entity = ? and json_extract(body, '$.DocNumber') = ?"
            " and ? in ('', json_extract(body, '$.VendorRef.value')) order by number",
            (entity, number, vendor),
        )
        return [id for (id,) in found]

    def put(self, row: Row) -> None:
        """Inserts or replaces a document."""
        number = int(row.id) if row.id.isdecimal() and len(row.id) < 20 else 0
        self.db.execute(
            "insert into document (entity, id, number, sync_token, created, updated, active, name, body)"
            " values (?,?,?,?,?,?,?,?,?) on conflict (entity, id) do update set sync_token=excluded.sync_token,"
            " created=excluded.created, updated=excluded.updated, active=excluded.active, name=excluded.name,"
            " body=excluded.body",
            (
                row.entity,
                row.id,
                number,
                row.sync_token,
                row.created,
                row.updated,
                row.active,
                row.name,
                row.body,
            ),
        )

    def remove(self, entity: str, id: str, at: int, kind: str = "deleted") -> None:
        """Takes a document away and remembers when, and whether it was deleted or merged."""
        self.db.execute("delete from document where entity = ? and id = ?", (entity, id))
        self.db.execute("insert into deletion values (?,?,?,?)", (entity, id, at, kind))

    def next_number(self, space: str) -> int:
        """The next Id of a space of Ids."""
        return int(
            self.db.execute(
                "insert into sequence values (?, 1) on conflict (space) do update set last = last + 1 returning last",
                (space,),
            ).fetchone()[0]
        )

    def reserve(self, space: str, last: int) -> None:
        """Ids up to `last` are taken."""
        self.db.execute(
            "insert into sequence values (?, ?) on conflict (space) do update set last = max(last, excluded.last)",
            (space, last),
        )

    def repost(self, entity: str, id: str, postings: list[Posting]) -> set[tuple[str, str]]:
        """Replaces a document's postings; gives the balances that moved: (kind, id)."""
        moved: dict[tuple[str, str], int] = {}
        old = self.db.execute(
            f"delete from posting where entity=? and id=? returning {_POSTING}",
            (entity, id),
        ).fetchall()
        for sign, group in ((-1, [Posting(*row) for row in old]), (1, postings)):
            for posting in group:
                for key, amount in _balances(posting):
                    moved[key] = moved.get(key, 0) + sign * amount
        self.db.executemany(
            f"insert into posting (entity, id, {_POSTING}) values (?,?,?,?,?,?,?,?,?)",
            [(entity, id, p.account, p.amount, p.kind, p.name, p.item, p.quantity, p.own) for p in postings],
        )
        changed = {key: amount for key, amount in moved.items() if amount}
        self.db.executemany(
            "insert into balance values (?,?,?)"
            " on conflict (kind, id) do update set amount = amount + excluded.amount",
            [(*key, amount) for key, amount in changed.items()],
        )
        return {(kind.removesuffix(_OWN), name) for kind, name in changed}

    def postings(self, after: int, most: int) -> list[tuple[int, str, str, Posting]]:
        """Postings in the order of their place: place, entity and id of the document, what is booked."""
        rows = self.db.execute(
            "select rowid, entity, id, account, amount, kind, name, item, quantity from posting"
            " where rowid > ? order by rowid limit ?",
            (after, most),
        )
        return [(place, entity, id, Posting(*rest)) for place, entity, id, *rest in rows]

    def balance(self, kind: str, id: str) -> int:
        """The sum of all postings that concern an account, a name or an item."""
        found = self.db.execute("select amount from balance where kind=? and id=?", (kind, id)).fetchone()
        return int(found[0]) if found else 0

    def own_balance(self, kind: str, id: str) -> int | None:
        """The same in the currency of a foreign account or name; None for what has no other than ours."""
        found = self.db.execute(
            "select amount from balance where kind=? and id=?", (kind + _OWN, id)
        ).fetchone()
        return int(found[0]) if found else None

    def relink(self, entity: str, id: str, links: list[Link]) -> set[tuple[str, str]]:
        """Replaces a document's links; gives every document they touched or touch."""
        old = self.db.execute(
            "delete from link where entity=? and id=? returning target, target_id", (entity, id)
        ).fetchall()
        self.db.executemany(
            "insert into link values (?,?,?,?,?)",
            [(entity, id, k.target, k.target_id, k.amount) for k in links],
        )
        return {*old, *((link.target, link.target_id) for link in links)}

    def links_to(self, entity: str, id: str) -> list[tuple[str, str, int]]:
        """(entity, id, amount) of the documents that settle this one."""
        return self.db.execute(
            "select entity, id, amount from link where target=? and target_id=? order by rowid", (entity, id)
        ).fetchall()

    def links_from(self, entity: str, id: str) -> set[tuple[str, str]]:
        """(entity, id) of the documents that this one names."""
        return set(
            self.db.execute("select target, target_id from link where entity=? and id=?", (entity, id))
        )

    def rows(self, sql: str, parameters: Iterable[Any]) -> list[Any]:
        """A prepared read."""
        return self.db.execute(sql, tuple(parameters)).fetchall()

    def fact(self, name: str) -> str | None:
        """A remembered value."""
        found = self.db.execute("select value from fact where name=?", (name,)).fetchone()
        return found[0] if found else None

    def remember(self, name: str, value: str) -> None:
        """Keeps a value."""
        self.db.execute("insert or replace into fact values (?,?)", (name, value))


def _balances(posting: Posting) -> Iterator[tuple[tuple[str, str], int]]:
    yield ("Account", posting.account), posting.amount
    if posting.name:
        yield (posting.kind, posting.name), posting.amount
    if posting.own is not None:
        yield ("Account" + _OWN, posting.account), posting.own
        if posting.name:
            yield (posting.kind + _OWN, posting.name), posting.own
    if posting.item:
        yield ("Item", posting.item), posting.quantity
