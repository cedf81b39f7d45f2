"""`target-quickbooks`: sends changes to QuickBooks: the queued ones of a mirror, or the records of a Singer tap."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence

import psycopg
from quickbooks_core.client import open_client
from quickbooks_core.errors import NotConfigured, QuickBooksError
from quickbooks_core.postgres.statements import Names
from quickbooks_core.settings import Connection

from target_quickbooks.opening import keep_days, new_worker, patience
from target_quickbooks.worker import Pace

_OF_THE_QUEUE = ("--follow", "--drain")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code. Without a word on the queue it is a Singer target."""
    given = sys.argv[1:] if argv is None else argv
    if not any(word in given for word in _OF_THE_QUEUE):
        from target_quickbooks.singer.target import TargetQuickBooks  # a worker needs nothing of Singer

        TargetQuickBooks.cli(list(given), prog_name="target-quickbooks")
        return 0
    arguments = _parser().parse_args(given)
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
    pace = Pace(
        arguments.threads, lease_s=arguments.lease, patience=patience(connection), keep_days=keep_days()
    )
    with open_client(connection) as client:
        worker = new_worker(client, connection, url, names, pace, follow=arguments.follow)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(worker.ended.items())) or "nothing to do"
    print(f"target-quickbooks: {told}", file=sys.stderr)
    return 1 if worker.ended.keys() & {"failed", "unknown"} and arguments.drain else 0


if __name__ == "__main__":
    sys.exit(main())
