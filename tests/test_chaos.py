"""Proxy, workers, backends, Postgres and clients are killed at random: what was committed is in QuickBooks once, what
was not is undone or listed.

Each seed draws what the clients do, the switches, the failures and the victims. A failure prints the story of what is
wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import psycopg
import pytest
from chaos.stage import Stage, staged
from chaos.verdict import TABLES, Queue, Verdict, history_of, read_company, read_queue, wrong_names
from following.comparison import differences, left_over
from following.stage import new_migrated, server_to_kill
from quickbooks_core.catalog import by_table
from quickbooks_demo.books import Books, opened
from quickbooks_demo.postgres import Server
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import run
from quickbooks_demo.waiting import TooLate, wait_for

TROUBLES = (
    *["proxy"] * 4, *["worker"] * 3, *["client"] * 3, *["connection"] * 4, "backend", "Postgres", *["request"] * 6,
)  # fmt: skip
# What a write moves in other rows: read beside the queue, and where a worker dies by the next sync.
_MOVED = ("balance", "balance_with_jobs", "updated_at", "sync_token", "linked_txn", "extra")
_SHOWN = 12


@pytest.fixture
def books_and_server(
    sandbox: Sandbox, connected: dict[str, str], tmp_path: Path
) -> Iterator[tuple[Books, Server]]:
    """Books whose Postgres may be killed."""
    with server_to_kill() as server:
        database = new_migrated(server, "chaos")
        with opened(database, connected, sandbox, tmp_path) as books:
            books.mirror(*TABLES, "item")
            books.query(
                "insert into _sync_cdc (table_name, status) select unnest(%s::text[]), 'ok'", list(TABLES)
            )
            yield books, server


@pytest.mark.parametrize(
    ("seed", "clients", "each"),
    [(1, 4, 13), pytest.param(2, 5, 200, marks=pytest.mark.soak)],
)
@pytest.mark.timeout(3000)
def test_what_is_committed_is_made_once_and_what_is_not_is_undone(
    books_and_server: tuple[Books, Server],
    seed: int,
    clients: int,
    each: int,
    record_property: Callable[[str, object], None],
) -> None:
    books, server = books_and_server
    switches = books.sandbox.control("switches", seed=seed)["switches"]
    before = read_company(books)

    with staged(books, server, seed, clients, each) as stage:
        live(stage, Random(seed), clients * each)
        settle(stage)
        said = stage.programs.words()

    company, queue = read_company(books), read_queue(books)
    verdict = Verdict(stage.clients.told(), queue, company)
    wrong = [*verdict.wrong(), *wrong_names(queue, before, company), *unlike(books, queue)]
    chosen = {one["name"]: one["value"] for one in switches if one["value"] != one["values"][0]}
    assert not wrong, "\n".join(
        [f"seed {seed}: {chosen}", f"{len(wrong)} are wrong", *wrong[:_SHOWN], said, str(stage.troubles)]
    )
    counts = [dict(sorted(verdict.counts.items())), dict(stage.troubles), dict(verdict.reasons)]
    record_property("counts", " · ".join(map(str, counts)))
    assert {kind for kind in TROUBLES if not stage.troubles[kind]} == set()
    assert verdict.counts["writes of committed transactions, made"] > clients * each / 2
    assert verdict.counts["writes of others, undone"] > clients * each / 10


def live(stage: Stage, draw: Random, transactions: int) -> None:
    """Until all clients have done theirs: something goes wrong every few transactions."""
    planned = draw.sample(TROUBLES, len(TROUBLES)) * max(1, transactions // 100)
    due = sorted(draw.uniform(0.02, 0.95) * transactions for _ in planned)
    while stage.clients.keep():
        stage.programs.keep()
        if due and stage.clients.begun >= due[0]:
            time.sleep(draw.random() * 0.3)  # trouble comes at any moment
            with suppress(psycopg.OperationalError):  # Postgres may be starting
                if stage.trouble(planned[-1]):
                    due.pop(0)
                    planned.pop()
        time.sleep(0.1)


def settle(stage: Stage) -> None:
    """In peace everything comes to its end."""
    stage.peace()
    books = stage.books

    def is_over() -> bool:
        stage.programs.keep()
        with suppress(psycopg.OperationalError):
            return books.query(
                "select count(*) from _sync_queue where status in ('pending', 'sending') "
                "or fate in ('open', 'rolled_back')"
            ) == [(0,)]
        return False

    with suppress(TooLate):
        wait_for(is_over, "the end", 300, pause_s=0.5)


def unlike(books: Books, queue: Queue) -> Iterator[str]:
    """What differs between mirror and QuickBooks: nothing that was written, and after a sync nothing at all."""
    mirror, entities = books.database.superuser.url, [by_table(table) for table in TABLES]
    for one in differences(books.sandbox, mirror, entities):
        if one.column not in _MOVED:
            yield "\n".join([f"before a sync: {one}", *history_of(queue, one.id)])
    ended = run(
        "quickbooks", "reconcile", *TABLES, **{**books.environment, "DATABASE_URL": books.database.url}
    )
    if ended.code:
        yield f"reconcile: {ended}"
    yield from (f"after a sync: {one}" for one in differences(books.sandbox, mirror, entities))
    yield from left_over(mirror)
