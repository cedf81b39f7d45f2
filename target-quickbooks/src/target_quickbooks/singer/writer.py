"""A run's changes on their way: queued, worked on by threads of this program and of any other, and waited for."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from quickbooks_core.writing import ChangeRefused, encoded, plan

from target_quickbooks.job import Job
from target_quickbooks.singer.failures import write_failures
from target_quickbooks.singer.intake import Intake
from target_quickbooks.singer.records import Asked
from target_quickbooks.worker import Worker

_WORDS = {"create": "created", "update": "updated", "delete": "deleted", "void": "voided"}


class Writer(Protocol):
    """What becomes of records."""

    def close(self) -> None:
        """What is under way is brought to its end; nothing new is begun."""

    def queue(self, table: str, changes: Sequence[Asked]) -> None:
        """Changes of one table, in their order."""

    def name(self, numbers: Sequence[int]) -> None:
        """Changes that are queued already."""

    def wait(self) -> None:
        """Until all that came have ended."""

    def report(self) -> tuple[list[str], bool]:
        """A line for each table, and whether all went well."""


class Sending:
    """Sends them, and waits."""

    def __init__(self, intake: Intake, worker: Worker, patience_s: float, folder: Path) -> None:
        self._intake = intake
        self._worker = worker
        self._patience_s = patience_s
        self._folder = folder
        self._failure: BaseException | None = None
        self._left_out = 0
        self._thread = threading.Thread(target=self._work, name="worker")
        self._thread.start()

    def close(self) -> None:
        """Changes that nobody has begun stay in the queue."""
        self._worker.stop()
        self._thread.join()
        self._intake.close()

    def queue(self, table: str, changes: Sequence[Asked]) -> None:
        """Queued in one transaction; the worker begins at once."""
        self._check()
        self._left_out += sum(change.left_out for change in changes)
        self._intake.queue(table, changes)

    def name(self, numbers: Sequence[int]) -> None:
        """Their end is waited for."""
        self._intake.name(numbers)

    def wait(self) -> None:
        """Raises TooSlow, and what has ended the worker."""
        self._intake.wait(self._patience_s, self._check)

    def report(self) -> tuple[list[str], bool]:
        """What has become of all; those that failed are in a file besides."""
        ends = self._intake.ends()
        lines = _summary(ends, self._intake.unchanged)
        if self._left_out:
            lines.append(
                f"{self._left_out} empty strings left their columns as they are (empty_strings: ignore)"
            )
        path = self._folder / f"failures-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl"
        if count := write_failures(path, self._intake.failures()):
            lines.append(f"{count} failed: mend {path} and give it to target-quickbooks again")
        doubtful = sum(times for (_, _, status), times in ends.items() if status == "unknown")
        if doubtful:
            lines.append(f"{doubtful} unknown: `quickbooks queue list --status unknown`")
        return lines, not count and not doubtful

    def _check(self) -> None:
        if self._failure:
            raise self._failure

    def _work(self) -> None:
        try:
            self._worker.run()
        except BaseException as failure:  # noqa: BLE001  # it ends the run, which raises it
            self._failure = failure


class Showing:
    """Shows the requests and sends none (`dry_run`)."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._shown: Counter[tuple[str, str]] = Counter()

    def close(self) -> None:
        """Nothing is under way."""
        self._intake.close()

    def queue(self, table: str, changes: Sequence[Asked]) -> None:
        """Shown, and taken out of the queue again."""
        for job in self._intake.trial(table, [change for change in changes if not change.refused]):
            words, is_well = _request(job)
            self._shown[(table, "shown" if is_well else "refused")] += 1
            _say(words)
        for change in changes:
            if change.refused:
                self._shown[(table, "refused")] += 1
                _say(f"{table}: {change.refused['error']}")

    def name(self, numbers: Sequence[int]) -> None:
        """Others have queued these, and a worker will send them."""

    def wait(self) -> None:
        """Nothing is under way."""

    def report(self) -> tuple[list[str], bool]:
        """How many."""
        lines = [f"{table}: {times} {what}" for (table, what), times in sorted(self._shown.items())]
        return [*lines, "nothing was sent (dry_run)"], not any(what == "refused" for _, what in self._shown)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")  # what a target writes to its output is state


def _request(job: Job) -> tuple[str, bool]:
    try:
        made = plan(job.change)
    except ChangeRefused as refused:
        return f"{job.entity.table}: {refused}", False
    options = "".join(f"&{name}={value}" for name, value in made.call.params.items())
    address = f"{made.call.method} {made.call.path}{options.replace('&', '?', 1)}"
    if made.needs_document:
        changed = encoded(job.values).decode()
        return f"{address}: a {made.style.value} of {job.id} as it is then, with {changed}", True
    return f"{address} {encoded(made.body()).decode()}", True


def _summary(ends: Mapping[tuple[str, str, str], int], unchanged: Mapping[str, int]) -> list[str]:
    of_table: dict[str, list[str]] = {}
    for (table, operation, status), times in ends.items():
        word = _WORDS[operation] if status == "done" else f"{status} ({operation})"
        of_table.setdefault(table, []).append(f"{times} {word}")
    for table, times in unchanged.items():
        of_table.setdefault(table, []).append(f"{times} as it was")
    return [f"{table}: {', '.join(parts)}" for table, parts in sorted(of_table.items())]
