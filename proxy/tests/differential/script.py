"""What is sent one after the other: single statements, several at once, transactions with savepoints."""

from __future__ import annotations

from random import Random

from psycopg.pq import TransactionStatus

from .client import Statement, Step, Way
from .shapes import statement

# What a Query may have between its statements.
_BETWEEN = ("begin", "commit", "end", "rollback", "savepoint a", "rollback to a", "commit and chain")
_ONE_BY_ONE = (Way.QUERY, Way.PARAMETERS, Way.BINARY, Way.PREPARED)


class Script:
    """A seed's next step depends on the state of the transaction alone."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._savepoints: list[str] = []

    def next(self, status: TransactionStatus, ids: dict[str, list[str]]) -> Step:
        """What is sent next."""
        self._ids = ids
        if status == TransactionStatus.IDLE:
            self._savepoints = []
            return self._outside()
        if status == TransactionStatus.INERROR and self.random.random() < 0.8:
            return self._control(self._way_back())
        return self._inside()

    def _outside(self) -> Step:
        found = self.random.random()
        if found < 0.12:
            return self._control(
                self.random.choice(("begin", "start transaction", "BEGIN isolation level read committed"))
            )
        if found < 0.22:
            return self._several(self.random.choice((Way.QUERY, Way.PIPELINE)))
        return self._single()

    def _inside(self) -> Step:
        found = self.random.random()
        if found < 0.13:
            return self._control(
                self.random.choice(("commit", "commit", "end", "rollback", "rollback", "commit and chain"))
            )
        if found < 0.25:
            name = self.random.choice("abc")
            self._savepoints.append(name)
            return self._control(f"savepoint {name}")
        if found < 0.32 and self._savepoints:
            return self._control(self._way_back())
        if found < 0.36 and self._savepoints:
            return self._control(f"release {self._savepoints.pop()}")
        if found < 0.40:
            table = self.random.choice(("customer", "invoice"))
            return self._control(
                f"select id from {table} where id = '{self._known(table)}' for {self.random.choice(('update', 'share'))}"
            )
        if found < 0.48:
            return self._several(Way.QUERY)
        return self._single()

    def _known(self, table: str) -> str:
        return self.random.choice(self._ids[table] or ["none"])

    def _way_back(self) -> str:
        if self._savepoints and self.random.random() < 0.7:
            return f"rollback to {self.random.choice(('', 'savepoint '))}{self._savepoints[-1]}"
        return "rollback"

    def _control(self, text: str) -> Step:
        return Step((Statement(text),), self.random.choice((Way.QUERY, Way.PARAMETERS)))

    def _single(self) -> Step:
        return Step((statement(self.random, self._ids),), self.random.choice(_ONE_BY_ONE))

    def _several(self, way: Way) -> Step:
        found = [statement(self.random, self._ids) for _ in range(self.random.randint(2, 4))]
        if self.random.random() < 0.3:
            found.insert(
                self.random.randrange(len(found)),
                Statement("select count(*) from customer where notes is null"),
            )
        for _ in range(self.random.choice((0, 0, 1, 2)) if way is Way.QUERY else 0):
            control = Statement(self.random.choice(_BETWEEN))
            found.insert(self.random.randint(0, len(found)), control)
        return Step(tuple(found), way)
