"""The embedded Postgres: survives crashes, keeps data, touches nothing that is not ours."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.database import Address
from quickbooks_demo.postgres import THROWAWAY, Server
from quickbooks_demo.testing import Database


@pytest.fixture
def state() -> Iterator[Path]:
    directory = new_shared_directory(server_account())
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def server(state: Path) -> Iterator[Server]:
    started = Server(state, THROWAWAY)
    started.start()
    yield started
    started.stop()


def test_a_second_start_finds_the_data_on_the_same_port(server: Server) -> None:
    Address(server.url()).query("create table kept as select 42 as answer")
    before = server.url()
    server.stop()

    server.start()

    assert (server.url(), Address(server.url()).query("table kept")) == (before, [(42,)])


def test_a_server_that_was_killed_starts_again(server: Server) -> None:
    postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)

    server.start()

    assert Address(server.url()).query("select 1") == [(1,)]


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        Address(server.url(password="guess")).query("select 1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_leaves_a_closed_directory_closed_and_goes_elsewhere() -> None:
    closed = Path(tempfile.mkdtemp(prefix="closed-"))
    server = Server(closed / "state", THROWAWAY)
    try:
        server.start()

        assert Address(server.url()).query("select 1") == [(1,)]
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not server.home.is_relative_to(closed)
        assert Server(closed / "state").home == server.home
    finally:
        server.stop()
        shutil.rmtree(server.home)
        shutil.rmtree(closed)


def test_the_migration_role_is_neither_superuser_nor_owner(database: Database) -> None:
    (row,) = database.migration.query(
        "select rolsuper, rolcreaterole, datdba = r.oid from pg_roles r, pg_database"
        " where rolname = current_user and datname = current_database()"
    )

    assert row == (False, True, False)
