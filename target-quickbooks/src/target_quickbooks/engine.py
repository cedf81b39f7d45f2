"""One change, from the queue to QuickBooks: read what has to be read, judge conflicts, note, send, say how it ended.

The end is an outcome, which the caller writes down. What was lost before is in `recovery`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from quickbooks_core.client import Answer, Client
from quickbooks_core.errors import (
    Busy,
    NotFound,
    OutcomeUnknown,
    QuickBooksError,
    Reconnect,
    Refused,
    Stale,
    StoreLost,
    Throttled,
    TooLate,
    Unreachable,
    WrongCredentials,
)
from quickbooks_core.writing import (
    Call,
    ChangeRefused,
    Plan,
    Problem,
    Style,
    conflicts,
    document_in,
    worded,
)

from target_quickbooks.job import Done, Failed, Job, Later, Outcome, Sent
from target_quickbooks.moments import QuickBooksClock
from target_quickbooks.queue import Queue
from target_quickbooks.uploading import content, content_type, packed, plan_of

# The change is not to blame: it is tried again, for as long as it takes.
PASSING = (Busy, Throttled, Unreachable, StoreLost, TooLate, Reconnect, WrongCredentials)
_FRESH_READS = 4
_LONGEST_PAUSE_S = 300.0


class Engine:
    """Works on changes of one queue; each worker thread has its own."""

    def __init__(self, client: Client, queue: Queue, clock: QuickBooksClock) -> None:
        self.client = client
        self.queue = queue
        self.clock = clock

    def begin(self, job: Job) -> Outcome:
        """A change for which nothing was sent, or nothing that could have been done."""
        return self._carried_out(job, fresh=False)

    def resume(self, job: Job) -> Outcome:
        """A change that was refused because another version is there."""
        return self._carried_out(job, fresh=True)

    def _carried_out(self, job: Job, *, fresh: bool) -> Outcome:
        try:
            made = plan_of(job)
            document = self._base(made) if made.needs_document or fresh else None
            return self.write(job, made, document)
        except ChangeRefused as refused:
            return failed(refused, job)
        except PASSING as error:
            return later(job, error, lost=False)
        except QuickBooksError as error:
            return failed(error, job)

    def write(self, job: Job, made: Plan, document: Mapping[str, Any] | None) -> Outcome:
        """Sends until the version is the right one; raises what reading raises."""
        for _ in range(_FRESH_READS):
            try:
                return self.noted_and_sent(job, made, str(uuid.uuid4()), packed(job, made.body(document)))
            except Stale as stale:
                if made.reading is None:
                    return failed(stale, job)
                document = self._base(made)
        return Later(_pause_s(job), False, "Others keep changing the row")

    def send(self, job: Job, sent: Sent, made: Plan) -> Outcome:
        """Sends what was noted; raises Refused. A lost answer is an outcome."""
        try:
            answer = self.client.post(
                sent.call.path, sent.body, sent.call.params,
                request_id=sent.request_id, content_type=content_type(sent.call, sent.body), before=sent.before,
            )  # fmt: skip
            return self._done(made, answer, content(sent.call, answer))
        except (OutcomeUnknown, Busy) as error:
            return later(job, error, lost=True)
        except PASSING as error:
            return later(job, error, lost=bool(job.in_doubt))

    def read(self, made: Plan) -> Mapping[str, Any] | None:
        """The document that is there now; None where there is none. Raises QuickBooksError."""
        if made.reading is None:
            return None
        answer = self.client.get(made.reading.path, made.reading.params)
        self.clock.learn(answer)
        return document_in(made.change.entity, answer.json())

    def _base(self, made: Plan) -> Mapping[str, Any]:
        """The document that a write goes on from; raises ChangeRefused where somebody else has changed the same."""
        document = self.read(made)
        if document is None:
            raise NotFound("Object Not Found", code="610")
        if found := conflicts(made.change, document):
            columns = ", ".join(found)
            raise ChangeRefused(
                Problem.CONFLICT, made.change.entity, f"has another value in {columns} than when it was read",
                id=made.change.id, column=found[0],
                hint="Somebody changed it meanwhile: read it again and repeat the change.",
            )  # fmt: skip
        return document

    def wait_to_note(self, call: Call) -> None:
        """Until the throttle would let it leave in a tenth of the time that it has from when it is noted."""
        self.client.wait_to_post(call.path, self.queue.leaves_within_s / 10)

    def noted_and_sent(self, job: Job, made: Plan, request_id: str, body: bytes) -> Outcome:
        """A request, noted before it leaves; raises Stale."""
        self.wait_to_note(made.call)
        sent = self.queue.note(job, request_id, made.call, body, self.clock.at_least())
        try:
            outcome = self.send(job, sent, made)
        except Refused as refused:
            self.queue.end_request(job, sent, "refused", str(refused))
            if isinstance(refused, Stale):
                raise
            return failed(refused, job, exists=made.needs_document)
        if isinstance(outcome, Later):
            self.queue.end_request(job, sent, "lost" if outcome.lost else "unsent", outcome.words)
        return outcome

    def _done(self, made: Plan, answer: Answer, content: Any) -> Outcome:
        """What an answer to a write says; raises Busy for one that cannot be read."""
        self.clock.learn(answer)
        document = document_in(made.change.entity, content) if isinstance(content, dict) else None
        if document is None or "Fault" in content:
            raise Busy("The answer has no document", intuit_tid=answer.intuit_tid)
        words = f"intuit_tid {answer.intuit_tid}"
        return Done(None if made.style is Style.DELETE else document, answer.time, words)


def later(job: Job, error: QuickBooksError, *, lost: bool) -> Later:
    """After a while that grows; at once where only we have waited; a company that is not connected is asked less."""
    if isinstance(error, TooLate) and not lost:
        return Later(0.0, False, str(error))
    at_least_s = 30.0 if isinstance(error, Reconnect | WrongCredentials) else 0.0
    return Later(max(_pause_s(job), at_least_s), lost, str(error))


def _pause_s(job: Job) -> float:
    return min(0.5 * 2.0 ** min(job.attempts, 12), _LONGEST_PAUSE_S)


def failed(error: QuickBooksError, job: Job, *, exists: bool = False) -> Failed:
    """In words for a client of the database."""
    return Failed(worded(error, job.change, exists=exists), error.code)
