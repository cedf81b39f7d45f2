"""`make demo`'s program, three times in one directory: from nothing, killed in the middle, and once more."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from quickbooks_core.catalog import MIRRORED
from quickbooks_demo.child import program
from quickbooks_demo.database import Address
from quickbooks_demo.environment import clean_environment
from quickbooks_demo.postgres import Server
from quickbooks_demo.testing import Database

pytestmark = pytest.mark.xdist_group("demo")  # one life for all tests of this page
STEPS = [
    "starting Postgres",
    "starting the sandbox",
    "creating the mirror",
    "meltano run sync",
    "starting the worker and the proxy",
]

# What the sample company cannot have; see seeds/README.md.
EMPTY = ["company_currency", "exchange_rate", "journal_code", "tax_payment"]


class Demo:
    """A running `quickbooks-demo`, in a directory that looks like a checkout."""

    def __init__(self, checkout: Path, environment: Mapping[str, str] | None = None) -> None:
        self.state = checkout / ".demo"
        self.lines: list[str] = []
        self._environment = {**clean_environment(), **(environment or {})}
        self.process = subprocess.Popen(
            [program("quickbooks-demo")],
            cwd=checkout,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def says(self, beginning: str) -> str:
        """Reads on until a line that begins so; gives what follows."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if self.lines[-1].startswith(beginning):
                return self.lines[-1].removeprefix(beginning).strip()
        raise AssertionError(f"it ended without {beginning!r}:\n" + "\n".join(self.lines))

    def end(self, number: signal.Signals | None = None) -> int:
        """How it ends, by a signal or by itself."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    @property
    def postgres_port(self) -> int:
        """Where the server itself listens."""
        own = self.state / "postgres" / "port"
        return int(own.read_text()) if own.exists() else urlsplit(self._environment["DATABASE_URL"]).port or 0

    def group_of(self, name: str) -> int:
        """The process group that a program of the demo has noted."""
        return int((self.state / name).read_text())


def lives(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def answers(url: str) -> bool:
    """Whether a server is still there."""
    try:
        if url.startswith("http"):
            return requests.get(f"{url}/sandbox/health", timeout=10).ok
        psycopg.connect(url, connect_timeout=10).close()
    except (requests.ConnectionError, psycopg.OperationalError):
        return False
    return True


@dataclass(frozen=True)
class Run:
    """What was seen of one run of the demo."""

    lines: list[str]
    ready: str
    sandbox: str
    customers: list[tuple[Any, ...]]
    server: tuple[Any, ...]
    written: tuple[Any, ...]
    code: int
    left: dict[str, bool]


_SERVER = "select system_identifier, 'customer'::regclass::oid from pg_control_system()"


PROGRAMS = [
    "sandbox/quickbooks-sandbox.pid",
    "meltano/meltano.pid",
    "worker/target-quickbooks.pid",
    "proxy/quickbooks-proxy.pid",
]


def renamed(client: psycopg.Connection[Any], name: str, id: str = "qbk_cust1") -> tuple[Any, ...]:
    """What a client sees who renames a customer."""
    try:
        rename = "update customer set display_name = %s where id = %s returning display_name"
        return tuple(client.execute(rename, [name, id]).fetchall())
    except psycopg.Error as refused:
        return refused.sqlstate, refused.diag.message_primary


def whole_run(demo: Demo, number: signal.Signals) -> Run:
    sandbox, ready = demo.says("sandbox:"), demo.says("ready:")
    direct = Address(ready).at("127.0.0.1", demo.postgres_port).url
    with psycopg.connect(ready, autocommit=True) as client:
        customers = client.execute(
            "select id, display_name, balance::text from customer order by id"
        ).fetchall()
        server = client.execute(_SERVER).fetchone() or ()
        written = (*renamed(client, "Renamed"), *renamed(client, "Nobody", "qbk_cust1234567"))
        renamed(client, "Amy's Bird Sanctuary")
    groups = {name: demo.group_of(name) for name in PROGRAMS}
    code = demo.end(number)
    left = {name: lives(group) for name, group in groups.items()} | {"postgres": answers(direct)}
    return Run(demo.lines, ready, sandbox, customers, server, written, code, left)


@dataclass(frozen=True)
class Life:
    """A demo that was started, stopped, killed and started again."""

    first: Run
    killed: dict[str, bool]
    again: Run
    plugins: tuple[dict[str, int], dict[str, int]]


def checkout_like(real: Path, home: Path) -> Path:
    """A directory with what the demo needs of a checkout."""
    for name in ("meltano.yml", "plugins.txt"):
        shutil.copyfile(real / name, home / name)
    (home / ".meltano").symlink_to(real / ".meltano")
    return home


def plugins(checkout: Path) -> dict[str, int]:
    """When each plugin was installed."""
    found = (checkout / ".meltano").glob("*/*/venv/pyvenv.cfg")
    return {str(file): file.stat().st_mtime_ns for file in found}


def killed_while_it_syncs(demo: Demo) -> dict[str, bool]:
    """Ends the demo and its Meltano as a power cut would, and leaves sandbox and server; which of them live?"""
    demo.says("  reading")
    demo.end(signal.SIGKILL)
    os.killpg(demo.group_of("meltano/meltano.pid"), signal.SIGKILL)
    return {"sandbox": lives(demo.group_of("sandbox/quickbooks-sandbox.pid"))}


@pytest.fixture(scope="module")
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    checkout = checkout_like(request.config.rootpath, tmp_path_factory.mktemp("checkout"))
    try:
        installed = plugins(checkout)
        first = whole_run(Demo(checkout), signal.SIGTERM)
        killed = killed_while_it_syncs(Demo(checkout))
        again = whole_run(Demo(checkout), signal.SIGINT)
        yield Life(first, killed, again, (installed, plugins(checkout)))
    finally:
        server = Server(checkout / ".demo" / "postgres")
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)


def test_it_names_its_steps_counts_every_table_and_ends_with_the_two_addresses(life: Life) -> None:
    rows = [line.split() for line in life.first.lines if line.startswith("  ")]
    read = {table for word, table in rows if word == "reading"}
    counted = {table: int(count) for table, count in rows if table != "reading"}

    assert [line for line in life.first.lines if line in STEPS] == STEPS
    assert set(counted) == read == {entity.table for entity in MIRRORED}
    assert (counted["customer"], counted["invoice"]) == (29, 31)
    assert [table for table, count in counted.items() if not count] == EMPTY
    assert life.first.lines[-2:] == [f"sandbox: {life.first.sandbox}", f"ready: {life.first.ready}"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", life.first.sandbox)


def test_ready_lets_an_ordinary_client_read(life: Life) -> None:
    assert "quickbooks_demo_client:" in life.first.ready
    assert len(life.first.customers) == 29
    assert ("qbk_cust1", "Amy's Bird Sanctuary", "239.00") in life.first.customers


@pytest.mark.parametrize("run", ["first", "again"])
def test_ready_lets_an_ordinary_client_write(life: Life, run: str) -> None:
    written: Run = getattr(life, run)

    assert written.written == (
        ("Renamed",), "P0002", "[QuickBooks] Customer `qbk_cust1234567` not found",
    )  # fmt: skip


@pytest.mark.parametrize("run", ["first", "again"])
def test_sigterm_and_sigint_stop_all_that_it_started(life: Life, run: str) -> None:
    ended: Run = getattr(life, run)

    assert (ended.code, ended.left) == (
        0, {**dict.fromkeys(PROGRAMS, False), "postgres": False},
    )  # fmt: skip


def test_after_a_kill_in_the_middle_the_next_run_takes_over_what_lived_on(life: Life) -> None:
    assert life.killed == {"sandbox": True}
    assert (life.again.ready, life.again.sandbox) == (life.first.ready, life.first.sandbox)


def test_another_run_keeps_server_tables_and_rows_and_installs_nothing(life: Life) -> None:
    before, after = life.plugins

    assert (life.again.server, life.again.customers) == (life.first.server, life.first.customers)
    assert len(before) == 4
    assert before == after


def test_database_url_names_another_server(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database
) -> None:
    demo = Demo(checkout_like(request.config.rootpath, tmp_path), {"DATABASE_URL": database.url})

    run = whole_run(demo, signal.SIGTERM)

    where = Address(database.url)
    assert Address(run.ready).database == where.database
    assert "starting Postgres" not in run.lines
    assert not (demo.state / "postgres").exists()
    assert len(run.customers) == 29
    # The sandbox has ended; the server is not the demo's to stop.
    assert (run.code, run.left["sandbox/quickbooks-sandbox.pid"], run.left["postgres"]) == (0, False, True)


def test_outside_of_a_checkout_it_says_where_to_run_it(tmp_path: Path) -> None:
    demo = Demo(tmp_path)

    assert demo.says("quickbooks-demo:") == "run it in the project's directory, by `make demo`"
    assert demo.end() == 1
    assert list(tmp_path.iterdir()) == []
