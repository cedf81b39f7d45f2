"""The life of a company while a pipeline follows it: a history, performed in a thread of its own.

Nobody can say what is refused where the switches are drawn. So a refusal is no surprise here; what was done is noted
with its moment on the company's clock. That clock stands still but for the history's own seconds and a tick before
each change: so it is the history, not the machine, that decides what happens in one second, and yet no answer from
before a change has the time of one from after it. Of the pipeline a life knows nothing.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from history import Actor, Operation, Runner, Surprise
from history.generator import History
from history.runner import Known
from history.world import words
from quickbooks_core.catalog import by_name
from quickbooks_core.mapping import our_id

CROWDED = 35  # percent of changes that have another right behind them
CROWD = 5  # percent of operations that concern names of the import


_TOGETHER = 2  # operations between two movements of the clock, about
_TICK_S = 0.002


@dataclass(frozen=True)
class Change:
    """Something that was done: when, to which row, and which rows that one names."""

    at: datetime
    operation: Operation
    our_id: str
    names: frozenset[str]

    def is_near(self, other: Change) -> bool:
        """Whether it concerns the same row, or one names the other."""
        mine, its = self.operation.name, other.operation.name
        return mine == its or mine in other.names or its in self.names

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%H:%M:%S.%f} {self.operation}"


class Life(threading.Thread):
    """Performs a history, as much of it as it is allowed, until it is ended."""

    def __init__(self, url: str, seed: int, crowd: range) -> None:
        super().__init__(name=f"life {seed}", daemon=True)
        self.changes: list[Change] = []
        self.refused = 0
        self.failure: BaseException | None = None
        self.runner = Runner(url, _Session(url))
        self._bodies: dict[str, dict[str, Any]] = {}
        self._over = False
        self._allowed = 0
        self._pause_s = 0.0
        self._turn = threading.Condition()
        self._random = random.Random(seed)
        self._history = iter(History(seed, CROWDED))
        self._crowd = [f"Customer#imported{number}" for number in crowd]
        for name, number in zip(self._crowd, crowd, strict=True):
            self.runner.known[name] = Known(str(number), -1, "")

    def run(self) -> None:
        """The thread."""
        try:
            self.runner.control("clock", hold=True)
            for operation in self._operations():
                if operation.actor is Actor.CLOCK:
                    self._wait()
                elif not self._may_go_on():
                    return
                self._perform(operation)
        except BaseException as failure:  # noqa: BLE001  # told by the test, not by a thread's traceback
            self.failure = failure
            with self._turn:
                self._over = True
                self._turn.notify_all()
        finally:
            self.runner.control("clock", hold=False)

    def allow(self, operations: int, within_s: float) -> None:
        """Some more operations, spread over about so much time, however fast the machine is."""
        with self._turn:
            self._allowed += operations
            self._pause_s = within_s / operations
            self._turn.notify_all()

    def catch_up(self) -> None:
        """Does at once what it is still allowed to."""
        with self._turn:
            self._pause_s = 0.0
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._allowed <= 0 or self._over)

    def end(self) -> None:
        """No more operations; raises what has gone wrong."""
        with self._turn:
            self._over = True
            self._turn.notify_all()
        self.join()
        if self.failure:
            raise self.failure

    def _may_go_on(self) -> bool:
        with self._turn:
            if self._allowed <= 0:
                self._turn.notify_all()
            self._turn.wait_for(lambda: self._over or self._allowed > 0)
            self._allowed -= 1
            return not self._over

    def _wait(self) -> None:
        """Between two seconds; what happens in one comes at once."""
        with self._turn:
            pause_s = self._random.expovariate(1 / _TOGETHER) * self._pause_s
            self._turn.wait_for(lambda: self._over, pause_s)

    def _operations(self) -> Iterator[Operation]:
        for operation in self._history:
            yield operation
            if self._random.randrange(100) < CROWD:
                yield self._among_the_crowd()

    def _among_the_crowd(self) -> Operation:
        """Names of an import are edited, put to rest, or merged, which moves all that stand behind them."""
        verb = self._random.choices(("edit", "deactivate", "merge"), (6, 3, 1))[0]
        name, winner = self._random.sample(self._crowd, 2)
        if verb == "merge":
            self._crowd.remove(name)
        changes = {"CompanyName": f"Company {self._random.randrange(1000)}"}
        body = {"edit": {"changes": changes}, "merge": {"into": f"@{winner}"}, "deactivate": {}}[verb]
        return Operation(Actor.PERSON, verb, "Customer", name, json.dumps(body))

    def _perform(self, operation: Operation) -> None:
        if operation.actor is Actor.CLOCK:
            self.runner.perform(operation)
        elif all(name in self.runner.known for name in self._needed(operation)):
            self.runner.control("clock", advance_s=_TICK_S)
            self._change(operation)

    def _needed(self, operation: Operation) -> Iterator[str]:
        """What has to exist; it may have been refused."""
        if operation.verb != "create":
            yield operation.name
        yield from (name for name in _names(operation.body) if "#" in name)

    def _change(self, operation: Operation) -> None:
        try:
            self.runner.perform(operation)
        except Surprise:
            if operation.name in self.runner.known:
                self.runner.known[operation.name].sync_token = -1  # nobody told us
        session = self.runner.session
        assert isinstance(session, _Session)
        answer = session.last
        if answer.status_code >= 500:
            raise AssertionError(f"the sandbox answered {answer.status_code} to {operation}: {answer.text}")
        if not answer.ok:
            self.refused += 1
            return
        known = self.runner.known.get(operation.name)
        at = answer.json().get("time") or self.runner.look("health")["now"]
        ours = our_id(by_name(operation.entity), known.id) if known else ""
        self.changes.append(Change(datetime.fromisoformat(at), operation, ours, self._named(operation)))

    def _named(self, operation: Operation) -> frozenset[str]:
        """The names that stand in a row, as it is after a change."""
        body = self._bodies.get(operation.name, {}) | (json.loads(operation.body) if operation.body else {})
        self._bodies[operation.name] = body
        return frozenset(_names(json.dumps(body)))


def _names(body: str) -> Iterator[str]:
    found = words(json.loads(body)) if body else ()
    return (word[1:] for word in found if word.startswith("@") and not word.startswith("@day-"))


class _Session(requests.Session):
    """Remembers the last answer, and connects again where the token has ended."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.last = requests.Response()
        self.hooks["response"].append(self._heard)

    def _heard(self, answer: requests.Response, **_: Any) -> requests.Response:
        if answer.status_code == 401:
            given = requests.post(f"{self._url}/sandbox/connect", timeout=60).json()
            self.headers["Authorization"] = f"Bearer {given['access_token']}"
            answer.request.headers["Authorization"] = str(self.headers["Authorization"])
            return self.send(answer.request)
        self.last = answer
        return answer
