"""Changes by the hundred, workers and connections that die, answers that are lost: each is made once, or reported.

What QuickBooks has in the end is counted: documents by a mark in them, updates by versions. All behaviours that nobody
knows for sure are drawn from the seed.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from quickbooks_demo.child import Child, program
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.waiting import TooLate, wait_for

KINDS = (
    "reset_before", "reset_after", "cut_after", "timeout_before", "timeout_after", "500_after", "503_after", "503",
    "429", "slow", "html", "expired_token",
)  # fmt: skip
_PATIENCE_S = 240
_MOST_FAULTS = 8  # that are waiting for a request
_TROUBLES = 0.5  # a change; then there is peace: with each failure the next pause grows


class Crew:
    """Three workers of which one is killed now and then."""

    def __init__(self, books: Any, draw: random.Random) -> None:
        self._books = books
        self._draw = draw
        self._workers = {name: self._start(name) for name in ("one", "two", "three")}
        self.kills = 0

    def kill_one(self) -> None:
        name = self._draw.choice([*self._workers])
        self._workers[name].kill()
        self._workers[name] = self._start(name)
        self.kills += 1

    def stop(self) -> None:
        for worker in self._workers.values():
            worker.stop()

    def _start(self, name: str) -> Child:
        home = self._books.home / name
        home.mkdir(exist_ok=True)
        command = ["target-quickbooks", "--follow", "--lease", "3", "--threads", "4"]
        return start_forked(command, home, {**clean_environment(), **self._books.environment})


def queue_changes(books: Any, draw: random.Random, count: int) -> dict[int, tuple[str, str, str]]:
    """Number → what it is: kind, mark, and the row it is about."""
    customers = [id for (id,) in books.query("SELECT id FROM customer ORDER BY id LIMIT 12")]
    items = [id for (id,) in books.query("SELECT id FROM item WHERE type = 'Service' ORDER BY id LIMIT 3")]
    payments = [id for (id,) in books.query("SELECT id FROM payment ORDER BY id")]
    changes: dict[int, tuple[str, str, str]] = {}
    for n in range(count):
        kind = draw.choice(
            ["payment", "payment", "invoice", "customer", "update", "update", "update", "delete"]
        )
        # Some are meant twice: equal in everything, and still two.
        mark = f"mark-{n - 1 if n % 10 == 1 else n}"
        customer = draw.choice(customers)
        if kind == "delete" and payments:
            id = payments.pop()
            changes[books.enqueue("payment", "delete", id)] = ("delete", "", id)
        elif kind == "payment":
            paid = {"customer_id": customer, "total_amt": n, "private_note": mark}
            changes[books.enqueue("payment", "create", **paid)] = ("payment", mark, "")
        elif kind == "invoice":
            line = {
                "Amount": n + 1,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": draw.choice(items)}},
            }
            number = books.enqueue("invoice", "create", customer_id=customer, private_note=mark, line=[line])
            changes[number] = ("invoice", mark, "")
        elif kind == "customer":
            number = books.enqueue("customer", "create", display_name=f"New {n}", notes=mark)
            changes[number] = ("customer", mark, "")
        else:
            changes[books.enqueue("customer", "update", customer, notes=mark)] = ("update", mark, customer)
    return changes


def make_trouble(books: Any, crew: Crew, draw: random.Random) -> None:
    chance = draw.random()
    if chance < 0.15:
        crew.kill_one()
    elif chance < 0.3:
        books.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'target-quickbooks' "
            "AND random() < 0.3"
        )
    elif len(books.sandbox.look("faults")["orders"]) < _MOST_FAULTS:  # or the last change meets them all
        books.sandbox.control(
            "faults",
            kind=draw.choice(KINDS),
            method="POST",
            path="company",
            skip=draw.randrange(4),
            delay_s=1,
        )


def under_way(books: Any) -> list[Any]:
    """What has not ended, and when it goes on."""
    return books.query(
        "SELECT queue_id, table_name, operation, status, attempts, not_before, lease_until, error FROM _sync_queue "
        "WHERE status IN ('pending', 'sending') ORDER BY queue_id LIMIT 5"
    )


def tokens(books: Any) -> dict[str, int]:
    return {f"qbk_cust{d['Id']}": int(d["SyncToken"]) for d in books.documents("customer")}


def test_each_change_is_made_once_or_reported(books: Any) -> None:
    draw, count = random.Random(1), 200
    with story(books, draw, count) as crew:
        for _ in range(int(count * _TROUBLES)):
            if not under_way(books):
                break
            make_trouble(books, crew, draw)
            time.sleep(draw.random())  # trouble comes at any moment


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 12))
def test_each_of_a_thousand_is_whoever_is_killed(
    mortal: tuple[Any, Any], seed: int, record_property: Callable[[str, object], None]
) -> None:
    (books, killed), draw = mortal, random.Random(seed)
    with story(books, draw, 1000, seed=seed) as crew:
        tap = Delivery(books, books.query("SELECT id FROM customer ORDER BY id LIMIT 1")[0][0], 100)
        for _ in range(500):
            if not under_way(books):
                break
            chance = draw.random()
            if chance < 0.06:
                killed.kill_postgres()
            elif chance < 0.12:
                killed.kill_sandbox(seed=seed)
            elif chance < 0.2:
                tap.kill_and_start()
            else:
                make_trouble(books, crew, draw)
            time.sleep(draw.random())
        tap.end()
    assert killed.kills >= 2
    tap.check()
    ends = dict(books.query("SELECT status, count(*) FROM _sync_queue GROUP BY status"))
    words = f"{killed.kills} Postgres and sandbox, {crew.kills} workers, {tap.kills} taps"
    record_property("counts", f"changes {ends}; killed: {words}")


@contextmanager
def story(books: Any, draw: random.Random, count: int, seed: int = 1) -> Iterator[Crew]:
    """Changes and workers, trouble while the block lasts, peace after it, and then everything is counted."""
    books.mirror("customer", "item", "payment")
    books.sandbox.control("switches", seed=seed)
    before = tokens(books)
    changes = queue_changes(books, draw, count)
    with ExitStack() as ending:
        crew = Crew(books, draw)
        ending.callback(crew.stop)
        yield crew
        books.sandbox.control("requests")  # forgets failures that nothing has met
        with suppress(TooLate):
            wait_for(lambda: not under_way(books), "the end", _PATIENCE_S * count / 200, pause_s=0.5)
        assert under_way(books) == []

    statuses = {number: books.change(number) for number in changes}
    unfounded = [
        n for n, row in statuses.items() if row["status"] in ("failed", "unknown") and not row["error"]
    ]
    assert unfounded == []
    check_creates(books, changes, statuses)
    check_updates(books, changes, statuses, before)
    check_deletes(books, changes, statuses)
    found = Counter(row["status"] for row in statuses.values())
    assert found["done"] >= count * 0.85, found
    assert crew.kills, found


class Delivery:
    """Payments that a tap delivers, again and again until a run has come to its end."""

    def __init__(self, books: Any, customer: str, count: int) -> None:
        self._books, self.kills = books, 0
        self._marks = [f"tap-{n}" for n in range(count)]
        rows = [
            {"ref": mark, "customer_id": customer, "total_amt": 3, "private_note": mark}
            for mark in self._marks
        ]
        lines = [
            {"type": "SCHEMA", "stream": "payment", "schema": {"properties": {}}, "key_properties": ["ref"]}
        ]
        lines += [{"type": "RECORD", "stream": "payment", "record": row} for row in rows]
        self._input = books.home / "payments.jsonl"
        self._input.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self._run = self._started()

    def kill_and_start(self) -> None:
        """In the middle, most of the times."""
        self._run.kill()
        self._run.wait()
        self.kills += 1
        self._run = self._started()

    def end(self) -> None:
        """The last run is left in peace; it may have to begin once more where the database went away."""
        for _ in range(3):
            if self._run.wait() == 0:
                return
            self._run = self._started()
        assert self._run.wait() in (0, 1)

    def check(self) -> None:
        """Each payment is there once, or is reported."""
        made = Counter(d.get("PrivateNote") for d in self._books.documents("payment"))
        doubtful = {
            mark
            for (mark,) in self._books.query(
                "SELECT changed ->> 'private_note' FROM _sync_queue WHERE status = 'unknown' AND key IS NOT NULL"
            )
        }
        wrong = {mark: made[mark] for mark in self._marks if made[mark] != 1 and mark not in doubtful}
        assert wrong == {}

    def _started(self) -> subprocess.Popen[bytes]:
        home = self._books.home / "tap"
        home.mkdir(exist_ok=True)
        return subprocess.Popen(
            [program("target-quickbooks"), "--input", str(self._input)],
            cwd=home, env={**clean_environment(), **self._books.environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def check_creates(books: Any, changes: Any, statuses: Any) -> None:
    for table, column in (("payment", "PrivateNote"), ("invoice", "PrivateNote"), ("customer", "Notes")):
        made = Counter(d.get(column) for d in books.documents(table))
        done: Counter[str] = Counter()
        doubtful: Counter[str] = Counter()
        for number, (kind, mark, _) in changes.items():
            if kind == table:
                done[mark] += statuses[number]["status"] == "done"
                doubtful[mark] += statuses[number]["status"] == "unknown"
        if table != "customer":  # there, updates leave marks too
            wrong = {
                m: (made[m], done[m], doubtful[m])
                for m in done
                if not done[m] <= made[m] <= done[m] + doubtful[m]
            }
            assert wrong == {}, table
        ids = [
            statuses[n]["id"] for n, (kind, _, _) in changes.items() if kind == table and statuses[n]["id"]
        ]
        assert len(ids) == len(set(ids))


def check_updates(books: Any, changes: Any, statuses: Any, before: dict[str, int]) -> None:
    after = tokens(books)
    of_row: dict[str, Counter[str]] = {}
    last: dict[str, str] = {}
    for number, (kind, mark, id) in sorted(changes.items()):
        if kind == "update":
            of_row.setdefault(id, Counter())[statuses[number]["status"]] += 1
            if statuses[number]["status"] == "done":
                last[id] = mark
    for id, counts in of_row.items():
        steps = after[id] - before[id]
        assert counts["done"] <= steps <= counts["done"] + counts["unknown"], (id, counts, steps)
        if not counts["unknown"] and id in last:
            assert books.query("SELECT notes FROM customer WHERE id = %s", id) == [(last[id],)]


def check_deletes(books: Any, changes: Any, statuses: Any) -> None:
    there = {f"qbk_pay{d['Id']}" for d in books.documents("payment")}
    for number, (kind, _, id) in changes.items():
        if kind == "delete" and statuses[number]["status"] != "unknown":
            assert (id in there) == (statuses[number]["status"] == "failed"), (id, statuses[number])
