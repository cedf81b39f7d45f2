"""When something fails, the real command says what in words, ends with 1, and the next run mends everything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import requests
from quickbooks_demo.account import new_shared_directory, server_account
from quickbooks_demo.database import Address, create_database, grant_migration
from quickbooks_demo.pipeline import Pipeline, loader_url
from quickbooks_demo.ports import free_port
from quickbooks_demo.postgres import THROWAWAY, Server
from quickbooks_demo.sandbox import Sandbox
from quickbooks_demo.testing import Database, new_pipeline, run

RUN = ("run", "sync")
# A run of all tables costs twice as much, and shows no more here.
CUSTOMERS = '["customer.*"]'


def with_variables(pipeline: Pipeline, **variables: str) -> Pipeline:
    return replace(pipeline, environment={**pipeline.environment, **variables})


@pytest.fixture
def pipeline(pipeline: Pipeline) -> Pipeline:
    return with_variables(pipeline, TAP_QUICKBOOKS__SELECT=CUSTOMERS)


def must_fail(pipeline: Pipeline, *expected: str) -> None:
    code, words = pipeline.run(*RUN)
    assert code == 1, words
    assert all(part in words for part in expected), words
    assert "Traceback" not in words


def must_mend(pipeline: Pipeline, database: Database, customers: int = 29) -> None:
    code, words = pipeline.run(*RUN)
    assert code == 0, words
    with psycopg.connect(database.superuser.url) as admin:
        assert admin.execute("select count(*) from customer").fetchone() == (customers,)
        assert admin.execute("select count(*) from _sync_run where status = 'finished'").fetchone() == (1,)


def test_wrong_settings_and_what_cannot_be_reached(pipeline: Pipeline, migrated: Database) -> None:
    secret = with_variables(pipeline, QUICKBOOKS_CLIENT_SECRET="wrong")
    must_fail(secret, "client", "QUICKBOOKS_CLIENT_SECRET")

    address = f"http://127.0.0.1:{free_port()}"
    api = with_variables(pipeline, QUICKBOOKS_API_URL=address, QUICKBOOKS_TOKEN_URL=f"{address}/token")
    must_fail(api, "gave no answer", "QUICKBOOKS_API_URL")

    selection = with_variables(pipeline, TAP_QUICKBOOKS__SELECT='["nosuch.*"]')
    must_fail(selection, "No stream is selected", "meltano select")

    nowhere = Address(f"postgresql://someone:secret@127.0.0.1:{free_port()}/quickbooks").url
    down = with_variables(pipeline, DATABASE_URL=nowhere, TARGET_POSTGRES_SQLALCHEMY_URL=loader_url(nowhere))
    must_fail(down, "Connection refused")

    must_mend(pipeline, migrated)


def test_a_revoked_grant(pipeline: Pipeline, migrated: Database, sandbox: Sandbox) -> None:
    environment = pipeline.environment
    app = (environment["QUICKBOOKS_CLIENT_ID"], environment["QUICKBOOKS_CLIENT_SECRET"])
    token = {"token": environment["QUICKBOOKS_REFRESH_TOKEN"]}
    assert requests.post(environment["QUICKBOOKS_REVOKE_URL"], json=token, auth=app, timeout=10).ok

    must_fail(pipeline, "quickbooks connect")

    fresh = sandbox.control("connect")["refresh_token"]
    connected = run(
        "quickbooks", "connect", "--refresh-token", fresh, "--realm-id", environment["QUICKBOOKS_REALM_ID"],
        **{name: value for name, value in environment.items() if name.startswith("QUICKBOOKS_")},
    )  # fmt: skip
    assert connected.code == 0, connected
    must_mend(pipeline, migrated)


def test_an_unknown_stream(connected: dict[str, str], tmp_path: Path) -> None:
    config = {
        name.removeprefix("QUICKBOOKS_").lower(): value
        for name, value in connected.items()
        if name.startswith("QUICKBOOKS_")
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    stream = {"tap_stream_id": "nosuch", "schema": {"properties": {}}, "metadata": []}
    (tmp_path / "catalog.json").write_text(json.dumps({"streams": [stream]}))

    outcome = run("tap-quickbooks", "--config", "config.json", "--catalog", "catalog.json", cwd=tmp_path)

    assert outcome.code == 1
    assert "Unknown stream nosuch: run `tap-quickbooks --discover`" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.fixture
def small_disk() -> Iterator[Server]:
    """A server of its own, on which no file may grow beyond 4 MB."""
    home = new_shared_directory(server_account())
    server = Server(home, THROWAWAY, largest_file_bytes=4 * 1024 * 1024, wal_segment_mb=1)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


def test_a_full_disk_in_the_middle(
    small_disk: Server,
    connected: dict[str, str],
    sandbox: Sandbox,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    sandbox.control("generate", object="Customer", count=15_000)
    administrator = Address(small_disk.url())
    create_database(administrator, "mirror")
    database = Database(administrator.on("mirror"), grant_migration(administrator.on("mirror"), "password"))
    assert run("quickbooks", "migrate", DATABASE_URL=database.url).code == 0
    whole = new_pipeline(database, connected, request.config.rootpath, tmp_path)
    pipeline = with_variables(whole, TAP_QUICKBOOKS__SELECT=CUSTOMERS)

    code, words = pipeline.run(*RUN)
    assert (code, "File too large" in words) == (1, True), words

    small_disk.largest_file_bytes = None
    small_disk.start()
    must_mend(pipeline, database, 15_029)
