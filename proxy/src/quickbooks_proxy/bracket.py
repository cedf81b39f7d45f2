"""One statement that may write the mirror: tried out on the client's own backend, asked of QuickBooks, answered.

The client's own messages run inside a savepoint (or alone in a transaction) that is rolled back, so that Postgres has
judged everything before QuickBooks is asked. A statement that turns out to have changed nothing of QuickBooks' is let
through as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quickbooks_core.writing import ClientError

from quickbooks_proxy.asking import Asker, Ended, Fetch, Missing, Write, Written, verdict
from quickbooks_proxy.columns import Column, columns_of
from quickbooks_proxy.crypto import Seal, nonce
from quickbooks_proxy.images import Image, Refusal, noted
from quickbooks_proxy.messages import (
    FLUSH,
    SYNC,
    bound_formats,
    close,
    describe,
    described_types,
    execute,
    message,
    words_of,
)
from quickbooks_proxy.owed import Debts
from quickbooks_proxy.relations import Tables
from quickbooks_proxy.returning import Parameters, Refresh
from quickbooks_proxy.rollbacks import Stakes
from quickbooks_proxy.script import HelperFailed, Message, Script, Talk, helper
from quickbooks_proxy.statement import Statement

_SAVEPOINT = "quickbooks_proxy"
_USUAL = "read committed"
_SUSPENDED = message(b"s")


@dataclass
class Portal:
    """A statement of the client's that is bound, with what of its result has not been fetched yet."""

    name: bytes
    statement: Statement
    text: str
    bound: bytes  # the client's own Bind
    values: Sequence[bytes | None] = ()
    is_query: bool = False  # of the simple protocol, which is told the columns with the rows
    rows: list[bytes] = field(default_factory=list)
    tag: bytes = b""


@dataclass
class Context:
    """What is known of the session. `owns_block`: a transaction block that is ours has to be ended at the Sync."""

    talk: Talk
    seal: Seal
    tables: Tables
    asker: Asker
    pid: int = 0
    owns_block: bool = False
    prepares: bool = False  # an EXECUTE may write the mirror

    def __post_init__(self) -> None:
        self.debts = Debts(self.talk, self.seal)
        self.stakes = Stakes(self.talk)


_NOTHING = Message(ord("C"), message(b"C", b"\0"))


@dataclass
class _Result:
    """What the client's statement has answered."""

    header: Message | None = None
    rows: list[Message] = field(default_factory=list)
    end: Message = _NOTHING

    @property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.header.body) if self.header else ()


@dataclass
class _Tried:
    """What a bracket has shown."""

    result: _Result
    images: Sequence[Image]
    session: Mapping[str, Any]


