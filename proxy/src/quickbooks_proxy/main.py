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

import uvloop
from quickbooks_core.errors import NotConfigured, QuickBooksError

from quickbooks_proxy.server import Limits, Server
from quickbooks_proxy.settings import place, upstream
from quickbooks_proxy.tls import server_context


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        uvloop.run(_serve(arguments))
    except (QuickBooksError, OSError) as failure:
        print(f"quickbooks-proxy: {failure}", file=sys.stderr)
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
    return parser


async def _serve(arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    behind = upstream(os.environ.get("DATABASE_URL", ""))
    limits = Limits(arguments.connections, arguments.startup_timeout)
    server = Server(behind.place, limits, _tls(arguments.certificate, arguments.key))
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    listening = await server.listen(place(arguments.listen))
    print(f"quickbooks-proxy: listening on {listening}", file=sys.stderr, flush=True)
    await stopped.wait()
    await server.close()


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
