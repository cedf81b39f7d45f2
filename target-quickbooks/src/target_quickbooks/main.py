"""`target-quickbooks`: sends the queued changes of a mirror to QuickBooks."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial

import psycopg
from quickbooks_core.client import open_client
from quickbooks_core.errors import NotConfigured, QuickBooksError
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection

from target_quickbooks.queue import Queue
from target_quickbooks.recovery import Patience
from target_quickbooks.worker import Pace, Worker


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        return _run(arguments)
    except QuickBooksError as failure:
        print(f"target-quickbooks: {failure}", file=sys.stderr)
    except psycopg.OperationalError as failure:
        reason = str(failure).strip().splitlines()[0]
        print(f"target-quickbooks: the database cannot be used: {reason}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="target-quickbooks", description=__doc__)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--follow", action="store_true", help="until it is stopped")
    kind.add_argument("--drain", action="store_true", help="until nothing is left that may be sent now")
    parser.add_argument("--threads", type=int, default=Pace.threads, help="how many changes at once")
    parser.add_argument("--lease", type=float, default=Pace.lease_s, metavar="SECONDS", help=(
        "after how long without a sign of life another worker takes over"))  # fmt: skip
    return parser


def _run(arguments: argparse.Namespace) -> int:
    connection = Connection.from_environment()
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise NotConfigured("DATABASE_URL is not set")
    names = Names(os.environ.get("QUICKBOOKS_SCHEMA") or "public")
    pace = Pace(arguments.threads, lease_s=arguments.lease, patience=_patience())
    with open_client(connection) as client:
        open_queue = partial(_queue, url, names, connection, pace.lease_s)
        open_queue("start").close()  # says at once what is wrong
        worker = Worker(client, open_queue, url, pace, follow=arguments.follow)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(worker.ended.items())) or "nothing to do"
    print(f"target-quickbooks: {told}", file=sys.stderr)
    return 1 if worker.ended.keys() & {"failed", "unknown"} and arguments.drain else 0


def _queue(url: str, names: Names, connection: Connection, lease_s: float, worker: str) -> Queue:
    return Queue(url, names, connection, worker, lease_s)


def _patience() -> Patience:
    """Other times than Intuit's are for a local sandbox."""
    usual = Patience()
    return Patience(
        float(os.environ.get("QUICKBOOKS_REPLAY_WINDOW_S") or usual.replay_window_s),
        float(os.environ.get("QUICKBOOKS_SECOND_LOOK_S") or usual.second_look_s),
    )


if __name__ == "__main__":
    sys.exit(main())