class Bracket:
    """One run. `alone`: nothing else is in the transaction."""

    def __init__(self, context: Context, portal: Portal, *, alone: bool) -> None:
        self._context = context
        self._talk = context.talk
        self._portal = portal
        self._alone = alone

    def run(self, limit: int) -> Script[None]:
        """Ends with the client answered."""
        try:
            tried = yield from self._try()
            tried = (yield from self._known(tried)) if tried else None
            if tried is None:
                return
            if any(image.is_change for image in tried.images):
                yield from self._write(tried, limit)
            else:
                yield from self._release(tried, limit)
        except HelperFailed as failed:
            # Nothing of ours should fail; what does is the client's to know, and the transaction with it.
            self._talk.fail(failed.message)
        except Refusal as refusal:
            yield from self._withdraw()
            yield from self._refuse(refusal.error, refusal.table)

    def _try(self) -> Script[_Tried | None]:
        """The client's statement in a bracket; None where Postgres itself has refused it."""
        talk, once = self._talk, nonce()
        in_block = self._context.owns_block or (talk.ledger.status != b"I" and not talk.ledger.unsure)
        begins = [] if in_block else [helper("BEGIN")]
        levels = [] if self._alone else [talk.level()]
        saves = [] if self._alone else [helper(f"SAVEPOINT {_SAVEPOINT}")]
        opening = talk.opening(once, self._context.seal.proof("bracket", str(self._context.pid), once))
        name = self._portal.name
        talk.to_server(b"".join((*begins, *levels, *saves, opening, describe(name), execute(name), FLUSH)))
        if begins:
            yield from talk.replies()
            self._context.owns_block = not talk.was_in_block
        level = (yield from talk.replies())[0][0] if levels else None
        ((told,),) = yield from talk.replies(len(saves) + 1)
        result = yield from self._result()
        if result.end.kind == ord("E"):
            talk.relay(result.end)
            return None
        session = {**json.loads(told or b"{}"), "savepoint": level.decode() if level else None}
        return _Tried(result, (yield from self._images(session)), session)

    def _result(self) -> Script[_Result]:
        result = _Result()
        while True:
            found = yield from self._talk.next()
            if found.kind == ord("T"):
                result.header = found
            elif found.kind == ord("D"):
                result.rows.append(found)
            elif found.kind == ord("N"):
                self._talk.to_client(found.raw)
            elif found.kind == ord("G"):
                self._talk.to_client(found.raw)
                self._talk.copy_in(True)
            elif found.kind in b"CIE":
                self._talk.copy_in(False)
                result.end = found
                return result

    def _images(self, session: Mapping[str, Any]) -> Script[Sequence[Image]]:
        """What the bracket has noted; raises Refusal."""
        talk, seal, once = self._talk, self._context.seal, nonce()
        here = (str(self._context.pid), str(session["transaction"] or ""))
        talk.to_server(talk.taking(once, seal.proof("images", *here, once)) + FLUSH)
        ((text, proof),) = yield from talk.replies()
        told = (text or b"").decode()
        if not seal.holds(proof or b"", "seal", *here, once, told):
            raise Refusal(ClientError("42501", "[QuickBooks] These rows do not come from the mirror"))
        found = noted(told)
        found.check(self._portal.statement.others, session["most"])
        return found.images

    def _known(self, tried: _Tried) -> Script[_Tried | None]:
        """Rows that are asked for by id and not there are read from QuickBooks; None where it has none either."""
        found = {image.old.get("id") for image in tried.images}
        wanted = [id for id in self._wanted() if id not in found]
        table = self._portal.statement.targets[0] if wanted else ""
        if table not in self._context.tables.names:
            return tried
        if not (yield from self._touches(table)):
            return tried  # a table of the client's own that is called so
        missing = yield from self._talk.ask(Missing(table, wanted))
        if not missing:
            return tried
        yield from self._withdraw()
        error: ClientError | None = yield from self._talk.ask(Fetch(table, missing, self._context.asker))
        if error is not None:
            yield from self._refuse(error, table)
            return None
        # The portal is bound anew: its snapshot is older than the rows, and a rollback may have ended it.
        self._talk.to_server(close(b"P", self._portal.name) + self._portal.bound + FLUSH)
        for _ in range(2):
            yield from self._talk.next()
        again = yield from self._try()
        return again

    def _touches(self, table: str) -> Script[bool]:
        self._talk.to_server(self._talk.touching(table) + FLUSH)
        ((told,),) = yield from self._talk.replies()
        return told == b"t"

    def _wanted(self) -> list[str]:
        ids = []
        for one in self._portal.statement.wanted:
            value = one.text.encode("latin-1") if not one.parameter else self._parameter(one.parameter)
            if value:
                ids.append(value.decode(self._talk.codec, "replace"))
        return list(dict.fromkeys(ids))

    def _parameter(self, number: int) -> bytes | None:
        values = self._portal.values
        return values[number - 1] if 0 < number <= len(values) else None

    def _release(self, tried: _Tried, limit: int) -> Script[None]:
        """Nothing of QuickBooks': the statement counts as it is."""
        if self._alone and not self._portal.is_query:
            # The Sync commits, behind the rows: what a deferred constraint says then comes after them.
            self._answer(tried.result, [row.raw for row in tried.result.rows], limit)
            return
        self._talk.to_server(helper("COMMIT" if self._alone else f"RELEASE SAVEPOINT {_SAVEPOINT}") + FLUSH)
        self._context.owns_block &= not self._alone
        yield from self._talk.replies()
        self._answer(tried.result, [row.raw for row in tried.result.rows], limit)

    def _write(self, tried: _Tried, limit: int) -> Script[None]:
        """Raises Refusal as long as nothing has been asked of QuickBooks, and the bracket is open."""
        statement, columns = self._portal.statement, tried.result.columns
        refresh = Refresh(self._context.tables, statement, columns, tried.images, self._talk.codec)
        refresh.check(tried.result.rows)
        if refresh.is_needed:
            yield from self._parsed(refresh, tried.result.rows)
        asked = [image for image in tried.images if image.is_change]
        if not self._alone and any(image.is_for_good for image in asked):
            yield from self._owe(tried, asked, limit)
            return
        yield from self._withdraw()
        written: Written | ClientError = yield from self._talk.ask(self._question(tried, asked))
        if isinstance(written, Written) and not self._alone:
            self._context.stakes.add(written.ends)
        error = (written, "") if isinstance(written, ClientError) else verdict(written, asked)
        if isinstance(written, ClientError) or error is not None:
            yield from self._refuse(*(error or (written, "")))  # type: ignore[arg-type]
            return
        yield from self._notices(asked, written)
        if not self._alone and any(end.is_parked for end in written.ends):
            yield from self._settle(asked)
        ends = {id(image): end for image, end in zip(asked, written.ends, strict=True)}
        rows = yield from self._rows(refresh, tried, ends)
        self._answer(tried.result, rows, limit)

    def _parsed(self, refresh: Refresh, rows: Sequence[Message]) -> Script[None]:
        """Whether Postgres can work the list out from the table's rows alone; raises Refusal where that matters."""
        if refresh.parameter > len(self._portal.values):
            refresh.keep(rows)  # they are those of an EXECUTE
        try:
            if refresh.parameter:
                refresh.parameters = yield from self._parameters()
            self._talk.to_server(refresh.trial() + FLUSH)
            yield from self._talk.replies()
        except HelperFailed:
            self._talk.to_server(SYNC)
            yield from self._talk.ready()
            refresh.keep(rows)

    def _parameters(self) -> Script[Parameters]:
        """What the client has bound; raises HelperFailed where its statement is gone."""
        bound = self._portal.bound[5:]
        _, name = words_of(bound, 2)
        self._talk.to_server(describe(name, b"S") + FLUSH)
        types: list[int] = []
        while True:
            found = yield from self._talk.next()
            if found.kind == ord("E"):
                raise HelperFailed(found)
            if found.kind == ord("t"):
                types = described_types(found.body)
            if found.kind in b"Tn":
                break
        return Parameters(self._portal.values, bound_formats(bound), types)

    def _rows(self, refresh: Refresh, tried: _Tried, ends: Mapping[int, Ended]) -> Script[list[bytes]]:
        if not refresh.is_needed:
            return [row.raw for row in tried.result.rows]
        self._talk.to_server(refresh.query(ends) + FLUSH)
        fresh = yield from self._talk.replies()
        return refresh.merged(tried.result.rows, fresh)

    def _notices(self, asked: Sequence[Image], written: Written) -> Script[None]:
        """What the client should know of what has been done."""
        for words in dict.fromkeys(end.error.message for end in written.ends if end.error):
            self._talk.to_server(self._talk.telling(f"[QuickBooks] {words}", is_warning=True) + FLUSH)
            yield from self._talk.told()
        inactive = [image for image in asked if image.is_deactivation]
        if not inactive:
            return
        first = inactive[0]
        more = f" and {len(inactive) - 1} more" if len(inactive) > 1 else ""
        words = (
            f"[QuickBooks] {first.entity.name} `{first.id}`{more} made inactive: QuickBooks deletes no names"
        )
        self._talk.to_server(self._talk.telling(words) + FLUSH)
        yield from self._talk.told()

    def _question(self, tried: _Tried, asked: Sequence[Image]) -> Write:
        transaction = None if self._alone else str(tried.session["transaction"])
        savepoint = tried.session["savepoint"]
        timeout_s = float(tried.session["timeout"]) or None  # statement_timeout
        return Write(asked, self._portal.text, self._context.asker, transaction, savepoint, timeout_s)

    def _owe(self, tried: _Tried, asked: Sequence[Image], limit: int) -> Script[None]:
        """QuickBooks is told before the COMMIT: it could not bring back what the client rolls back."""
        tables = {image.table for image in asked}
        if (
            len(tables) > 1
            or not all(image.is_for_good for image in asked)
            or tried.session["isolation"] != _USUAL
        ):
            words = "[QuickBooks] In a transaction a statement that deletes can do nothing else, at the usual isolation"
            raise Refusal(
                ClientError("0A000", words, hint="Delete outside of a transaction block."), asked[0].table
            )
        yield from self._withdraw()
        question = self._question(tried, asked)
        yield from self._context.debts.take_on(self._context.pid, asked[0].table, asked, question)
        self._answer(tried.result, [row.raw for row in tried.result.rows], limit)

    def _settle(self, asked: Sequence[Image]) -> Script[None]:
        """Rows that this client has locked wait for its own transaction, and get their answers from it."""
        calls = []
        for table in sorted({image.table for image in asked}):
            once = nonce()
            ids = [image.id for image in asked if image.table == table and image.id]
            proof = self._context.seal.proof("settle", str(self._context.pid), once)
            calls.append(self._talk.settling(once, proof, table, ids))
        self._talk.to_server(b"".join(calls) + FLUSH)
        yield from self._talk.replies(len(calls))

    def _withdraw(self) -> Script[None]:
        """Everything is as it was before the statement."""
        if self._alone:
            undo = [helper("ROLLBACK")]
        else:
            undo = [helper(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}"), helper(f"RELEASE SAVEPOINT {_SAVEPOINT}")]
        self._talk.to_server(b"".join(undo) + FLUSH)
        yield from self._talk.replies(len(undo))
        self._context.owns_block &= not self._alone

    def _refuse(self, error: ClientError, table: str) -> Script[None]:
        """The backend raises the error, so that the state of the transaction is Postgres' own."""
        self._talk.to_server(self._talk.failing(error, table) + FLUSH)
        try:
            yield from self._talk.replies()
        except HelperFailed as failed:
            self._talk.fail(failed.message)

    def _answer(self, result: _Result, rows: list[bytes], limit: int) -> None:
        if self._portal.is_query and result.header:
            self._talk.to_client(result.header.raw)
        self._portal.rows, self._portal.tag = rows, result.end.raw
        fetch(self._talk, self._portal, limit)


def fetch(talk: Talk, portal: Portal, limit: int) -> None:
    """Gives the client so many rows of a result, as Postgres does."""
    now, portal.rows = (portal.rows[:limit], portal.rows[limit:]) if limit else (portal.rows, [])
    talk.to_client(b"".join(now))
    if portal.rows or (limit and len(now) == limit):
        talk.to_client(_SUSPENDED)
        return
    # The tag tells how many the last fetch has brought.
    tag = re.sub(rb"\d+$", str(len(now)).encode(), portal.tag[5:-1]) if limit and now else portal.tag[5:-1]
    talk.to_client(message(b"C", tag + b"\0"))
