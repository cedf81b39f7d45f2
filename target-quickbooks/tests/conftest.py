"""Books whose Postgres and QuickBooks may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from following.stage import kill_and_start, new_migrated, server_to_kill
from quickbooks_demo.books import Books, opened
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.postgres import Server
from quickbooks_demo.sandbox import start_sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests wait more than they compute: where several workers run, one takes them all, beside the others."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.xdist_group("queue"))


class Mortal:
    """A server and a sandbox of a test's own, which may be killed and come again where they were."""

    def __init__(self, server: Server, home: Path) -> None:
        self._server, self._state = server, home / "mortal"
        self.sandbox = start_sandbox(self._state, environment=clean_environment())
        self.kills = 0

    def kill_postgres(self) -> None:
        """Every process of the server at once."""
        kill_and_start(self._server)
        self.kills += 1

    def kill_sandbox(self, **switches: Any) -> None:
        """QuickBooks is gone for a moment; it forgets nothing, and behaves as before."""
        self.sandbox.child.kill()
        port = urlsplit(self.sandbox.url).port or 0
        self.sandbox = start_sandbox(self._state, port, environment=clean_environment())
        self.sandbox.control("throttle", on=False)
        self.sandbox.control("switches", **switches)
        self.kills += 1


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[Books, Mortal]]:
    """Books whose server and sandbox may be killed."""
    with server_to_kill() as server:
        mortal = Mortal(server, tmp_path)
        mortal.sandbox.control("throttle", on=False)
        database = new_migrated(server, "mortal")
        state = {"QUICKBOOKS_STATE_DIR": str(tmp_path / "quickbooks-state")}
        with opened(database, {**mortal.sandbox.connection(), **state}, mortal.sandbox, tmp_path) as books:
            yield books, mortal
        mortal.sandbox.child.stop()
