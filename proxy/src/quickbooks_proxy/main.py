"""`quickbooks-proxy`: clients connect to it as to Postgres itself."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg
import uvloop
from quickbooks_core.errors import NotConfigured, QuickBooksError
from quickbooks_core.postgres.statements import Names

from quickbooks_proxy.desk import Desk
from quickbooks_proxy.server import Limits, Server
from quickbooks_proxy.session import Mirror
from quickbooks_proxy.settings import place, upstream
from quickbooks_proxy.statement import Judge
from quickbooks_proxy.store import Store
from quickbooks_proxy.tls import server_context
from quickbooks_proxy.waiting import Waiting

log = logging.getLogger("quickbooks-proxy")
_VIEWS_S = 30.0


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        uvloop.run(_serve(arguments))
    except (QuickBooksError, OSError) as failure:
        print(f"quickbooks-proxy: {failure}", file=sys.stderr)
        return 1
    except psycopg.Error as failure:
        reason = str(failure).strip().splitlines()[0]
        print(f"quickbooks-proxy: the database cannot be used: {reason}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    usual = Limits()
    parser = argparse.ArgumentParser(prog="quickbooks-proxy", description=__doc__)
    parser.add_argument(
        "--listen", default="127.0.0.1:6432", help="host:port, or /directory:port for a socket"
    )
    parser.add_argument("--certificate", type=Path, help="a certificate (PEM), to offer TLS to clients")
    parser.add_argument("--key", type=Path, help="its key (PEM)")
    parser.add_argument("--connections", type=int, default=usual.connections, help="how many at once")
    parser.add_argument("--startup-timeout", type=float, default=usual.startup_s, metavar="SECONDS", help=(
        "for how long a new connection may say nothing"))  # fmt: skip
    parser.add_argument("--write-timeout", type=float, default=30.0, metavar="SECONDS", help=(
        "how long a client waits for QuickBooks at most"))  # fmt: skip
    return parser


async def _serve(arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    url = os.environ.get("DATABASE_URL", "")
    behind, where = upstream(url), place(arguments.listen)
    tls = _tls(arguments.certificate, arguments.key)
    limits = Limits(arguments.connections, arguments.startup_timeout)
    store = Store(url, Names(os.environ.get("QUICKBOOKS_SCHEMA") or "public"))
    mirror = Mirror(Judge(await store.relations()), await store.secret(), await store.tables())
    waiting = Waiting(store)
    server = Server(behind, limits, tls, mirror, Desk(store, waiting, arguments.write_timeout))
    beside = [asyncio.create_task(waiting.listen()), asyncio.create_task(_follow_views(store, mirror))]
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    listening = await server.listen(where)
    print(f"quickbooks-proxy: listening on {listening}", file=sys.stderr, flush=True)
    await stopped.wait()
    await server.close()
    for task in beside:
        task.cancel()
    await store.close()


async def _follow_views(store: Store, mirror: Mirror) -> None:
    """Views over the mirror come and go, and columns of users' own."""
    while True:
        await asyncio.sleep(_VIEWS_S)
        try:
            found = await store.relations()
            if found != mirror.judge.relations:
                mirror.judge = Judge(found)
            mirror.tables = await store.tables()
        except psycopg.Error as lost:
            log.warning("the catalogs cannot be read (%s)", type(lost).__name__)


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise NotConfigured("TLS needs both --certificate and --key")
    try:
        return server_context(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise NotConfigured(f"{certificate} and {key} cannot be used: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
