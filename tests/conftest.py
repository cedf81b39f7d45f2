"""A mirror that follows a company: empty, or as it is after a first run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from following.flow import new_programs
from following.mirror import Mirror
from quickbooks_demo.database import Address, drop_database
from quickbooks_demo.pipeline import loader_url
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, new_database

CHECKOUT = Path(__file__).parents[1]


def new_mirror(database: Database, sandbox: Sandbox, connection: dict[str, str], home: Path) -> Mirror:
    loader = loader_url(database.login("quickbooks_loader").url)
    return Mirror(sandbox, database, new_programs(CHECKOUT, home, connection, loader), connection, home)


@pytest.fixture
def mirror(migrated: Database, sandbox: Sandbox, connected: dict[str, str], tmp_path: Path) -> Mirror:
    """An empty one."""
    return new_mirror(migrated, sandbox, connected, tmp_path)


@pytest.fixture(scope="module")
def first_run(
    postgres_server: Address,
    migrated_template: str,
    sandbox_process: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mirror]:
    """The demo company after a first run, of which tests take copies."""
    home = tmp_path_factory.mktemp("first_run")
    sandbox_process.control("reset", company="demo")
    sandbox_process.control("throttle", on=False)
    sandbox_process.control("clock", advance_s=120)
    connection = {**sandbox_process.connection(), "QUICKBOOKS_STATE_DIR": str(home / "tokens")}
    mirror = new_mirror(new_database(postgres_server, migrated_template), sandbox_process, connection, home)
    mirror.sync()
    yield mirror
    drop_database(postgres_server, mirror.database.name)


@pytest.fixture
def begun(
    first_run: Mirror, postgres_server: Address, sandbox: Sandbox, connected: dict[str, str], tmp_path: Path
) -> Iterator[Mirror]:
    """A mirror that goes on from a first run, so much later that no run looks at what was before it."""
    database = new_database(postgres_server, first_run.database.name)
    sandbox.control("clock", advance_s=600)
    mirror = new_mirror(database, sandbox, connected, tmp_path)
    mirror.states += first_run.states
    yield mirror
    drop_database(postgres_server, database.name)
