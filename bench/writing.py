"""How long a queued change takes beside the API, and how many a second one worker makes.

Sandbox, worker, Postgres and the asking client are processes of their own that speak TCP. The API's own time is that of
the same update sent directly, over a connection that is open already.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import psycopg
from processes import Watch
from quickbooks_core.catalog import by_table
from quickbooks_core.client import Client, open_client
from quickbooks_core.mapping import to_row
from quickbooks_core.settings import Connection
from quickbooks_core.writing import encoded
from quickbooks_demo.child import Child, program, start_child
from quickbooks_demo.database import create_login
from quickbooks_demo.environment import clean_environment
from report import Section, Table, figure
from stage import Failed, Mirror, Stage

MOST_MS = 15
LEAST_PER_SECOND = 200
_ALONE = 200
_PATIENCE_S = 300.0


def measure(stage: Stage, rows: int) -> Section:
    """One change after the other, then `rows` at once, ungrouped and as one group."""
    stage.company(rows)
    mirror = stage.mirror(5)
    setting = Setting(stage, mirror)
    with setting.connected() as client, psycopg.connect(mirror.superuser.url, autocommit=True) as connection:
        direct = sent_directly(client)
        ids = mirrored(client, connection, rows)
        with setting.worker():
            _one_by_one(connection, ids[:20])  # everything is warm
            alone = _one_by_one(connection, ids[:_ALONE])
        single = setting.drained(connection, "NULL")
        grouped = setting.drained(connection, "'one statement'")
    beside_ms = (median(alone) - median(direct)) * 1000
    rate = rows / single[0]
    return Section(
        "Writing",
        f"From the commit of a queued change to its result: **{beside_ms:.1f} ms** more than the API's own time, in "
        f"the median of {len(alone)} (at most {MOST_MS}). One worker makes **{rate:.0f} writes a second** of "
        f"{rows:,} single updates (at least {LEAST_PER_SECOND}).",
        Table(
            ("What", "median ms", "95 % ms", "a second", "worker's CPU ms each"),
            [
                ("an update sent directly", figure(median(direct) * 1000), figure(p95(direct) * 1000), "", ""),
                ("the same through the queue", figure(median(alone) * 1000), figure(p95(alone) * 1000), "", ""),
                (f"{rows:,} updates at once", "", "", figure(rate, 0), figure(single[1] / rows * 1000, 2)),
                (f"{rows:,} updates of one group", "", "", figure(rows / grouped[0], 0),
                 figure(grouped[1] / rows * 1000, 2)),
            ],
        ),
        {"beside_ms": beside_ms, "most_ms": MOST_MS, "per_second": rate, "least_per_second": LEAST_PER_SECOND},
    )  # fmt: skip


@dataclass
class Setting:
    """A mirror, and the programs that write for it."""

    stage: Stage
    mirror: Mirror

    @contextmanager
    def connected(self) -> Iterator[Client]:
        """A client of the sandbox, as the worker has one."""
        given = self.mirror.pipeline.environment.items()
        settings = {name.removeprefix("QUICKBOOKS_").lower(): value for name, value in given}
        with open_client(Connection.from_mapping(settings)) as client:
            yield client

    @contextmanager
    def worker(self) -> Iterator[Child]:
        """`target-quickbooks --follow`."""
        child = self._started("--follow")
        try:
            yield child
        finally:
            child.stop()

    def drained(self, connection: psycopg.Connection, group: str) -> tuple[float, float]:
        """Seconds and seconds of CPU of one worker for an update of every row, its start not counted."""
        connection.execute(
            "SELECT count(quickbooks_load.enqueue('customer', 'update', id, jsonb_build_object('notes', "
            f"'for ' || id || clock_timestamp()), change_group => {group})) FROM customer"
        )
        child = self._started("--drain")
        with Watch(child.process.pid) as watch:
            child.process.wait()
        if child.process.returncode:
            raise Failed(child.words()[-2000:])
        child.stop()
        (seconds,) = connection.execute(
            "SELECT extract(epoch FROM max(finished_at) - min(sent_at))::float FROM _sync_queue "
            "JOIN _sync_request USING (queue_id) WHERE enqueued_at = (SELECT max(enqueued_at) FROM _sync_queue) "
            "OR queue_id > (SELECT max(queue_id) FROM _sync_queue) - (SELECT count(*) FROM customer)"
        ).fetchone() or (0.0,)
        return seconds, watch.of("target-quickbooks").cpu_s

    def _started(self, how: str) -> Child:
        url = create_login(
            self.mirror.superuser, "bench_worker", "password-of-the-bench", "quickbooks_worker"
        ).url
        variables = {**clean_environment(), **self.mirror.pipeline.environment, "DATABASE_URL": url}
        return start_child([program("target-quickbooks"), how], self.stage.directory, variables)


def mirrored(client: Client, connection: psycopg.Connection, rows: int) -> list[str]:
    """Fills the mirror's customers as a sync would; their ids."""
    realm = client.connection.realm_id
    connection.execute("INSERT INTO _sync_company (environment, realm_id) VALUES ('sandbox', %s)", [realm])
    entity = by_table("customer")
    for position in range(1, rows + 1, 1000):
        answer = client.query(f"select * from Customer startposition {position} maxresults 1000")
        rows_json = [
            {**to_row(entity, document), "_sync_read_at": answer.time.isoformat()}
            for document in answer.documents(entity)
        ]
        connection.execute(
            "INSERT INTO quickbooks_load.customer SELECT (jsonb_populate_record(NULL::quickbooks_load.customer, r)).* "
            "FROM jsonb_array_elements(%s::jsonb) AS r",
            [encoded(rows_json).decode()],
        )
    return [id for (id,) in connection.execute("SELECT id FROM customer ORDER BY id").fetchall()]


def _one_by_one(connection: psycopg.Connection, ids: list[str]) -> list[float]:
    """Seconds from the moment a change is committed until its end is known, of each."""
    connection.execute("LISTEN quickbooks_done")
    taken = []
    for id in ids:
        (number,) = connection.execute(
            "SELECT quickbooks_load.enqueue('customer', 'update', %s, jsonb_build_object('notes', %s::text))",
            [id, f"at {time.monotonic_ns()}"],
        ).fetchone() or (0,)
        began = time.perf_counter()
        for notice in connection.notifies(timeout=_PATIENCE_S):
            if notice.payload.endswith(f":{number}"):
                break
        taken.append(time.perf_counter() - began)
    connection.execute("UNLISTEN quickbooks_done")
    return taken


def sent_directly(client: Client) -> list[float]:
    """Seconds of such an update, sent without a queue."""
    taken = []
    for document in client.query(f"select * from Customer maxresults {_ALONE}").documents(
        by_table("customer")
    ):
        named = {"Id": document["Id"], "SyncToken": document["SyncToken"], "sparse": True}
        body = encoded({**named, "Notes": "sent directly"})
        began = time.perf_counter()
        client.post("customer", body)
        taken.append(time.perf_counter() - began)
    return taken


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
