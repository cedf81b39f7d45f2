"""A script is performed on both copies; what they answer, and what is in them afterwards, has to be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from psycopg.pq import TransactionStatus

from .client import Client, Result, Statement, Step, Way
from .copies import Copies
from .player import Player
from .script import Script

_OURS = "[QuickBooks] "
_ROLLBACK = Step((Statement("rollback"),), Way.QUERY)


@dataclass
class Counts:
    """What a story consisted of."""

    statements: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds, ways, refused = (
            ", ".join(f"{number} {what}" for what, number in found.most_common())
            for found in (self.statements, self.ways, self.refused)
        )
        return (
            f"{self.statements.total()} statements ({kinds}), sent in {ways}; {self.answers['error']} errors of Postgres', "
            f"{self.answers['rows']} rows returned; {self.refused.total()} refused by the proxy ({refused or 'none'})"
        )


class Story:
    """One seed's. `looked_every`: how many transactions may pass before the tables are compared."""

    def __init__(
        self, seed: int, plain: Client, proxy: Client, copies: Copies, player: Player, looked_every: int = 10
    ) -> None:
        self.counts = Counts()
        self.plain_refused: list[str] = []
        self._script = Script(seed)
        self._plain, self._proxy = plain, proxy
        self._copies, self._player = copies, player
        self._every = looked_every
        self._ids = copies.ids()
        self._past: list[str] = []

    def differences(self, statements: int) -> Iterator[str]:
        """Until there have been so many statements; each with the steps before it."""
        transactions = 0
        while self.counts.statements.total() < statements:
            step = self._script.next(self._plain.status, self._ids)
            self._past.append(str(step))
            yield from self._perform(step)
            if self._plain.status == TransactionStatus.IDLE:
                transactions += 1
                self._player.settle()
                if transactions % self._every == 0:
                    yield from self._compared()
                self._ids = self._copies.ids()
                self._past = self._past[-12:]
        self._back()
        yield from self._compared()

    def _perform(self, step: Step) -> Iterator[str]:
        plain = self._plain.perform(step)
        self._player.expect(self._plain.new)
        ours = self._proxy.perform(step)
        if "rollback" in str(step).lower():
            self._player.settle()
        self._count(step, plain)
        if refused := next((one.error for one in ours if _is_ours(one)), None):
            place = next(n for n, one in enumerate(ours) if _is_ours(one))
            self._refused(step, place, refused)
            self._start_again()
        elif (plain, self._plain.status) != (ours, self._proxy.status):
            yield self._told(plain, ours)
            self._start_again()

    def _count(self, step: Step, results: list[Result]) -> None:
        written = [one for one in step.statements if one.is_dml]
        self.counts.statements.update(one.kind for one in written)
        self.counts.ways.update([step.way.value] * len(written))
        self.counts.answers["error"] += sum(bool(one.error) for one in results)
        self.counts.answers["rows"] += sum(len(one.rows) for one in results)

    def _refused(self, step: Step, place: int, error: dict[str, str]) -> None:
        statement = step.statements[min(place, len(step.statements) - 1)]
        what = f"{statement.kind}: {error['code']} {error['message'].removeprefix(_OURS)}"
        self.counts.refused[what] += 1
        if statement.is_plain:
            self.plain_refused.append(f"{step}\n   {error}")

    def _start_again(self) -> None:
        """Both copies are what the mirror is."""
        self._back()
        self._copies.align()
        self._ids = self._copies.ids()

    def _back(self) -> None:
        for client in (self._plain, self._proxy):
            if client.status != TransactionStatus.IDLE:
                client.perform(_ROLLBACK)
        self._player.settle()

    def _compared(self) -> Iterator[str]:
        found = [*self._copies.differences(), *self._player_differences()]
        if found:
            yield "\n".join(["the tables differ after", *self._past, *(f"   {one}" for one in found)])
            self._start_again()

    def _player_differences(self) -> Iterator[str]:
        """Where the mirror is not what QuickBooks has."""
        for table, documents in self._player.documents.items():
            mirrored = dict(self._copies.mirror.query(f"SELECT id, sync_token FROM {table}"))
            if mirrored != {id: row["sync_token"] for id, row in documents.items()}:
                yield f"{table}: the mirror is not at the versions that QuickBooks has"

    def _told(self, plain: list[Result], ours: list[Result]) -> str:
        states = f"plain {self._plain.status.name}, proxy {self._proxy.status.name}"
        return "\n".join(
            ["answers differ after", *self._past, f"   plain {plain}", f"   proxy {ours}", f"   {states}"]
        )


def _is_ours(result: Result) -> bool:
    return result.error.get("message", "").startswith(_OURS)
