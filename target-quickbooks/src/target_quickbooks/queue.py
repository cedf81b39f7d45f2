"""The queue as a worker sees it: one connection, and the database's own functions, which guard every step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from quickbooks_core.catalog import MIRRORED
from quickbooks_core.catalog.model import Entity, Shape
from quickbooks_core.client import boot_time
from quickbooks_core.mapping import to_row
from quickbooks_core.postgres.deployment import Deployment
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection
from quickbooks_core.writing import Action, Call, ClientError, encoded

from target_quickbooks.job import (
    LEAVES_WITHIN_S,
    Done,
    Failed,
    Found,
    Job,
    Later,
    Outcome,
    Sent,
    Unknown,
    job_of,
)

CHANNEL = "quickbooks_queue"
# What a batch takes, and what may be in one: creates of transactions go alone, since they move money.
MOST_TOGETHER = 30
_PRUNED_AT_ONCE = 1000
TOGETHER = [
    f"{action.value} {entity.table}"
    for entity in MIRRORED
    for action in Action
    if action is not Action.READ
    if entity.id_paths == ("Id",) and (action is not Action.CREATE or entity.shape is Shape.LIST)
]


class Queue:
    """The queue of one mirror, in the hands of one worker thread."""

    def __init__(
        self,
        url: str,
        names: Names,
        settings: Connection,
        worker: str,
        lease_s: float,
        hands: int,
        leaves_within_s: float = LEAVES_WITHIN_S,
    ) -> None:
        """`hands` is how many such threads the worker has; raises NotOurs for the queue of another database."""
        self.worker = worker
        self.leaves_within_s = leaves_within_s
        self._hands = hands
        self._names = names
        self._lease = timedelta(seconds=lease_s)
        self._connection = psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name="target-quickbooks"
        )
        # Amounts in images and values keep their digits.
        set_json_loads(partial(json.loads, parse_float=Decimal), self._connection)
        self._deployment = Deployment(self._connection, names, settings).require()

    def close(self) -> None:
        """Gives the connection back; what is held comes free when its lease ends."""
        self._connection.close()

    def claim(self) -> list[Job]:
        """The next change that may be sent, and others that may go in the same request."""
        rows = self._rows(
            "SELECT c.*, extract(epoch FROM now() - c.lost_at)::float AS lost_s "
            "FROM {load}.claim_changes(%s, %s, %s, %s, %s, %s) AS c",
            self._deployment, self.worker, self._lease, TOGETHER, MOST_TOGETHER, self._hands,
        )  # fmt: skip
        rows.sort(key=lambda row: row["queue_id"])
        return [
            job_of(row, self._in_doubt(row["queue_id"]) if row["attempts"] > 1 else (), self._file(row))
            for row in rows
        ]

    def renew(self, workers: Sequence[str]) -> None:
        """Keeps what these workers hold."""
        self._run("SELECT {load}.renew_leases(%s, %s)", list(workers), self._lease)

    def follow(self) -> None:
        """Looks at what waits for clients: what they roll back is undone, rows that they have locked are merged."""
        self._run("SELECT {load}.follow_transactions()")
        self._run("SELECT {load}.merge_waiting()")

    def prune(self, keep: timedelta) -> bool:
        """Forgets changes whose end is long past; whether there may be more."""
        row = self._row("SELECT {load}.prune_queue(%s, %s) AS pruned", keep, _PRUNED_AT_ONCE)
        return bool(row and row["pruned"] == _PRUNED_AT_ONCE)

    def note(self, job: Job, request_id: str, call: Call, body: bytes, quickbooks_at: datetime) -> Sent:
        """Commits what is about to be sent; raises psycopg.errors.ObjectInUse where the lease is gone."""
        (sent,) = self._noted([(job, body)], request_id, call, quickbooks_at, are_items=False)
        return sent

    def note_items(
        self, bodies: Sequence[tuple[Job, bytes]], request_id: str, call: Call, quickbooks_at: datetime
    ) -> list[Sent]:
        """The same for all items of a batch, each known in it by the change's number."""
        return self._noted(bodies, request_id, call, quickbooks_at, are_items=True)

    def _noted(
        self,
        bodies: Sequence[tuple[Job, bytes]],
        request_id: str,
        call: Call,
        quickbooks_at: datetime,
        *,
        are_items: bool,
    ) -> list[Sent]:
        before = boot_time() + self.leaves_within_s
        rows = self._rows(
            "SELECT {load}.note_request(i.number, %s, %s, CASE WHEN %s THEN i.number::text END, %s, %s, %s::jsonb, "
            "i.content, %s) AS request FROM unnest(%s::bigint[], %s::bytea[]) WITH ORDINALITY "
            "AS i (number, content, place) ORDER BY i.place",
            self.worker, request_id, are_items, call.method, call.path, _json(dict(call.params)), quickbooks_at,
            [job.queue_id for job, _ in bodies], [body for _, body in bodies],
        )  # fmt: skip
        noted_at = datetime.now(UTC)
        return [
            Sent(row["request"], request_id, call, body, noted_at, quickbooks_at, are_items, before)
            for row, (_, body) in zip(rows, bodies, strict=True)
        ]

    def end_request(self, job: Job, sent: Sent | None, outcome: str, words: str) -> None:
        """What has become of a request, or of all in doubt."""
        self._run(
            "SELECT {load}.end_request(%s, %s, %s, %s, %s)",
            job.queue_id, self.worker, sent.number if sent else None, outcome, words[:500],
        )  # fmt: skip

    def claimed(self, entity: Entity, ids: Sequence[str]) -> set[str]:
        """Which of these are what another create has made."""
        found = self._rows(
            "SELECT id FROM {mirror}._sync_queue WHERE operation = 'create' AND table_name = %s AND id = ANY (%s)",
            entity.table, list(ids),
        )  # fmt: skip
        return {row["id"] for row in found}

    def has_unknown_twin(self, job: Job) -> bool:
        """Whether an equal create is unknown: what is found might be its."""
        row = self._row(
            "SELECT EXISTS (SELECT FROM {mirror}._sync_queue AS t JOIN {mirror}._sync_queue AS q USING (row_key) "
            "WHERE q.queue_id = %s AND t.queue_id <> q.queue_id AND t.status = 'unknown') AS found",
            job.queue_id,
        )
        return bool(row and row["found"])

    def settle(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Writes down how each has ended; an answer is merged in the same transaction."""
        done = [(job, outcome) for job, outcome in ended if isinstance(outcome, Done)]
        try:
            if done:
                self._finish(done)
        except psycopg.errors.UniqueViolation:
            for job, answer in done:
                self._finish_alone(job, answer)
        for job, outcome in ended:
            if not isinstance(outcome, Done):
                self._settle(job, outcome)

    def _settle(self, job: Job, outcome: Found | Failed | Unknown | Later) -> None:
        match outcome:
            case Found(documents, read_at):
                rows = [to_row(job.entity, document) for document in documents]
                self._run(
                    "SELECT {load}.finish_reading(%s, %s, %s::jsonb, %s)",
                    job.queue_id, self.worker, _json(rows), read_at,
                )  # fmt: skip
            case Failed(error, code):
                self._end(job, "failed", error, code)
            case Unknown(words):
                self._end(job, "unknown", ClientError("08007", words, hint=_LOOK), "")
            case Later(after_s, lost, words):
                self._run(
                    "SELECT {load}.postpone_change(%s, %s, now() + %s, %s, %s)",
                    job.queue_id, self.worker, timedelta(seconds=after_s), lost, words[:500],
                )  # fmt: skip

    def land(self, entity: Entity, rows: Sequence[Mapping[str, Any]], read_at: datetime) -> None:
        """Merges rows that were read beside the queue."""
        table = sql.Identifier(self._names.load, entity.table)
        statement = sql.SQL(
            "INSERT INTO {table} SELECT r.* FROM jsonb_array_elements(%s::jsonb) AS i (image), "
            "LATERAL jsonb_populate_record(NULL::{table}, i.image || %s::jsonb) AS r"
        ).format(table=table)
        self._connection.execute(statement, [_json(list(rows)), _json({"_sync_read_at": read_at})])

    def _finish(self, done: Sequence[tuple[Job, Done]]) -> None:
        """All of them or none; raises UniqueViolation for an answer that another change has had."""
        answers = [_answer(job, outcome) for job, outcome in done]
        self._run(
            "SELECT {load}.finish_change(i.number, %s, i.id, i.image, i.read_at, i.words) "
            "FROM unnest(%s::bigint[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::text[]) "
            "WITH ORDINALITY AS i (number, id, image, read_at, words, place) ORDER BY i.place",
            self.worker, [job.queue_id for job, _ in done], [id for id, _ in answers], [image for _, image in answers],
            [outcome.read_at for _, outcome in done], [outcome.words for _, outcome in done],
        )  # fmt: skip

    def _finish_alone(self, job: Job, done: Done) -> None:
        try:
            self._finish([(job, done)])
        except psycopg.errors.UniqueViolation:
            id, _ = _answer(job, done)
            self._settle(
                job, Unknown(f"QuickBooks' answer is {id}, which another change is said to have made")
            )

    def _end(self, job: Job, status: str, error: ClientError, code: str) -> None:
        told = {**asdict(error), "code": code, "error": error.message, "error_column": error.column}
        told = {name: value or None for name, value in told.items()}
        self._run(
            "SELECT {load}.end_change(%s, %s, %s, %s::jsonb)",
            job.queue_id,
            self.worker,
            status,
            _json(told),
        )

    def _file(self, claimed: Mapping[str, Any]) -> bytes | None:
        """What is to be attached; only an attachment can have a file."""
        if (claimed["table_name"], claimed["operation"]) != ("attachable", "create"):
            return None
        row = self._row("SELECT content FROM {mirror}._sync_file WHERE queue_id = %s", claimed["queue_id"])
        return bytes(row["content"]) if row else None

    def _in_doubt(self, queue_id: int) -> tuple[Sent, ...]:
        found = self._rows(
            "SELECT * FROM {mirror}._sync_request WHERE queue_id = %s "
            "AND coalesce(outcome, 'lost') IN ('lost', 'absent') ORDER BY request",
            queue_id,
        )
        return tuple(
            Sent(
                row["request"],
                row["request_id"],
                Call(row["method"], row["path"], row["params"]),
                bytes(row["body"]),
                row["sent_at"],
                row["quickbooks_at"],
                row["b_id"] is not None,
            )
            for row in found
        )

    def _row(self, statement: LiteralString, *values: Any) -> Mapping[str, Any] | None:
        return next(iter(self._rows(statement, *values)), None)

    def _rows(self, statement: LiteralString, *values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self._names.text(statement), values).fetchall()

    def _run(self, statement: LiteralString, *values: Any) -> None:
        self._connection.execute(self._names.text(statement), values)


def _answer(job: Job, done: Done) -> tuple[str, str | None]:
    """The id that it has now, and the row; None for one that is gone."""
    if done.document is None:
        return job.id, None
    row = to_row(job.entity, done.document)
    return row["id"], _json(row)


_LOOK = "Look in QuickBooks; `quickbooks queue retry` looks too, before anything is sent."


def _json(value: Any) -> str:
    return encoded(value).decode()
