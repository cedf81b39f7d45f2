"""A change whose answer is lost: finds out whether it was done before anything is sent again.

Updates, deletions and voids are sent again as they were, because their version protects them; what comes after
the replay window, or is refused then, is judged by the document that is there. A create is looked up.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quickbooks_core.errors import NotFound, QuickBooksError, Refused, Stale
from quickbooks_core.mapping import document_id
from quickbooks_core.reading.pages import Incomplete
from quickbooks_core.writing import Action, ChangeRefused, Plan, Style

from target_quickbooks.engine import PASSING, Engine, failed, later
from target_quickbooks.job import LEAVES_WITHIN_S, Done, Failed, Job, Later, Outcome, Unknown
from target_quickbooks.judging import Verdict, verdict
from target_quickbooks.lookup import Found, look_for
from target_quickbooks.uploading import packed, plan_of


@dataclass(frozen=True)
class Patience:
    """Times of a recovery. What was noted leaves within a minute, and Intuit cuts requests off at 120 seconds."""

    replay_window_s: float = 900.0
    leaves_within_s: float = LEAVES_WITHIN_S
    second_look_s: float = LEAVES_WITHIN_S + 130.0  # after that nothing is done any more
    attempts: int = 12


class Recovery:
    """Settles lost answers."""

    def __init__(self, engine: Engine, patience: Patience) -> None:
        self._engine = engine
        self._patience = patience

    def settle(self, job: Job) -> Outcome:
        """How a change that may have been done goes on."""
        try:
            made = plan_of(job)
            # What is named by its values and not by an Id is the same however often it is written.
            if job.action is Action.CREATE and job.entity.id_paths == ("Id",):
                return self._settle_create(job, made)
            return self._settle_other(job, made)
        except PASSING as error:
            return later(job, error, lost=True)
        except Incomplete as doubt:
            return Later(5.0, True, str(doubt))
        except QuickBooksError as error:
            return Unknown(f"A request was sent and its answer lost; then: {error}")

    def _settle_create(self, job: Job, made: Plan) -> Outcome:
        if outcome := self._found(job, made):
            return outcome
        outcome = self._absent(job, made)
        # Where the same was refused now, what was sent first may have come through at the last moment.
        return (self._found(job, made) or outcome) if isinstance(outcome, Failed) else outcome

    def _found(self, job: Job, made: Plan) -> Outcome | None:
        """What is there that a create may have made; None where there is nothing like it."""
        since = min(sent.quickbooks_at for sent in job.in_doubt)
        found = look_for(self._engine.client, made, since)
        unclaimed = self._unclaimed(job, made, found)
        if len(unclaimed) == 1 and not self._engine.queue.has_unknown_twin(job):
            return Done(next(iter(unclaimed.values())), found.read_at or since, "found after a lost answer")
        if unclaimed:
            return Unknown(f"The answer was lost, and {_named(unclaimed)} could be what it was about")
        if alike := set(found.alike) - self._engine.queue.claimed(job.entity, found.alike):
            return Unknown(f"The answer was lost, and {_named(alike)} is like what was sent, but not equal")
        return None

    def _unclaimed(self, job: Job, made: Plan, found: Found) -> Mapping[str, Mapping[str, Any]]:
        by_id = {
            document_id(made.change.entity, document): document
            for document in found.equal
            # A file of the same name may be another one.
            if job.file is None or document.get("Size") == len(job.file)
        }
        claimed = self._engine.queue.claimed(job.entity, list(by_id))
        return {id: document for id, document in by_id.items() if id not in claimed}

    def _absent(self, job: Job, made: Plan) -> Outcome:
        """Nothing like it is there: at the second look that is certain, and the same request goes again."""
        left_s = self._patience.second_look_s - (job.lost_s or 0.0)
        if left_s > 0:
            return Later(left_s, True, "The answer was lost, and nothing like it is there yet")
        if job.attempts > self._patience.attempts:
            return Unknown("It was sent many times, and never answered")
        self._engine.queue.end_request(job, None, "absent", "nothing like it was found")
        last = job.in_doubt[-1]
        # The item of a batch is another request when it goes alone, and must not pass for a batch that is known.
        request_id = str(uuid.uuid4()) if last.is_item else last.request_id
        return self._engine.noted_and_sent(job, made, request_id, last.body)

    def _settle_other(self, job: Job, made: Plan) -> Outcome:
        last = job.in_doubt[-1]
        age_s = (datetime.now(UTC) - last.sent_at).total_seconds()
        # An item of a batch is never grouped anew; its version protects it under another request id as well.
        if last.is_item or age_s > self._patience.replay_window_s:
            return self._judge(job, made, None)
        try:
            outcome = self._engine.send(job, last, made)
        except Refused as error:
            return self._judge(job, made, error)
        if isinstance(outcome, Later) and job.attempts > self._patience.attempts:
            return Unknown("It was sent many times, and never answered")
        return outcome

    def _judge(self, job: Job, made: Plan, error: Refused | None) -> Outcome:
        is_deletion = made.style is Style.DELETE
        if isinstance(error, NotFound) and is_deletion:
            return Done(None, self._engine.clock.now(), "gone after a lost answer")
        try:
            document = self._engine.read(made)
        except NotFound:
            document = None
        if document is None:
            gone = Done(None, self._engine.clock.now(), "gone after a lost answer")
            return gone if is_deletion else Unknown("The answer was lost, and the row is no longer there")
        return self._by_document(job, made, document, error)

    def _by_document(
        self, job: Job, made: Plan, document: Mapping[str, Any], error: Refused | None
    ) -> Outcome:
        found = verdict(job.change, document, job.in_doubt[-1])
        if found is Verdict.DONE:
            return Done(document, self._engine.clock.now(), "found after a lost answer")
        if found is Verdict.UNCLEAR:
            return Unknown("The answer was lost, and the row has been changed by somebody else since")
        if error is not None and not isinstance(error, Stale):
            left_s = self._patience.second_look_s - (job.lost_s or 0.0)
            # What was sent first may still be under way.
            return Later(left_s, True, str(error)) if left_s > 0 else failed(error, job)
        return self._made_anew(job, made, document)

    def _made_anew(self, job: Job, made: Plan, document: Mapping[str, Any]) -> Outcome:
        """A new request for the version that is there; whoever is quicker, also what was lost, makes it stale."""
        try:
            return self._engine.noted_and_sent(job, made, str(uuid.uuid4()), packed(job, made.body(document)))
        except ChangeRefused as conflict:
            return failed(conflict, job)
        except Stale as stale:
            return later(job, stale, lost=True)


def _named(ids: Any) -> str:
    return " and ".join(sorted(ids)[:3])
