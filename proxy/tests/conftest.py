"""A proxy in front of the tests' Postgres, as a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.books import Books
from quickbooks_demo.child import Child
from quickbooks_demo.database import Address
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.forked import start_forked
from quickbooks_demo.testing import Database
from quickbooks_demo.waiting import wait_for

_LISTENING = "quickbooks-proxy: listening on "


@dataclass(frozen=True)
class Running:
    """A proxy that listens."""

    child: Child
    port: int

    def address(self, direct: Address) -> Address:
        """The same user and database through the proxy."""
        return direct.at("127.0.0.1", self.port)


@contextmanager
def running(database_url: str, home: Path, *options: str, **environment: str) -> Iterator[Running]:
    """A proxy, as long as the block lasts."""
    home.mkdir(exist_ok=True)
    command = ["quickbooks-proxy", "--listen", "127.0.0.1:0", *options]
    child = start_forked(command, home, {**clean_environment(), "DATABASE_URL": database_url, **environment})

    def listens() -> bool:
        child.require_alive()
        return _LISTENING in child.words()

    try:
        wait_for(listens, "the proxy listens", 30)
        yield Running(child, int(child.words().split(_LISTENING)[1].split()[0].rpartition(":")[2]))
    finally:
        child.stop()


Start = Callable[..., Running]


@pytest.fixture
def start(migrated: Database, tmp_path: Path) -> Iterator[Start]:
    """Starts a proxy in front of a mirror, with options."""
    with ExitStack() as stack:

        def started(*options: str) -> Running:
            url = migrated.login("quickbooks_proxy").url
            return stack.enter_context(running(url, tmp_path / "proxy", *options))

        yield started


@dataclass(frozen=True)
class Writer:
    """A client that may write, in front of a proxy, a mirror, a worker and the sandbox."""

    books: Books
    address: Address

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A connection through the proxy, each statement on its own."""
        return psycopg.connect(self.address.url, autocommit=True, **options)

    def document(self, name: str, id: str) -> dict[str, Any]:
        """What QuickBooks has."""
        table = next(entity.table for entity in MIRRORED if entity.name == name)
        (found,) = self.books.documents(table, f"Id = '{id}'")
        return found


@pytest.fixture
def writer(books: Books, start: Start) -> Iterator[Writer]:
    """A mirror with the demo company's customers, and a worker that makes what is asked."""
    books.mirror("customer")
    proxy = start()
    with books.following():
        yield Writer(books, proxy.address(books.database.login("quickbooks_writer")))
