"""`quickbooks-sandbox serve`: a local QuickBooks on one port."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from quickbooks_sandbox.app import new_app
from quickbooks_sandbox.companies import COMPANIES
from quickbooks_sandbox.connection import Connection
from quickbooks_sandbox.service import Service, seed_directory
from quickbooks_sandbox.store import Store


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(
        prog="quickbooks-sandbox", description="A faithful local QuickBooks Online."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve a company until interrupted")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one")
    serve.add_argument(
        "--data", type=Path, help="directory in which the company is kept; without it nothing is"
    )
    serve.add_argument(
        "--company", choices=tuple(COMPANIES), default="demo", help="what a new directory begins with"
    )
    serve.add_argument("--port-file", type=Path, help="the chosen port is written here")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        _serve(parser.parse_args())


def _serve(given: argparse.Namespace) -> None:
    with ExitStack() as stack:
        data = given.data or Path(stack.enter_context(TemporaryDirectory(prefix="quickbooks-sandbox-")))
        data.mkdir(parents=True, exist_ok=True)
        service = Service(Store(data / "company.sqlite"), seed_directory())
        service.begin(given.company)
        listening = listen(given.port)
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            new_app(service),
            http=Connection,
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        if given.port_file:
            given.port_file.write_text(f"{port}\n")
        sys.stdout.write(f"QuickBooks is at http://127.0.0.1:{port}\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listening])


def listen(port: int) -> socket.socket:
    """A listening socket whose connections send what they have at once."""
    listening = socket.create_server(("127.0.0.1", port))
    # asyncio does this only for sockets that name their protocol. Without it the body of an answer waits
    # for the acknowledgement of its headers, which clients delay by 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


if __name__ == "__main__":
    main()
