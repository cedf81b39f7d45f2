"""`quickbooks-demo`: a QuickBooks company in Postgres, from nothing, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql
from quickbooks_core.catalog import MIRRORED

from quickbooks_demo.child import Child, ChildEnded, program, stop_left_over
from quickbooks_demo.database import (
    Address,
    create_database,
    create_login,
    database_exists,
    grant_migration,
)
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.pipeline import Pipeline, loader_url, new_project
from quickbooks_demo.ports import kept_port
from quickbooks_demo.postgres import Server, ServerFailed
from quickbooks_demo.sandbox import SANDBOX, Sandbox, start_sandbox
from quickbooks_demo.waiting import TooLate
from quickbooks_demo.writing import start_proxy, start_worker

_DATABASE = "quickbooks"
_LOADER = "quickbooks_demo_loader"
_WORKER = "quickbooks_demo_worker"
_PROXY = "quickbooks_demo_proxy"
_CLIENT = "quickbooks_demo_client"
_STATE = Path(".demo")
_BEGINS = "Beginning sync of '"


class DemoFailed(Exception):
    """A step did not work; the message has its last words."""


class Stopped(Exception):
    """SIGINT or SIGTERM."""


def main() -> int:
    """Runs the demo; returns the exit code."""
    checkout = Path.cwd()
    if not (checkout / "meltano.yml").exists():
        print("quickbooks-demo: run it in the project's directory, by `make demo`", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with ExitStack() as started:
            _run(checkout, started)
            while True:
                signal.pause()
    except Stopped:
        return 0
    except (DemoFailed, ServerFailed, ChildEnded, TooLate, psycopg.Error) as failure:
        print(f"quickbooks-demo: {failure}", file=sys.stderr)
        return 1


def _stop(number: int, frame: object) -> None:
    del number, frame
    raise Stopped


def _run(checkout: Path, started: ExitStack) -> None:
    state = checkout / _STATE
    state.mkdir(exist_ok=True)
    migration = _database(state, started)
    sandbox = _sandbox(state, started)
    _say("creating the mirror")
    _migrate(migration)
    loader, worker, proxy, client = (
        create_login(migration, login, _secret(state, login), group)
        for login, group in (
            (_LOADER, "quickbooks_loader"),
            (_WORKER, "quickbooks_worker"),
            (_PROXY, "quickbooks_proxy"),
            (_CLIENT, "quickbooks_writer"),
        )
    )
    connection = {**sandbox.connection(), "QUICKBOOKS_STATE_DIR": str((state / "tokens").resolve())}
    _sync(checkout, state, migration, loader, connection)
    _show_counts(client)
    _say("starting the worker and the proxy")
    start_worker(state, worker, connection, started)
    port = start_proxy(state, proxy, started)
    _say(f"sandbox: {sandbox.url}")
    _say(f"ready: {client.at('127.0.0.1', port).url}")


def _database(state: Path, started: ExitStack) -> Address:
    """Where the migration role works: the server of DATABASE_URL, or an embedded one."""
    if external := os.environ.get("DATABASE_URL"):
        return Address(external)
    _say("starting Postgres")
    server = Server(state / "postgres")
    started.callback(server.stop)
    server.start()
    administrator = Address(server.url())
    if not database_exists(administrator, _DATABASE):
        create_database(administrator, _DATABASE)
    return grant_migration(administrator.on(_DATABASE), _secret(state, "migration"))


def _sandbox(state: Path, started: ExitStack) -> Sandbox:
    _say("starting the sandbox")
    home = state / "sandbox"
    home.mkdir(exist_ok=True)
    stop_left_over(home / f"{SANDBOX}.pid")  # else its port would not be free, and the address would change
    sandbox = start_sandbox(home, kept_port(home / "port"), clean_environment())
    started.callback(sandbox.child.stop)
    return sandbox


def _migrate(migration: Address) -> None:
    ended = subprocess.run(
        [program("quickbooks"), "migrate"],
        env={**clean_environment(), "DATABASE_URL": migration.url},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise DemoFailed(ended.stderr.strip())


def _sync(
    checkout: Path, state: Path, migration: Address, loader: Address, connection: Mapping[str, str]
) -> None:
    """`meltano run sync`, with a line for each table that begins."""
    pipeline = Pipeline(
        new_project(checkout, state / "meltano"),
        {
            **connection,
            "DATABASE_URL": migration.url,
            "TARGET_POSTGRES_SQLALCHEMY_URL": loader_url(loader.url),
        },
    )
    _say("meltano run sync")
    # A run that was killed counts as running for five minutes more; but here we have just ended it.
    child = pipeline.start("run", "--force", "sync")
    try:
        for line in _lines(child):
            if _BEGINS in line:
                table = line.split(_BEGINS)[1].split("'")[0]
                print(f"\r  reading {table:<30}", end="", flush=True)
    finally:
        child.stop()
    print(f"\r{'':<42}\r", end="")
    if child.process.returncode:
        raise DemoFailed(f"meltano run ended with {child.process.returncode}:\n{child.words()[-4000:]}")


def _lines(child: Child) -> Iterator[str]:
    """What a program says, line by line, until it has ended."""
    with child.log.open(errors="replace") as log:
        while True:
            ended = child.process.poll() is not None
            yield from log
            if ended:
                return
            time.sleep(0.1)


def _show_counts(client: Address) -> None:
    counts = sql.SQL(" union all ").join(
        sql.SQL("select {}, count(*) from {}").format(sql.Literal(entity.table), sql.Identifier(entity.table))
        for entity in MIRRORED
    )
    with psycopg.connect(client.url) as connection:
        for table, rows in connection.execute(counts + sql.SQL(" order by 1")):
            print(f"  {table:<28}{rows:>8}")


def _secret(state: Path, name: str) -> str:
    """A password made up once and kept."""
    file = state / f"{name}.password"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(18))
    return file.read_text()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
