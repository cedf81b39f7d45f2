"""Changes of one group in one request: a batch has up to 30 items, each with an answer of its own.

What needs a reading before goes alone. An item is known by the
batch's request id and its own bId; a batch is never sent again, and what is lost is settled change by change.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickbooks_core.client import Answer
from quickbooks_core.client.faults import refusal
from quickbooks_core.errors import Busy, OutcomeUnknown, QuickBooksError, Refused, Stale
from quickbooks_core.writing import Call, ChangeRefused, Plan, Style, document_in, encoded, plan

from target_quickbooks.engine import PASSING, Engine, failed, later
from target_quickbooks.job import Done, Job, Outcome, Sent

_CALL = Call("POST", "batch")


@dataclass(frozen=True)
class Item:
    """One change of a batch, as it is sent."""

    job: Job
    made: Plan
    body: dict[str, Any]
    sent: Sent


class Batch:
    """Sends changes together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, jobs: Sequence[Job]) -> list[tuple[Job, Outcome]]:
        """How each has ended; those that cannot go together are begun alone."""
        ready, ended = self._prepared(jobs)
        if len(ready) == 1:
            return [*ended, (ready[0][0], self._engine.begin(ready[0][0]))]
        return [*ended, *self._sent(ready)] if ready else ended

    def _prepared(
        self, jobs: Sequence[Job]
    ) -> tuple[list[tuple[Job, Plan, dict[str, Any]]], list[tuple[Job, Outcome]]]:
        ready: list[tuple[Job, Plan, dict[str, Any]]] = []
        ended: list[tuple[Job, Outcome]] = []
        for job in jobs:
            try:
                made = plan(job.change)
                if made.needs_document or job.file is not None:
                    ended.append((job, self._engine.begin(job)))
                else:
                    ready.append((job, made, made.body()))
            except ChangeRefused as refused:
                ended.append((job, failed(refused, job)))
        return ready, ended

    def _sent(self, ready: Sequence[tuple[Job, Plan, dict[str, Any]]]) -> list[tuple[Job, Outcome]]:
        try:
            at = self._engine.clock.at_least()
            self._engine.wait_to_note(_CALL)
        except QuickBooksError as error:
            return [(job, later(job, error, lost=False)) for job, _, _ in ready]
        request_id = str(uuid.uuid4())
        # The bytes that count are those of the item: the version in them tells later whether it was done.
        noted = self._engine.queue.note_items(
            [(job, encoded(body)) for job, _, body in ready], request_id, _CALL, at
        )
        items = [Item(job, made, body, sent) for (job, made, body), sent in zip(ready, noted, strict=True)]
        content = [item.made.batch_item(str(item.job.queue_id), item.body) for item in items]
        try:
            body = encoded({"BatchItemRequest": content})
            before = min(item.sent.before for item in items if item.sent.before)
            answer = self._engine.client.post(_CALL.path, body, request_id=request_id, before=before)
            answers = _by_item(answer)
        except (OutcomeUnknown, Busy) as error:
            return [(item.job, self._lost(item, error)) for item in items]
        except QuickBooksError as error:
            return [(item.job, self._unsent(item, error)) for item in items]
        self._engine.clock.learn(answer)
        return [(item.job, self._ended(item, answers.get(str(item.job.queue_id)), answer)) for item in items]

    def _lost(self, item: Item, error: QuickBooksError) -> Outcome:
        self._engine.queue.end_request(item.job, item.sent, "lost", str(error))
        return later(item.job, error, lost=True)

    def _unsent(self, item: Item, error: QuickBooksError) -> Outcome:
        """The batch as a whole was refused, and nothing in it done."""
        self._engine.queue.end_request(item.job, item.sent, "unsent", str(error))
        return (
            later(item.job, error, lost=False) if isinstance(error, PASSING) else self._engine.begin(item.job)
        )

    def _ended(self, item: Item, answered: Mapping[str, Any] | None, answer: Answer) -> Outcome:
        if answered is None:
            return self._lost(item, Busy("The batch's answer lacks it", intuit_tid=answer.intuit_tid))
        if "Fault" in answered:
            return self._refused(item, answered, answer)
        document = document_in(item.made.change.entity, answered)
        if document is None:
            return self._lost(item, Busy("The answer has no document", intuit_tid=answer.intuit_tid))
        is_deletion = item.made.style is Style.DELETE
        return Done(None if is_deletion else document, answer.time, f"intuit_tid {answer.intuit_tid}")

    def _refused(self, item: Item, answered: Mapping[str, Any], answer: Answer) -> Outcome:
        body = encoded({"Fault": answered["Fault"]})
        error = refusal(400, {"intuit_tid": answer.intuit_tid}, body, datetime.now(UTC))
        if not isinstance(error, Refused):  # one of QuickBooks' own: nobody knows
            return self._lost(item, error or Busy("A fault without words"))
        self._engine.queue.end_request(item.job, item.sent, "refused", str(error))
        if isinstance(error, Stale):
            return self._engine.resume(item.job)
        return failed(error, item.job)


def _by_item(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """bId → answer; raises Busy for what is no answer to a batch."""
    content = answer.json()
    items = content.get("BatchItemResponse") if isinstance(content, dict) else None
    if not isinstance(items, list):
        raise Busy("The answer has no BatchItemResponse", intuit_tid=answer.intuit_tid)
    return {str(item.get("bId", "")): item for item in items}
