"""How a program comes to its queue and its worker, whichever door it has."""

from __future__ import annotations

import os
from functools import partial

from quickbooks_core.client import Client
from quickbooks_core.errors import NotConfigured
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection

from target_quickbooks.queue import Queue
from target_quickbooks.recovery import Patience
from target_quickbooks.worker import Pace, Worker

_REPLAY_WINDOW, _SECOND_LOOK = "QUICKBOOKS_REPLAY_WINDOW_S", "QUICKBOOKS_SECOND_LOOK_S"


def new_worker(
    client: Client, connection: Connection, url: str, names: Names, pace: Pace, *, follow: bool
) -> Worker:
    """A worker whose queue can be opened; raises what is wrong with it at once."""
    open_queue = partial(_queue, url, names, connection, pace)
    queue = open_queue("start")
    queue.follow()  # before the first look at the queue: one that only drains might be done before the next
    queue.close()
    return Worker(client, open_queue, url, pace, follow=follow)


def patience(connection: Connection) -> Patience:
    """Other times than Intuit's are for a local sandbox; raises NotConfigured."""
    given = {name: os.environ[name] for name in (_REPLAY_WINDOW, _SECOND_LOOK) if os.environ.get(name)}
    if given and connection.at_intuit:
        raise NotConfigured(
            f"{' and '.join(given)}: only for a local sandbox. Intuit may still do what was sent two minutes ago"
        )
    usual = Patience()
    second_look_s = float(given.get(_SECOND_LOOK, usual.second_look_s))
    return Patience(
        float(given.get(_REPLAY_WINDOW, usual.replay_window_s)),
        min(usual.leaves_within_s, second_look_s / 2),  # what leaves later is not seen at the second look
        second_look_s,
    )


def keep_days() -> float:
    """How long the queue remembers what has ended; 0 is for good."""
    told = os.environ.get("QUICKBOOKS_QUEUE_KEEP_DAYS", "")
    try:
        days = float(told or Pace.keep_days)
    except ValueError:
        days = -1.0
    if not 0 <= days < 100_000:
        raise NotConfigured(f"QUICKBOOKS_QUEUE_KEEP_DAYS is no number of days: {told}")
    return days


def _queue(url: str, names: Names, connection: Connection, pace: Pace, worker: str) -> Queue:
    return Queue(url, names, connection, worker, pace.lease_s, pace.threads, pace.patience.leaves_within_s)
